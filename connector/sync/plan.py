"""What to do about what is known and what was seen: the decision table of decision record 1, whole. Pure.

The planner knows no policy and no permission. Conflicts stay in the plan; ``resolve`` and people settle them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.sync.model import (
    Conflict,
    Create,
    Delete,
    DeleteConflict,
    FieldConflict,
    Forget,
    Operation,
    Plan,
    PutBack,
    Rebase,
    RecordState,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.views import MISSING, Missing, Shape, Views, changed, differs, revives, shape_of, value, views_of
from mapping.fields import Direction, FieldMapping, ObjectMapping
from mapping.record import Record, RecordId, Value

Step = Operation | Conflict


def plan(mapping: ObjectMapping, states: Mapping[RecordId, RecordState], incoming: Mapping[RecordId, Sighting]) -> Plan:
    """Plan one object: everything known about its records, and what was just seen of them in Salesforce."""
    shape = shape_of(mapping)
    steps = [
        step
        for record_id in sorted(states.keys() | incoming.keys())
        for step in plan_record(shape, record_id, states.get(record_id, RecordState()), incoming.get(record_id))
    ]
    return Plan(
        operations=tuple(step for step in steps if not isinstance(step, FieldConflict | DeleteConflict)),
        conflicts=tuple(step for step in steps if isinstance(step, FieldConflict | DeleteConflict)),
    )


def plan_record(shape: Shape, record_id: RecordId, state: RecordState, sighting: Sighting | None) -> Iterator[Step]:
    """Plan one record: presence first, then fields."""
    views = views_of(shape, state, sighting)
    if state.gone is not None:
        yield from plan_gone(shape, record_id, state, state.gone, sighting)
    elif views.local is None and views.remote is None:
        if is_news(state, views.tombstone):
            yield Forget(shape.mapping.name, record_id)
    elif views.local is None:
        yield plan_local_absence(shape, record_id, views)
    elif views.remote is None:
        yield from plan_remote_absence(shape, record_id, views, views.local)
    else:
        yield from plan_fields(shape, record_id, views)


def is_news(state: RecordState, tombstone: Tombstone | None) -> bool:
    """Tell whether a record that neither side holds leaves something to note: a base, or a deleted row to keep."""
    return state.base is not None or (tombstone is not None and tombstone.record is not None)


def plan_gone(
    shape: Shape, record_id: RecordId, state: RecordState, gone: Tombstone, sighting: Sighting | None
) -> Iterator[Step]:
    """A row kept as deleted: only a live sighting later than the deletion brings it back (invariant 7)."""
    if sighting is None or isinstance(sighting, Tombstone):
        learned = sighting is not None and (sighting.purged, sighting.master) != (gone.purged, gone.master)
        if learned or state.token:
            yield Forget(shape.mapping.name, record_id)
    elif revives(shape, sighting, gone):
        yield Create(Side.LOCAL, shape.mapping.name, record_id, sighting)


def plan_local_absence(shape: Shape, record_id: RecordId, views: Views) -> Step:
    """The org holds the record and the mirror does not: new there, or deleted here."""
    name, base, remote = shape.mapping.name, views.base, views.remote or {}
    may_delete = shape.mapping.deletable and not shape.mapping.read_only
    if base is None or not may_delete:
        return Create(Side.LOCAL, name, record_id, remote)
    if changed(shape.watched, base, remote):
        return DeleteConflict(name, record_id, deleted_on=Side.LOCAL, base=base, survivor=remote)
    return Delete(Side.REMOTE, name, record_id, expected=remote)


def plan_remote_absence(shape: Shape, record_id: RecordId, views: Views, local: Record) -> Iterator[Step]:
    """The mirror holds the record and the org does not: made here, or deleted there."""
    name, base, tombstone = shape.mapping.name, views.base, views.tombstone
    if base is None and tombstone is None:
        if not shape.mapping.read_only:
            yield Create(Side.REMOTE, name, record_id, offer(shape, local))
    elif base is None or is_edited_here(shape, base, local):
        yield DeleteConflict(name, record_id, deleted_on=Side.REMOTE, base=base, survivor=local)
    else:
        yield Delete(Side.LOCAL, name, record_id, expected=local, tombstone=tombstone)


def offer(shape: Shape, local: Record) -> Record:
    """What a create sends: the fields that may be set, where they hold something."""
    return {each.name: local[each.name] for each in shape.offered if local.get(each.name) is not None}


def is_edited_here(shape: Shape, base: Record, local: Record) -> bool:
    """Tell whether somebody changed a field here that could be sent."""
    return any(changed(group, base, local) for group in shape.groups)


@dataclass
class Split:
    """The fields of a record, sorted by what shall happen to them."""

    agreed: dict[str, Value] = field(default_factory=dict)
    here: dict[str, Value] = field(default_factory=dict)
    there: dict[str, Value] = field(default_factory=dict)
    back: dict[str, Value] = field(default_factory=dict)
    conflicts: list[tuple[FieldMapping, ...]] = field(default_factory=list)


def plan_fields(shape: Shape, record_id: RecordId, views: Views) -> Iterator[Step]:
    """Both sides hold the record: decide field by field, coupled groups whole."""
    local, remote, split = views.local or {}, views.remote or {}, Split()
    for group in shape.groups:
        split_group(split, [each for each in group if each.name in remote], views)
    for each in shape.given:
        if each.name in remote:
            split_given(split, each, views)
    name = shape.mapping.name
    if split.agreed:
        yield Rebase(name, record_id, split.agreed)
    if split.here:
        yield Update(Side.LOCAL, name, record_id, split.here, expected=only(local, split.here))
    if split.there:
        expected = only(remote, split.there)
        yield Update(Side.REMOTE, name, record_id, split.there, expected, unmodified_since=last_modified(remote))
    if split.back:
        yield PutBack(name, record_id, split.back, refused=only(local, split.back))
    for group in split.conflicts:
        yield field_conflict(name, record_id, group, views)


def split_group(split: Split, group: list[FieldMapping], views: Views) -> None:
    """Decide the fields of a group. They conflict when each side changed something that the other does not have."""
    mine = [each for each in group if _only_changed_by(each, views, Side.LOCAL)]
    theirs = [each for each in group if _only_changed_by(each, views, Side.REMOTE)]
    if theirs and (mine or any(each.direction is Direction.PUSH for each in theirs)):
        split.conflicts.append(tuple(group))
        return
    local, remote = views.local or {}, views.remote or {}
    split.there.update({each.name: local[each.name] for each in mine})
    split.here.update({each.name: remote[each.name] for each in theirs})
    for each in group:
        agrees = not differs(each, _here(views, each), remote[each.name])
        if agrees and differs(each, value(views.base, each), remote[each.name]):
            split.agreed[each.name] = remote[each.name]


def split_given(split: Split, each: FieldMapping, views: Views) -> None:
    """Decide a field that only Salesforce sets: its value is taken, an edit made here is put back (decision 7)."""
    base, local, remote = value(views.base, each), _here(views, each), (views.remote or {})[each.name]
    if not differs(each, local, remote):
        if differs(each, base, remote):
            split.agreed[each.name] = remote
    elif base is MISSING or not differs(each, local, base):
        split.here[each.name] = remote
    else:
        split.back[each.name] = remote


def field_conflict(name: str, record_id: RecordId, group: tuple[FieldMapping, ...], views: Views) -> FieldConflict:
    """Everything a person needs to decide: all fields of the group on both sides, and before."""
    names = {each.name: None for each in group}
    local = {**only(views.base or {}, names), **only(views.local or {}, names)}
    base = None if views.base is None else only(views.base, names)
    return FieldConflict(name, record_id, base=base, local=local, remote=only(views.remote or {}, names))


def last_modified(record: Record) -> datetime | None:
    """The stamp that ``If-Unmodified-Since`` goes by."""
    found = record.get("LastModifiedDate")
    return found if isinstance(found, datetime) else None


def only(record: Record, names: Mapping[str, Value]) -> dict[str, Value]:
    """The part of a record with these fields."""
    return {name: record[name] for name in names if name in record}


def _here(views: Views, each: FieldMapping) -> Value | Missing:
    """The local value; a field that the row does not have at all was not changed here."""
    found = value(views.local, each)
    return value(views.base, each) if found is MISSING else found


def _only_changed_by(each: FieldMapping, views: Views, side: Side) -> bool:
    base, local, remote = value(views.base, each), _here(views, each), value(views.remote, each)
    return differs(each, local, remote) and differs(each, local if side is Side.LOCAL else remote, base)
