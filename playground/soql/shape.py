"""Rows to the JSON that the API answers (salesforce-api.md, sections 1.3 and 3.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
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
    """A compound field, put together from its components; null when all of them are. A part may be unknown here."""

    key: str
    parts: tuple[tuple[str, Leaf | None], ...]


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


ChildRecords = Sequence[Mapping[str, Record]]
"""For every subquery, its answer (``totalSize``, ``done``, ``records``) by the parent's id."""


Reader = Callable[[Row, ChildRecords], Record]
"""Makes the record of a row."""


def aggregate(shape: AggregateShape, row: Row) -> Record:
    """One record of a grouped query; it has no URL."""
    record: Record = {"attributes": {"type": "AggregateResult"}}
    for leaf in shape.members:
        value = row[leaf.index]
        # A boolean is never null but here: in the subtotals of ROLLUP and CUBE.
        record[leaf.key] = None if value is None else shown(leaf.type, value)
    return record


def reader(shape: RecordShape, api_version: str) -> Reader:
    """What makes records of this shape. Worked out once for a page, since a page has many rows and fields."""
    members = shape.members
    keys = ("attributes", *(member.key for member in members))
    indexes = (shape.id_index, *(member.index if isinstance(member, Leaf) else shape.id_index for member in members))
    # One more place than keys: with a single place itemgetter would not give a tuple.
    values_of = itemgetter(*indexes, shape.id_index)
    converted = [
        (member.key, _CONVERSIONS[member.type], member.index)
        for member in members
        if isinstance(member, Leaf) and member.type in _CONVERSIONS
    ]
    nested = [(member.key, _nested(member, shape, api_version)) for member in members if not isinstance(member, Leaf)]
    attributes_of = _attributes(shape, api_version)

    def read(row: Row, children: ChildRecords) -> Record:
        record: Record = dict(zip(keys, values_of(row), strict=False))
        record["attributes"] = attributes_of(row[shape.id_index])
        for key, convert, index in converted:
            record[key] = convert(row[index])
        for key, read_nested in nested:
            record[key] = read_nested(row, children)
        return record

    return read


def shown(kind: str, value: Any) -> Any:
    """The JSON form of a stored value of describe's type ``kind``."""
    convert = _CONVERSIONS.get(kind)
    return value if convert is None else convert(value)


def _attributes(shape: RecordShape, api_version: str) -> Callable[[str], Record]:
    url = f"/services/data/v{api_version}/sobjects/"

    def attributes_of(record_id: str) -> Record:
        object_name = _object_name(shape.names, record_id) or shape.type_name
        return {"type": shape.type_name, "url": f"{url}{object_name}/{record_id}"}

    return attributes_of


def _nested(member: Address | Parent | Children | Choice, shape: RecordShape, api_version: str) -> _ReadNested:
    match member:
        case Address():
            return partial(_address, member)
        case Parent():
            return partial(_parent, member.record.id_index, reader(member.record, api_version))
        case Children():
            return partial(_children, member.number, shape.id_index)
        case Choice():
            branches = {name: reader(branch, api_version) for name, branch in member.branches.items()}
            otherwise = None if member.otherwise is None else reader(member.otherwise, api_version)
            return partial(_choice, member, branches, otherwise)


def _address(member: Address, row: Row, _: ChildRecords) -> Record | None:
    parts = {key: None if part is None else shown(part.type, row[part.index]) for key, part in member.parts}
    return None if all(value is None for value in parts.values()) else parts


def _parent(id_index: int, read: Reader, row: Row, _: ChildRecords) -> Record | None:
    return None if row[id_index] is None else read(row, ())


def _children(number: int, id_index: int, row: Row, children: ChildRecords) -> Record | None:
    return children[number].get(row[id_index])


def _choice(
    member: Choice, branches: Mapping[str, Reader], otherwise: Reader | None, row: Row, _: ChildRecords
) -> Record | None:
    record_id = row[member.id_index]
    if record_id is None:
        return None
    read = branches.get(_object_name(member.names, record_id) or "", otherwise)
    return None if read is None else read(row, ())


def _datetime(value: str | None) -> str | None:
    return None if value is None else value.removesuffix("Z") + "+0000"


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


_ReadNested = Callable[[Row, ChildRecords], Record | None]
_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": bool,
    "datetime": _datetime,
    "double": _number,
    "currency": _number,
    "percent": _number,
}


def _object_name(names: tuple[tuple[str, str], ...], record_id: str) -> str | None:
    return next((name for prefix, name in names if record_id.startswith(prefix)), None)
