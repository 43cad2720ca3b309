"""The settings of a project: one table of name, default and help, and the reader of ``forcemirror.toml``.

No secret is ever a setting: credentials live in a file of their own. Standard library only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from config import checks, shipped
from config.problems import ConfigurationError, Problem

FILE_NAME = "forcemirror.toml"

POLICIES = ("manual", "salesforce", "local", "newest")
DIRECTIONS = ("both", "pull", "push")
API_NAME = r"[A-Za-z][A-Za-z0-9_]*"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table. ``name`` is dotted: table and key in ``forcemirror.toml``."""

    name: str
    default: Any
    help: str
    check: checks.Check


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "salesforce.login_url",
        "https://login.salesforce.com",
        "Where to log in. Sandboxes: https://test.salesforce.com, or the org's My Domain.",
        checks.https_url,
    ),
    Setting(
        "salesforce.auth",
        "password",
        "How to log in: password, client_credentials or refresh_token.",
        checks.one_of("password", "client_credentials", "refresh_token"),
    ),
    Setting(
        "salesforce.kind",
        "salesforce",
        "What is connected: salesforce, or a playground on this machine. Neither's credentials ever go to the other.",
        checks.one_of("salesforce", "playground"),
    ),
    Setting(
        "salesforce.api_version",
        "67.0",
        "The version of the Salesforce API to speak.",
        checks.matching(r"\d\d\.0", '"67.0"'),
    ),
    Setting(
        "salesforce.ca_file",
        "",
        "A file of certificate authorities to trust instead of the usual ones; relative to the project folder.",
        checks.text,
    ),
    Setting(
        "salesforce.proxy", "", "The proxy to go through. The environment's proxy settings are not used.", checks.text
    ),
    Setting("salesforce.timeout_s", 60, "Seconds to wait for one answer.", checks.whole_number(1, 3600)),
    Setting(
        "mirror.database",
        "sqlite:///.forcemirror/mirror.db",
        "Where the mirror is kept, as an SQLAlchemy address; a relative SQLite file is in the project folder.",
        checks.matching(r"(sqlite|postgresql)(\+\w+)?://.*", "sqlite:///mirror.db"),
    ),
    Setting(
        "sync.send_on_save",
        False,
        "Whether the web pages send a saved record at once instead of with the next sync.",
        checks.flag,
    ),
    Setting(
        "sync.every_minutes",
        0,
        "How often the web server syncs by itself; 0 means only when asked.",
        checks.whole_number(0, 1440),
    ),
    Setting(
        "sync.deletes_max",
        20,
        "Deletions of one object on one side that a run may always do.",
        checks.whole_number(0, 1_000_000),
    ),
    Setting(
        "sync.deletes_share_max",
        0.05,
        "Deletions that a run may do as a share of the object's records, where that is more.",
        checks.share,
    ),
    Setting("sync.calls_share_max", 0.5, "Share of the org's daily API calls after which a run pauses.", checks.share),
    Setting(
        "stages.mapping",
        "plain_six",
        "The stage mapping: a name that ships, or a .toml file in the project folder.",
        checks.text,
    ),
    Setting(
        "practice.exercise",
        "get_cloudy_west",
        "The exercise: a name that ships, or a .toml file in the project folder.",
        checks.text,
    ),
    Setting(
        "practice.accept_existing",
        False,
        "Whether records made before the attempt began count in an exercise.",
        checks.flag,
    ),
    Setting("web.host", "127.0.0.1", "The address the web pages are served on.", checks.text),
    Setting(
        "web.port", 8765, "The port the web pages are served on; 0 picks a free one.", checks.whole_number(0, 65535)
    ),
    Setting(
        "web.language",
        "",
        "The language of the pages before a reader chooses: en or zh_CN; empty follows the browser.",
        checks.one_of("", "en", "zh_CN"),
    ),
    Setting(
        "web.currency",
        "",
        "The currency of the org, such as EUR; empty: what is usual where the org is. Salesforce tells it nowhere.",
        checks.matching(r"([A-Z]{3})?", "EUR"),
    ),
)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class FieldSettings:
    """What the admin decided about one field. ``policy`` None: as the object."""

    direction: str = "both"
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectSettings:
    """What is decided about one mirrored object before its describe is read. ``order`` sorts parents first.

    ``expects`` names the fields that our pages read, so that connecting can say which of them are hidden.
    """

    name: str
    read_only: bool = True
    external_id: str | None = None
    policy: str = "manual"
    mirrored: bool = True
    order: int = 1000
    expects: tuple[str, ...] = ()
    fields: Mapping[str, FieldSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one project, checked. An attribute per line of ``SETTINGS``: ``web.port`` is ``web_port``."""

    salesforce_login_url: str
    salesforce_auth: str
    salesforce_kind: str
    salesforce_api_version: str
    salesforce_ca_file: str
    salesforce_proxy: str
    salesforce_timeout_s: int
    mirror_database: str
    sync_send_on_save: bool
    sync_every_minutes: int
    sync_deletes_max: int
    sync_deletes_share_max: float
    sync_calls_share_max: float
    stages_mapping: str
    practice_exercise: str
    practice_accept_existing: bool
    web_host: str
    web_port: int
    web_language: str
    web_currency: str
    objects: tuple[ObjectSettings, ...]


def parse(text: str, file: str = FILE_NAME) -> Settings:
    """Turn the text of a settings file into settings.

    Raises ``ConfigurationError`` with all problems at once: unknown keys, wrong types, values out of range.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([Problem(file, "", f"is not valid TOML: {error}")]) from error
    problems: list[Problem] = []
    overrides = document.pop("objects", {})
    values = dict(_values(document, file, problems))
    objects = _objects(overrides, file, problems)
    if problems:
        raise ConfigurationError(problems)
    given = {setting.name.replace(".", "_"): values.get(setting.name, setting.default) for setting in SETTINGS}
    return Settings(**given, objects=objects)


def shipped_objects() -> tuple[ObjectSettings, ...]:
    """The objects that are mirrored from the start, parents first."""
    problems: list[Problem] = []
    found = []
    for name, text in shipped.object_texts().items():
        document = tomllib.loads(text)
        start = ObjectSettings(name=document.pop("name"), order=document.pop("order"))
        found.append(_object(start, document, f"config/objects/{name}.toml", "", problems))
    if problems:
        raise ConfigurationError(problems)
    return tuple(sorted(found, key=lambda item: item.order))


def _values(document: Mapping[str, Any], file: str, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    for key, value in _flat(document, ""):
        setting = BY_NAME.get(key)
        if setting is None:
            problems.append(Problem(file, key, unknown(key, BY_NAME)))
            continue
        try:
            yield key, setting.check(value)
        except ValueError as error:
            problems.append(Problem(file, key, str(error)))


def _flat(document: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in BY_NAME and any(known.startswith(f"{name}.") for known in BY_NAME):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def unknown(key: str, known: Mapping[str, object]) -> str:
    """Say that a key is not known, with the nearest one that is."""
    close = get_close_matches(key, list(known), n=1)
    return f"is not a setting. Did you mean {close[0]}?" if close else "is not a setting."


def _objects(overrides: object, file: str, problems: list[Problem]) -> tuple[ObjectSettings, ...]:
    found = {item.name: item for item in shipped_objects()}
    if not isinstance(overrides, dict):
        problems.append(Problem(file, "objects", "must be tables, one for each object: [objects.Account]"))
        return ()
    for name, document in overrides.items():
        key = f"objects.{name}"
        try:
            checks.matching(API_NAME, "an API name, as Custom_Deal__c")(name)
        except ValueError as error:
            problems.append(Problem(file, key, str(error)))
            continue
        if not isinstance(document, dict):
            problems.append(Problem(file, key, "must be a table of settings"))
            continue
        found[name] = _object(found.get(name, ObjectSettings(name=name)), document, file, f"{key}.", problems)
    return tuple(sorted((item for item in found.values() if item.mirrored), key=lambda item: (item.order, item.name)))


OBJECT_KEYS: Mapping[str, checks.Check] = {
    "read_only": checks.flag,
    "external_id": checks.matching(API_NAME, "the API name of a field, as Mirror_Id__c"),
    "policy": checks.one_of(*POLICIES),
    "mirrored": checks.flag,
    "expects": checks.names,
}

FIELD_KEYS: Mapping[str, checks.Check] = {
    "direction": checks.one_of(*DIRECTIONS),
    "policy": checks.one_of(*POLICIES),
}


def _object(
    start: ObjectSettings, document: Mapping[str, Any], file: str, prefix: str, problems: list[Problem]
) -> ObjectSettings:
    document = dict(document)
    fields = document.pop("fields", {})
    changed = replace(start, **_checked(document, OBJECT_KEYS, file, prefix, problems))
    if not isinstance(fields, dict):
        problems.append(Problem(file, f"{prefix}fields", "must be tables, one for each field"))
        return changed
    decided = dict(changed.fields)
    for name, decisions in fields.items():
        key = f"{prefix}fields.{name}"
        if not isinstance(decisions, dict):
            problems.append(Problem(file, key, 'must be a table, as { direction = "pull" }'))
            continue
        decided[name] = FieldSettings(**_checked(decisions, FIELD_KEYS, file, f"{key}.", problems))
    return replace(changed, fields=decided)


def _checked(
    document: Mapping[str, Any], known: Mapping[str, checks.Check], file: str, prefix: str, problems: list[Problem]
) -> dict[str, Any]:
    good: dict[str, Any] = {}
    for key, value in document.items():
        if key not in known:
            problems.append(Problem(file, f"{prefix}{key}", unknown(key, known)))
            continue
        try:
            good[key] = known[key](value)
        except ValueError as error:
            problems.append(Problem(file, f"{prefix}{key}", str(error)))
    return good


def example() -> str:
    """A settings file with every setting, its help and its default, each commented out."""
    lines: list[str] = []
    table = ""
    for setting in SETTINGS:
        head, _, key = setting.name.rpartition(".")
        if head != table:
            table = head
            lines += ["", f"[{head}]"]
        lines += [f"# {setting.help}", f"# {key} = {toml_value(setting.default)}"]
    return "\n".join(lines).lstrip() + "\n"


def toml_value(value: object) -> str:
    """Write a setting's value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
