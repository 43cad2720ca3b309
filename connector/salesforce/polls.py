"""The polls of one run: where each object's read begins, how far it may be trusted, and few calls for all of them.

An incremental read asks for every row stamped at or after ``checkpoint - overlap``, in the order ``(cursor, Id)``, with
no upper bound. How far the checkpoint may then move is another question, answered by the *horizon*: Salesforce's clock
before the read began, and ``latestDateCovered``, which stays at the start of the oldest transaction still running. Both
are asked before the rows, so that nothing can be stamped below the horizon and still be unseen (design decision 10).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.salesforce.client import SalesforceClient
from connector.salesforce.composite import Answer, Subrequest, fits
from connector.salesforce.errors import ApiError, UnexpectedAnswer
from connector.salesforce.queries import IDS_IN_A_QUERY, after_key, by_ids, chunks, order, read_moment
from connector.salesforce.rows import row_id, selected, sort_rows
from connector.salesforce.soql import Condition, Operator, compare, select
from connector.salesforce.wire import Json, QueryPage, deleted_path, query_path, read_page, updated_path
from connector.sync.model import Checkpoint, Page, Tombstone
from mapping.fields import ObjectMapping
from mapping.record import RecordId
from mapping.values import id_18

DELETE_LOG_DAYS = 15
PROBE_SPAN = timedelta(minutes=5)
STALE = timedelta(minutes=1)
PAGE_WHEN_SLOW = 2000
TOO_SLOW = frozenset({"QUERY_TIMEOUT", "OPERATION_TOO_LARGE"})


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far an object's changes can all be seen."""

    covered: datetime

    def checkpoint(self, before: Checkpoint | None) -> Checkpoint:
        """The checkpoint after a whole read: never earlier than the one before (invariant 15)."""
        stamps = [self.covered, *([before.stamp] if before and before.stamp else [])]
        return Checkpoint(stamp=max(stamps))


class Poll:
    """One object's share of a read: from where, up to which horizon, and what has come so far."""

    def __init__(self, mapping: ObjectMapping, checkpoint: Checkpoint | None, overlap: timedelta) -> None:
        self.mapping = mapping
        self.before = checkpoint
        self.overlap = overlap
        self.horizon: Horizon | None = None
        self.first: QueryPage | None = None
        self.gone: dict[RecordId, Tombstone] = {}
        self.failure: Exception | None = None
        self.limit: int | None = None
        self.resumed: Checkpoint | None = checkpoint
        self.is_whole = checkpoint is None or mapping.cursor is None
        self.log_is_lost = False
        self.where = self._start()

    @property
    def is_incremental(self) -> bool:
        """Whether this is a poll for changes, not a (possibly resumed) first read."""
        return self.before is not None and self.before.stamp is not None

    def read_whole(self) -> None:
        """Give up on changes and list every record: what was deleted can no longer be asked for."""
        self.is_whole = self.log_is_lost = True
        self.where = None
        self.first = None

    def soql(self) -> str:
        """The query of the first page."""
        return select(self.mapping, selected(self.mapping), self.where, order(self.mapping))

    def after(self, row: Json) -> Condition:
        """Every row that comes later in ``(cursor, Id)`` order."""
        return after_key(self.mapping, (self._cursor_of(row), row_id(row)))

    def page(self, page: QueryPage, *, is_last: bool) -> Page:
        """One page with the checkpoint that may be stored along with it."""
        rows = sort_rows(self.mapping, page.records)
        return Page(
            object=self.mapping.name,
            records=rows.records,
            tombstones={**(self.gone if is_last else {}), **rows.tombstones},
            quarantined=rows.quarantined,
            checkpoint=self._final() if is_last else self._along_the_way(page),
            complete=self.is_whole,
            last=is_last,
            announced=page.total,
        )

    def _start(self) -> Condition | None:
        if self.before is None or self.mapping.cursor is None:
            return None
        if self.before.after is not None:
            return after_key(self.mapping, self.before.after)
        if self.before.stamp is None:
            return None
        return compare(self.mapping, self.mapping.cursor, Operator.AT_LEAST, self.before.stamp - self.overlap)

    def _final(self) -> Checkpoint:
        assert self.horizon is not None
        return self.horizon.checkpoint(self.before)

    def _along_the_way(self, page: QueryPage) -> Checkpoint | None:
        """Where to go on after a kill. It stays an overlap below the horizon: rows that became visible late, below a
        row already stored, are then always above it."""
        assert self.horizon is not None
        if page.offset is None or not page.records or self.mapping.cursor is None:
            return self.resumed
        key = (self._cursor_of(page.records[-1]), row_id(page.records[-1]))
        if key[0] <= self.horizon.covered - self.overlap:
            self.resumed = replace(self.before or Checkpoint(), after=key)
        return self.resumed

    def _cursor_of(self, row: Json) -> datetime:
        assert self.mapping.cursor is not None
        return read_moment(row, self.mapping.cursor)


class Polls:
    """The polls of one run, folded into as few composite calls as they fit in.

    Probes come first, so that every horizon is older than every row; then the queries, five a call; questions that an
    answer raises (is a record really gone?) join the end of the queue and mostly find room in the last call.
    """

    def __init__(self, client: SalesforceClient, begun: datetime, overlap: timedelta) -> None:
        self._client = client
        self._begun = begun
        self._overlap = overlap
        self._polls: list[Poll] = []
        self._covered: dict[str, datetime] = {}
        self._open: dict[str, int] = {}
        self._doubtful: dict[str, dict[RecordId, datetime]] = {}
        self._is_fresh = False

    def add(self, mapping: ObjectMapping, checkpoint: Checkpoint | None) -> None:
        """Take one object into the run."""
        self._polls.append(Poll(mapping, checkpoint, self._overlap))

    def run(self) -> Iterator[Poll]:
        """Ask, and hand out each poll as soon as its questions are answered. First reads come last: they are long."""
        waiting = {poll.mapping.name: poll for poll in self._polls}
        queue = self._queue()
        while queue:
            call = _next_call(queue)
            answers = self._client.composite(call)
            if self._clock_was_stale():
                queue = self._queue()
                continue
            for subrequest in call:
                poll = waiting[_object_of(subrequest)]
                queue.extend(self._take(poll, subrequest, answers[subrequest.name]))
            yield from self._finished(waiting)
        for name in list(waiting):
            yield self._finish(waiting.pop(name))

    def _queue(self) -> deque[Subrequest]:
        queue = deque(self._questions())
        self._open = {poll.mapping.name: 0 for poll in self._polls}
        for each in queue:
            self._open[_object_of(each)] += 1
        return queue

    def _clock_was_stale(self) -> bool:
        """Whether the first answer shows that we asked with an old time: this machine slept, so the seconds since the
        answer before were not counted. Then the window of the probes was too early, and they are asked again."""
        if self._is_fresh:
            return False
        self._is_fresh = True
        now = self._client.server_time()
        if now - self._begun <= STALE:
            return False
        self._begun = now
        return True

    def _questions(self) -> Iterator[Subrequest]:
        span = probe_span(self._begun)
        for poll in self._polls:
            if poll.mapping.replicateable:
                yield Subrequest(_name("covered", poll), "GET", updated_path(poll.mapping.name, *span))
        for poll in self._polls:
            if poll.is_incremental and vanishes(poll.mapping) and self._log_reaches(poll):
                yield Subrequest(
                    _name("deleted", poll), "GET", deleted_path(poll.mapping.name, *self._deleted_span(poll))
                )
        for poll in self._polls:
            if poll.is_incremental and not poll.log_is_lost:
                yield Subrequest(_name("rows", poll), "GET", query_path("queryAll", poll.soql()))

    def _log_reaches(self, poll: Poll) -> bool:
        start, _ = self._deleted_span(poll)
        if self._begun - start < timedelta(days=DELETE_LOG_DAYS) - PROBE_SPAN:
            return True
        poll.read_whole()
        return False

    def _deleted_span(self, poll: Poll) -> tuple[datetime, datetime]:
        assert poll.before is not None
        assert poll.before.stamp is not None
        return poll.before.stamp - self._overlap, probe_span(self._begun)[1]

    def _take(self, poll: Poll, subrequest: Subrequest, answer: Answer) -> Iterable[Subrequest]:
        """Note one answer; hand back the questions that it raises."""
        name = poll.mapping.name
        self._open[name] -= 1
        raised: list[Subrequest] = []
        match subrequest.name.split("_", 1)[0]:
            case "covered":
                self._take_horizon(name, answer)
            case "deleted":
                raised = self._take_deletes(poll, answer)
            case "rows":
                self._take_rows(poll, answer)
            case _:
                self._take_doubtful(poll, answer)
        self._open[name] += len(raised)
        return raised

    def _take_horizon(self, name: str, answer: Answer) -> None:
        # An object that cannot be probed is no reason to stop: the others' horizons hold for it too.
        if answer.is_good:
            covered = read_moment(answer.body, "latestDateCovered")
            self._covered[name] = min(covered, self._covered.get(name, covered))

    def _take_deletes(self, poll: Poll, answer: Answer) -> list[Subrequest]:
        start, _ = self._deleted_span(poll)
        if not answer.is_good or read_moment(answer.body, "earliestDateAvailable") > start:
            poll.read_whole()
            return []
        self._take_horizon(poll.mapping.name, answer)
        when = {
            RecordId(id_18(str(item.get("id")))): read_moment(item, "deletedDate")
            for item in answer.body.get("deletedRecords") or ()
        }
        self._doubtful[poll.mapping.name] = when
        return [
            Subrequest(_name(f"doubtful{number}", poll), "GET", query_path("queryAll", by_ids(poll.mapping, chunk)))
            for number, chunk in enumerate(chunks(sorted(when), IDS_IN_A_QUERY))
        ]

    def _take_rows(self, poll: Poll, answer: Answer) -> None:
        what = f"the poll of {poll.mapping.name}"
        if not answer.is_good:
            failure = answer.failure(what)
            if isinstance(failure, ApiError) and failure.code in TOO_SLOW:
                poll.limit = PAGE_WHEN_SLOW
                return
            poll.failure = failure
            return
        if poll.log_is_lost:
            return
        page = read_page(answer.body, what)
        announced = page.total if page.next_path is None else page.offset
        if announced not in {None, len(page.records)}:
            raise UnexpectedAnswer(what, f"{announced} rows were announced, {len(page.records)} came")
        if page.next_path is None or (announced and poll.mapping.cursor):
            poll.first = page

    def _take_doubtful(self, poll: Poll, answer: Answer) -> None:
        """The delete log named ids. Those that a query still shows are in the recycle bin, or were never deleted; the
        others are gone for good."""
        what = f"the deleted records of {poll.mapping.name}"
        if not answer.is_good:
            poll.failure = answer.failure(what)
            return
        page = read_page(answer.body, what)
        if page.next_path is not None or len(page.records) != page.total:
            raise UnexpectedAnswer(what, f"{page.total} rows were announced, {len(page.records)} came")
        rows = sort_rows(poll.mapping, page.records)
        poll.gone |= rows.tombstones
        doubtful = self._doubtful[poll.mapping.name]
        for id in [*rows.sightings, *rows.quarantined]:
            doubtful.pop(id, None)

    def _finished(self, waiting: dict[str, Poll]) -> Iterator[Poll]:
        for name in [name for name in waiting if not self._open[name] and waiting[name].first is not None]:
            yield self._finish(waiting.pop(name))

    def _finish(self, poll: Poll) -> Poll:
        for id, deleted_at in self._doubtful.pop(poll.mapping.name, {}).items():
            poll.gone[id] = Tombstone(deleted_at=deleted_at, purged=True)
        covered = self._covered.get(poll.mapping.name)
        known = [covered] if covered else list(self._covered.values())
        poll.horizon = Horizon(min([self._begun, *known]))
        return poll


def vanishes(mapping: ObjectMapping) -> bool:
    """Whether a deleted record of this object leaves no row behind, so that only the delete log tells of it. So it is
    with OpportunityContactRole, which describe shows as ``undeletable: false``."""
    return mapping.deletable and not mapping.undeletable and mapping.replicateable


def probe_span(now: datetime) -> tuple[datetime, datetime]:
    """A narrow window up to now. Salesforce cuts off seconds, so the end is the next full minute; how far it answers
    for is said by ``latestDateCovered``, and never believed beyond ``now``."""
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return end - PROBE_SPAN, end


def _next_call(queue: deque[Subrequest]) -> list[Subrequest]:
    call = [queue.popleft()]
    while queue and fits(call, queue[0]):
        call.append(queue.popleft())
    return call


def _name(kind: str, poll: Poll) -> str:
    return f"{kind}_{poll.mapping.name}"


def _object_of(subrequest: Subrequest) -> str:
    return subrequest.name.split("_", 1)[1]
