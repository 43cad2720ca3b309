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
    return _blank(object_name).copy()


@cache
def _blank(object_name: str) -> Row:
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

    def next_id(self) -> str:
        """The id that the next row will get."""
        return make_id(_key_prefix(self.object_name), self.made + 1)

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
        row = blank_row(self.object_name)
        width = len(row)
        row["Id"] = self.next_id()
        at = stamp(created)
        then = at if modified is None else stamp(modified)
        if "CreatedDate" in row:
            row["CreatedDate"], row["CreatedById"] = at, created_by
        if "LastModifiedDate" in row:
            row["LastModifiedDate"], row["LastModifiedById"] = then, modified_by or created_by
        if "SystemModstamp" in row:
            row["SystemModstamp"] = then if stamped is None else stamp(stamped)
        row.update(values)
        if len(row) > width:
            raise KeyError(f"{self.object_name} has no stored field {list(row)[width]}.")
        for name in _booleans(self.object_name):
            row[name] = int(bool(row[name]))
        self.rows.append(row)
        self.made += 1
        return row


@cache
def _booleans(object_name: str) -> tuple[str, ...]:
    fields = load_schema().by_lower_name[object_name.lower()].fields
    return tuple(field.name for field in fields if field.stored and field.type == "boolean")


@cache
def _key_prefix(object_name: str) -> str:
    return load_schema().by_lower_name[object_name.lower()].key_prefix
