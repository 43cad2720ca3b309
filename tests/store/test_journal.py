"""What the journal keeps: runs, their accounts and operations, issues, conflicts and decisions, and the lock."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from connector.sync.errors import AnotherRunIsActive, LockLost
from connector.sync.model import (
    Create,
    Decision,
    Delete,
    DeleteConflict,
    Done,
    FieldConflict,
    Issue,
    Moved,
    PutBack,
    Refused,
    Resolution,
    Settlement,
    Side,
    Tombstone,
    Unknown,
    Update,
)
from connector.sync.ports import Journal
from connector.sync.report import ObjectReport, Phase, Progress, RunReport
from local_store.database import write
from local_store.journal import ConflictClosed, SqlJournal
from local_store.ledger import SqlLedger
from local_store.lock import LEASE, RunLock
from local_store.records import Records, RecordStateName
from local_store.store import Store
from mapping.record import RecordId

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
ACME = RecordId("001000000000001AAA")
PHONE = FieldConflict("Account", ACME, {"Name": "a"}, {"Name": "b"}, {"Name": "c"})


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(store: Store) -> Clock:
    made = Clock()
    store.clock = made
    return made


@pytest.fixture
def journal(store: Store, clock: Clock) -> SqlJournal:
    return SqlJournal(store, RunLock(store), "schedule")


def report(error: str | None = None, **objects: ObjectReport) -> RunReport:
    return RunReport(
        START, START + timedelta(seconds=5), objects, calls=3, error=error, advice="Look." if error else None
    )


def test_it_is_a_journal(journal: SqlJournal) -> None:
    kept: Journal = journal
    assert kept.decisions() == []


# Runs


def test_a_run_is_told_with_its_account(journal: SqlJournal) -> None:
    number = journal.begin(START)
    assert journal.run(number) is not None
    account = ObjectReport(received=3, applied=1, unchanged=1, held=1, sent=2, put_back=1)
    journal.finish(number, report(Account=account))
    (told,) = journal.runs()
    assert (told.id, told.trigger, told.outcome, told.api_calls) == (number, "schedule", "done", 3)
    assert (told.started_at, told.finished_at) == (START, START + timedelta(seconds=5))
    assert told.objects == {"Account": account}


def test_a_failed_run_says_why(journal: SqlJournal) -> None:
    journal.finish(journal.begin(START), report(error="The org does not answer."))
    (told,) = journal.runs()
    assert (told.outcome, told.reason, told.advice) == ("failed", "The org does not answer.", "Look.")


def test_a_run_whose_numbers_do_not_add_up_is_not_green(journal: SqlJournal) -> None:
    journal.finish(journal.begin(START), report(Account=ObjectReport(received=2, applied=1)))
    (told,) = journal.runs()
    assert told.outcome == "failed"
    assert told.reason is not None
    assert "Account" in told.reason


def test_a_run_that_died_is_told_by_the_next(store: Store, journal: SqlJournal, clock: Clock) -> None:
    dead = journal.begin(START)
    clock.now += LEASE
    SqlJournal(store, RunLock(store)).begin(clock.now)
    told = journal.run(dead)
    assert told is not None
    assert told.outcome == "interrupted"


def test_progress_is_shown_while_a_run_is_under_way_and_not_too_often(journal: SqlJournal, clock: Clock) -> None:
    number = journal.begin(START)
    journal.show(number, Progress(Phase.READING, "Account", 100, 500))
    journal.show(number, Progress(Phase.READING, "Account", 200, 500))
    told = journal.run(number)
    assert told is not None
    assert told.progress == {"phase": "reading", "object": "Account", "done": 100, "total": 500}
    clock.now += timedelta(seconds=1)
    journal.show(number, Progress(Phase.SENDING, "Account", 1, 2))
    told = journal.run(number)
    assert told is not None
    assert told.progress is not None
    assert told.progress["phase"] == "sending"
    journal.finish(number, report())
    told = journal.run(number)
    assert told is not None
    assert told.progress is None


def test_every_operation_is_logged_with_what_became_of_it(journal: SqlJournal) -> None:
    number = journal.begin(START)
    create = Create(Side.REMOTE, "Account", RecordId("local-a"), {"Name": "New"})
    update = Update(Side.REMOTE, "Account", ACME, {"Name": "b"}, {"Name": "a"})
    delete = Delete(Side.REMOTE, "Account", ACME, {"Name": "b"})
    journal.stored(number, [PutBack("Account", ACME, {"IsWon": False}, {"IsWon": True})])
    for outcome in (
        Done(create, ACME, {"Name": "New"}),
        Moved(update, {"Name": "x"}),
        Refused(update, "NOT_TODAY", "Not on a Friday."),
        Unknown(update, "The answer was lost."),
        Done(delete, ACME, Tombstone()),
    ):
        journal.sent(number, outcome)
    told = [(each.verb, each.side, each.id, each.outcome, each.code) for each in reversed(journal.operations(number))]
    assert told == [
        ("put_back", Side.LOCAL, ACME, "done", None),
        ("create", Side.REMOTE, ACME, "done", None),
        ("update", Side.REMOTE, ACME, "moved", None),
        ("update", Side.REMOTE, ACME, "refused", "NOT_TODAY"),
        ("update", Side.REMOTE, ACME, "unknown", None),
        ("delete", Side.REMOTE, ACME, "done", None),
    ]
    (latest, *_) = journal.operations(object_name="Account", id=ACME)
    assert (latest.before, latest.after) == ({"Name": "b"}, None)


def test_what_is_old_is_forgotten_and_what_is_open_is_not(store: Store, journal: SqlJournal, clock: Clock) -> None:
    old = journal.begin(START)
    journal.stored(old, [PutBack("Account", ACME, {"IsWon": False}, {"IsWon": True})])
    journal.finish(old, report(Account=ObjectReport()))
    journal.resolved(old, [Resolution(PHONE, Side.REMOTE, "salesforce")])
    SqlLedger(store).open_conflicts("Account", [PHONE])
    clock.now += timedelta(days=91)
    second = journal.begin(clock.now)
    assert [each.id for each in journal.runs()] == [second]
    assert journal.operations() == []
    assert len(journal.conflict_log()) == 1
    journal.finish(second, report())
    clock.now += timedelta(days=400)
    journal.begin(clock.now)
    assert journal.conflict_log() == []
    assert len(journal.open_conflicts()) == 1


# Issues


def test_an_issue_is_kept_until_it_is_closed_and_counted_each_time(store: Store, journal: SqlJournal) -> None:
    issue = Issue("Account", ACME, "REQUIRED_FIELD_MISSING", "Name is missing.", ("Name",), token=7, stamp=START)
    journal.open_issue(1, issue)
    journal.open_issue(2, issue)
    assert journal.issues() == [issue]
    with write(store.engine) as connection:
        assert connection.exec_driver_sql("SELECT attempts, kind FROM issue").all() == [(2, "refused")]
    journal.close_issue("Account", ACME)
    journal.close_issue("Account", ACME)
    assert journal.issues() == []


def test_the_latest_issue_of_a_record_replaces_the_one_before(journal: SqlJournal) -> None:
    journal.open_issue(1, Issue("Account", ACME, "ONE", "One."))
    journal.open_issue(2, Issue("Account", ACME, "TWO", "Two."))
    assert [issue.code for issue in journal.issues()] == ["TWO"]


def test_an_issue_of_a_provisional_id_is_closed_by_it_after_the_id_changed(store: Store, journal: SqlJournal) -> None:
    made = Records(store).insert("Account", {"Name": "New"})
    journal.open_issue(1, Issue("Account", made, "ONE", "One."))
    ledger = SqlLedger(store)
    token = ledger.waiting("Account")[made].token
    assert ledger.adopt("Account", made, ACME, Settlement(ACME, token, local={"Name": "New"}, base={"Name": "New"}))
    assert [issue.id for issue in journal.issues()] == [ACME]
    journal.close_issue("Account", made)
    assert journal.issues() == []


# Conflicts


def test_a_conflict_that_stays_keeps_its_number_and_its_time(store: Store, journal: SqlJournal, clock: Clock) -> None:
    ledger = SqlLedger(store)
    ledger.open_conflicts("Account", [PHONE])
    clock.now += timedelta(days=1)
    ledger.open_conflicts("Account", [PHONE])
    (told,) = journal.open_conflicts("Account", ACME)
    assert (told.conflict, told.opened_at) == (PHONE, START)
    assert told.fields == {"Name": ("a", "b", "c")}
    ledger.open_conflicts("Opportunity", [])
    assert len(journal.open_conflicts()) == 1


def test_a_decision_is_handed_to_the_engine_and_logged_when_carried_out(store: Store, journal: SqlJournal) -> None:
    SqlLedger(store).open_conflicts("Account", [PHONE])
    (opened,) = journal.open_conflicts()
    journal.settle_conflict(opened.id, Side.LOCAL, by="Ada")
    assert journal.decisions() == [Decision(PHONE, Side.LOCAL)]
    journal.resolved(4, [Resolution(PHONE, Side.LOCAL, "person")])
    SqlLedger(store).open_conflicts("Account", [])
    assert journal.decisions() == []
    (logged,) = journal.conflict_log("Account", ACME)
    assert (logged.id, logged.conflict, logged.rule) == (opened.id, PHONE, "person")
    assert (logged.decision, logged.decided_by) == (Side.LOCAL, "Ada")


def test_a_conflict_that_goes_away_while_it_is_settled_is_logged_once(store: Store, journal: SqlJournal) -> None:
    SqlLedger(store).open_conflicts("Account", [PHONE])
    SqlLedger(store).open_conflicts("Account", [])
    journal.resolved(4, [Resolution(PHONE, Side.LOCAL, "person")])
    assert [each.rule for each in journal.conflict_log()] == ["person"]


def test_a_decision_does_not_outlive_the_values_it_was_made_on(store: Store, journal: SqlJournal) -> None:
    ledger = SqlLedger(store)
    ledger.open_conflicts("Account", [PHONE])
    (opened,) = journal.open_conflicts()
    journal.settle_conflict(opened.id, Side.LOCAL)
    ledger.open_conflicts("Account", [FieldConflict("Account", ACME, {"Name": "a"}, {"Name": "b"}, {"Name": "d"})])
    assert journal.decisions() == []
    (told,) = journal.open_conflicts()
    assert told.decision is None


def test_a_decision_that_could_not_be_carried_out_yet_stays(store: Store, journal: SqlJournal) -> None:
    ledger = SqlLedger(store)
    seen = Settlement(ACME, 0, local={"Name": "b"}, base={"Name": "a"}, remote={"Name": "c"})
    ledger.settle("Account", [seen])
    ledger.open_conflicts("Account", [PHONE])
    (opened,) = journal.open_conflicts()
    journal.settle_conflict(opened.id, Side.LOCAL)
    ledger.open_conflicts("Account", [])
    assert journal.decisions() == [Decision(PHONE, Side.LOCAL)]
    token = ledger.states("Account", [ACME])[ACME].token
    ledger.settle("Account", [Settlement(ACME, token, local={"Name": "b"}, base={"Name": "b"})])
    ledger.open_conflicts("Account", [])
    assert journal.decisions() == []


def test_a_decision_may_be_withdrawn(store: Store, journal: SqlJournal) -> None:
    SqlLedger(store).open_conflicts("Account", [PHONE])
    (opened,) = journal.open_conflicts()
    journal.settle_conflict(opened.id, Side.LOCAL)
    journal.withdraw_decision(opened.id)
    assert journal.decisions() == []


def test_a_closed_conflict_cannot_be_settled(store: Store, journal: SqlJournal) -> None:
    SqlLedger(store).open_conflicts("Account", [PHONE])
    (opened,) = journal.open_conflicts()
    SqlLedger(store).open_conflicts("Account", [])
    with pytest.raises(ConflictClosed):
        journal.settle_conflict(opened.id, Side.LOCAL)
    told = journal.conflict(opened.id)
    assert told is not None
    assert told.rule == "withdrawn"


@pytest.mark.parametrize("deleted_on", list(Side))
def test_a_deletion_against_an_edit_is_kept_with_the_survivor(
    store: Store, journal: SqlJournal, deleted_on: Side
) -> None:
    conflict = DeleteConflict("Account", ACME, deleted_on, {"Name": "a"}, {"Name": "b"})
    SqlLedger(store).open_conflicts("Account", [conflict])
    (told,) = journal.open_conflicts()
    assert told.conflict == conflict
    assert told.fields == {}


def test_a_conflict_settled_at_once_by_a_policy_is_logged(journal: SqlJournal) -> None:
    journal.resolved(1, [Resolution(PHONE, Side.REMOTE, "salesforce")])
    (logged,) = journal.conflict_log()
    assert (logged.conflict, logged.rule, logged.decision) == (PHONE, "salesforce", Side.REMOTE)


def test_a_record_shows_its_conflict_before_its_refusal_before_its_waiting(store: Store, journal: SqlJournal) -> None:
    records = Records(store)
    made = records.insert("Account", {"Name": "New"})
    assert records.state("Account", made) is RecordStateName.ONLY_HERE
    journal.open_issue(1, Issue("Account", made, "ONE", "One."))
    assert records.state("Account", made) is RecordStateName.REFUSED
    SqlLedger(store).open_conflicts("Account", [FieldConflict("Account", made, None, {"Name": "x"}, {"Name": "y"})])
    assert records.state("Account", made) is RecordStateName.CONFLICT


# The lock


def test_a_second_run_names_the_first_and_leaves(store: Store, journal: SqlJournal) -> None:
    number = journal.begin(START)
    with pytest.raises(AnotherRunIsActive, match=f"schedule, process {os.getpid()}"):
        SqlJournal(store, RunLock(store)).begin(START)
    assert len(journal.runs()) == 1
    journal.finish(number, report())
    assert RunLock(store).holder() is None
    SqlJournal(store, RunLock(store)).begin(START)


def test_a_lock_expires_unless_its_holder_gives_a_sign_of_life(store: Store, journal: SqlJournal, clock: Clock) -> None:
    number = journal.begin(START)
    clock.now += LEASE - timedelta(seconds=1)
    journal.beat(number)
    clock.now += LEASE - timedelta(seconds=1)
    with pytest.raises(AnotherRunIsActive):
        RunLock(store).acquire("other")
    clock.now += timedelta(seconds=1)
    RunLock(store).acquire("other")
    with pytest.raises(LockLost, match="other"):
        journal.beat(number)


def test_a_holder_that_lost_its_lock_can_commit_nothing(store: Store, clock: Clock) -> None:
    lock = RunLock(store)
    ledger = SqlLedger(store, lock)
    lock.acquire("first")
    ledger.settle("Account", [Settlement(ACME, 0, local={"Name": "a"}, base={"Name": "a"})])
    clock.now += LEASE
    RunLock(store).acquire("second")
    before = ledger.states("Account", [ACME])
    with pytest.raises(LockLost):
        ledger.settle("Account", [Settlement(ACME, 0, local={"Name": "b"}, base={"Name": "b"})])
    assert ledger.states("Account", [ACME]) == before
    assert store.capture_problems() == []


def test_the_lock_of_a_dead_process_on_this_machine_is_free_at_once(store: Store, clock: Clock) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    RunLock(store).acquire("first")
    with write(store.engine) as connection:
        connection.exec_driver_sql("UPDATE run_lock SET pid = ?", (int(dead.stdout),))
    assert RunLock(store).holder() is None
    RunLock(store).acquire("second")


def test_letting_go_of_a_lock_that_somebody_else_has_by_now_leaves_it(store: Store, clock: Clock) -> None:
    first, second = RunLock(store), RunLock(store)
    first.acquire("first")
    clock.now += LEASE
    second.acquire("second")
    first.release()
    holder = second.holder()
    assert holder is not None
    assert holder.name == "second"
