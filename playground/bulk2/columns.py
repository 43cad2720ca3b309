"""The columns of an upload: which fields they write (salesforce-api.md 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground import dml, errors
from playground.bulk2.csv_format import CsvRefused
from playground.schema import Field, ObjectType, Schema
from playground.work import Work

NULL = "#N/A"
"""A cell that empties a field; an empty cell leaves it alone."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A field of the object."""

    field: Field


@dataclass(frozen=True, slots=True)
class Link:
    """``Account.Ext__c``: a reference, by a key of the record it points at."""

    reference: Field
    target: ObjectType
    key: Field


Column = Plain | Link


def bound(schema: Schema, object_type: ObjectType, names: Sequence[str]) -> list[Column]:
    """What the header names, in any letter case; CsvRefused for what the object does not have."""
    columns = [_column(schema, object_type, name) for name in names]
    written = [column.field.name if isinstance(column, Plain) else column.reference.name for column in columns]
    for place, name in enumerate(written):
        if name in written[:place]:
            raise CsvRefused(f"InvalidBatch : Duplicate field : {names[place]}")
    return columns


def named(columns: Sequence[Column], name: str) -> int:
    """Where the field stands that an operation cannot do without."""
    for place, column in enumerate(columns):
        if isinstance(column, Plain) and column.field.name == name:
            return place
    raise _not_found(name)


def fields(work: Work, columns: Sequence[Column], cells: Sequence[str]) -> dict[str, Any]:
    """What a row writes: by field name, None where it empties a field. Raise an :class:`errors.ApiError`."""
    found: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if cell == "":
            continue
        value = None if cell == NULL else cell
        if isinstance(column, Plain):
            found[column.field.name] = value
        else:
            found[column.reference.name] = None if value is None else _linked(work, column, value)
    return found


def _linked(work: Work, column: Link, value: str) -> str:
    record_id = dml.matching(work, column.target, column.key, value)
    if record_id is None:
        raise errors.ForeignKeyNotFound(value, column.key.name, column.target.name)
    return record_id


def _column(schema: Schema, object_type: ObjectType, name: str) -> Column:
    if "." not in name:
        field = object_type.by_lower_name.get(name.lower())
        if field is None or not field.stored:
            raise _not_found(name)
        return Plain(field)
    path, _, key_name = name.partition(".")
    type_name, prefixed, relationship = path.rpartition(":")
    reference = object_type.by_relationship.get(relationship.lower())
    if reference is None or bool(prefixed) != (len(reference.reference_to) > 1):
        raise _not_found(name)
    target_name = type_name if prefixed else reference.reference_to[0]
    target = schema.by_lower_name.get(target_name.lower())
    if target is None or target.name not in reference.reference_to:
        raise _not_found(name)
    key = target.by_lower_name.get(key_name.lower())
    if key is None or not (key.external_id or key.id_lookup):
        raise _not_found(name)
    return Link(reference, target, key)


def _not_found(name: str) -> CsvRefused:
    return CsvRefused(f"InvalidBatch : Field name not found : {name}")
