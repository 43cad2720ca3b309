"""The values of the sync core. Pure. The words are those of docs/glossary.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from mapping.record import Record, RecordId, Value


class Side(Enum):
    """One of the two replicas: the mirror here, or the Salesforce org."""

    LOCAL = "local"
    REMOTE = "remote"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.REMOTE if self is Side.LOCAL else Side.LOCAL


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Positive evidence that a record was deleted, not merely unseen (invariant 8).

    ``purged`` means gone for good: not in the recycle bin. ``master`` is the survivor of a merge. ``record`` holds the
    deleted row's values where the org still shows them.
    """

    deleted_at: datetime | None = None
    purged: bool = False
    master: RecordId | None = None
    record: Record | None = None


Sighting = Record | Tombstone
"""What a side was seen to hold for an id."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an object's changes have been read. Times come from Salesforce only, never from this machine's clock.

    ``stamp``: every change stamped before it is stored. ``after``: while a read is under way, the last
    ``(cursor value, id)`` stored, so that a killed run goes on there (keyset paging, decision 10).
    """

    stamp: datetime | None = None
    after: tuple[datetime, RecordId] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One piece of a read of one object.

    ``complete`` says that this read, taken whole, lists every live record: only then may absence mean anything.
    ``checkpoint`` is where the next read may start once this page is stored.
    """

    object: str
    records: Mapping[RecordId, Record]
    tombstones: Mapping[RecordId, Tombstone] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    complete: bool = False
    last: bool = True
    announced: int | None = None
    """How many rows the org announced for the whole read, for progress and for the completeness check."""
    quarantined: Mapping[RecordId, str] = field(default_factory=dict)
    """Rows that came but hold a value its field cannot hold, with the reason. They are neither stored nor altered."""


@dataclass(frozen=True, slots=True)
class RecordState:
    """Everything the mirror knows about one record, as the planner needs it.

    ``base``: the last values both sides were seen to hold; None when they never agreed (made here, or new there).
    ``local``: the row; None when it was deleted here, never existed, or is kept marked as deleted.
    ``remote``: the last remote sighting that differs from the base and is not settled; None means "as base".
    ``token``: the compare-and-set value. It changes with every captured local write; 0 means untouched.
    ``gone``: set while the row is kept, marked as deleted in Salesforce.
    """

    base: Record | None = None
    local: Record | None = None
    remote: Sighting | None = None
    token: int = 0
    gone: Tombstone | None = None
    touched_at: datetime | None = None
    """When the row was last changed here, by this machine's clock; only the policy ``newest`` looks at it."""


# Operations: one step of a plan each.


@dataclass(frozen=True, slots=True)
class Create:
    side: Side
    object: str
    id: RecordId
    record: Record


@dataclass(frozen=True, slots=True)
class Update:
    """Set ``fields`` on ``side``, where that side still holds ``expected`` (the same fields, as planned on)."""

    side: Side
    object: str
    id: RecordId
    fields: Record
    expected: Record
    unmodified_since: datetime | None = None
    """LastModifiedDate of the remote version that was planned on, for ``If-Unmodified-Since``."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete on ``side``. ``cascades`` lists mirrored children that Salesforce deletes along, as (object, id)."""

    side: Side
    object: str
    id: RecordId
    expected: Record
    tombstone: Tombstone | None = None
    cascades: tuple[tuple[str, RecordId], ...] = ()


@dataclass(frozen=True, slots=True)
class Rebase:
    """Both sides already agree on ``fields``; only the base must hear of it."""

    object: str
    id: RecordId
    fields: Record


@dataclass(frozen=True, slots=True)
class Forget:
    """The record is gone from both sides."""

    object: str
    id: RecordId


@dataclass(frozen=True, slots=True)
class PutBack:
    """A local edit of a field that Salesforce does not let us write: the next run restores it and says so."""

    object: str
    id: RecordId
    fields: Record
    refused: Record


Operation = Create | Update | Delete | Rebase | Forget | PutBack


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """Both sides changed the same field, or fields of one coupled group, differently. Values by field name."""

    object: str
    id: RecordId
    base: Mapping[str, Value] | None
    local: Mapping[str, Value]
    remote: Mapping[str, Value]

    @property
    def fields(self) -> frozenset[str]:
        """The fields decided together."""
        return frozenset(self.local)


@dataclass(frozen=True, slots=True)
class DeleteConflict:
    """Deleted on ``deleted_on``, edited on the other side, whose record is ``survivor``."""

    object: str
    id: RecordId
    deleted_on: Side
    base: Record | None
    survivor: Record


Conflict = FieldConflict | DeleteConflict


class Policy(Enum):
    """How a conflict is settled. ``MANUAL``: it waits for a person (decision 7)."""

    MANUAL = "manual"
    SALESFORCE = "salesforce"
    LOCAL = "local"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a conflict. It holds for exactly the values that the person saw."""

    conflict: Conflict
    keep: Side


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a conflict was settled, for the conflict log: both values and the base stay in ``conflict``."""

    conflict: Conflict
    keep: Side
    rule: str
    """``person``, or the policy that decided: ``salesforce``, ``local``, ``newest``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do: operations and open conflicts, in an order that can be carried out."""

    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    def on(self, side: Side) -> tuple[Operation, ...]:
        """The operations that write on ``side``."""
        return tuple(op for op in self.operations if getattr(op, "side", None) is side)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write on either side and nothing to settle."""
        return not self.conflicts and not any(
            isinstance(op, Create | Update | Delete | PutBack) for op in self.operations
        )


# Outcomes: what became of one operation.


@dataclass(frozen=True, slots=True)
class Done:
    """It happened. ``seen`` is what the side was read to hold afterwards; ``id`` is new for a remote create."""

    operation: Create | Update | Delete
    id: RecordId
    seen: Sighting
    overwritten: Record | None = None
    """Values that an update replaced although they were not planned on (an edit of the same second): for the conflict
    log, so that no edit is lost (invariants 4 and 6)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The side no longer held what was planned on. Nothing was written; plan again on ``seen``."""

    operation: Create | Update | Delete
    seen: Sighting | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The record was refused, with the org's own code and words. Other records are not affected."""

    operation: Create | Update | Delete
    code: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost: it may have worked. Read before doing anything again (invariant 12)."""

    operation: Create | Update | Delete
    error: str


Outcome = Done | Moved | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one record shall stand in the mirror after a step, applied only while its token is still ``token``.

    ``local``: the row to hold; a Tombstone keeps the row and marks it deleted; None leaves it absent (deleted here,
    still waiting). ``base``: what both sides were seen to hold. ``remote``: an unsettled remote sighting to keep.
    When ``base == local`` and ``remote is None`` the record is clean, and nothing is kept beside the row.
    """

    id: RecordId
    token: int
    local: Sighting | None
    base: Record | None
    remote: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that was about to be sent when it was committed (decision 5)."""

    object: str
    id: RecordId
    record: Record
    sent_at: datetime
    """Salesforce's clock when the intent was committed."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A record that could not be brought across, kept until either side changes or somebody asks to try again.

    ``token`` and ``stamp`` are the state it was refused in: the local compare-and-set value, and the remote
    ``SystemModstamp`` (None for a record that is not in the org).
    """

    object: str
    id: RecordId
    code: str
    message: str
    fields: tuple[str, ...] = ()
    token: int = 0
    stamp: datetime | None = None
