"""Reading: what comes, what is set aside, what is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from connector.sync.engine import Engine
from connector.sync.errors import RunFailed
from connector.sync.model import Checkpoint, Done, Operation, Outcome, Page, Update
from connector.sync.report import ObjectReport, RunReport
from mapping.record import Record, RecordId
from tests.support.builders import DEALS, moment
from tests.support.memory_replica import MemoryReplica
from tests.support.worlds import TwoSides


@dataclass
class PickyOrg(MemoryReplica):
    """Sends a row that its field cannot hold, or breaks off in the middle of a read."""

    spoiled: frozenset[RecordId] = frozenset()
    pages_until_it_breaks: int = 1000

    def observe(self, wanted: Mapping[str, Checkpoint | None]) -> Iterator[Page]:
        for page in super().observe(wanted):
            self.pages_until_it_breaks -= 1
            if self.pages_until_it_breaks < 0:
                raise RunFailed("The connection was closed in the middle of a page.")
            bad = {id: "Amount is not a number" for id in page.records if id in self.spoiled}
            good = {id: record for id, record in page.records.items() if id not in bad}
            resume = page.checkpoint
            if not page.last and good:
                last = max(good, key=lambda id: (good[id]["SystemModstamp"], id))
                stamp = good[last]["SystemModstamp"]
                resume = Checkpoint(after=(stamp, last))  # type: ignore[arg-type]
            yield replace(page, records=good, quarantined=bad, checkpoint=resume)


@pytest.fixture
def world() -> TwoSides:
    made = TwoSides()
    made.org = PickyOrg(DEALS, page_size=2)
    return made


def picky(world: TwoSides) -> PickyOrg:
    assert isinstance(world.org, PickyOrg)
    return world.org


def accounts(world: TwoSides, count: int) -> list[RecordId]:
    return [world.org.insert("Account", {"Name": f"Account {number}"}) for number in range(count)]


def test_a_row_that_cannot_be_held_is_set_aside_and_the_others_arrive(world: TwoSides) -> None:
    bad, good = accounts(world, 2)
    picky(world).spoiled = frozenset({bad})
    report = world.sync()
    assert list(world.mirror.live("Account")) == [good]
    numbers = report.objects["Account"]
    assert (numbers.received, numbers.applied, numbers.quarantined, report.is_green) == (2, 1, 1, True)
    assert [(issue.id, issue.code) for issue in world.journal.issues()] == [(bad, "QUARANTINED")]


@pytest.mark.parametrize("is_first_read", [True, False])
def test_a_value_that_the_database_cannot_hold_is_set_aside_and_not_altered(
    world: TwoSides, is_first_read: bool
) -> None:
    world.mirror.too_long = "v" * 9
    if not is_first_read:
        world.sync()
    bad, good = accounts(world, 2)
    world.org.change("Account", bad, Phone="v" * 9)
    report = world.sync()
    assert list(world.mirror.live("Account")) == [good]
    numbers = report.objects["Account"]
    assert (numbers.received, numbers.applied, numbers.quarantined, report.is_green) == (2, 1, 1, True)
    assert [(issue.id, issue.code) for issue in world.journal.issues()] == [(bad, "QUARANTINED")]


def test_what_was_set_aside_leaves_the_list_when_it_comes_whole(world: TwoSides) -> None:
    bad, _ = accounts(world, 2)
    picky(world).spoiled = frozenset({bad})
    world.sync()
    world.sync()
    assert len(world.journal.issues()) == 1
    picky(world).spoiled = frozenset()
    world.org.change("Account", bad, Phone="1")
    world.sync()
    assert world.differences() == []
    assert world.journal.issues() == []


def test_a_first_read_that_breaks_off_goes_on_where_it_stopped(world: TwoSides) -> None:
    accounts(world, 5)
    picky(world).pages_until_it_breaks = 1
    with pytest.raises(RunFailed, match="middle of a page"):
        world.sync()
    assert len(world.mirror.live("Account")) == 2
    assert world.journal.reports[1].error == "The connection was closed in the middle of a page."
    picky(world).pages_until_it_breaks = 1000
    world.sync()
    assert world.differences() == []


def test_a_record_that_changes_while_a_first_read_goes_on_ends_up_as_it_is(world: TwoSides) -> None:
    first, *_ = accounts(world, 3)
    picky(world).pages_until_it_breaks = 1
    with pytest.raises(RunFailed):
        world.sync()
    world.org.change("Account", first, Phone="2")
    picky(world).pages_until_it_breaks = 1000
    world.sync()
    assert world.differences() == []


def test_an_edit_made_here_before_a_first_read_ended_is_not_overwritten(world: TwoSides) -> None:
    first, *_ = accounts(world, 3)
    picky(world).pages_until_it_breaks = 1
    with pytest.raises(RunFailed):
        world.sync()
    world.mirror.change("Account", first, Phone="5")
    world.org.change("Account", first, Industry="Apparel")
    picky(world).pages_until_it_breaks = 1000
    world.sync()
    assert world.differences() == []
    assert (world.org.holds("Account", first) or {})["Phone"] == "5"


def test_an_incremental_read_that_breaks_off_moves_nothing(world: TwoSides) -> None:
    first, *_ = accounts(world, 2)
    world.sync()
    world.org.change("Account", first, Phone="2")
    before = world.mirror.image()
    picky(world).pages_until_it_breaks = 1
    with pytest.raises(RunFailed):
        world.sync()
    assert world.mirror.image() == before


def test_a_report_that_does_not_add_up_is_red() -> None:
    fine = ObjectReport(received=3, applied=1, unchanged=1, held=1)
    odd = ObjectReport(received=3, applied=1, unchanged=1)
    assert RunReport(moment(), moment(1), {"Account": fine}).is_green
    report = RunReport(moment(), moment(1), {"Account": fine, "Contact": odd})
    assert (report.is_green, report.unaccounted) == (False, ("Contact",))


def test_a_fault_of_ours_is_journaled_and_not_swallowed(world: TwoSides, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(_self: Engine) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Engine, "_check_identity", burst)
    with pytest.raises(ZeroDivisionError):
        world.sync()
    assert "internal error (ZeroDivisionError)" in str(world.journal.reports[1].error)
    assert world.journal.active is None


def test_a_child_that_was_only_just_read_counts_among_what_goes_along(world: TwoSides) -> None:
    account, _ = accounts(world, 2)
    world.sync()
    world.mirror.remove("Account", account)
    world.org.insert("Contact", {"LastName": "Johnson", "AccountId": account})
    report = world.sync(allowed_deletes=1)
    assert (report.objects["Account"].waiting, world.org.log) == (1, [])
    assert "deletes 1 more record with it" in world.journal.issues()[0].message


def test_a_row_whose_parent_will_never_be_sent_says_so(world: TwoSides) -> None:
    accounts(world, 2)
    world.sync()
    parent = world.mirror.insert("Account", {"Name": "West"})
    child = world.mirror.insert("Contact", {"LastName": "Johnson", "AccountId": parent})
    world.mirror.remove("Account", parent)
    assert world.sync().objects["Contact"].waiting == 1
    (issue,) = world.journal.issues()
    assert (issue.id, issue.code, issue.fields) == (child, "PARENT_MISSING", ("AccountId",))
    world.mirror.change("Contact", child, AccountId=None)
    world.sync()
    assert world.differences() == []
    assert world.journal.issues() == []


class SameSecondOrg(MemoryReplica):
    """Lets an edit of the same second slip under an update, and tells about it afterwards."""

    def _apply_one(self, operation: Operation) -> Outcome:  # type: ignore[override]
        outcome = super()._apply_one(operation)  # type: ignore[arg-type]
        if isinstance(outcome, Done) and isinstance(operation, Update):
            slipped: Record = {"Phone": "3"}
            return replace(outcome, overwritten=slipped)
        return outcome


def test_an_edit_of_the_same_second_is_kept_in_the_conflict_log() -> None:
    world = TwoSides()
    world.org = SameSecondOrg(DEALS)
    (id,) = accounts(world, 1)
    world.sync()
    world.mirror.change("Account", id, Phone="2")
    world.sync()
    (logged,) = world.journal.resolutions
    assert logged.rule == "written in the same second"
    assert getattr(logged.conflict, "local", None) == {"Phone": "2"}
    assert getattr(logged.conflict, "remote", None) == {"Phone": "3"}
