"""Turn the documents that ship or that a project brings (stage sets, exercises) into values. Pure: text in, value out.

Every problem of a document is collected, and raised together as ``ConfigurationError``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from config.problems import ConfigurationError, Problem
from mapping.exercise import CHECKS, Check, Exercise, Expected, Step
from mapping.stages import Assignment, LocalStage, Outcome, StageMapping

LANGUAGES = ("en", "zh_CN")


class _Reader:
    """Reads values from one document and collects what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def refuse(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.file, key, message))

    def known(self, table: Mapping[str, Any], allowed: Sequence[str], prefix: str) -> None:
        for key in table:
            if key not in allowed:
                self.refuse(f"{prefix}{key}", f"is not known here; known are {', '.join(allowed)}")

    def text(self, table: Mapping[str, Any], key: str, prefix: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if isinstance(value, str) and (value or default is not None):
            return value
        self.refuse(f"{prefix}{key}", "is missing" if value in (None, "") else "must be text in quotes")
        return ""

    def flag(self, table: Mapping[str, Any], key: str, prefix: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.refuse(f"{prefix}{key}", "must be true or false")
            return False
        return value

    def texts(self, table: Mapping[str, Any], key: str, prefix: str) -> dict[str, str]:
        """Text by language; English is needed, others may be missing."""
        found = table.get(key)
        if isinstance(found, dict) and found.get("en") and all(isinstance(item, str) for item in found.values()):
            return dict(found)
        self.refuse(f"{prefix}{key}.en", "is missing: text by language is expected")
        return {}

    def tables(self, document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        found = document.get(key, [])
        if isinstance(found, list) and all(isinstance(item, dict) for item in found):
            return found
        self.refuse(key, f"must be tables, each begun by [[{key}]]")
        return []

    def names(self, table: Mapping[str, Any], key: str, prefix: str) -> tuple[str, ...]:
        found = table.get(key, [])
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return tuple(found)
        self.refuse(f"{prefix}{key}", "must be a list of names in quotes")
        return ()


T = TypeVar("T")


def _read(text: str, file: str, build: Callable[[_Reader, Mapping[str, Any]], T]) -> T:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([Problem(file, "", f"is not valid TOML: {error}")]) from error
    reader = _Reader(file)
    value = build(reader, document)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return value


def stage_mapping(text: str, file: str) -> StageMapping:
    """Read a stage set with its mapping."""
    return _read(text, file, _stage_mapping)


def _stage_mapping(reader: _Reader, document: Mapping[str, Any]) -> StageMapping:
    reader.known(document, ("name", "stage", "map"), "")
    stages = tuple(
        _local_stage(reader, table, f"stage[{n}].") for n, table in enumerate(reader.tables(document, "stage"), 1)
    )
    assignments = tuple(
        _assignment(reader, table, f"map[{n}].") for n, table in enumerate(reader.tables(document, "map"), 1)
    )
    _no_doubles(reader, "stage", "key", [stage.key for stage in stages])
    _no_doubles(reader, "map", "org", [f"{item.org_stage} {item.record_type or ''}".strip() for item in assignments])
    keys = {stage.key for stage in stages}
    for n, item in enumerate(assignments, 1):
        if item.local_stage and item.local_stage not in keys:
            reader.refuse(f"map[{n}].local", f"names a stage that is not listed: {item.local_stage!r}")
    return StageMapping(name=reader.text(document, "name", ""), stages=stages, assignments=assignments)


def _local_stage(reader: _Reader, table: Mapping[str, Any], prefix: str) -> LocalStage:
    reader.known(table, ("key", "outcome", "name", "about"), prefix)
    outcome = reader.text(table, "outcome", prefix)
    words = [item.value for item in Outcome]
    if outcome and outcome not in words:
        reader.refuse(f"{prefix}outcome", f"must be one of {', '.join(words)}, not {outcome!r}")
    return LocalStage(
        key=reader.text(table, "key", prefix),
        outcome=Outcome(outcome) if outcome in words else Outcome.OPEN,
        names=reader.texts(table, "name", prefix),
        about=reader.texts(table, "about", prefix) if "about" in table else {},
    )


def _assignment(reader: _Reader, table: Mapping[str, Any], prefix: str) -> Assignment:
    reader.known(table, ("org", "local", "record_type", "way_back", "note"), prefix)
    return Assignment(
        org_stage=reader.text(table, "org", prefix),
        local_stage=reader.text(table, "local", prefix),
        record_type=reader.text(table, "record_type", prefix, "") or None,
        way_back=reader.flag(table, "way_back", prefix),
        note=reader.text(table, "note", prefix, ""),
    )


def _no_doubles(reader: _Reader, table: str, key: str, values: Sequence[str]) -> None:
    seen: set[str] = set()
    for n, value in enumerate(values, 1):
        if value in seen:
            reader.refuse(f"{table}[{n}].{key}", f"is there twice: {value!r}")
        seen.add(value)


def exercise(text: str, file: str) -> Exercise:
    """Read an exercise."""
    return _read(text, file, _exercise)


def _exercise(reader: _Reader, document: Mapping[str, Any]) -> Exercise:
    parts = ("name", "minutes", "title", "about", "expected", "step", "check", "notes", "characters")
    reader.known(document, parts, "")
    minutes = document.get("minutes", 0)
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        reader.refuse("minutes", "must be a whole number")
        minutes = 0
    expected = document.get("expected", {})
    wanted = {key: reader.text(expected, key, "expected.") for key in Expected.__dataclass_fields__}
    reader.known(expected, tuple(Expected.__dataclass_fields__), "expected.")
    return Exercise(
        name=reader.text(document, "name", ""),
        minutes=minutes,
        title=reader.texts(document, "title", ""),
        about=reader.texts(document, "about", ""),
        expected=Expected(**wanted),
        steps=tuple(_step(reader, table, f"step[{n}].") for n, table in enumerate(reader.tables(document, "step"), 1)),
        checks=tuple(
            _check(reader, table, f"check[{n}].") for n, table in enumerate(reader.tables(document, "check"), 1)
        ),
        notes={key: reader.texts(document["notes"], key, "notes.") for key in document.get("notes", {})},
        characters={
            key: reader.texts(document["characters"], key, "characters.") for key in document.get("characters", {})
        },
    )


def _step(reader: _Reader, table: Mapping[str, Any], prefix: str) -> Step:
    reader.known(table, ("key", "checks", "title", "text"), prefix)
    return Step(
        key=reader.text(table, "key", prefix),
        checks=reader.names(table, "checks", prefix),
        title=reader.texts(table, "title", prefix),
        text=reader.texts(table, "text", prefix),
    )


def _check(reader: _Reader, table: Mapping[str, Any], prefix: str) -> Check:
    reader.known(table, ("key", "title", "hints"), prefix)
    hints = table.get("hints", {})
    if table.get("key") not in CHECKS:
        reader.refuse(f"{prefix}key", f"must be one of {', '.join(CHECKS)}")
    return Check(
        key=reader.text(table, "key", prefix),
        title=reader.texts(table, "title", prefix),
        hints={language: reader.names(hints, language, f"{prefix}hints.") for language in hints},
    )
