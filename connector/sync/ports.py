"""What the engine needs from the outside, as Protocols. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from connector.sync.model import (
    Checkpoint,
    Conflict,
    Decision,
    Intent,
    Issue,
    Operation,
    Outcome,
    Page,
    RecordState,
    Resolution,
    Settlement,
    Side,
    Sighting,
)
from connector.sync.report import Progress, RunReport
from mapping.record import Record, RecordId


class Replica(Protocol):
    """One of the two sides. The contract suite in ``tests/contract`` runs on every implementation."""

    @property
    def side(self) -> Side:
        """Which side this is."""

    def observe(self, wanted: Mapping[str, Checkpoint | None]) -> Iterator[Page]:
        """Read what changed since each object's checkpoint; an object with None is read whole.

        Pages of one object come in order; its last page has ``last`` set. Raises ``RunFailed`` when the read cannot
        be trusted: a page whose rows do not match the announced number is never yielded.
        """

    def read(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, Sighting]:
        """Read records by id, now. An id that was never seen or cannot be seen is missing from the answer."""

    def apply(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """Carry out creates, updates and deletes of this side, in order, each with an outcome.

        An update is done only where the side still holds ``expected``; otherwise the outcome is ``Moved``.
        """


class RemoteReplica(Replica, Protocol):
    """The Salesforce org, with what only it can tell."""

    def organization_id(self) -> str:
        """The 18-character id of the org."""

    def server_time(self) -> datetime:
        """The org's clock, aware UTC, from its latest answer."""

    def find_created(self, intent: Intent) -> tuple[Mapping[RecordId, Record], bool]:
        """Look for what a lost create may have made since it was sent.

        Answers the candidates, and whether the look is conclusive: the org's ``latestDateCovered`` has passed the
        time of sending, so that finding nothing means nothing was made.
        """

    @property
    def calls(self) -> int:
        """API calls made through this replica so far. Logging in is not one."""


class Ledger(Protocol):
    """The mirror's memory: rows, bases, unsettled sightings, checkpoints. Kept under contract like a replica."""

    def checkpoints(self) -> Mapping[str, Checkpoint]:
        """How far each object has been read. Objects never read are missing."""

    def states(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, RecordState]:
        """What is known about these records; ids the mirror has never seen are missing."""

    def waiting(self, object_name: str) -> Mapping[RecordId, RecordState]:
        """Every record that was touched here, or has an unsettled remote sighting."""

    def load(self, page: Page) -> None:
        """Store a page of an object that is being read for the first time, with its checkpoint, set-wise.

        Rows that were touched here or are known already are left alone; use ``settle`` for those.
        """

    def unstorable(self, object_name: str, records: Mapping[RecordId, Record]) -> Mapping[RecordId, str]:
        """The records that this database cannot hold as they are, each with the reason (decision 11)."""

    def settle(
        self, object_name: str, settlements: Sequence[Settlement], checkpoint: Checkpoint | None = None
    ) -> Sequence[RecordId]:
        """Bring records to the given standing and move the checkpoint, in one transaction.

        Answers the ids whose token had moved: nothing was done for those, and they must be planned again.
        The checkpoint is moved only if every settlement went through.
        """

    def adopt(self, object_name: str, provisional: RecordId, id: RecordId, settlement: Settlement) -> bool:
        """Replace a provisional id by the Salesforce id everywhere, remember the alias, and settle, in one
        transaction (decision 4). Answers False, and changes only the ids, when the token had moved."""

    def resolve(self, id: RecordId) -> RecordId:
        """The present id behind an id that may be an alias."""

    def live_count(self, object_name: str) -> int:
        """How many rows of an object are not deleted."""

    def children(
        self, object_name: str, ids: Collection[RecordId], cascading: Sequence[tuple[str, str]]
    ) -> Mapping[RecordId, Sequence[tuple[str, RecordId]]]:
        """The live mirrored rows that point at these records through the given (object, reference field) pairs."""

    def remember_intent(self, intent: Intent) -> None:
        """Commit that a create is about to be sent."""

    def intents(self) -> Sequence[Intent]:
        """Creates whose answer was never stored."""

    def drop_intent(self, object_name: str, id: RecordId) -> None:
        """Forget an intent whose outcome is known."""

    def open_conflicts(self, object_name: str, conflicts: Sequence[Conflict]) -> None:
        """Make the open conflicts of the named object exactly these, keeping since when each is known."""


class Journal(Protocol):
    """What happened, for people; and the lock that lets one run at a time work on a mirror."""

    def begin(self, at: datetime) -> int:
        """Take the lock, open a run and answer its number. Raises ``AnotherRunIsActive`` while another holds it."""

    def beat(self, run: int) -> None:
        """Say that the run is alive, so that its lock does not expire. Raises ``LockLost`` if another took over."""

    def show(self, run: int, progress: Progress) -> None:
        """Let pages see how far a run is. Called often; may leave most of it out."""

    def finish(self, run: int, report: RunReport) -> None:
        """Close a run, whatever became of it, and give the lock back."""

    def stored(self, run: int, operations: Sequence[Operation]) -> None:
        """These operations were carried out in the mirror (creates, updates and deletes here, values put back)."""

    def sent(self, run: int, outcome: Outcome) -> None:
        """This became of an operation that was sent to Salesforce."""

    def resolved(self, run: int, resolutions: Sequence[Resolution]) -> None:
        """These conflicts were settled and carried out; keep both values, the base and the rule in the conflict log."""

    def decisions(self) -> Sequence[Decision]:
        """What people decided about conflicts that are still open."""

    def confirmed_deletions(self) -> Mapping[tuple[str, RecordId], int]:
        """Deletions that a person confirmed one by one, with how many other records they knew to go along."""

    def issues(self) -> Sequence[Issue]:
        """Records that were refused and are not sent again until either side changes or the issue is closed."""

    def open_issue(self, run: int, issue: Issue) -> None:
        """Keep a refused record in view; one issue a record, the latest."""

    def close_issue(self, object_name: str, id: RecordId) -> None:
        """The record came across, or does not wait any more. Closing what is not open is nothing."""
