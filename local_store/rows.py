"""Rows as records and back: column names on one side, API field names on the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, select

from local_store.schema import DELETED_AT, IS_DELETED, PURGED_AT
from local_store.tables import touched
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value

Item = TypeVar("Item")

BATCH = 900
"""How many ids go into one statement."""


def batches(items: Collection[Item]) -> Iterator[list[Item]]:
    """The items in pieces that fit into one statement."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def as_record(mapping: ObjectMapping, row: Row[Any]) -> dict[str, Value]:
    """The canonical record in a row of any of an object's tables."""
    found = row._mapping
    return {field.name: found[field.column] for field in mapping.fields}


def as_row(mapping: ObjectMapping, record_id: str, record: Record) -> dict[str, Value]:
    """The columns for a record's fields. Fields that are not mirrored are left out, ``Id`` is given apart."""
    by_name = mapping.by_name
    row = {by_name[name].column: value for name, value in record.items() if name in by_name}
    return {**row, "id": record_id}


def find_rows(connection: Connection, table: Table, ids: Collection[str]) -> dict[RecordId, Row[Any]]:
    """Rows by id, for the ids that have one."""
    found: dict[RecordId, Row[Any]] = {}
    for batch in batches(ids):
        for row in connection.execute(select(table).where(table.c.id.in_(batch))):
            found[RecordId(row._mapping["id"])] = row
    return found


def find_tokens(connection: Connection, object_name: str, ids: Collection[str]) -> dict[RecordId, int]:
    """The compare-and-set tokens of the ids that were touched."""
    found: dict[RecordId, int] = {}
    for batch in batches(ids):
        rows = connection.execute(
            select(touched.c.id, touched.c.seq).where(touched.c.object == object_name, touched.c.id.in_(batch))
        )
        found.update({RecordId(record_id): token for record_id, token in rows})
    return found


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
    """Write whole rows over what may be there. Rows may differ in their columns; missing ones keep what they hold.

    The capture must be paused: to the triggers this would be somebody's edit.
    """
    present = find_rows(connection, table, [str(row["id"]) for row in rows]) if rows else {}
    new = [row for row in rows if row["id"] not in present]
    for group in _alike(new):
        connection.execute(table.insert(), group)
    for row in rows:
        if row["id"] in present:
            connection.execute(table.update().where(table.c.id == row["id"]).values(dict(row)))


def remove(connection: Connection, table: Table, ids: Collection[str]) -> None:
    """Delete rows by id."""
    for batch in batches(ids):
        connection.execute(table.delete().where(table.c.id.in_(batch)))


def is_marked(row: Row[Any]) -> bool:
    """Whether a row is kept only as the trace of a record deleted in Salesforce."""
    return bool(row._mapping[IS_DELETED])


LIVE: Mapping[str, Value] = {IS_DELETED: False, DELETED_AT: None, PURGED_AT: None}
"""Our own columns of a row that is not deleted."""


def _alike(rows: Sequence[Mapping[str, Value]]) -> Iterator[list[dict[str, Value]]]:
    groups: dict[tuple[str, ...], list[dict[str, Value]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(dict(row))
    yield from groups.values()
