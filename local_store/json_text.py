"""Mappings and values as JSON text, for the columns that hold a whole record or a whole object mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from mapping.fields import Direction, FieldMapping, ObjectMapping, PicklistValue
from mapping.record import Record, Value


def dump_record(record: Record | None) -> str | None:
    """A record as text that ``load_record`` turns into an equal one."""
    return None if record is None else json.dumps({k: _tagged(v) for k, v in record.items()}, ensure_ascii=False)


def load_record(stored: str | None) -> dict[str, Value] | None:
    """The record that was dumped."""
    return None if stored is None else {name: _untagged(value) for name, value in json.loads(stored).items()}


def dump_value(value: Value) -> str | None:
    """One value as text; null stays null."""
    return None if value is None else json.dumps(_tagged(value), ensure_ascii=False)


def load_value(stored: str | None) -> Value:
    """The value that was dumped."""
    return None if stored is None else _untagged(json.loads(stored))


def dump_mapping(mapping: ObjectMapping) -> str:
    """An object mapping as text."""
    return json.dumps(asdict(mapping), default=_plain, ensure_ascii=False)


def load_mapping(stored: str) -> ObjectMapping:
    """The object mapping that was dumped. Keys that this version does not know are left out."""
    found = json.loads(stored)
    fields = tuple(_field(item) for item in found.pop("fields"))
    coupled = tuple(frozenset(group) for group in found.pop("coupled"))
    return ObjectMapping(**_known(ObjectMapping, found), fields=fields, coupled=coupled)


def _field(item: dict[str, Any]) -> FieldMapping:
    picklist = tuple(PicklistValue(**_known(PicklistValue, entry)) for entry in item.pop("picklist", ()))
    reference_to = tuple(item.pop("reference_to", ()))
    direction = Direction(item.pop("direction", Direction.BOTH.value))
    return FieldMapping(**_known(FieldMapping, item), picklist=picklist, reference_to=reference_to, direction=direction)


def _known(kind: type, item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name in kind.__dataclass_fields__}  # type: ignore[attr-defined]


def _plain(value: object) -> Any:
    if isinstance(value, Direction):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{value!r} has no place in a mapping")


def _tagged(value: Value) -> Any:
    match value:
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"datetime": value.astimezone(UTC).isoformat()}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case _:
            return value


def _untagged(value: Any) -> Value:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    ((tag, content),) = value.items()
    readers = {
        "decimal": Decimal,
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
    }
    read: Any = readers[tag]
    return read(content)  # type: ignore[no-any-return]
