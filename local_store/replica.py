"""The mirror as one of the two sides: what it holds, what changed here since, and edits with a last look.

The engine keeps the local side through the ledger, which also moves bases and checkpoints. This is the view that
anything else has of the mirror, and what the contract suite holds against the Salesforce side. What it applies counts
as edits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, text

from connector.sync.model import (
    Checkpoint,
    Create,
    Delete,
    Done,
    Moved,
    Operation,
    Outcome,
    Page,
    RecordState,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from local_store import rows as rows_of
from local_store import states
from local_store.capture_sqlite import NOW
from local_store.database import read, write
from local_store.store import Store
from local_store.tables import touched
from local_store.types import decode_datetime
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId
from mapping.values import equal

PAGE = 1000


class LocalReplica:
    """The rows of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def side(self) -> Side:
        """The local side."""
        return Side.LOCAL

    def observe(self, wanted: Mapping[str, Checkpoint | None]) -> Iterator[Page]:
        """Whole objects, or what was touched since the checkpoint's time by this database's clock."""
        for object_name, checkpoint in wanted.items():
            if checkpoint is None or checkpoint.stamp is None:
                yield from self._whole(object_name)
            else:
                yield self._touched(object_name, checkpoint.stamp)

    def read(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, Sighting]:
        """Records by id; a row that was deleted here or is kept as a trace is a tombstone."""
        with read(self._store.engine) as connection:
            return self._sightings(connection, object_name, ids)

    def apply(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """Carry out operations as edits of the mirror, each in a transaction of its own."""
        for operation in operations:
            assert isinstance(operation, Create | Update | Delete)
            with write(self._store.engine) as connection:
                outcome = self._apply(connection, operation)
            yield outcome

    def _whole(self, object_name: str) -> Iterator[Page]:
        mapping, table = self._store.mapping(object_name), self._store.live(object_name)
        after, full = "", True
        while full:
            with read(self._store.engine) as connection:
                checkpoint = Checkpoint(stamp=_now(connection))
                page = select(table).where(table.c.id > after).order_by(table.c.id).limit(PAGE)
                found = connection.execute(page).all()
            records = {RecordId(row._mapping["id"]): rows_of.as_record(mapping, row) for row in found}
            after, full = max(records, default=""), len(found) == PAGE
            yield Page(object_name, records, checkpoint=None if full else checkpoint, complete=True, last=not full)

    def _touched(self, object_name: str, since: datetime) -> Page:
        wanted = select(touched.c.id).where(touched.c.object == object_name, touched.c.at >= since)
        with read(self._store.engine) as connection:
            checkpoint = Checkpoint(stamp=_now(connection))
            found = self._sightings(connection, object_name, connection.execute(wanted).scalars().all())
        return Page(
            object_name,
            records={id: seen for id, seen in found.items() if not isinstance(seen, Tombstone)},
            tombstones={id: seen for id, seen in found.items() if isinstance(seen, Tombstone)},
            checkpoint=checkpoint,
        )

    def _sightings(
        self, connection: Connection, object_name: str, ids: Collection[RecordId]
    ) -> dict[RecordId, Sighting]:
        known = states.find(connection, object_name, self._store.tables(object_name), ids)
        found = states.states(self._store.mapping(object_name), known)
        seen = {record_id: _sighting(state) for record_id, state in found.items()}
        return {record_id: each for record_id, each in seen.items() if each is not None}

    def _apply(self, connection: Connection, operation: Create | Update | Delete) -> Outcome:
        mapping, table = self._store.mapping(operation.object), self._store.table(operation.object)
        here = self._sightings(connection, operation.object, [operation.id]).get(operation.id)
        if isinstance(operation, Create):
            if here is not None and not isinstance(here, Tombstone):
                return Moved(operation, here)
            rows_of.upsert(connection, table, [rows_of.live_row(mapping, operation.id, operation.record)])
        elif here is None or isinstance(here, Tombstone) or not holds(mapping, here, operation.expected):
            return Moved(operation, here)
        elif isinstance(operation, Update):
            rows_of.upsert(connection, table, [rows_of.as_row(mapping, operation.id, operation.fields)])
        else:
            rows_of.remove(connection, table, [operation.id])
            return Done(operation, operation.id, Tombstone(deleted_at=_now(connection)))
        return Done(
            operation, operation.id, self._sightings(connection, operation.object, [operation.id])[operation.id]
        )


def holds(mapping: ObjectMapping, record: Record, expected: Record) -> bool:
    """Whether a record still has the values that were expected of it, as Salesforce would compare them."""
    fields = mapping.by_name
    return all(equal(fields[name], record.get(name), value) for name, value in expected.items() if name in fields)


def _sighting(state: RecordState) -> Sighting | None:
    if state.gone is not None:
        return state.gone
    if state.local is None and state.base is not None:
        return Tombstone(deleted_at=state.touched_at)
    return state.local


def _now(connection: Connection) -> datetime:
    found = decode_datetime(connection.execute(text(f"SELECT {NOW}")).scalar_one())
    assert isinstance(found, datetime)
    return found
