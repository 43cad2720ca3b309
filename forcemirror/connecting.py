"""Connect a project to an org: remember which org it is, make the tables, and open what may be open from the start."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from config.settings import ObjectSettings
from connector.sync import guard
from forcemirror import credentials, practice
from forcemirror.child import PlaygroundFacts
from forcemirror.credentials import Credentials
from forcemirror.errors import ConnectionDeclined, NotConnected
from forcemirror.organization import Organization
from forcemirror.project import Project
from forcemirror.survey import Survey
from local_store.store import Store
from mapping.fields import ObjectMapping

VERBS = ("create", "update", "delete")


SETTINGS_SEEN = "object_settings_seen"
"""The setting that holds the fingerprint of the settings that the org was last looked at with."""


ACCEPTED_MAPPING = "accepted_mapping"
"""The setting that holds the fingerprint of the mapping the mirror was last synchronised with."""


def mirrored(store: Store, objects: Sequence[ObjectSettings]) -> tuple[ObjectMapping, ...]:
    """The objects that the settings name and the org showed, parents first."""
    known = store.objects
    return tuple(known[item.name] for item in objects if item.name in known)


def accept_mapping(store: Store, objects: Sequence[ObjectMapping]) -> None:
    """Take these objects for what the mirror means from now on."""
    store.set_setting(ACCEPTED_MAPPING, guard.fingerprint(objects))


def fingerprint(objects: Sequence[ObjectSettings]) -> str:
    """A hash of what the settings say about the objects, as far as it changes their mapping."""
    told = [
        (
            item.name,
            item.read_only,
            item.external_id,
            sorted((name, each.direction) for name, each in item.fields.items()),
        )
        for item in objects
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def remember(store: Store, survey: Survey) -> None:
    """Make the mirror ready for its first load. Raises ``ConnectionDeclined`` when it belongs to another org.

    A new org is pull-only; only the playground starts open (design decision 8).
    """
    known = store.organization()
    found = survey.organization
    if known is not None and known["id"] != found.id:
        raise ConnectionDeclined(
            "This project mirrors the org {known}, but the login leads to {found} ({name}). Nothing was changed.",
            "Make a project of its own for each org: forcemirror init. A refreshed sandbox is a new org.",
            known=known["id"],
            found=found.id,
            name=found.name,
        )
    is_new = known is None
    for item in survey.objects:
        if item.mapping is not None:
            store.ensure_object(with_columns(store, item.mapping))
    store.set_organization(asdict(found))
    settings = [item.settings for item in survey.objects]
    store.set_setting(SETTINGS_SEEN, fingerprint(settings))
    if is_new:
        accept_mapping(store, mirrored(store, settings))
        practice.begin_attempt(store, survey.looked_at)
    if is_new and found.kind == "playground":
        allow_everything(store)


def with_columns(store: Store, mapping: ObjectMapping) -> ObjectMapping:
    """The mapping with the column names that were assigned once and for ever."""
    columns = store.assign_columns(mapping.name, mapping.by_name)
    fields = tuple(replace(field, column=columns[field.name]) for field in mapping.fields)
    return replace(mapping, fields=fields)


def allow_everything(store: Store) -> None:
    """Open every kind of write for every object that can be written."""
    for mapping in store.objects.values():
        if not mapping.read_only:
            for verb in VERBS:
                store.allow(mapping.name, verb)


def organization(store: Store) -> Organization:
    """The org of a mirror. Raises ``NotConnected``."""
    facts: Any = store.organization()
    if facts is None:
        raise NotConnected("This project is not connected to an org yet.", "Run: forcemirror connect")
    return Organization(**facts)


def use_playground(project: Project, facts: PlaygroundFacts) -> None:
    """Point a project at a running playground, with its credentials."""
    project.set("salesforce.kind", "playground")
    project.set("salesforce.login_url", facts.url.rstrip("/"))
    project.set("salesforce.auth", "password")
    project.set("salesforce.ca_file", str(facts.ca_file))
    known = Credentials(
        username=facts.username,
        password=facts.password,
        security_token=facts.security_token,
        client_id=facts.client_id,
        client_secret=facts.client_secret,
    )
    credentials.write(project, known)
