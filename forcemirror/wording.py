"""Plans and values in words, for the terminal and for JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from connector.sync.model import (
    Conflict,
    Create,
    Delete,
    DeleteConflict,
    FieldConflict,
    Operation,
    Plan,
    PutBack,
    Side,
    Update,
)
from mapping.record import RecordId, Value

Names = Callable[[str, RecordId], str]
"""What people call a record: its name, by object and id."""

MAX_FIELDS = 8

STAMPS = frozenset({"LastModifiedById", "LastModifiedDate", "SystemModstamp"})
"""Fields that move with every edit and tell nothing of it; a line leaves them out beside others."""


def plain(value: object) -> Any:
    """A value as JSON keeps it: money and dates as text, so that nothing is rounded."""
    match value:
        case datetime():
            return value.isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return value


def shown(value: Value) -> str:
    """A value as a line shows it."""
    if value is None:
        return "(empty)"
    text = str(plain(value))
    return text if len(text) <= 60 else f"{text[:59]}~"


def plan_as_json(plan: Plan, names: Names) -> Mapping[str, Any]:
    """A plan as JSON: what would be written where, and what waits for a decision."""
    return {
        "to_salesforce": [_operation_as_json(item, names) for item in plan.on(Side.REMOTE)],
        "to_your_database": [_operation_as_json(item, names) for item in _here(plan)],
        "conflicts": [_conflict_as_json(item, names) for item in plan.conflicts],
    }


def plan_lines(plan: Plan, names: Names, read_only: Collection[str] = ()) -> Mapping[str, Sequence[str]]:
    """A plan as lines under three heads; heads without lines are left out.

    Of the objects in ``read_only`` only the number of records is told: histories follow every edit.
    """
    here = [item for item in _here(plan) if item.object not in read_only]
    along = Counter(item.object for item in _here(plan) if item.object in read_only)
    heads = {
        "To Salesforce": [_operation_line(item, names) for item in plan.on(Side.REMOTE)],
        "To your database": [
            *(_operation_line(item, names) for item in here),
            *(f"and {count} of {name}, which is only read" for name, count in sorted(along.items())),
        ],
        "Conflicts, which wait for you": [_conflict_line(item, names) for item in plan.conflicts],
    }
    return {head: lines for head, lines in heads.items() if lines}


def _here(plan: Plan) -> Iterator[Operation]:
    """What is written in the mirror: operations of that side, and refused edits put back."""
    yield from plan.on(Side.LOCAL)
    yield from (item for item in plan.operations if isinstance(item, PutBack))


def _operation_line(operation: Operation, names: Names) -> str:
    match operation:
        case Create():
            called = operation.record.get("Name") or names(operation.object, operation.id)
            return f"create {operation.object} {_quoted(called)} ({operation.id})"
        case Update():
            changes = [
                f"{name}: {shown(operation.expected.get(name))} -> {shown(value)}"
                for name, value in sorted(operation.fields.items())
                if name not in STAMPS or STAMPS.issuperset(operation.fields)
            ]
            head = f"update {operation.object} {_quoted(names(operation.object, operation.id))} ({operation.id})"
            return f"{head}: {'; '.join(_cut(changes))}"
        case Delete():
            along = f", and with it {_counted(len(operation.cascades))}" if operation.cascades else ""
            # A row that was deleted here has its name only in what both sides last agreed on.
            name = names(operation.object, operation.id) or operation.expected.get("Name")
            return f"delete {operation.object} {_quoted(name)} ({operation.id}){along}"
        case PutBack():
            fields = ", ".join(sorted(operation.fields))
            called = _quoted(names(operation.object, operation.id))
            return f"put back {operation.object} {called} ({operation.id}): {fields} cannot be written in Salesforce"
        case _:
            return f"note {operation.object} ({operation.id})"


def _conflict_line(conflict: Conflict, names: Names) -> str:
    head = f"{conflict.object} {_quoted(names(conflict.object, conflict.id))} ({conflict.id})"
    match conflict:
        case FieldConflict():
            changes = [
                f"{name}: {shown(value)} in your database, {shown(conflict.remote.get(name))} in Salesforce"
                for name, value in sorted(conflict.local.items())
            ]
            return f"{head}: {'; '.join(_cut(changes))}"
        case DeleteConflict():
            where, other = ("your database", "Salesforce")
            if conflict.deleted_on is Side.REMOTE:
                where, other = other, where
            return f"{head}: deleted in {where}, edited in {other}"


def _cut(changes: Sequence[str]) -> Sequence[str]:
    if len(changes) <= MAX_FIELDS:
        return changes
    return [*changes[:MAX_FIELDS], f"and {len(changes) - MAX_FIELDS} more fields"]


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records} records"


def _quoted(name: object) -> str:
    return f'"{name}"' if name else "(no name)"


def _operation_as_json(operation: Operation, names: Names) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "verb": {"Create": "create", "Update": "update", "Delete": "delete"}.get(type(operation).__name__, "put back"),
        "object": operation.object,
        "id": operation.id,
        "name": names(operation.object, operation.id),
    }
    match operation:
        case Create():
            told["name"] = told["name"] or operation.record.get("Name")
            told["fields"] = {name: plain(value) for name, value in operation.record.items()}
        case Update():
            told["fields"] = {name: plain(value) for name, value in operation.fields.items()}
            told["before"] = {name: plain(operation.expected.get(name)) for name in operation.fields}
        case Delete():
            told["goes_along"] = [{"object": name, "id": record_id} for name, record_id in operation.cascades]
        case PutBack():
            told["fields"] = {name: plain(value) for name, value in operation.fields.items()}
        case _:
            pass
    return told


def _conflict_as_json(conflict: Conflict, names: Names) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "object": conflict.object,
        "id": conflict.id,
        "name": names(conflict.object, conflict.id),
    }
    match conflict:
        case FieldConflict():
            base = conflict.base or {}
            told["fields"] = {
                name: {
                    "before": plain(base.get(name)),
                    "in_your_database": plain(value),
                    "in_salesforce": plain(conflict.remote.get(name)),
                }
                for name, value in conflict.local.items()
            }
        case DeleteConflict():
            told["deleted_in"] = "your database" if conflict.deleted_on is Side.LOCAL else "Salesforce"
    return told
