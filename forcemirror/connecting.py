"""Connect a project to an org: remember which org it is, make the tables, and open what may be open from the start."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from forcemirror.errors import ConnectionDeclined, NotConnected
from forcemirror.organization import Organization
from forcemirror.survey import Survey
from local_store.store import Store
from mapping.fields import ObjectMapping

VERBS = ("create", "update", "delete")


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
