"""First reads: whole pages into the mirror, set-wise, past the ORM and the slow parts of the core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import insert

from local_store import rows as rows_of
from local_store.errors import ValueNotStorable
from local_store.schema import IS_DELETED, ObjectTables
from local_store.types import encoder
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value


def insert_new(
    connection: Connection, mapping: ObjectMapping, tables: ObjectTables, records: Mapping[RecordId, Record]
) -> dict[RecordId, str]:
    """Insert records whose rows are not there yet; rows that are there, or were touched, are left alone.

    Answers the records that the database cannot hold, with the reason. The capture must be paused.
    """
    known = {
        *rows_of.find_tokens(connection, mapping.name, records.keys()),
        *rows_of.find_ids(connection, tables.remote, records.keys()),
    }
    encode = _row_encoder(mapping, tables.rows)
    rows: list[tuple[Any, ...]] = []
    refused: dict[RecordId, str] = {}
    for record_id, record in records.items():
        if record_id in known:
            continue
        try:
            rows.append(encode(record_id, record))
        except ValueNotStorable as error:
            refused[record_id] = str(error)
    if rows:
        connection.exec_driver_sql(_statement(connection, tables.rows), rows)
    return refused


def not_storable(mapping: ObjectMapping, records: Iterable[Record]) -> str | None:
    """Why the database cannot hold one of these records; None when it can hold all.

    Only numbers and text can be beyond it: canonical days and moments always fit.
    """
    fields = mapping.by_name
    try:
        for record in records:
            for name, value in record.items():
                kind = type(value)
                if name not in fields or (kind is str and value.isascii()):  # type: ignore[union-attr]
                    continue
                if kind in {str, int, Decimal}:
                    encoder(fields[name].type)(value)
    except ValueNotStorable as error:
        return str(error)
    return None


def _statement(connection: Connection, table: Table) -> str:
    statement = insert(table).on_conflict_do_nothing()
    return str(statement.compile(dialect=connection.dialect, column_keys=[column.name for column in table.columns]))


def _row_encoder(mapping: ObjectMapping, table: Table) -> Callable[[RecordId, Record], tuple[Any, ...]]:
    """Turn records into rows in the order of the table's columns. Called a million times: keep it flat."""
    fields = {field.column: field for field in mapping.fields}
    plan = [
        (fields[column.name].name, encoder(fields[column.name].type)) if column.name in fields else (column.name, None)
        for column in table.columns
    ]
    names = [name for name, _ in plan]
    encoders = [each or _keep for _, each in plan]
    own: dict[str, Value] = {IS_DELETED: False, "IsDeleted": False}

    def encode(record_id: RecordId, record: Record) -> tuple[Any, ...]:
        values = {**own, **record, "Id": record_id}
        values["IsDeleted"] = values["IsDeleted"] or False
        return tuple(
            [
                None if (value := values.get(name)) is None else encode_value(value)
                for name, encode_value in zip(names, encoders, strict=True)
            ]
        )

    return encode


def _keep(value: Value) -> Value:
    return value
