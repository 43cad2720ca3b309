"""Conflicts, and how policies and people settle them. Pure.

Whatever wins, both values and the base stay in the conflict log, as a ``Resolution`` (decision 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter

from connector.sync.model import (
    Conflict,
    Create,
    Decision,
    Delete,
    DeleteConflict,
    FieldConflict,
    Operation,
    Plan,
    Policy,
    RecordState,
    Resolution,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.plan import last_modified, offer, only
from connector.sync.views import Shape, Views, differs, shape_of, value, views_of
from mapping.fields import Direction, ObjectMapping
from mapping.record import RecordId
from mapping.values import same

CLOCK_MARGIN = timedelta(seconds=2)
"""Salesforce's stamps are whole seconds, and its clock is read from an answer that was under way."""


@dataclass(frozen=True)
class Policies:
    """Which policy settles a conflict: the field's, else the object's, else the default."""

    default: Policy = Policy.MANUAL
    objects: Mapping[str, Policy] = field(default_factory=dict)
    fields: Mapping[tuple[str, str], Policy] = field(default_factory=dict)
    clock_offset: timedelta = timedelta(0)
    """Salesforce's clock minus this machine's, as measured in this run."""

    def of(self, conflict: Conflict) -> Policy:
        """The policy for a conflict. Fields that are decided together but ruled differently wait for a person."""
        of_object = self.objects.get(conflict.object, self.default)
        if isinstance(conflict, DeleteConflict):
            return of_object
        rules = {self.fields.get((conflict.object, name), of_object) for name in conflict.fields}
        return rules.pop() if len(rules) == 1 else Policy.MANUAL


@dataclass(frozen=True)
class Settled:
    """A plan in which every conflict that a policy or a person settles has become operations."""

    plan: Plan
    resolutions: tuple[Resolution, ...] = ()


def settle(
    mapping: ObjectMapping,
    proposal: Plan,
    states: Mapping[RecordId, RecordState],
    incoming: Mapping[RecordId, Sighting],
    policies: Policies,
    decisions: Sequence[Decision] = (),
) -> Settled:
    """Settle what may be settled of one object's plan. The other conflicts stay in it."""
    shape = shape_of(mapping)
    operations, open_conflicts, resolutions = list(proposal.operations), [], []
    for conflict in proposal.conflicts:
        state = states.get(conflict.id, RecordState())
        views = views_of(shape, state, incoming.get(conflict.id))
        resolution = resolve(shape, conflict, views, state.touched_at, policies, decisions)
        if resolution is None:
            open_conflicts.append(conflict)
            continue
        resolutions.append(resolution)
        operations.extend(carry_out(shape, resolution, views))
    return Settled(Plan(_merged(operations), tuple(open_conflicts)), tuple(resolutions))


def resolve(
    shape: Shape,
    conflict: Conflict,
    views: Views,
    touched_at: datetime | None,
    policies: Policies,
    decisions: Sequence[Decision] = (),
) -> Resolution | None:
    """Say which side a conflict keeps and why, or None where it waits for a person."""
    for decision in decisions:
        if is_about(shape, decision.conflict, conflict):
            return Resolution(conflict, decision.keep, "person")
    if isinstance(conflict, FieldConflict) and _is_ours_alone(shape, conflict):
        return Resolution(conflict, Side.LOCAL, "direction push")
    match policies.of(conflict):
        case Policy.SALESFORCE:
            return Resolution(conflict, Side.REMOTE, Policy.SALESFORCE.value)
        case Policy.LOCAL:
            return Resolution(conflict, Side.LOCAL, Policy.LOCAL.value)
        case Policy.NEWEST:
            keep = newest(conflict, views, touched_at, policies.clock_offset)
            return None if keep is None else Resolution(conflict, keep, Policy.NEWEST.value)
        case Policy.MANUAL:
            return None


def newest(conflict: Conflict, views: Views, touched_at: datetime | None, clock_offset: timedelta) -> Side | None:
    """The side that was changed later, or None where the clocks are not good enough to tell."""
    if isinstance(conflict, DeleteConflict) and conflict.deleted_on is Side.REMOTE:
        there = views.tombstone.deleted_at if views.tombstone else None
    else:
        there = last_modified(views.remote or {})
    if touched_at is None or there is None:
        return None
    lead = touched_at + clock_offset - there
    if abs(lead) <= max(abs(clock_offset), CLOCK_MARGIN):
        return None
    return Side.LOCAL if lead > timedelta(0) else Side.REMOTE


def is_about(shape: Shape, decided: Conflict, found: Conflict) -> bool:
    """Tell whether a decision was made on these very values; a change since then asks for a new one."""
    if (decided.object, decided.id) != (found.object, found.id):
        return False
    by_name = shape.mapping.by_name
    match decided, found:
        case FieldConflict(), FieldConflict():
            alike = same(by_name, decided.local, found.local) and same(by_name, decided.remote, found.remote)
            return decided.fields == found.fields and alike
        case DeleteConflict(), DeleteConflict():
            watched = {each.name: each for each in shape.watched}
            return decided.deleted_on is found.deleted_on and same(watched, decided.survivor, found.survivor)
        case _:
            return False


def carry_out(shape: Shape, resolution: Resolution, views: Views) -> Sequence[Operation]:
    """The operations that make the kept side's values stand on both sides."""
    match resolution.conflict, resolution.keep:
        case FieldConflict() as conflict, Side.LOCAL:
            return _send(shape, conflict, views)
        case FieldConflict() as conflict, Side.REMOTE:
            return _take(shape, conflict)
        case DeleteConflict() as conflict, keep:
            return _restore(shape, conflict, views) if keep is conflict.deleted_on.other else _delete(conflict, views)
    raise AssertionError(resolution)


def _is_ours_alone(shape: Shape, conflict: FieldConflict) -> bool:
    return all(shape.mapping.by_name[name].direction is Direction.PUSH for name in conflict.fields)


def _send(shape: Shape, conflict: FieldConflict, views: Views) -> Sequence[Operation]:
    """Even a group that is decided whole sends only the fields that were changed here; Salesforce derives the rest."""
    fields = {
        name: sent
        for name, sent in conflict.local.items()
        if differs(each := shape.mapping.by_name[name], sent, conflict.remote.get(name))
        and (each.direction is Direction.PUSH or differs(each, sent, value(views.base, each)))
    }
    remote = views.remote or {}
    update = Update(
        Side.REMOTE,
        conflict.object,
        conflict.id,
        fields,
        expected=only(remote, fields),
        unmodified_since=last_modified(remote),
    )
    return [update]


def _take(shape: Shape, conflict: FieldConflict) -> Sequence[Operation]:
    fields = {
        name: seen
        for name, seen in conflict.remote.items()
        if differs(shape.mapping.by_name[name], seen, conflict.local.get(name))
    }
    return [Update(Side.LOCAL, conflict.object, conflict.id, fields, expected=only(conflict.local, fields))]


def _restore(shape: Shape, conflict: DeleteConflict, views: Views) -> Sequence[Operation]:
    """The edit wins over the deletion. In Salesforce the record is made anew: the API has no undelete."""
    if conflict.deleted_on is Side.LOCAL:
        return [Create(Side.LOCAL, conflict.object, conflict.id, conflict.survivor)]
    return [Create(Side.REMOTE, conflict.object, conflict.id, offer(shape, conflict.survivor))]


def _delete(conflict: DeleteConflict, views: Views) -> Sequence[Operation]:
    side = conflict.deleted_on.other
    tombstone = views.tombstone or (Tombstone() if side is Side.LOCAL else None)
    return [Delete(side, conflict.object, conflict.id, expected=conflict.survivor, tombstone=tombstone)]


def _merged(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """One update a record and side: what a resolution adds joins what was planned anyway."""
    updates: dict[tuple[Side, RecordId], Update] = {}
    for operation in operations:
        if isinstance(operation, Update):
            key = (operation.side, operation.id)
            updates[key] = _joined(updates[key], operation) if key in updates else operation
    done: set[tuple[Side, RecordId]] = set()
    kept: list[Operation] = []
    for operation in operations:
        if not isinstance(operation, Update):
            kept.append(operation)
        elif (key := (operation.side, operation.id)) not in done:
            done.add(key)
            kept.append(updates[key])
    return tuple(sorted(kept, key=attrgetter("id")))


def _joined(first: Update, second: Update) -> Update:
    return replace(first, fields={**first.fields, **second.fields}, expected={**first.expected, **second.expected})
