"""Bugs planted into the planner, each of which the table or a promise must catch. A check that cannot fail is none."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from connector.sync import plan as planner
from connector.sync import standing as standing_module
from connector.sync.model import RecordState, Tombstone
from connector.sync.views import shape_of
from mapping.record import Record
from tests.property.promises import every_case, examine, faithful_base
from tests.support.builders import ACCOUNT, moment
from tests.unit.test_plan_table import ONE, TABLE, rec


@dataclass(frozen=True)
class Bug:
    """One change of the source text, and what it does to people."""

    what: str
    was: str
    becomes: str


PLANNER_BUGS = [
    Bug(
        "an edited record is deleted",
        "elif base is None or is_edited_here(shape, base, local):",
        "elif base is None:",
    ),
    Bug(
        "a record edited in Salesforce is deleted there",
        "    if changed(shape.watched, base, remote):\n",
        "    if False:\n",
    ),
    Bug("a new record is deleted", "    if base is None or not may_delete:\n", "    if not may_delete:\n"),
    Bug(
        "a row made here is deleted instead of sent",
        "    if base is None and tombstone is None:\n        if not shape.mapping.read_only:",
        "    if False:\n        if not shape.mapping.read_only:",
    ),
    Bug("local edits are never sent", "    if split.there:\n", "    if split.there and not split.here:\n"),
    Bug("remote edits never arrive", "    if split.here:\n", "    if split.here and not split.there:\n"),
    Bug(
        "the mirror wins every conflict",
        "    if theirs and (mine or any(each.direction is Direction.PUSH for each in theirs)):\n",
        "    if theirs and not mine and any(each.direction is Direction.PUSH for each in theirs):\n",
    ),
    Bug(
        "an edit on one side is called a conflict",
        "    if theirs and (mine or any(",
        "    if theirs and (True or any(",
    ),
    Bug(
        "only the fields that clash are held back, and half a stage crosses",
        "        split.conflicts.append(tuple(group))\n        return\n",
        "        split.conflicts.append(tuple(theirs))\n",
    ),
    Bug(
        "edits are sent the wrong way round",
        "local if side is Side.LOCAL else remote, base)",
        "remote if side is Side.LOCAL else local, base)",
    ),
    Bug(
        "the base never hears that both sides agree",
        "        if agrees and differs(each, value(views.base, each), remote[each.name]):\n",
        "        if agrees and differs(each, value(views.local, each), remote[each.name]):\n",
    ),
    Bug(
        "a push does not say what it was planned on",
        "        expected = only(remote, split.there)\n",
        "        expected = only(local, split.there)\n",
    ),
    Bug(
        "a record gone from both sides is kept for ever",
        "    return state.base is not None or (",
        "    return False and (",
    ),
    Bug("a deleted row comes back with an old read", "    elif revives(shape, sighting, gone):\n", "    else:\n"),
    Bug(
        "a deletion here is undone by the next read",
        "    return Delete(Side.REMOTE, name, record_id, expected=remote)",
        "    return Create(Side.LOCAL, name, record_id, remote)",
    ),
    Bug(
        "a deletion there is undone by a create",
        "        yield Delete(Side.LOCAL, name, record_id, expected=local, tombstone=tombstone)",
        "        yield Create(Side.REMOTE, name, record_id, offer(shape, local))",
    ),
    Bug(
        "an edit of a calculated field is sent",
        "        split.back[each.name] = remote\n",
        "        split.there[each.name] = local  # type: ignore\n",
    ),
    Bug(
        "what was cleared here is forgotten when the record is made there",
        "if local.get(each.name) is not None}",
        "}",
    ),
]


def source(module: ModuleType) -> str:
    assert module.__file__
    return Path(module.__file__).read_text(encoding="utf-8")


@contextmanager
def broken(module: ModuleType, bug: Bug) -> Iterator[ModuleType]:
    """A copy of a module with a bug in it, under a name of its own."""
    text = source(module)
    assert text.count(bug.was) == 1, f"the place to plant {bug.what!r} is gone or not unique"
    name = f"{module.__name__}_broken"
    copy = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader=None) or pytest.fail(name))
    sys.modules[name] = copy
    try:
        exec(compile(text.replace(bug.was, bug.becomes), f"<{bug.what}>", "exec"), copy.__dict__)
        yield copy
    finally:
        del sys.modules[name]


def hold_the_table(module: ModuleType) -> None:
    """The rows written by hand, and the ones about deleted rows and calculated fields."""
    for row in TABLE:
        found = module.plan(ACCOUNT, {ONE: RecordState(row.base, row.local, row.remote, token=1)}, {})
        assert [*found.operations, *found.conflicts] == row.answer, row.meaning
    gone = RecordState(gone=Tombstone(deleted_at=moment(60)))
    assert module.plan(ACCOUNT, {ONE: gone}, {ONE: rec(SystemModstamp=moment(60))}).operations == ()
    base = rec(Rank__c=3)
    (back,) = module.plan(ACCOUNT, {ONE: RecordState(base, {**base, "Rank__c": 1}, token=1)}, {}).operations
    assert type(back).__name__ == "PutBack"


def test_without_a_bug_everything_holds() -> None:
    hold_the_table(planner)
    examine(planner)


@functools.cache
def caught_by(bug: Bug) -> frozenset[str]:
    """The checks that notice a bug in the planner."""
    with broken(planner, bug) as module:
        return frozenset(check.__name__ for check in (hold_the_table, examine) if fails(check, module))


@pytest.mark.parametrize("bug", PLANNER_BUGS, ids=lambda bug: bug.what)
def test_a_planted_bug_is_caught(bug: Bug) -> None:
    assert caught_by(bug), f"nobody noticed that {bug.what}"


def test_the_promises_alone_catch_a_dozen() -> None:
    """The table is written by the same hand as the planner; the promises are not about cases at all."""
    assert sum("examine" in caught_by(bug) for bug in PLANNER_BUGS) >= 12


def fails(check: Callable[[ModuleType], None], module: ModuleType) -> bool:
    try:
        check(module)
    except (AssertionError, KeyError, TypeError):
        return True
    return False


STANDING_BUGS = [
    Bug(
        "the base believes what was only sent",
        "            row[each.name] = agreed[each.name] = remote[each.name]\n",
        "            row[each.name] = agreed[each.name] = remote[each.name]\n"
        "        else:\n            agreed[each.name] = row.get(each.name)\n",
    ),
    Bug(
        "an open conflict forgets what Salesforce holds",
        "        remote=None if is_settled else remote,\n",
        "        remote=None,\n",
    ),
    Bug(
        "a deletion here forgets the edit there",
        "        return Settlement(record_id, token, local=None, base=views.base, remote=views.sighting)\n",
        "        return Settlement(record_id, token, local=None, base=views.remote)\n",
    ),
]


@pytest.mark.parametrize("bug", STANDING_BUGS, ids=lambda bug: bug.what)
def test_a_bug_planted_into_the_base_is_caught(bug: Bug) -> None:
    assert not (loses_an_open_conflict(standing_module) or is_unfaithful(standing_module))
    with broken(standing_module, bug) as module:
        assert loses_an_open_conflict(module) or is_unfaithful(module), f"nobody noticed that {bug.what}"


def is_unfaithful(module: ModuleType) -> bool:
    """Whether the base ever takes a value that one side does not hold."""
    try:
        for three in every_case():
            faithful_base(planner, three, module.standing)
    except AssertionError:
        return True
    return False


def loses_an_open_conflict(module: ModuleType) -> bool:
    """Whether a conflict that was left open turns into something else when it is planned again from what is stored."""
    for local, seen in ((rec(Phone="2"), rec(Phone="3")), (None, rec(Phone="3"))):
        state = RecordState(rec(), local, token=1)
        before = planner.plan(ACCOUNT, {ONE: state}, {ONE: seen})
        target = module.standing(shape_of(ACCOUNT), ONE, state, seen, ())
        after = planner.plan(ACCOUNT, {ONE: RecordState(target.base, _live(target.local), target.remote, 1)}, {})
        if [type(each) for each in before.conflicts] != [type(each) for each in after.conflicts]:
            return True
    return False


def _live(held: Record | Tombstone | None) -> Record | None:
    assert not isinstance(held, Tombstone)
    return held
