"""What the pages need from the rest of the program. ``forcemirror.services`` implements it; tests bring a fake.

Everything here may be called from several threads at once. Reading the mirror is not in this list: pages read it
through ``pipeline``, on ``Services.store``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal, Protocol

from connector.sync.model import Side
from local_store.store import Store
from mapping.exercise import Exercise, Report
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId
from mapping.stages import StageMapping

OrgKind = Literal["production", "sandbox", "playground"]


class ServiceRefused(Exception):
    """A wish could not be fulfilled. Nothing was changed unless the message says so.

    ``message`` says what happened, ``advice`` what to do; both are shown as they are, so neither may hold a secret.
    ``fields`` are API names of the fields that were refused, where Salesforce or the mirror named them.
    """

    def __init__(self, message: str, advice: str = "", fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.fields = tuple(fields)


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """The org that the mirror belongs to, as far as it is known without asking it now.

    ``time_zone`` is an IANA name, ``currency`` an ISO code. ``record_url`` is the address of a record in Salesforce
    with ``{id}`` in it, or None where there is none (the playground has no pages of its own).
    """

    id: str
    name: str
    kind: OrgKind
    time_zone: str = "UTC"
    currency: str = "USD"
    record_url: str | None = None
    user: str = ""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the data is. ``synced_at`` is the end of the last run that finished; None: there was none yet.

    ``next_at`` is when the next run is planned, ``interval`` how often; None where nothing is planned.
    ``failed_at`` and ``failure`` describe the last run if it failed, in the words of its error.
    """

    synced_at: datetime | None = None
    next_at: datetime | None = None
    interval: timedelta | None = None
    failed_at: datetime | None = None
    failure: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class RunningSync:
    """A sync that is under way. ``object`` is what it works on now; ``total`` 0 means not known yet."""

    began_at: datetime
    step: Literal["observe", "plan", "settle", "send", "check"] = "observe"
    object: str = ""
    done: int = 0
    total: int = 0


class SyncRequest(Enum):
    """What became of the wish to sync."""

    STARTED = "started"
    ALREADY_RUNNING = "already_running"


@dataclass(frozen=True, slots=True)
class PracticeCheck:
    """The last check of the exercise: when the org was asked (after a sync), and what came out."""

    asked_at: datetime
    report: Report


@dataclass(frozen=True, slots=True)
class OrgRecord:
    """A record as the org shows it now, in canonical values by API name."""

    object: str
    id: RecordId
    fields: Record
    modified_by: str = ""
    modified_at: datetime | None = None


class Colleague(Protocol):
    """Somebody who works in Salesforce directly, in the playground only: asks and edits the org, not the mirror."""

    def describe(self, object_name: str) -> ObjectMapping:
        """The fields of an object as the org has them."""

    def find(self, object_name: str, text: str, limit: int) -> Sequence[OrgRecord]:
        """Live records whose name contains a text (all for ``""``), the last modified first.

        Raises ``ServiceRefused`` when the org does not answer."""

    def read(self, object_name: str, record_id: RecordId) -> OrgRecord | None:
        """The record now; None when the org does not show it."""

    def edit(self, object_name: str, record_id: RecordId, fields: Record) -> None:
        """Write these fields in the org. Raises ``ServiceRefused`` with the org's words and fields."""


class Services(Protocol):
    """Everything the pages ask for or wish."""

    @property
    def store(self) -> Store:
        """The mirror, for reading through ``pipeline``."""

    @property
    def sends_at_once(self) -> bool:
        """Whether a save is sent at once (demo and practice) instead of with the next sync."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def organization(self) -> OrganizationFacts:
        """The org this mirror belongs to. Answers from the mirror; never asks the org."""

    def freshness(self) -> Freshness:
        """How old the data is and when it is renewed."""

    # Syncing

    def request_sync(self) -> SyncRequest:
        """Ask for a run in the background. Returns at once."""

    def running(self) -> RunningSync | None:
        """The run under way, or None."""

    def permissions(self) -> Mapping[str, frozenset[str]]:
        """What may be written in Salesforce, by object: of ``create``, ``update`` and ``delete``. Objects that may
        not be written at all are missing or have an empty set."""

    # Writing the mirror. All raise ``ServiceRefused`` and then have written nothing.

    def create(self, object_name: str, record: Record) -> RecordId:
        """Make a record in the mirror; answers its provisional id. Values by API name."""

    def update(self, object_name: str, record_id: RecordId, fields: Record) -> None:
        """Change these fields of a record in the mirror."""

    def delete(self, object_name: str, record_id: RecordId) -> None:
        """Delete a record in the mirror, as a person who saw what goes along confirmed: it is not asked again."""

    def goes_along(self, object_name: str, record_id: RecordId) -> Mapping[str, int]:
        """How many mirrored records of each object Salesforce deletes with this one."""

    def confirm_deletion(self, object_name: str, record_id: RecordId) -> None:
        """Confirm a deletion that waits because other records go along."""

    def settle_conflict(self, conflict_id: int, keep: Side) -> None:
        """Settle an open conflict: the side whose value (of its field or coupled group, or of the deletion) shall
        stand on both. Takes effect with the next run."""

    def take_back(self, object_name: str, record_id: RecordId) -> None:
        """Undo what waits to be sent for a record: the mirror's row becomes what Salesforce was last seen to hold."""

    # Stages and practice

    def stage_mapping(self) -> StageMapping:
        """The published mapping from org stages to local stages."""

    def exercise(self) -> Exercise:
        """The exercise of the practice page."""

    def attempt_began(self) -> datetime | None:
        """When the attempt at the exercise began; None where older records count as well."""

    def begin_attempt(self) -> None:
        """Begin a new attempt now, and forget the last check."""

    def check_practice(self) -> PracticeCheck:
        """Sync, then ask the org and judge. May take some seconds. Raises ``ServiceRefused`` when the sync fails or
        the org does not answer; the last check stays."""

    def last_check(self) -> PracticeCheck | None:
        """The result of the last check of this attempt."""

    @property
    def colleague(self) -> Colleague | None:
        """Working directly in the org; None where the org is not a playground."""
