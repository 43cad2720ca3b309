"""Rows as records and back: column names on one side, API field names on the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, bindparam, select

from local_store.schema import DELETED_AT, IS_DELETED, PURGED_AT
from local_store.tables import touched
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value

Item = TypeVar("Item")

BATCH = 900
"""How many ids go into one statement."""


LIVE: Mapping[str, Value] = {IS_DELETED: False, DELETED_AT: None, PURGED_AT: None}
"""Our own columns of a row that is not deleted."""


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


def live_row(mapping: ObjectMapping, record_id: str, record: Record) -> dict[str, Value]:
    """The columns for a record that is not deleted, our own among them."""
    row = {**LIVE, **as_row(mapping, record_id, record)}
    return {**row, IS_DELETED: row[IS_DELETED] or False}


def find_rows(connection: Connection, table: Table, ids: Collection[str]) -> dict[RecordId, Row[Any]]:
    """Rows by id, for the ids that have one."""
    found: dict[RecordId, Row[Any]] = {}
    for batch in batches(ids):
        for row in connection.execute(select(table).where(table.c.id.in_(batch))):
            found[RecordId(row._mapping["id"])] = row
    return found


def find_ids(connection: Connection, table: Table, ids: Collection[str]) -> set[RecordId]:
    """Those of the ids that have a row."""
    found: set[RecordId] = set()
    for batch in batches(ids):
        found.update(connection.execute(select(table.c.id).where(table.c.id.in_(batch))).scalars())
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
    present = find_ids(connection, table, [str(row["id"]) for row in rows])
    for columns, group in _alike(rows):
        new = [row for row in group if row["id"] not in present]
        old = [{f"new_{name}": value for name, value in row.items()} for row in group if row["id"] in present]
        if new:
            connection.execute(table.insert(), new)
        if old:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
            connection.execute(table.update().where(table.c.id == bindparam("new_id")).values(values), old)


def remove(connection: Connection, table: Table, ids: Collection[str]) -> None:
    """Delete rows by id."""
    for batch in batches(ids):
        connection.execute(table.delete().where(table.c.id.in_(batch)))


def is_marked(row: Row[Any]) -> bool:
    """Whether a row is kept only as the trace of a record deleted in Salesforce."""
    return bool(row._mapping[IS_DELETED])


def _alike(rows: Sequence[Mapping[str, Value]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Value]]]]:
    groups: dict[tuple[str, ...], list[dict[str, Value]]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(dict(row))
    yield from groups.items()
