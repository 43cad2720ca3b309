"""Who may see and change what: field-level security, object permissions and record visibility, as switches for tests.

Everybody may do everything until something is ordered. An order is for one user or, without a user, for all::

    {"username": "rep@...", "hide_fields": {"Opportunity": ["Amount"]}, "read_only_fields": {"Account": ["Name"]},
     "hide_objects": ["Task"], "read_only_objects": ["Contact"],
     "hide_records": {"Opportunity": {"field": "OwnerId", "is_not": "005..."}}}

What is hidden is hidden as a real org hides it: from describe, queries and rows; and a write of it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground import conditions
from playground.conditions import Condition
from playground.schema import Field, ObjectType, Schema
from playground.store import Row

_ALWAYS_SEEN = frozenset({"Id", "IsDeleted", "SystemModstamp", "CreatedDate", "LastModifiedDate"})
"""Field-level security does not reach system fields."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order; fields are (object, field) pairs. ``user_id`` None is everybody."""

    user_id: str | None
    hidden_fields: frozenset[tuple[str, str]] = frozenset()
    read_only_fields: frozenset[tuple[str, str]] = frozenset()
    hidden_objects: frozenset[str] = frozenset()
    read_only_objects: frozenset[str] = frozenset()
    hidden_records: tuple[tuple[str, tuple[Condition, ...]], ...] = ()

    def is_for(self, user_id: str) -> bool:
        """Whether it is about that user."""
        return self.user_id in (None, user_id)


class Access:
    """All orders of an org."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._views: dict[str, tuple[Schema, Schema]] = {}

    def add(self, order: Order) -> None:
        """Order one more."""
        self._orders.append(order)
        self._views.clear()

    def remove(self, order: Order) -> None:
        """Take an order back; unknown ones are no error."""
        if order in self._orders:
            self._orders.remove(order)
            self._views.clear()

    def clear(self) -> None:
        """Let everybody do everything again."""
        self._orders.clear()
        self._views.clear()

    def schema(self, whole: Schema, user_id: str) -> Schema:
        """The org as that user's describe shows it."""
        mine = self._of(user_id)
        if not mine:
            return whole
        known = self._views.get(user_id)
        if known is None or known[0] is not whole:
            known = (whole, _seen(whole, mine))
            self._views[user_id] = known
        return known[1]

    def hidden_records(self, user_id: str) -> dict[str, list[tuple[str, tuple[object, ...]]]]:
        """By object, conditions in SQL whose rows that user must not see."""
        found: dict[str, list[tuple[str, tuple[object, ...]]]] = {}
        for order in self._of(user_id):
            for name, when in order.hidden_records:
                found.setdefault(name, []).append(conditions.as_sql(when))
        return found

    def hides(self, user_id: str, object_name: str, row: Row) -> bool:
        """Whether that user must not see a row."""
        return any(
            name == object_name and conditions.all_hold(when, row, row)
            for order in self._of(user_id)
            for name, when in order.hidden_records
        )

    def _of(self, user_id: str) -> list[Order]:
        return [order for order in self._orders if order.is_for(user_id)]


def read(raw: Mapping[str, Any], schema: Schema, user_id: str | None) -> Order:
    """Read an order as the side door takes it; ValueError names what is wrong."""
    known = {"username", "hide_fields", "read_only_fields", "hide_objects", "read_only_objects", "hide_records"}
    unknown = sorted(set(raw) - known)
    if unknown:
        raise ValueError(f"Access has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
    records = []
    for name, when in dict(raw.get("hide_records", {})).items():
        object_type = _object_type(schema, name)
        read_conditions = conditions.read_all(when, object_type)
        conditions.as_sql(read_conditions)
        records.append((object_type.name, read_conditions))
    return Order(
        user_id=user_id,
        hidden_fields=_fields(raw.get("hide_fields", {}), schema),
        read_only_fields=_fields(raw.get("read_only_fields", {}), schema),
        hidden_objects=frozenset(_object_type(schema, name).name for name in raw.get("hide_objects", ())),
        read_only_objects=frozenset(_object_type(schema, name).name for name in raw.get("read_only_objects", ())),
        hidden_records=tuple(records),
    )


def _fields(raw: Mapping[str, Sequence[str]], schema: Schema) -> frozenset[tuple[str, str]]:
    found = set()
    for object_name, names in raw.items():
        object_type = _object_type(schema, object_name)
        for name in names:
            field = object_type.by_lower_name.get(str(name).lower())
            if field is None:
                raise ValueError(f"{object_type.name} has no field {name!r}.")
            if field.name in _ALWAYS_SEEN:
                raise ValueError(f"{field.name} is a system field, which field-level security does not reach.")
            found.add((object_type.name, field.name))
    return frozenset(found)


def _object_type(schema: Schema, name: str) -> ObjectType:
    found = schema.by_lower_name.get(str(name).lower())
    if found is None:
        raise ValueError(f"The org has no object {name!r}.")
    return found


def _seen(whole: Schema, orders: Sequence[Order]) -> Schema:
    gone = frozenset().union(*(order.hidden_objects for order in orders))
    return Schema(tuple(_seen_object(item, orders) for item in whole.objects if item.name not in gone))


def _seen_object(item: ObjectType, orders: Sequence[Order]) -> ObjectType:
    hidden = frozenset().union(*(order.hidden_fields for order in orders))
    fixed = frozenset().union(*(order.read_only_fields for order in orders))
    fields = tuple(
        _read_only(field) if (item.name, field.name) in fixed else field
        for field in item.fields
        if (item.name, field.name) not in hidden
    )
    may_write = not any(item.name in order.read_only_objects for order in orders)
    return replace(
        item,
        fields=fields,
        createable=item.createable and may_write,
        updateable=item.updateable and may_write,
        deletable=item.deletable and may_write,
        undeletable=item.undeletable and may_write,
    )


def _read_only(field: Field) -> Field:
    return replace(field, createable=False, updateable=False)
