"""Salesforce gave a record its id: the provisional one goes, everywhere at once (design decision 4)."""

from __future__ import annotations

from sqlalchemy import Connection, Table

from local_store import rows as rows_of
from local_store import settling
from local_store.schema import ObjectTables
from local_store.store import Store
from local_store.tables import change, conflict, issue, run_operation, touched
from mapping.fields import ObjectMapping
from mapping.record import RecordId, Value

CREATED = "created"
"""The reason of an alias that stands for a record made here."""


def adopt(connection: Connection, store: Store, object_name: str, provisional: RecordId, id: RecordId) -> None:
    """Replace an id in the record's own rows, in every reference to it and in our tables. The capture must be paused.

    The intent keeps the provisional id, under which it will be dropped. Nothing that was written to the row meanwhile
    is lost, and its token stays what it was.
    """
    tables = store.tables(object_name)
    _make_way(connection, store.mapping(object_name), tables, provisional, id)
    for table in _all(tables):
        connection.execute(table.update().where(table.c.id == provisional).values(id=id))
    for mapping in store.objects.values():
        for field in mapping.references:
            if object_name in field.reference_to:
                for table in _all(store.tables(mapping.name)):
                    column = table.c[field.column]
                    connection.execute(table.update().where(column == provisional).values({column.name: id}))
    _rename(connection, object_name, provisional, id)
    settling.remember_alias(connection, object_name, provisional, id, CREATED, store.clock())


def _make_way(
    connection: Connection, mapping: ObjectMapping, tables: ObjectTables, provisional: RecordId, id: RecordId
) -> None:
    """A read may have brought the record under its Salesforce id already. That row goes; the one made here stays.

    What somebody edited in the row that goes is taken over, since it was edited after having been seen.
    """
    edits = _edits(connection, mapping, tables, id)
    for table in _all(tables):
        rows_of.remove(connection, table, [id])
    settling.untouch(connection, mapping.name, [id])
    if edits:
        connection.execute(tables.rows.update().where(tables.rows.c.id == provisional).values(edits))


def _edits(connection: Connection, mapping: ObjectMapping, tables: ObjectTables, id: RecordId) -> dict[str, Value]:
    base = rows_of.find_rows(connection, tables.base, [id]).get(id)
    row = rows_of.find_rows(connection, tables.rows, [id]).get(id)
    if base is None or row is None:
        return {}
    before, after = rows_of.as_record(mapping, base), rows_of.as_record(mapping, row)
    return {
        field.column: after[field.name]
        for field in mapping.fields
        if field.writable and after[field.name] != before[field.name]
    }


def _rename(connection: Connection, object_name: str, provisional: RecordId, id: RecordId) -> None:
    for table, column in (
        (touched, "id"),
        (conflict, "record_id"),
        (issue, "record_id"),
        (run_operation, "record_id"),
        (change, "record_id"),
    ):
        here = (table.c.object == object_name, table.c[column] == provisional)
        connection.execute(table.update().where(*here).values({column: id}))


def _all(tables: ObjectTables) -> tuple[Table, Table, Table]:
    return tables.rows, tables.base, tables.remote
