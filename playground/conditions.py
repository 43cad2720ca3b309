"""Conditions on a record that are written down rather than programmed: ``{"field": "Amount", "above": 1000}``.

They decide when a flow runs, when a validation rule refuses, and which records are hidden from a user. A list of them
means all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.schema import ObjectType
from playground.store import Row, quoted

_IN_SQL: Mapping[str, str] = {
    "is": "{0} IS ?",
    "is_not": "{0} IS NOT ?",
    "above": "{0} > ?",
    "below": "{0} < ?",
    "contains": "instr({0}, ?) > 0",
}
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, wanted: bool(value == wanted),
    "is_not": lambda value, wanted: bool(value != wanted),
    "above": lambda value, wanted: value is not None and bool(value > wanted),
    "below": lambda value, wanted: value is not None and bool(value < wanted),
    "contains": lambda value, wanted: value is not None and str(wanted) in str(value),
    "in": lambda value, wanted: value in wanted,
    "blank": lambda value, wanted: (value in (None, "")) == bool(wanted),
}
_CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field; ``wanted`` is in stored form (booleans are 0 and 1)."""

    field: str
    test: str
    wanted: Any

    def holds(self, old: Row | None, new: Row) -> bool:
        """Whether it is true of a row; ``old`` is the row before it was saved, None when it is new."""
        if self.test == _CHANGED:
            moved = old is None or old.get(self.field) != new.get(self.field)
            return moved == bool(self.wanted)
        return _TESTS[self.test](new.get(self.field), self.wanted)

    def sql(self) -> tuple[str, list[object]]:
        """The same as SQL; ValueError for ``changed``, which a stored row cannot tell."""
        column = quoted(self.field)
        if self.test == "in":
            return f"{column} IN ({', '.join('?' * len(self.wanted))})", list(self.wanted)
        if self.test == "blank":
            blank = f"({column} IS NULL OR {column} = '')"
            return (blank if self.wanted else f"NOT {blank}"), []
        if self.test not in _IN_SQL:
            raise ValueError(f"{self.test} cannot be asked of a record that is not being saved.")
        return _IN_SQL[self.test].format(column), [self.wanted]


def read_all(raw: Any, object_type: ObjectType) -> tuple[Condition, ...]:
    """Read one condition or a list of them; ValueError names what is wrong."""
    items: Sequence[Any] = raw if isinstance(raw, list) else [raw] if raw else []
    return tuple(_read(item, object_type) for item in items)


def all_hold(conditions: Sequence[Condition], old: Row | None, new: Row) -> bool:
    """Whether every one is true; none at all are true of everything."""
    return all(condition.holds(old, new) for condition in conditions)


def as_sql(conditions: Sequence[Condition]) -> tuple[str, tuple[object, ...]]:
    """All of them joined, with their values."""
    parts = [condition.sql() for condition in conditions]
    return " AND ".join(part for part, _ in parts) or "1", tuple(value for _, values in parts for value in values)


def _read(raw: Any, object_type: ObjectType) -> Condition:
    tests = sorted({*_TESTS, _CHANGED})
    if not isinstance(raw, Mapping):
        raise TypeError(f"A condition is an object like {{'field': 'Amount', 'above': 1}}, not {raw!r}.")
    named = [name for name in raw if name != "field"]
    field = object_type.by_lower_name.get(str(raw.get("field", "")).lower())
    if field is None:
        raise ValueError(f"{object_type.name} has no field {raw.get('field')!r}.")
    if len(named) != 1 or named[0] not in tests:
        raise ValueError(f"A condition has a field and one of {', '.join(tests)}; {dict(raw)!r} has not.")
    return Condition(field.name, named[0], _stored(raw[named[0]]))


def _stored(value: Any) -> Any:
    if isinstance(value, list):
        return [_stored(item) for item in value]
    return int(value) if isinstance(value, bool) else value
