"""What an admin lets happen by itself: flows that edit a saved record, and validation rules that refuse one.

Both are declared, as JSON through the side door or as TOML::

    [[flow]]
    name = "Invoice what is won"
    object = "Opportunity"
    saved = "created or updated"          # or: "created", "updated"
    when = [{ field = "StageName", is = "Closed Won" }, { field = "StageName", changed = true }]
    set = { NextStep = "Send the invoice" }
    create = { object = "Task", fields = { Subject = "Invoice", WhatId = "$Id" } }

    [[validation]]
    name = "No free shoes"
    object = "Opportunity"
    when = { field = "Amount", below = 1 }
    message = "Shoes are not free."
    field = "Amount"

``$Name`` stands for the value of another field. Flows run before validation rules, in the order of the file, and not
on what flows themselves create.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground import conditions, errors, values
from playground.conditions import Condition
from playground.schema import ObjectType, Schema
from playground.store import Row

_SAVED = {"created": (True, False), "updated": (False, True), "created or updated": (True, True)}


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    object: str
    on_create: bool
    on_update: bool
    when: tuple[Condition, ...]
    set: Mapping[str, Any]
    create_object: str | None
    create_fields: Mapping[str, Any]

    def runs(self, old: Row | None, new: Row) -> bool:
        """Whether a row that is being saved starts it."""
        wanted = self.on_create if old is None else self.on_update
        return wanted and conditions.all_hold(self.when, old, new)


@dataclass(frozen=True, slots=True)
class ValidationRule:
    name: str
    object: str
    when: tuple[Condition, ...]
    message: str
    field: str | None

    def refusal(self) -> errors.ApiError:
        """What the API says when the rule is broken."""
        fields = [self.field] if self.field else []
        return errors.ApiError(self.message, code="FIELD_CUSTOM_VALIDATION_EXCEPTION", fields=fields)


@dataclass
class Automation:
    """The flows and validation rules of an org."""

    flows: list[Flow] = field(default_factory=list)
    validations: list[ValidationRule] = field(default_factory=list)

    def add(self, raw: Mapping[str, Any], schema: Schema) -> None:
        """Add ``{"flow": [...], "validation": [...]}``, all or nothing; ValueError names what is wrong."""
        unknown = sorted(set(raw) - {"flow", "validation"})
        if unknown:
            raise ValueError(f"Automation has flow and validation, not {', '.join(unknown)}.")
        flows = [_flow(item, schema) for item in _tables(raw.get("flow"))]
        rules = [_validation(item, schema) for item in _tables(raw.get("validation"))]
        self.flows += flows
        self.validations += rules

    def add_file(self, path: Path, schema: Schema) -> None:
        """Add what a TOML file declares; ValueError and OSError as they come."""
        self.add(tomllib.loads(path.read_text(encoding="utf-8")), schema)

    def clear(self) -> None:
        """Forget all."""
        self.flows.clear()
        self.validations.clear()

    def names(self) -> dict[str, list[str]]:
        """What is set up, by name."""
        return {
            "flows": [item.name for item in self.flows],
            "validations": [item.name for item in self.validations],
        }

    def edits(self, object_type: ObjectType, old: Row | None, new: Row) -> Row:
        """The fields that flows set on a row about to be saved, in stored form."""
        found: Row = {}
        for flow in self.flows:
            if flow.object == object_type.name and flow.set and flow.runs(old, {**new, **found}):
                for name, raw in flow.set.items():
                    target = object_type.by_lower_name[name.lower()]
                    found[target.name] = values.stored(target, _value(raw, {**new, **found}))
        return found

    def check(self, object_type: ObjectType, old: Row | None, new: Row) -> None:
        """Raise the refusal of the first rule that the row breaks."""
        for rule in self.validations:
            if rule.object == object_type.name and conditions.all_hold(rule.when, old, new):
                raise rule.refusal()

    def children(self, object_type: ObjectType, old: Row | None, new: Row) -> Iterator[tuple[str, Row]]:
        """Object and fields of the records that flows create after a row was saved."""
        for flow in self.flows:
            if flow.object == object_type.name and flow.create_object and flow.runs(old, new):
                yield flow.create_object, {name: _value(raw, new) for name, raw in flow.create_fields.items()}


def _value(raw: Any, row: Row) -> Any:
    if isinstance(raw, str) and raw.startswith("$"):
        return row.get(raw[1:])
    return raw


def _tables(raw: Any) -> list[Mapping[str, Any]]:
    items = raw if isinstance(raw, list) else [] if raw is None else [raw]
    if not all(isinstance(item, Mapping) for item in items):
        raise TypeError("Flows and validation rules are objects.")
    return items


def _flow(raw: Mapping[str, Any], schema: Schema) -> Flow:
    _refuse_unknown(raw, {"name", "object", "saved", "when", "set", "create"}, "A flow")
    object_type = _object_type(raw, schema)
    saved = str(raw.get("saved", "created or updated"))
    if saved not in _SAVED:
        raise ValueError(f"A flow runs when a record is {', or '.join(_SAVED)}; not when {saved!r}.")
    on_create, on_update = _SAVED[saved]
    sets = dict(raw.get("set", {}))
    for name in sets:
        if not object_type.has(name):
            raise ValueError(f"{object_type.name} has no field {name!r}.")
    created = raw.get("create") or {}
    child = _object_type(created, schema).name if created else None
    return Flow(
        name=str(raw.get("name", "flow")),
        object=object_type.name,
        on_create=on_create,
        on_update=on_update,
        when=conditions.read_all(raw.get("when"), object_type),
        set=sets,
        create_object=child,
        create_fields=dict(created.get("fields", {})),
    )


def _validation(raw: Mapping[str, Any], schema: Schema) -> ValidationRule:
    _refuse_unknown(raw, {"name", "object", "when", "message", "field"}, "A validation rule")
    object_type = _object_type(raw, schema)
    if not raw.get("message"):
        raise ValueError("A validation rule needs the message that it refuses with.")
    named = raw.get("field")
    if named is not None and not object_type.has(str(named)):
        raise ValueError(f"{object_type.name} has no field {named!r}.")
    return ValidationRule(
        name=str(raw.get("name", "validation rule")),
        object=object_type.name,
        when=conditions.read_all(raw.get("when"), object_type),
        message=str(raw["message"]),
        field=named,
    )


def _object_type(raw: Mapping[str, Any], schema: Schema) -> ObjectType:
    found = schema.by_lower_name.get(str(raw.get("object", "")).lower())
    if found is None:
        raise ValueError(f"The org has no object {raw.get('object')!r}.")
    return found


def _refuse_unknown(raw: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise ValueError(f"{what} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
