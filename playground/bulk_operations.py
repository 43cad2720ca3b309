"""What one row of a bulk job does, and how it says that it failed: the same in Bulk API 1.0 and 2.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground import dml, errors
from playground.schema import ObjectType
from playground.work import Work

OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")

Fields = Mapping[str, Any]
"""What a row says: values by field name, None where it empties a field."""


@dataclass(frozen=True, slots=True)
class Done:
    """A row that was done."""

    record_id: str
    created: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was not done."""

    code: str
    message: str
    fields: tuple[str, ...]

    @property
    def text(self) -> str:
        """``CODE:message:fields --``, as one cell of a result has it."""
        named = ", ".join(self.fields)
        return f"{self.code}:{self.message}:{named}{' ' if named else ''}--"


Operate = Callable[[Work, Fields], Done]
"""Does one row, or raises an :class:`errors.ApiError` or :class:`errors.MultipleMatches`."""


def operation(name: str, object_type: ObjectType, key_name: str | None) -> Operate:
    """What a job does with each row. ``key_name`` is the external id of an upsert."""
    match name:
        case "insert":
            return lambda work, fields: Done(dml.create(work, object_type, fields), created=True)
        case "update":
            return _updating(object_type)
        case "upsert":
            return _upserting(object_type, str(key_name))
        case "hardDelete":
            return _deleting(object_type, dml.purge)
        case _:
            return _deleting(object_type, None)


def problem(error: errors.ApiError | errors.MultipleMatches, key_name: str | None) -> Problem:
    """The refusal of a row, in the words of a bulk result."""
    if isinstance(error, errors.MultipleMatches):
        name = key_name or "Id"
        listed = ", ".join(error.record_ids)
        message = f"{name}: more than one record found for external id field: [{listed}]"
        return Problem("DUPLICATE_EXTERNAL_ID", message, (name,))
    if isinstance(error, errors.TypeMismatch):
        message = f"{error.field}: value not of required type: {error.value}"
        return Problem("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (error.field,))
    if isinstance(error, errors.NotFound):
        error = errors.BadReference()
    return Problem(error.code, error.message, tuple(error.fields or ()))


def _updating(object_type: ObjectType) -> Operate:
    def operate(work: Work, fields: Fields) -> Done:
        record_id = _required(fields, "Id")
        dml.update(work, object_type, record_id, _without(fields, "Id"))
        return Done(dml.normal_id(object_type, record_id), created=False)

    return operate


def _upserting(object_type: ObjectType, key_name: str) -> Operate:
    key = dml.key_field(object_type, key_name)

    def operate(work: Work, fields: Fields) -> Done:
        value = fields.get("Id") if key.name == "Id" else _required(fields, key.name)
        return Done(*dml.upsert(work, object_type, key.name, value, _without(fields, key.name)))

    return operate


def _deleting(object_type: ObjectType, then: Callable[[Work, ObjectType, str], None] | None) -> Operate:
    def operate(work: Work, fields: Fields) -> Done:
        record_id = dml.normal_id(object_type, _required(fields, "Id"))
        dml.delete(work, object_type, record_id)
        if then is not None and work.store.get(object_type.name, record_id) is not None:
            then(work, object_type, record_id)
        return Done(record_id, created=False)

    return operate


def _required(fields: Fields, name: str) -> Any:
    value = fields.get(name)
    if value in ("", None):
        raise errors.ApiError(f"{name} not specified", code="MISSING_ARGUMENT", fields=[name])
    return value


def _without(fields: Fields, name: str) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if field != name}
