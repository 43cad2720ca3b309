"""Rows to the JSON that the API answers (salesforce-api.md, sections 1.3 and 3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Sequence[Any]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: its key, its place in the row, and describe's type."""

    key: str
    index: int
    type: str


@dataclass(frozen=True, slots=True)
class Address:
    """A compound field, put together from its components; null when all of them are."""

    key: str
    parts: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent record under its relationship's name, or null."""

    key: str
    record: RecordShape


@dataclass(frozen=True, slots=True)
class Children:
    """Child records, found by the parent's id in what the subquery with this number brought."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Choice:
    """TYPEOF: which shape the parent has depends on its object; None where the query asks nothing of it."""

    key: str
    id_index: int
    names: tuple[tuple[str, str], ...]
    branches: Mapping[str, RecordShape]
    otherwise: RecordShape | None


Member = Leaf | Address | Parent | Children | Choice


@dataclass(frozen=True, slots=True)
class RecordShape:
    """A record: its object, where its id stands in the row, and what was selected of it, in order.

    ``names`` is given for a polymorphic parent: its ``type`` is then ``Name``, and its URL is by the id's prefix.
    """

    type_name: str
    id_index: int
    names: tuple[tuple[str, str], ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class AggregateShape:
    members: tuple[Leaf, ...]


ChildRecords = Sequence[Mapping[str, list[Record]]]
"""For every subquery, child records by the parent's id."""


def aggregate(shape: AggregateShape, row: Row) -> Record:
    """One record of a grouped query; it has no URL."""
    record: Record = {"attributes": {"type": "AggregateResult"}}
    for leaf in shape.members:
        record[leaf.key] = shown(leaf.type, row[leaf.index])
    return record


def record(shape: RecordShape, row: Row, children: ChildRecords, api_version: str) -> Record:
    """One record with its parents and children."""
    record_id = row[shape.id_index]
    object_name = _object_name(shape.names, record_id) or shape.type_name
    url = f"/services/data/v{api_version}/sobjects/{object_name}/{record_id}"
    made: Record = {"attributes": {"type": shape.type_name, "url": url}}
    for member in shape.members:
        made[member.key] = _member(member, row, record_id, children, api_version)
    return made


def _member(member: Member, row: Row, record_id: str, children: ChildRecords, api_version: str) -> Any:
    match member:
        case Leaf():
            return shown(member.type, row[member.index])
        case Address():
            parts = {part.key: shown(part.type, row[part.index]) for part in member.parts}
            return None if all(value is None for value in parts.values()) else parts
        case Parent():
            if row[member.record.id_index] is None:
                return None
            return record(member.record, row, (), api_version)
        case Children():
            found = children[member.number].get(record_id)
            return None if not found else {"totalSize": len(found), "done": True, "records": found}
        case Choice():
            if row[member.id_index] is None:
                return None
            shape = member.branches.get(_object_name(member.names, row[member.id_index]) or "", member.otherwise)
            return None if shape is None else record(shape, row, (), api_version)


def shown(kind: str, value: Any) -> Any:
    """The JSON form of a stored value of describe's type ``kind``."""
    if kind == "boolean":
        return bool(value)
    if value is None:
        return None
    if kind == "datetime":
        return str(value).removesuffix("Z") + "+0000"
    if kind in ("double", "currency", "percent"):
        return float(value)
    return value


def _object_name(names: tuple[tuple[str, str], ...], record_id: str) -> str | None:
    return next((name for prefix, name in names if record_id.startswith(prefix)), None)
