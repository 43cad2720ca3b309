"""The planner's promises, as checks on one record's base, local and remote. ``planner`` is ``connector.sync.plan`` or a
broken copy of it: each check must be able to fail."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from connector.sync import plan as real_planner
from connector.sync.model import (
    Create,
    Delete,
    DeleteConflict,
    FieldConflict,
    Forget,
    Plan,
    Rebase,
    RecordState,
    Settlement,
    Side,
    Tombstone,
    Update,
)
from connector.sync.standing import standing
from connector.sync.views import shape_of
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value
from mapping.values import equal
from tests.support.builders import a_field, moment

DEAL = ObjectMapping(
    name="Deal",
    table="deal",
    label="Deal",
    label_plural="Deals",
    fields=(a_field("Note"), a_field("Stage"), a_field("Odds", "percent")),
    cursor=None,
    coupled=(frozenset({"Stage", "Odds"}),),
)
"""Fields without stamps, all writable on both sides, so that the sides can be swapped."""

FIELDS = DEAL.by_name
GROUPS = (("Note",), ("Stage", "Odds"))
Standing = Callable[..., Settlement]
ONE = RecordId("a00000000000001AAA")
GONE = Tombstone(deleted_at=moment(1))


class Three(NamedTuple):
    """One record: the base, and what each side holds. None is absent."""

    base: Record | None
    local: Record | None
    remote: Record | None

    def on(self, side: Side) -> Record | None:
        return self.local if side is Side.LOCAL else self.remote


def state_of(three: Three) -> tuple[RecordState, Record | Tombstone | None]:
    """The three views as the ledger and a read would bring them."""
    seen = three.remote if three.remote is not None else (GONE if three.base is not None else None)
    return RecordState(three.base, three.local, token=1), seen


def planned(planner: ModuleType, three: Three) -> Plan:
    state, seen = state_of(three)
    found: Plan = planner.plan(DEAL, {ONE: state}, {} if seen is None else {ONE: seen})
    return found


def same(left: Record | None, right: Record | None, names: tuple[str, ...] = ("Note", "Stage", "Odds")) -> bool:
    if left is None or right is None:
        return left is right
    return all(equal(FIELDS[name], left.get(name), right.get(name)) for name in names)


def mandate(planner: ModuleType, three: Three) -> None:
    """A side is updated or deleted only where it still equals the base: nothing unseen is overwritten."""
    for operation in planned(planner, three).operations:
        if isinstance(operation, Update):
            held = three.on(operation.side)
            assert held is not None
            assert three.base is not None, "an update without a base overwrites what nobody saw"
            for name in operation.fields:
                assert equal(FIELDS[name], held[name], three.base[name]), f"{name} was changed on {operation.side}"
                assert equal(FIELDS[name], operation.expected[name], held[name])
        elif isinstance(operation, Delete):
            assert three.base is not None
            assert same(three.on(operation.side), three.base), "an edited record is deleted"
            assert three.on(operation.side.other) is None, "a record is deleted that the other side holds"
        elif isinstance(operation, Create):
            assert three.on(operation.side) is None, "a record is created where there is one"
            assert three.base is None, "a deleted record is made again without anybody's decision"


def conservation(planner: ModuleType, three: Three) -> None:
    """What changed on one side only ends up on both; what changed on both, differently, is a conflict."""
    after, plan = carried_out(planner, three)
    in_conflict = {name for each in plan.conflicts if isinstance(each, FieldConflict) for name in each.fields}
    if any(isinstance(each, DeleteConflict) for each in plan.conflicts):
        assert three.base is None or not same(three.local or three.remote, three.base)
        assert (three.local is None) is not (three.remote is None)
        assert (after.local is None, after.remote is None) == (three.local is None, three.remote is None)
        return
    if (three.local is None) is not (three.remote is None) and three.base is not None:
        survivor = three.local or three.remote
        assert not same(survivor, three.base) or (after.local, after.remote) == (None, None), "a deletion went nowhere"
        assert same(survivor, three.base), "a deletion won over an edit without a decision"
    for names in GROUPS:
        _conserved(three, after, names, in_conflict)
    for name in in_conflict:
        assert three.local is not None
        assert three.remote is not None
        assert equal(FIELDS[name], (after.local or {})[name], three.local[name]), "a conflict changed a side"
        assert equal(FIELDS[name], (after.remote or {})[name], three.remote[name]), "a conflict changed a side"


def _conserved(three: Three, after: Three, names: tuple[str, ...], in_conflict: set[str]) -> None:
    mine, theirs = (_edited(three, side, names) for side in Side)
    if mine and theirs:
        assert set(names) <= in_conflict, f"{names} were changed on both sides"
        return
    assert not in_conflict & set(names), f"{names} were changed on one side only"
    assert same(after.local, after.remote, names), f"{names} did not reach the other side"
    for side, edited in ((Side.LOCAL, mine), (Side.REMOTE, theirs)):
        for name in edited:
            assert equal(FIELDS[name], (after.on(side.other) or {})[name], (three.on(side) or {})[name])


def _edited(three: Three, side: Side, names: tuple[str, ...]) -> list[str]:
    """Fields that this side changed, to something that the other does not have."""
    here, there = three.on(side), three.on(side.other)
    if here is None or there is None:
        return []
    return [
        name
        for name in names
        if not equal(FIELDS[name], here[name], there[name])
        and (three.base is None or not equal(FIELDS[name], here[name], three.base[name]))
    ]


def symmetry(planner: ModuleType, three: Three) -> None:
    """Swapping the sides swaps the plan."""
    swapped = Three(three.base, three.remote, three.local)
    assert _essence(planned(planner, three), lambda side: side) == _essence(planned(planner, swapped), _other)


def _other(side: Side) -> Side:
    return side.other


def _essence(plan: Plan, turned: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for each in (*plan.operations, *plan.conflicts):
        match each:
            case Create(side=side, record=record):
                # A create in Salesforce leaves empty fields out; one here keeps the whole record.
                found.append(("create", turned(side), _filled(record)))
            case Update(side=side, fields=fields):
                found.append(("update", turned(side), _filled(fields), frozenset(fields)))
            case Delete(side=side):
                found.append(("delete", turned(side)))
            case Rebase(fields=fields):
                found.append(("rebase", frozenset(fields)))
            case Forget():
                found.append(("forget",))
            case FieldConflict(fields=names):
                found.append(("conflict", frozenset(names)))
            case DeleteConflict(deleted_on=side):
                found.append(("delete conflict", turned(side)))
            case _:
                raise AssertionError(each)
    return sorted(found, key=repr)


def _filled(record: Record) -> frozenset[tuple[str, Value]]:
    return frozenset((name, held) for name, held in record.items() if held not in (None, ""))


def one_answer(planner: ModuleType, three: Three) -> None:
    """No field and no record has two answers in one plan."""
    plan = planned(planner, three)
    whole = [each for each in plan.operations if isinstance(each, Create | Delete | Forget)]
    whole_conflicts = [each for each in plan.conflicts if isinstance(each, DeleteConflict)]
    assert len(whole) + len(whole_conflicts) <= 1
    fields = [name for each in plan.operations if isinstance(each, Update | Rebase) for name in each.fields]
    fields += [name for each in plan.conflicts if isinstance(each, FieldConflict) for name in each.fields]
    unresolved = {name for each in plan.conflicts if isinstance(each, FieldConflict) for name in each.fields}
    written = [name for each in plan.operations if isinstance(each, Update) for name in each.fields]
    assert len(written) == len(set(written))
    assert not unresolved & set(written)
    assert not (whole or whole_conflicts) or not fields


def rest(planner: ModuleType, three: Three) -> None:
    """Planning after a clean run finds nothing but the conflicts that were left, and those again."""
    after, before = carried_out(planner, three)
    again = planned(planner, after)
    assert not [each for each in again.operations if not isinstance(each, Rebase)], "it does not come to rest"
    assert [type(each) for each in again.conflicts] == [type(each) for each in before.conflicts]


def faithful_base(planner: ModuleType, three: Three, stand: Standing = standing) -> None:
    """The base moves only to a value that both sides hold."""
    after, _ = carried_out(planner, three, stand)
    if after.base is None or after.local is None or after.remote is None:
        return
    for name, agreed in after.base.items():
        if three.base is None or not equal(FIELDS[name], agreed, three.base.get(name)):
            assert equal(FIELDS[name], agreed, after.local[name]), "the base holds what the mirror does not"
            assert equal(FIELDS[name], agreed, after.remote[name]), "the base holds what the org does not"


PROMISES = (mandate, conservation, symmetry, one_answer, rest, faithful_base)


def carried_out(planner: ModuleType, three: Three, stand: Standing = standing) -> tuple[Three, Plan]:
    """The record after its whole plan was done on both sides, each side keeping what was sent."""
    plan = planned(planner, three)
    remote = three.remote
    for each in plan.on(Side.REMOTE):
        match each:
            case Create(record=record):
                remote = {**dict.fromkeys(FIELDS), **record}
            case Update(fields=fields):
                remote = {**(remote or {}), **fields}
            case Delete():
                return Three(None, None, None), plan
            case _:
                raise AssertionError(each)
    state, seen = state_of(three)
    target = stand(shape_of(DEAL), ONE, state, remote if remote is not None else seen, plan.operations)
    local = None if isinstance(target.local, Tombstone) else target.local
    return Three(target.base, local, remote), plan


def every_case() -> Iterator[Three]:
    """All combinations of a small world: a plain field and a coupled pair, absent records, empty values."""
    records: list[Record | None] = [None]
    for note, stage, odds in itertools.product((None, "a", "b"), ("1", "2"), (1, 2)):
        records.append({"Note": note, "Stage": stage, "Odds": odds})
    for base, local, remote in itertools.product(records, repeat=3):
        yield Three(base, local, remote)


def examine(planner: ModuleType = real_planner) -> None:
    """Hold every promise in every case."""
    for three in every_case():
        for promise in PROMISES:
            promise(planner, three)
