"""How records stand, many at once, and the two sides of one record."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, Table, select

from connector.sync.model import Tombstone
from local_store import rows as rows_of
from local_store import states as store_states
from local_store.database import read
from local_store.store import Store
from local_store.tables import conflict, issue, touched
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value
from mapping.values import NotCanonical, equal


class RecordState(Enum):
    """The five states of a record that people see."""

    IN_SALESFORCE = "in_salesforce"
    ONLY_HERE = "only_here"
    WAITING = "waiting"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TwoSides:
    """One field of a record on both sides. ``conflict``: both sides changed it."""

    field: str
    here: Value
    there: Value
    differs: bool
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How one record stands, field by field. ``there`` None: Salesforce does not have it (yet, or any more)."""

    state: RecordState
    here: Record | None
    there: Record | None
    touched_at: datetime | None
    fields: tuple[TwoSides, ...]

    @property
    def waiting(self) -> tuple[TwoSides, ...]:
        """The fields that are waiting to be sent."""
        return tuple(item for item in self.fields if item.differs and not item.conflict)


def states(connection: Connection, store: Store, object_name: str, ids: Collection[str]) -> Mapping[str, RecordState]:
    """The state of each of these live records."""
    conflicting = _open_in(connection, conflict, object_name, ids)
    refused = _open_in(connection, issue, object_name, ids)
    waiting = set(rows_of.find_tokens(connection, object_name, ids))
    based = rows_of.find_ids(connection, store.tables(object_name).base, waiting)
    found: dict[str, RecordState] = {}
    for record_id in ids:
        if record_id in conflicting:
            found[record_id] = RecordState.CONFLICT
        elif record_id in refused:
            found[record_id] = RecordState.REFUSED
        elif record_id not in waiting:
            found[record_id] = RecordState.IN_SALESFORCE
        else:
            found[record_id] = RecordState.WAITING if record_id in based else RecordState.ONLY_HERE
    return found


def standing(store: Store, object_name: str, record_id: RecordId) -> Standing:
    """Both sides of a record, as far as the mirror knows the other one."""
    mapping = store.mapping(object_name)
    with read(store.engine) as connection:
        known = store_states.find(connection, object_name, store.tables(object_name), [record_id])
        state = states(connection, store, object_name, [record_id])[record_id]
        at = connection.execute(
            select(touched.c.at).where(touched.c.object == object_name, touched.c.id == record_id)
        ).scalar_one_or_none()
        disputed = _disputed(connection, object_name, record_id)
    record = store_states.state(mapping, known, record_id)
    remote = record.base if record.remote is None else record.remote
    there = None if isinstance(remote, Tombstone) else remote
    return Standing(
        state=state,
        here=record.local,
        there=there,
        touched_at=at,
        fields=tuple(
            _both(mapping, name, record.local or {}, there or {}, name in disputed) for name in mapping.by_name
        ),
    )


def _both(mapping: ObjectMapping, name: str, here: Record, there: Record, disputed: bool) -> TwoSides:
    mine, theirs = here.get(name), there.get(name)
    differs = name in mapping.writable and not _alike(mapping, name, mine, theirs)
    return TwoSides(name, mine, theirs, differs, disputed)


def _disputed(connection: Connection, object_name: str, record_id: RecordId) -> set[str]:
    """The fields that open conflicts of a record are about: nothing of them is sent."""
    query = select(conflict.c.fields).where(
        conflict.c.object == object_name, conflict.c.record_id == record_id, conflict.c.closed_at.is_(None)
    )
    return {name for fields in connection.execute(query).scalars() for name in json.loads(fields or "[]")}


def _alike(mapping: ObjectMapping, name: str, left: Value, right: Value) -> bool:
    try:
        return equal(mapping.by_name[name], left, right)
    except NotCanonical:
        return left == right


def _open_in(connection: Connection, log: Table, object_name: str, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for batch in rows_of.batches(ids):
        query = select(log.c.record_id).where(
            log.c.object == object_name, log.c.closed_at.is_(None), log.c.record_id.in_(batch)
        )
        found.update(connection.execute(query).scalars())
    return found
