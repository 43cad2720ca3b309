"""``/composite/tree/T``: records with their children, created together or not at all (salesforce-api.md 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playground import dml, errors
from playground.calls import Answer, Call
from playground.schema import ObjectType

RECORDS_MAX = 200
LEVELS_MAX = 5
TYPES_MAX = 5


@dataclass(frozen=True, slots=True)
class Branch:
    """One record to create, the field that points at its parent, and its children."""

    reference_id: str
    object_type: ObjectType
    fields: Mapping[str, Any]
    parent_field: str | None
    children: tuple[Branch, ...]

    def walk(self) -> Iterator[Branch]:
        """It and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def levels(self) -> int:
        """How many levels it has, itself included."""
        return 1 + max((child.levels for child in self.children), default=0)


class _RolledBack(Exception):
    """A record was refused, so none is created."""


def tree(call: Call, object_name: str) -> Answer:
    """``POST /composite/tree/T``: 201 with all ids, or 400 with what was wrong with which record."""
    root_type = call.object_type(object_name)
    branches = [_branch(call, record, root_type, None) for record in _records(call.record)]
    _check_limits(branches)
    created: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    try:
        with call.org.store.transaction():
            for branch in branches:
                _create(call, branch, None, created, refused)
            _refuse_any(refused)
    except _RolledBack:
        return Answer(400, {"hasErrors": True, "results": refused})
    return Answer(201, {"hasErrors": False, "results": created})


def _refuse_any(refused: list[dict[str, Any]]) -> None:
    if refused:
        raise _RolledBack


def _create(
    call: Call,
    branch: Branch,
    parent_id: str | None,
    created: list[dict[str, Any]],
    refused: list[dict[str, Any]],
) -> None:
    """Create a record and what is below it; below a refused one nothing is tried."""
    fields = dict(branch.fields)
    if branch.parent_field:
        fields[branch.parent_field] = parent_id
    try:
        with call.org.store.transaction():
            record_id = dml.create(call.work, branch.object_type, fields)
    except errors.ApiError as error:
        refused.append({"referenceId": branch.reference_id, "errors": [error.item()]})
        return
    created.append({"referenceId": branch.reference_id, "id": record_id})
    for child in branch.children:
        _create(call, child, record_id, created, refused)


def _records(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records = raw.get("records")
    if not isinstance(records, list) or not all(isinstance(item, dict) for item in records):
        raise errors.JsonParserError("records must be an array of objects at [line:1, column:1]")
    return records


def _branch(call: Call, record: Mapping[str, Any], object_type: ObjectType, parent_field: str | None) -> Branch:
    attributes = record.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    reference_id, type_name = attributes.get("referenceId"), attributes.get("type")
    if not isinstance(reference_id, str) or not reference_id:
        raise errors.ApiError("Include a reference ID for each record in the request.", code="INVALID_INPUT")
    if not isinstance(type_name, str) or type_name.lower() != object_type.name.lower():
        raise errors.ApiError(
            f"The type of record {reference_id} must be {object_type.name}, not {type_name}.", code="INVALID_INPUT"
        )
    fields: dict[str, Any] = {}
    children: list[Branch] = []
    for name, value in record.items():
        found = _child_of(call, object_type, name) if isinstance(value, dict) and "records" in value else None
        if found is None:
            fields[name] = value
            continue
        child_type, field = found
        children.extend(_branch(call, item, child_type, field) for item in _records(value))
    return Branch(reference_id, object_type, fields, parent_field, tuple(children))


def _child_of(call: Call, object_type: ObjectType, name: str) -> tuple[ObjectType, str] | None:
    for child in call.schema.children.get(object_type.name, ()):
        if child.name and child.name.lower() == name.lower():
            return call.object_type(child.child), child.field
    return None


def _check_limits(branches: list[Branch]) -> None:
    all_branches = [item for branch in branches for item in branch.walk()]
    _refuse_more("records", len(all_branches), RECORDS_MAX)
    _refuse_more("levels", max((branch.levels for branch in branches), default=0), LEVELS_MAX)
    _refuse_more("types of records", len({item.object_type.name for item in all_branches}), TYPES_MAX)
    names = [item.reference_id for item in all_branches]
    for name in names:
        if names.count(name) > 1:
            raise errors.ApiError(f"Duplicate ReferenceId provided in the request: {name}", code="INVALID_INPUT")


def _refuse_more(what: str, number: int, most: int) -> None:
    if number > most:
        raise errors.ApiError(f"Too many {what}: {number}. The limit is {most}", code="LIMIT_EXCEEDED")
