"""Bringing records to the standing that the engine decided, within a transaction whose capture is paused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.sync.model import Settlement, Tombstone
from local_store import changes, states
from local_store import rows as rows_of
from local_store.schema import DELETED_AT, IS_DELETED, PURGED_AT, ObjectTables
from local_store.states import MERGED, Known
from local_store.tables import id_alias, touched
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value


@dataclass
class Writes:
    """What a batch of settlements comes down to, table by table."""

    rows: list[dict[str, Value]] = field(default_factory=list)
    bases: list[dict[str, Value]] = field(default_factory=list)
    remotes: list[dict[str, Value]] = field(default_factory=list)
    absent: list[RecordId] = field(default_factory=list)
    without_base: list[RecordId] = field(default_factory=list)
    without_remote: list[RecordId] = field(default_factory=list)
    clean: list[RecordId] = field(default_factory=list)
    waiting: list[RecordId] = field(default_factory=list)
    merged: dict[RecordId, RecordId] = field(default_factory=dict)


def carry_out(
    connection: Connection,
    mapping: ObjectMapping,
    tables: ObjectTables,
    settlements: Sequence[Settlement],
    now: datetime,
) -> None:
    """Write the settlements. Their tokens have been compared already."""
    known = states.find(connection, mapping.name, tables, [each.id for each in settlements])
    before = states.states(mapping, known)
    writes = Writes()
    for settlement in settlements:
        decide(writes, mapping, known, settlement, now)
    write(connection, mapping.name, tables, writes, now)
    changes.note(connection, mapping, before, settlements, now)


def decide(writes: Writes, mapping: ObjectMapping, known: Known, settlement: Settlement, now: datetime) -> None:
    """Sort one settlement into what must be written."""
    record_id, touch = settlement.id, known.touches.get(settlement.id)
    row, base = known.rows.get(record_id), known.bases.get(record_id)
    agreed = base if touch else row
    match settlement.local:
        case None:
            writes.absent.append(record_id)
            _decide_base(writes, mapping, settlement, agreed, None)
        case Tombstone() as tombstone:
            _decide_trace(writes, mapping, settlement.id, tombstone, agreed if agreed is not None else row, now)
        case record:
            writes.rows.append(rows_of.live_row(mapping, record_id, record))
            local = {**_record(mapping, row), **record}
            _decide_base(writes, mapping, settlement, agreed, local)
    if settlement.remote is None:
        writes.without_remote.append(record_id)
    else:
        writes.remotes.append(states.sighting_row(mapping, record_id, settlement.remote))


def write(connection: Connection, object_name: str, tables: ObjectTables, writes: Writes, now: datetime) -> None:
    """Write it, each table set-wise."""
    rows_of.remove(connection, tables.rows, writes.absent)
    rows_of.upsert(connection, tables.rows, writes.rows)
    rows_of.remove(connection, tables.base, [*writes.clean, *writes.without_base])
    rows_of.upsert(connection, tables.base, writes.bases)
    rows_of.remove(connection, tables.remote, writes.without_remote)
    rows_of.upsert(connection, tables.remote, writes.remotes)
    untouch(connection, object_name, writes.clean)
    for record_id in sorted(set(writes.waiting) - rows_of.find_tokens(connection, object_name, writes.waiting).keys()):
        connection.execute(touched.insert().values(object=object_name, id=record_id, at=now))
    for loser, winner in writes.merged.items():
        remember_alias(connection, object_name, loser, winner, MERGED, now)


def untouch(connection: Connection, object_name: str, ids: Iterable[RecordId]) -> None:
    """Forget that records were touched: both sides agree on them."""
    for batch in rows_of.batches(list(ids)):
        connection.execute(touched.delete().where(touched.c.object == object_name, touched.c.id.in_(batch)))


def remember_alias(
    connection: Connection, object_name: str, alias: RecordId, record_id: RecordId, reason: str, now: datetime
) -> None:
    """Let an id stand for another one, for ever."""
    connection.execute(id_alias.delete().where(id_alias.c.alias == alias))
    connection.execute(id_alias.insert().values(alias=alias, id=record_id, object=object_name, reason=reason, at=now))


def _decide_base(
    writes: Writes, mapping: ObjectMapping, settlement: Settlement, agreed: Row[Any] | None, local: Record | None
) -> None:
    record_id = settlement.id
    if settlement.base is None:
        writes.without_base.append(record_id)
        (writes.clean if local is None else writes.waiting).append(record_id)
        return
    base = {**_record(mapping, agreed), **settlement.base}
    if local is not None and all(_alike(each.name, local, base) for each in mapping.fields):
        writes.clean.append(record_id)
        return
    writes.bases.append(rows_of.live_row(mapping, record_id, base))
    writes.waiting.append(record_id)


def _alike(field: str, local: Record, base: Record) -> bool:
    if field == "IsDeleted":
        return bool(local.get(field)) == bool(
            base.get(field)
        )  # a row made here says no before Salesforce says anything
    return local.get(field) == base.get(field)


def _decide_trace(
    writes: Writes,
    mapping: ObjectMapping,
    record_id: RecordId,
    tombstone: Tombstone,
    kept: Row[Any] | None,
    now: datetime,
) -> None:
    """Keep the row as a trace. It shows what both sides last agreed on, and what the org still shows of it."""
    writes.clean.append(record_id)
    if tombstone.master is not None:
        writes.merged[record_id] = tombstone.master
    if kept is None and tombstone.record is None:
        writes.absent.append(record_id)
        return
    purged_at = (tombstone.deleted_at or now) if tombstone.purged else None
    writes.rows.append(
        {
            **rows_of.as_row(mapping, record_id, {**_record(mapping, kept), **(tombstone.record or {})}),
            IS_DELETED: True,
            DELETED_AT: tombstone.deleted_at,
            PURGED_AT: purged_at,
        }
    )


def _record(mapping: ObjectMapping, row: Row[Any] | None) -> Mapping[str, Value]:
    return {} if row is None else rows_of.as_record(mapping, row)
