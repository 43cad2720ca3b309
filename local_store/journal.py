"""What happened, for people: runs with their accounts and operations, issues, conflicts and what was decided."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.sync.model import (
    Create,
    Decision,
    Delete,
    Done,
    Issue,
    Moved,
    Operation,
    Outcome,
    PutBack,
    Refused,
    Resolution,
    Side,
    Tombstone,
    Unknown,
    Update,
)
from connector.sync.report import ObjectReport, Progress, RunReport
from local_store import conflicts, deletions, issues
from local_store.conflicts import StoredConflict
from local_store.database import read, write
from local_store.errors import StoreError
from local_store.ids import resolve
from local_store.json_text import dump_record, load_record
from local_store.lock import RunLock
from local_store.store import Store
from local_store.tables import conflict, run, run_object, run_operation
from local_store.tables import issue as issue_table
from mapping.record import Record, RecordId

DONE = "done"
FAILED = "failed"
INTERRUPTED = "interrupted"
"""How a run may have ended. The last is for one whose process died; the next run says so."""

PROGRESS_EVERY = timedelta(seconds=1)
"""How often progress is written at most, so that showing it does not become the work."""

RUNS_KEPT = timedelta(days=90)
CONFLICTS_KEPT = timedelta(days=400)
"""How long runs with their operations, and settled conflicts and closed issues, are kept."""

COUNTS = tuple(each.name for each in fields(ObjectReport))

VERBS: Mapping[type, str] = {Create: "create", Update: "update", Delete: "delete", PutBack: "put_back"}


class ConflictClosed(StoreError):
    """The conflict is not open any more, or never was."""

    def __init__(self, conflict_id: int) -> None:
        super().__init__(
            f"Conflict {conflict_id} is not open any more. Nothing was changed.", "Look at the list of conflicts again."
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``outcome`` is None while it is under way; ``progress`` tells how far it is then."""

    id: int
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    reason: str | None
    advice: str | None
    api_calls: int
    objects: Mapping[str, ObjectReport]
    progress: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """One operation of a run, with the values before and after as far as the operation carried them."""

    run: int
    at: datetime
    object: str
    id: RecordId
    side: Side
    verb: str
    before: Record | None
    after: Record | None
    outcome: str
    code: str | None
    message: str | None


class SqlJournal:
    """The journal of a store. ``trigger`` says what makes the runs: ``manual``, ``schedule``, ``save``, ..."""

    def __init__(self, store: Store, lock: RunLock, trigger: str = "manual") -> None:
        self._store = store
        self._lock = lock
        self._trigger = trigger
        self._shown_at: datetime | None = None

    # What the engine tells

    def begin(self, at: datetime) -> int:
        """Take the lock, open a run and answer its number. Raises ``AnotherRunIsActive`` while another holds it."""
        self._lock.acquire(self._trigger)
        try:
            with write(self._store.engine) as connection:
                _bury_the_dead(connection, at)
                _forget_the_old(connection, self._store.clock())
                made = run.insert().values(trigger=self._trigger, started_at=at).returning(run.c.id)
                return int(connection.execute(made).scalar_one())
        except BaseException:
            self._lock.release()
            raise

    def beat(self, run: int) -> None:
        """Say that the run is alive, so that its lock does not expire. Raises ``LockLost`` if another took over."""
        self._lock.renew()

    def show(self, run_id: int, progress: Progress) -> None:
        """Let pages see how far the run is. Written at most once a second."""
        now = self._store.clock()
        if self._shown_at is not None and now - self._shown_at < PROGRESS_EVERY:
            return
        self._shown_at = now
        told = {**asdict(progress), "phase": progress.phase.value}
        with write(self._store.engine) as connection:
            connection.execute(run.update().where(run.c.id == run_id).values(progress=json.dumps(told)))

    def finish(self, run_id: int, report: RunReport) -> None:
        """Close a run, whatever became of it, and give the lock back."""
        reason = report.error or _unaccounted(report)
        with write(self._store.engine) as connection:
            connection.execute(
                run.update()
                .where(run.c.id == run_id)
                .values(
                    finished_at=report.finished,
                    outcome=DONE if report.is_green else FAILED,
                    reason=reason,
                    advice=report.advice,
                    api_calls=report.calls,
                    progress=None,
                )
            )
            counts = [{"run": run_id, "object": name, **asdict(each)} for name, each in report.objects.items()]
            connection.execute(run_object.delete().where(run_object.c.run == run_id))
            if counts:
                connection.execute(run_object.insert(), counts)
        self._lock.release()

    def stored(self, run: int, operations: Sequence[Operation]) -> None:
        """These operations were carried out in the mirror (creates, updates and deletes here, values put back)."""
        now = self._store.clock()
        rows = [
            {"run": run, "at": now, "outcome": DONE, "code": None, "message": None, **_operation(each)}
            for each in operations
            if isinstance(each, Create | Update | Delete | PutBack)
        ]
        if rows:
            with write(self._store.engine) as connection:
                connection.execute(run_operation.insert(), rows)

    def sent(self, run: int, outcome: Outcome) -> None:
        """This became of an operation that was sent to Salesforce."""
        row = {"run": run, "at": self._store.clock(), **_operation(outcome.operation), **_became(outcome)}
        with write(self._store.engine) as connection:
            connection.execute(run_operation.insert().values(row))
            if isinstance(outcome, Done) and isinstance(outcome.operation, Delete):
                deletions.withdraw(connection, outcome.operation.object, outcome.id)

    def resolved(self, run: int, resolutions: Sequence[Resolution]) -> None:
        """These conflicts were settled and carried out; keep both values, the base and the rule in the conflict log."""
        with write(self._store.engine) as connection:
            for each in resolutions:
                conflicts.log_resolution(connection, each, self._store.clock(), run)

    def decisions(self) -> Sequence[Decision]:
        """What people decided about conflicts that are still open."""
        with read(self._store.engine) as connection:
            return conflicts.decisions(connection)

    def confirmed_deletions(self) -> Mapping[tuple[str, RecordId], int]:
        """Deletions that a person confirmed, each with how many records they knew to go along."""
        return deletions.confirmed(self._store)

    def issues(self) -> Sequence[Issue]:
        """Records that were refused and are not sent again until either side changes or the issue is closed."""
        with read(self._store.engine) as connection:
            return issues.all_open(connection)

    def open_issue(self, run: int, issue: Issue) -> None:
        """Keep a refused record in view; one issue a record, the latest."""
        kind = issues.QUARANTINED if issue.code == issues.NOT_STORABLE else issues.REFUSED
        with write(self._store.engine) as connection:
            issues.remember(connection, kind, issue, self._store.clock(), run)

    def close_issue(self, object_name: str, id: RecordId) -> None:
        """The record came across, or does not wait any more. Closing what is not open is nothing."""
        with read(self._store.engine) as connection:
            ids = {id, resolve(connection, id)}
            is_open = issues.any_open(connection, object_name, list(ids))
        if is_open:
            with write(self._store.engine) as connection:
                issues.close(connection, object_name, list(ids), self._store.clock())

    # What people decide

    def settle_conflict(self, conflict_id: int, keep: Side, by: str = "") -> None:
        """Say which side of an open conflict shall stand on both; the next run carries it out and logs it.

        It holds for the values that are shown now: if a side changes before the run, the conflict is asked again.
        Raises ``ConflictClosed``.
        """
        self._decide(conflict_id, {"decision": keep.value, "decided_by": by or None})

    def withdraw_decision(self, conflict_id: int) -> None:
        """Let a conflict wait again, before the next run. Raises ``ConflictClosed``."""
        self._decide(conflict_id, {"decision": None, "decided_by": None})

    def try_again(self, object_name: str, id: RecordId) -> None:
        """Let the next run send a refused record again, although nothing changed."""
        self.close_issue(object_name, id)

    def _decide(self, conflict_id: int, values: Mapping[str, Any]) -> None:
        wanted = (conflict.c.id == conflict_id, conflict.c.closed_at.is_(None))
        with write(self._store.engine) as connection:
            if connection.execute(conflict.update().where(*wanted).values(**values)).rowcount == 0:
                raise ConflictClosed(conflict_id)

    # What people read

    def runs(self, limit: int = 50) -> Sequence[Run]:
        """The latest runs, the newest first."""
        return self._runs(select(run).order_by(run.c.id.desc()).limit(limit))

    def run(self, run_id: int) -> Run | None:
        """One run by its number."""
        found = self._runs(select(run).where(run.c.id == run_id))
        return found[0] if found else None

    def _runs(self, wanted: Any) -> list[Run]:
        with read(self._store.engine) as connection:
            rows = connection.execute(wanted).all()
            counted = connection.execute(select(run_object).where(run_object.c.run.in_([row.id for row in rows]))).all()
        by_run: dict[int, dict[str, ObjectReport]] = {}
        for row in counted:
            report = ObjectReport(**{name: row._mapping[name] for name in COUNTS})
            by_run.setdefault(row.run, {})[row.object] = report
        return [_run(row, by_run.get(row.id, {})) for row in rows]

    def operations(
        self, run_id: int | None = None, object_name: str | None = None, id: RecordId | None = None, limit: int = 1000
    ) -> Sequence[LoggedOperation]:
        """The log: of one run, of one record, or of everything; the newest first."""
        wanted = select(run_operation).order_by(run_operation.c.id.desc()).limit(limit)
        given = {"run": run_id, "object": object_name, "record_id": id}
        conditions = [run_operation.c[name] == value for name, value in given.items() if value is not None]
        with read(self._store.engine) as connection:
            return [_logged(row) for row in connection.execute(wanted.where(*conditions))]

    def conflict(self, conflict_id: int) -> StoredConflict | None:
        """A conflict, open or closed."""
        with read(self._store.engine) as connection:
            row = connection.execute(select(conflict).where(conflict.c.id == conflict_id)).one_or_none()
        return None if row is None else conflicts.stored(row)

    def open_conflicts(self, object_name: str | None = None, id: RecordId | None = None) -> Sequence[StoredConflict]:
        """The conflicts that wait, the oldest first: all, of an object, or of a record."""
        return self._conflicts(conflict.c.closed_at.is_(None), object_name, id, conflict.c.id)

    def conflict_log(self, object_name: str | None = None, id: RecordId | None = None) -> Sequence[StoredConflict]:
        """The conflicts that were settled or went away, the newest first, with both values, the base and the rule."""
        return self._conflicts(conflict.c.closed_at.is_not(None), object_name, id, conflict.c.id.desc())

    def _conflicts(
        self, state: Any, object_name: str | None, id: RecordId | None, order: Any
    ) -> Sequence[StoredConflict]:
        given = {"object": object_name, "record_id": id}
        conditions = [conflict.c[name] == value for name, value in given.items() if value is not None]
        with read(self._store.engine) as connection:
            found = connection.execute(select(conflict).where(state, *conditions).order_by(order)).all()
        return [conflicts.stored(row) for row in found]


def _bury_the_dead(connection: Connection, now: datetime) -> None:
    """Runs that never ended: we hold the lock, so their processes are gone."""
    connection.execute(
        run.update()
        .where(run.c.finished_at.is_(None))
        .values(
            finished_at=now,
            outcome=INTERRUPTED,
            reason="The run ended without a word: its process was stopped or its machine went down.",
            advice="Nothing was lost. The next run went on where it had stopped.",
            progress=None,
        )
    )


def _forget_the_old(connection: Connection, now: datetime) -> None:
    old = select(run.c.id).where(run.c.finished_at < now - RUNS_KEPT)
    for table in (run_operation, run_object):
        connection.execute(table.delete().where(table.c.run.in_(old)))
    connection.execute(run.delete().where(run.c.finished_at < now - RUNS_KEPT))
    for closed in (conflict, issue_table):
        connection.execute(closed.delete().where(closed.c.closed_at < now - CONFLICTS_KEPT))


def _unaccounted(report: RunReport) -> str | None:
    if not report.unaccounted:
        return None
    return f"The numbers of {', '.join(report.unaccounted)} do not add up: not everything received is accounted for."


def _operation(operation: Create | Update | Delete | PutBack) -> dict[str, Any]:
    before: Record | None = None
    after: Record | None = None
    match operation:
        case Create():
            after = operation.record
        case Update():
            before, after = operation.expected, operation.fields
        case Delete():
            before = operation.expected
        case PutBack():
            before, after = operation.refused, operation.fields
    return {
        "object": operation.object,
        "record_id": operation.id,
        "side": (Side.LOCAL if isinstance(operation, PutBack) else operation.side).value,
        "verb": VERBS[type(operation)],
        "before": dump_record(before),
        "after": dump_record(after),
    }


def _became(outcome: Outcome) -> dict[str, Any]:
    became: dict[str, Any] = {"code": None, "message": None}
    match outcome:
        case Done(id=id, seen=seen):
            is_gone = isinstance(seen, Tombstone)
            return {**became, "outcome": DONE, "record_id": outcome.operation.id if is_gone else id}
        case Moved():
            return {**became, "outcome": "moved"}
        case Refused(code=code, message=message):
            return {"outcome": "refused", "code": code, "message": message}
        case Unknown(error=error):
            return {**became, "outcome": "unknown", "message": error}


def _run(row: Row[Any], objects: Mapping[str, ObjectReport]) -> Run:
    return Run(
        id=row.id,
        trigger=row.trigger,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=row.outcome,
        reason=row.reason,
        advice=row.advice,
        api_calls=row.api_calls,
        objects=objects,
        progress=None if row.progress is None else json.loads(row.progress),
    )


def _logged(row: Row[Any]) -> LoggedOperation:
    return LoggedOperation(
        run=row.run,
        at=row.at,
        object=row.object,
        id=RecordId(row.record_id),
        side=Side(row.side),
        verb=row.verb,
        before=load_record(row.before),
        after=load_record(row.after),
        outcome=row.outcome,
        code=row.code,
        message=row.message,
    )
