"""Rows in the making: every stored field of an object, ids given in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from playground.catalogue import load_schema
from playground.ids import make_id
from playground.seed.moments import stamp

Value = str | int | float | None
Row = dict[str, Value]


def blank_row(object_name: str) -> Row:
    """All stored fields of the object, booleans and defaults as the catalogue says, the rest null."""
    row: Row = {}
    for item in load_schema().by_lower_name[object_name.lower()].fields:
        if item.stored:
            row[item.name] = int(item.default) if isinstance(item.default, bool) else item.default
    return row


@dataclass
class RowMaker:
    """Makes rows of one object, numbering their ids from 1 on."""

    object_name: str
    rows: list[Row] = field(default_factory=list)
    made: int = 0
    """How many rows were made, those taken away included."""

    def __post_init__(self) -> None:
        self._shape = _shape(self.object_name)

    def next_id(self) -> str:
        """The id that the next row will get."""
        return make_id(self._shape.key_prefix, self.made + 1)

    def take(self) -> list[Row]:
        """The rows made since the last time; they are not kept any longer."""
        taken, self.rows = self.rows, []
        return taken

    def add(
        self,
        values: Mapping[str, Any],
        *,
        created: datetime,
        created_by: str,
        modified: datetime | None = None,
        modified_by: str | None = None,
        stamped: datetime | None = None,
    ) -> Row:
        """Append a row. Who and when default to the creation. Fields that the object has not are a KeyError."""
        shape = self._shape
        row = shape.blank.copy()
        row["Id"] = make_id(shape.key_prefix, self.made + 1)
        at = stamp(created)
        then = at if modified is None else stamp(modified)
        if shape.has_creation:
            row["CreatedDate"], row["CreatedById"] = at, created_by
        if shape.has_modification:
            row["LastModifiedDate"], row["LastModifiedById"] = then, modified_by or created_by
        if shape.has_stamp:
            row["SystemModstamp"] = then if stamped is None else stamp(stamped)
        row.update(values)
        if len(row) > len(shape.blank):
            raise KeyError(f"{self.object_name} has no stored field {list(row)[len(shape.blank)]}.")
        for name in shape.booleans:
            row[name] = int(row[name] or 0)
        self.rows.append(row)
        self.made += 1
        return row


@dataclass(frozen=True, slots=True)
class _Shape:
    """What all rows of an object have in common."""

    key_prefix: str
    blank: Row
    booleans: tuple[str, ...]
    has_creation: bool
    has_modification: bool
    has_stamp: bool


@cache
def _shape(object_name: str) -> _Shape:
    found = load_schema().by_lower_name[object_name.lower()]
    blank = blank_row(object_name)
    return _Shape(
        key_prefix=found.key_prefix,
        blank=blank,
        booleans=tuple(field.name for field in found.fields if field.stored and field.type == "boolean"),
        has_creation="CreatedDate" in blank,
        has_modification="LastModifiedDate" in blank,
        has_stamp="SystemModstamp" in blank,
    )
