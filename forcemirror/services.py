"""What the web pages need, done with the real parts. Implements ``web.services.Services``."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from connector.salesforce.errors import SalesforceError
from connector.sync.errors import AnotherRunIsActive, RunFailed
from connector.sync.model import Side
from connector.sync.report import Phase, Progress
from forcemirror.background import Background
from forcemirror.colleague import PlaygroundColleague
from forcemirror.errors import ForcemirrorError
from forcemirror.installation import Installation
from forcemirror.status import last_runs
from local_store import deletions
from local_store.errors import FieldUnknown, StoreError
from local_store.store import Store
from mapping.exercise import Exercise
from mapping.record import Record, RecordId
from mapping.stages import StageMapping
from mapping.values import NotCanonical
from web.services import (
    Colleague,
    Freshness,
    OrganizationFacts,
    PracticeCheck,
    RunningSync,
    ServiceRefused,
    SyncRequest,
)

log = logging.getLogger(__name__)

TRIES = 60
BETWEEN_TRIES_S = 1.0
"""How long a wish waits while another process syncs."""

Step = Literal["observe", "plan", "settle", "send", "check"]

STEPS: Mapping[Phase, Step] = {
    Phase.READING: "observe",
    Phase.PLANNING: "plan",
    Phase.STORING: "settle",
    Phase.SENDING: "send",
}
"""The engine's phases in the words of the pages."""


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class InstalledServices:
    """The services of one installation. Safe to share between threads; ``stop`` it when done."""

    def __init__(
        self,
        installation: Installation,
        clock: Callable[[], datetime] = utc_now,
        between_tries_s: float = BETWEEN_TRIES_S,
    ) -> None:
        self._installation = installation
        self._between_tries_s = between_tries_s
        self._clock = clock
        minutes = installation.project.settings.sync_every_minutes
        self._interval = timedelta(minutes=minutes) if minutes else None
        self._background = Background(self._run_quietly, self._interval, clock)
        self._stopping = threading.Event()
        self._exercise = installation.project.exercise
        self._stage_mapping = installation.project.stage_mapping
        self._last_check: PracticeCheck | None = None
        self._colleague: PlaygroundColleague | None = None
        self._colleague_lock = threading.Lock()
        self._one_run = threading.Lock()
        self._progress: Progress | None = None

    def start(self) -> None:
        """Begin to carry out wishes."""
        self._background.start()

    def stop(self) -> None:
        """Let the run under way end."""
        self._stopping.set()
        self._background.stop()

    @property
    def store(self) -> Store:
        """The mirror."""
        return self._installation.store

    @property
    def sends_at_once(self) -> bool:
        """Whether a save is sent at once."""
        return self._installation.project.settings.sync_send_on_save

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self._clock()

    def organization(self) -> OrganizationFacts:
        """The org this mirror belongs to."""
        facts = OrganizationFacts(**asdict(self._installation.organization))
        return replace(facts, currency=self._installation.project.settings.web_currency or facts.currency)

    def freshness(self) -> Freshness:
        """How old the data is and when it is renewed."""
        runs = last_runs(self.store)
        return Freshness(
            synced_at=runs.synced_at,
            next_at=self._background.next_at,
            interval=self._interval,
            failed_at=runs.failed_at,
            failure=runs.failure,
            advice=runs.advice,
        )

    # Syncing

    def request_sync(self) -> SyncRequest:
        """Ask for a run in the background."""
        return SyncRequest.STARTED if self._background.wish() else SyncRequest.ALREADY_RUNNING

    def running(self) -> RunningSync | None:
        """The run under way, or None."""
        began_at = self._background.began_at
        progress = self._progress
        if began_at is None:
            return None
        if progress is None:
            return RunningSync(began_at)
        return RunningSync(began_at, STEPS[progress.phase], progress.object, progress.done, progress.total or 0)

    def permissions(self) -> Mapping[str, frozenset[str]]:
        """What may be written in Salesforce, by object."""
        return self.store.permissions()

    # Writing the mirror

    def create(self, object_name: str, record: Record) -> RecordId:
        """Make a record in the mirror."""
        with refusing():
            return self._installation.records.insert(object_name, record)

    def update(self, object_name: str, record_id: RecordId, fields: Record) -> None:
        """Change these fields of a record in the mirror."""
        with refusing():
            self._installation.records.update(object_name, record_id, fields)

    def delete(self, object_name: str, record_id: RecordId) -> None:
        """Delete a record in the mirror."""
        with refusing():
            deletions.confirm(self.store, object_name, record_id)
            self._installation.records.delete(object_name, record_id)

    def goes_along(self, object_name: str, record_id: RecordId) -> Mapping[str, int]:
        """How many mirrored records of each object Salesforce deletes with this one."""
        return Counter(name for name, _ in deletions.goes_along(self.store, object_name, record_id))

    def confirm_deletion(self, object_name: str, record_id: RecordId) -> None:
        """Confirm a deletion that waits because other records go along."""
        with refusing():
            deletions.confirm(self.store, object_name, record_id)

    def take_back(self, object_name: str, record_id: RecordId) -> None:
        """Undo what waits to be sent for a record."""
        with refusing():
            self._installation.records.take_back(object_name, record_id)

    def settle_conflict(self, conflict_id: int, keep: Side) -> None:
        """Settle an open conflict with the next run."""
        with refusing():
            self._installation.settle_conflict(conflict_id, keep)

    # Stages and practice

    def stage_mapping(self) -> StageMapping:
        """The mapping from org stages to local stages."""
        return self._stage_mapping

    def exercise(self) -> Exercise:
        """The exercise of the practice page."""
        return self._exercise

    def attempt_began(self) -> datetime | None:
        """When the attempt began; None where older records count as well."""
        return self._installation.attempt_began()

    def begin_attempt(self) -> None:
        """Begin a new attempt now, and forget the last check."""
        with refusing(), self._one_run:
            self._installation.begin_attempt()
        self._last_check = None

    def check_practice(self) -> PracticeCheck:
        """Sync, then ask the org and judge."""
        with refusing(), self._one_run:
            checked = self._installation.check_practice(self._exercise)
        self._last_check = PracticeCheck(checked.asked_at, checked.report)
        return self._last_check

    def last_check(self) -> PracticeCheck | None:
        """The result of the last check of this attempt."""
        return self._last_check

    @property
    def colleague(self) -> Colleague | None:
        """Working directly in the org; None where the org is not a playground."""
        if self._installation.organization.kind != "playground":
            return None
        with self._colleague_lock:
            if self._colleague is None:
                objects = self._installation.project.settings.objects
                self._colleague = PlaygroundColleague(self._installation.client, objects)
            return self._colleague

    def _run_quietly(self) -> None:
        """A run in the background. Why it failed stands in the journal; the pages show it."""
        for _ in range(TRIES):
            try:
                self._run()
            except AnotherRunIsActive:
                # Somebody syncs from a terminal. That run may have looked before the save that made the wish.
                if self._stopping.wait(self._between_tries_s):
                    return
            except (RunFailed, StoreError, ForcemirrorError) as error:
                log.warning("sync: %s", error.message)
                return
            else:
                return

    def _run(self) -> None:
        # The check of an exercise and the background must not get in each other's way.
        with self._one_run:
            try:
                self._installation.sync(trigger="web", progress=self._note)
            finally:
                self._progress = None

    def _note(self, progress: Progress) -> None:
        self._progress = progress


@contextmanager
def refusing() -> Iterator[None]:
    """Turn the errors of the parts into one that the pages show."""
    try:
        yield
    except FieldUnknown as error:
        raise ServiceRefused(error.message, error.advice, (error.field,)) from error
    except (StoreError, RunFailed, SalesforceError, ForcemirrorError) as error:
        raise ServiceRefused(error.message, error.advice) from error
    except NotCanonical as error:
        raise ServiceRefused(str(error)) from error
