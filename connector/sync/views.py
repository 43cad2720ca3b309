"""What each side holds of a record, worked out from what the mirror knows and what was just seen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from connector.sync.model import RecordState, Sighting, Tombstone
from mapping.fields import Direction, FieldMapping, ObjectMapping
from mapping.record import Record, Value
from mapping.values import equal


class Missing(Enum):
    """The type of ``MISSING``."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""No value is known, which is not the same as an empty one (invariant 32)."""

STAMPS = frozenset({"SystemModstamp", "LastModifiedDate", "LastModifiedById"})
"""They tell that something was saved, not what. A save that changed nothing else is no edit."""


@dataclass(frozen=True)
class Shape:
    """An object's fields sorted by how they are decided, once per plan."""

    mapping: ObjectMapping
    groups: tuple[tuple[FieldMapping, ...], ...]
    """Fields that may be changed on either side; coupled ones together."""
    given: tuple[FieldMapping, ...]
    """Fields that only Salesforce sets on a record that exists there."""
    watched: tuple[FieldMapping, ...]
    """Fields whose change in Salesforce is an edit by somebody."""
    offered: tuple[FieldMapping, ...]
    """Fields whose local value goes along when a record is created in Salesforce."""


def shape_of(mapping: ObjectMapping) -> Shape:
    """Sort the fields of an object."""
    pushable = [field for field in mapping.fields if not mapping.read_only and field.writable and field.updateable]
    names = {field.name for field in pushable}
    groups: dict[frozenset[str], list[FieldMapping]] = {}
    for field in pushable:
        groups.setdefault(mapping.group_of(field.name) & names, []).append(field)
    return Shape(
        mapping=mapping,
        groups=tuple(tuple(group) for group in groups.values()),
        given=tuple(field for field in mapping.fields if field.name not in names and field.type != "id"),
        watched=tuple(
            field
            for field in mapping.fields
            if not field.moves_silently and field.name not in STAMPS and field.direction is not Direction.PUSH
        ),
        offered=tuple(field for field in mapping.fields if field.name in mapping.writable and field.createable),
    )


@dataclass(frozen=True, slots=True)
class Views:
    """One record on both sides and in the base. ``remote`` is None where the org does not hold it;
    ``tombstone`` is the evidence that it was deleted there."""

    base: Record | None
    local: Record | None
    remote: Record | None
    tombstone: Tombstone | None = None

    @property
    def sighting(self) -> Sighting | None:
        """The remote side, as one value."""
        return self.tombstone if self.remote is None else self.remote


def views_of(shape: Shape, state: RecordState, sighting: Sighting | None) -> Views:
    """Combine what is known with what was just seen. What is older than what is known changes nothing."""
    base = None if state.gone else state.base
    match _newest(shape, state, sighting):
        case Tombstone() as tombstone:
            return Views(base, state.local, None, tombstone)
        case None:
            return Views(base, state.local, base)
        case record:
            # A field that did not come along (hidden, or not asked for) is as it was.
            return Views(base, state.local, {**(base or {}), **_live(state.remote), **record})


def value(record: Record | None, field: FieldMapping) -> Value | Missing:
    """A field's value, or MISSING where none is known."""
    return MISSING if record is None else record.get(field.name, MISSING)


def differs(field: FieldMapping, left: Value | Missing, right: Value | Missing) -> bool:
    """Tell whether two values are unlike; a known value is unlike an unknown one."""
    if left is MISSING or right is MISSING:
        return left is not right
    return not equal(field, left, right)


def changed(fields: Iterable[FieldMapping], before: Record | None, after: Record) -> bool:
    """Tell whether any of the fields that ``after`` shows is unlike before."""
    return any(field.name in after and differs(field, value(before, field), after[field.name]) for field in fields)


def stamp_of(shape: Shape, record: Record | None) -> datetime | None:
    """The time by which versions of a record are told apart, cut to the second as deletions are."""
    found = record.get(shape.mapping.cursor) if record and shape.mapping.cursor else None
    return whole_second(found) if isinstance(found, datetime) else None


def whole_second(moment: datetime) -> datetime:
    """Salesforce tells the times of deletions in whole seconds, so that is how they are compared."""
    return moment.replace(microsecond=0)


def revives(shape: Shape, record: Record, tombstone: Tombstone) -> bool:
    """Tell whether a live sighting is later than the deletion: only then was the record undeleted (invariant 7)."""
    seen = stamp_of(shape, record)
    return seen is None or tombstone.deleted_at is None or seen > whole_second(tombstone.deleted_at)


def _live(sighting: Sighting | None) -> Mapping[str, Value]:
    return {} if sighting is None or isinstance(sighting, Tombstone) else sighting


def _newest(shape: Shape, state: RecordState, sighting: Sighting | None) -> Sighting | None:
    if sighting is None:
        return state.remote
    if isinstance(sighting, Tombstone):
        live = _live(state.remote) or state.base
        is_stale = (
            live is not None and not isinstance(state.remote, Tombstone) and _deleted_before(shape, sighting, live)
        )
        return state.remote if is_stale else sighting
    if isinstance(state.remote, Tombstone):
        return sighting if revives(shape, sighting, state.remote) else state.remote
    seen, known = stamp_of(shape, sighting), stamp_of(shape, state.remote or state.base)
    return state.remote if seen is not None and known is not None and seen < known else sighting


def _deleted_before(shape: Shape, tombstone: Tombstone, live: Record) -> bool:
    seen = stamp_of(shape, live)
    return seen is not None and tombstone.deleted_at is not None and whole_second(tombstone.deleted_at) < seen
