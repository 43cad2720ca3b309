"""What the mirror knows about records: rows, bases, unsettled sightings and touches, put together."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.sync.model import RecordState, Sighting, Tombstone
from local_store import rows as rows_of
from local_store.schema import DELETED_AT, PURGED_AT, TOMBSTONE, ObjectTables
from local_store.tables import id_alias, touched
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value

MERGED = "merged"
"""The reason of an alias that stands for a record merged away."""


@dataclass
class Known:
    """What is stored about some records of an object, by id."""

    rows: Mapping[RecordId, Row[Any]] = field(default_factory=dict)
    bases: Mapping[RecordId, Row[Any]] = field(default_factory=dict)
    remotes: Mapping[RecordId, Row[Any]] = field(default_factory=dict)
    touches: Mapping[RecordId, tuple[int, datetime]] = field(default_factory=dict)
    masters: Mapping[RecordId, RecordId] = field(default_factory=dict)


def find(connection: Connection, object_name: str, tables: ObjectTables, ids: Collection[str]) -> Known:
    """Read everything that is stored about these records."""
    rows = rows_of.find_rows(connection, tables.rows, ids)
    marked = [record_id for record_id, row in rows.items() if rows_of.is_marked(row)]
    return Known(
        rows=rows,
        bases=rows_of.find_rows(connection, tables.base, ids),
        remotes=rows_of.find_rows(connection, tables.remote, ids),
        touches=_find_touches(connection, object_name, ids),
        masters=_find_masters(connection, marked),
    )


def states(mapping: ObjectMapping, known: Known) -> dict[RecordId, RecordState]:
    """The state of every record that anything is stored about."""
    ids = {*known.rows, *known.bases, *known.remotes, *known.touches}
    return {record_id: state(mapping, known, record_id) for record_id in sorted(ids)}


def state(mapping: ObjectMapping, known: Known, record_id: RecordId) -> RecordState:
    """The state of one record.

    A row that was never touched is its own base. A touched one has its base beside it, or none if it was made here.
    A row kept as the trace of a deletion is gone, whatever somebody wrote into it since.
    """
    row, base = known.rows.get(record_id), known.bases.get(record_id)
    token, touched_at = known.touches.get(record_id, (0, None))
    remote = sighting(mapping, known.remotes[record_id]) if record_id in known.remotes else None
    agreed = base if token else row
    if agreed is not None and rows_of.is_marked(agreed):
        gone = trace(agreed, known.masters.get(record_id))
        return RecordState(remote=remote, token=token, gone=gone, touched_at=touched_at)
    return RecordState(
        base=None if agreed is None else rows_of.as_record(mapping, agreed),
        local=None if row is None else rows_of.as_record(mapping, row),
        remote=remote,
        token=token,
        touched_at=touched_at,
    )


def trace(row: Row[Any], master: RecordId | None) -> Tombstone:
    """The tombstone in a row that is kept, marked as deleted."""
    found = row._mapping
    return Tombstone(deleted_at=found[DELETED_AT], purged=found[PURGED_AT] is not None, master=master)


def sighting(mapping: ObjectMapping, row: Row[Any]) -> Sighting:
    """The unsettled remote sighting in a row of a ``remote_`` table."""
    marker = row._mapping[TOMBSTONE]
    record = rows_of.as_record(mapping, row)
    if marker is None:
        return record
    facts = json.loads(marker)
    return Tombstone(
        deleted_at=row._mapping[DELETED_AT],
        purged=facts["purged"],
        master=facts["master"],
        record=record if facts["has_record"] else None,
    )


def sighting_row(mapping: ObjectMapping, record_id: RecordId, seen: Sighting) -> dict[str, Value]:
    """The row of a ``remote_`` table that keeps a sighting. It has every column: nothing of an older one may stay."""
    empty: dict[str, Value] = {each.column: None for each in mapping.fields}
    if not isinstance(seen, Tombstone):
        return {**empty, **rows_of.live_row(mapping, record_id, seen), TOMBSTONE: None}
    facts = {"purged": seen.purged, "master": seen.master, "has_record": seen.record is not None}
    record: Record = seen.record or {}
    return {
        **empty,
        **rows_of.live_row(mapping, record_id, record),
        DELETED_AT: seen.deleted_at,
        TOMBSTONE: json.dumps(facts),
    }


def _find_touches(
    connection: Connection, object_name: str, ids: Collection[str]
) -> dict[RecordId, tuple[int, datetime]]:
    found: dict[RecordId, tuple[int, datetime]] = {}
    for batch in rows_of.batches(ids):
        rows = connection.execute(
            select(touched.c.id, touched.c.seq, touched.c.at).where(
                touched.c.object == object_name, touched.c.id.in_(batch)
            )
        )
        found.update({RecordId(record_id): (token, at) for record_id, token, at in rows})
    return found


def _find_masters(connection: Connection, ids: Collection[str]) -> dict[RecordId, RecordId]:
    found: dict[RecordId, RecordId] = {}
    for batch in rows_of.batches(ids):
        rows = connection.execute(
            select(id_alias.c.alias, id_alias.c.id).where(id_alias.c.alias.in_(batch), id_alias.c.reason == MERGED)
        )
        found.update({RecordId(alias): RecordId(master) for alias, master in rows})
    return found
