"""What an admin decided about an object, held against what the org says about it: every problem at once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from mapping.fields import Direction, FieldMapping, ObjectMapping


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One thing that does not fit. ``field`` is None when it is about the object."""

    object: str
    field: str | None
    message: str


def problems(
    mapping: ObjectMapping,
    *,
    directions: Mapping[str, Direction] | None = None,
    named: Collection[str] = (),
    external_id: str | None = None,
) -> tuple[MappingProblem, ...]:
    """Hold the decisions about an object against its mapping, as made from describe.

    ``directions`` are the directions set per field, ``named`` all fields that the settings speak of, ``external_id``
    the field that was chosen to carry the provisional id.
    """
    directions = directions or {}
    wanted = sorted({*directions, *named, *([external_id] if external_id else [])})
    return (
        *(_unknown(mapping, name) for name in wanted if name not in mapping.by_name),
        *_unsendable(mapping, directions),
        *_unfit(mapping, external_id),
        *_unreadable(mapping),
    )


def _unknown(mapping: ObjectMapping, name: str) -> MappingProblem:
    close = get_close_matches(name, mapping.by_name, n=1)
    hint = f" Did you mean {close[0]}?" if close else " It may be hidden from the user who logs in."
    return MappingProblem(mapping.name, name, f"{mapping.name} has no field {name}.{hint}")


def _unsendable(mapping: ObjectMapping, directions: Mapping[str, Direction]) -> Iterator[MappingProblem]:
    for name, direction in sorted(directions.items()):
        field = mapping.by_name.get(name)
        if field is not None and direction is Direction.PUSH and not _may_be_sent(mapping, field):
            message = f"{mapping.name}.{name} is to be sent only, but Salesforce does not let anybody write it."
            yield MappingProblem(mapping.name, name, message)


def _unfit(mapping: ObjectMapping, external_id: str | None) -> Iterator[MappingProblem]:
    field = mapping.by_name.get(external_id or "")
    if field is None:
        return
    if not field.external_id:
        message = (
            f"{mapping.name}.{field.name} is not marked as an external id in Salesforce, so it cannot name records."
        )
        yield MappingProblem(mapping.name, field.name, message)
    elif not field.createable:
        message = f"{mapping.name}.{field.name} cannot be set when a record is made, so it cannot name new records."
        yield MappingProblem(mapping.name, field.name, message)


def _unreadable(mapping: ObjectMapping) -> Iterator[MappingProblem]:
    if "Id" not in mapping.by_name:
        yield MappingProblem(mapping.name, None, f"{mapping.name} has no record ids, so it cannot be mirrored.")


def _may_be_sent(mapping: ObjectMapping, field: FieldMapping) -> bool:
    return not mapping.read_only and not field.calculated and (field.createable or field.updateable)
