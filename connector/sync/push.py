"""The writing half of a run: what waits here is sent to Salesforce, read back, and settled. Decisions 5, 6 and 8."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.sync.adopt import Adoption, after_sending, read_back
from connector.sync.model import (
    Create,
    Delete,
    Done,
    FieldConflict,
    Intent,
    Issue,
    Moved,
    Outcome,
    Plan,
    RecordState,
    Refused,
    Resolution,
    Settlement,
    Side,
    Sighting,
    Tombstone,
    Unknown,
    Update,
)
from connector.sync.order import children_first, in_rings, loosened, parents_first, ready, unconfirmed_parents
from connector.sync.ports import Journal, Ledger, RemoteReplica
from connector.sync.pull import Draft, Pull, Referee
from connector.sync.report import ObjectReport, Phase, Progress
from connector.sync.views import shape_of
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId

BATCH = 200
"""Records in one call, as Salesforce's collections allow."""

ROUNDS = 5
"""Passes over the objects: a parent sent in one pass lets its children go in the same or the next."""

SETTLE_ROUNDS = 20
"""How often a row that is edited while it is settled is tried again; after that the next run sees to it."""

SIBLINGS = {"OpportunityContactRole": "OpportunityId"}
"""Salesforce changes other roles of a deal when one is written (there is one primary contact): they are read again."""

NEEDS_CONFIRMATION = "NEEDS_CONFIRMATION"
"""The code of an issue about a deletion that takes other records along and that nobody confirmed yet."""

NOT_VISIBLE = "NOT_VISIBLE"
"""The code of an issue about a record that Salesforce neither shows nor calls deleted."""

PASSING = frozenset({NEEDS_CONFIRMATION, "UNABLE_TO_LOCK_ROW"})
"""Codes that stand for the moment only: what they stopped is tried again in the next run."""

Sent = Create | Update | Delete
Key = tuple[str, RecordId, str]
VERBS: Mapping[type, str] = {Create: "create", Update: "update", Delete: "delete"}


@dataclass(frozen=True)
class Gate:
    """What may be sent: the permissions given, the deletions approved, and what was refused before.

    Deletions are approved one by one, since the guards looked at exactly those; a row deleted since then waits for the
    next run.
    """

    permissions: Mapping[str, frozenset[str]]
    deletions: frozenset[tuple[str, RecordId]]
    unknown: frozenset[tuple[str, RecordId]]
    issues: Mapping[tuple[str, RecordId], Issue]

    def is_permitted(self, operation: Sent) -> bool:
        """Whether an admin opened this kind of write."""
        return is_permitted(self.permissions, operation)

    def lets_pass(self, operation: Sent, state: RecordState) -> bool:
        """Whether this very operation may be sent now."""
        key = (operation.object, operation.id)
        is_approved = not isinstance(operation, Delete) or key in self.deletions
        return (
            self.is_permitted(operation)
            and is_approved
            and key not in self.unknown
            and not self.was_refused(key, state)
        )

    def was_refused(self, key: tuple[str, RecordId], state: RecordState) -> bool:
        """Whether the record was refused before, and nothing changed on either side since."""
        issue = self.issues.get(key)
        return (
            issue is not None
            and issue.code not in PASSING
            and (issue.token, issue.stamp) == (state.token, remote_stamp(state))
        )


def key_of(operation: Sent) -> Key:
    """What tells one operation of a run from another."""
    return operation.object, operation.id, VERBS[type(operation)]


def is_permitted(permissions: Mapping[str, frozenset[str]], operation: Sent) -> bool:
    """Whether an admin opened this kind of write for the object (decision 8)."""
    return VERBS[type(operation)] in permissions.get(operation.object, frozenset())


def remote_stamp(state: RecordState) -> datetime | None:
    """The stamp of the remote version that a plan was made on."""
    seen = state.base if state.remote is None else state.remote
    stamp = None if seen is None or isinstance(seen, Tombstone) else seen.get("SystemModstamp")
    return stamp if isinstance(stamp, datetime) else None


@dataclass
class Push:
    """Sends what waits. Each record's outcome is settled before the next batch goes out."""

    remote: RemoteReplica
    ledger: Ledger
    journal: Journal
    objects: Mapping[str, ObjectMapping]
    reports: Mapping[str, ObjectReport]
    progress: Callable[[Progress], None]
    run: int
    pull: Pull
    adoption: Adoption
    referee: Referee
    gate: Gate
    closed: set[Key] = field(default_factory=set)
    """Operations that were sent. They are not sent again in this run, except once what had moved."""
    retried: set[Key] = field(default_factory=set)
    touched: dict[str, set[RecordId]] = field(default_factory=dict)
    """Records that were written in Salesforce, by object."""

    def send_all(self) -> None:
        """Send everything that may be sent: parents before children, then deletions in reverse."""
        self.send_writes()
        for _ in range(ROUNDS):
            if not self.break_ring():
                break
            self.send_writes()
        for name in children_first(list(self.objects.values())):
            for _ in range(ROUNDS):
                if not self.send(name, self.deletions):
                    break
        self.read_siblings()

    def send_writes(self) -> None:
        """Send creates and updates, parents before children, until nothing more is ready."""
        for _ in range(ROUNDS):
            sent = [self.send(name, self.writes) for name in parents_first(list(self.objects.values()))]
            if not any(sent):
                return

    def break_ring(self) -> bool:
        """Rows made here that point at each other in a ring would wait for ever: send one without its references."""
        drafts = {name: self.draft(name) for name in self.objects}
        stuck = {
            create.id: (drafts[name], create)
            for name in self.objects
            for create in self.passing(drafts[name])
            if isinstance(create, Create)
        }
        parents = {id: unconfirmed_parents(draft.mapping, create.record) for id, (draft, create) in stuck.items()}
        for record_id in in_rings(parents):
            draft, create = stuck[record_id]
            alone = loosened(draft.mapping, create)
            if alone is not None:
                self.send_batch(draft, [alone])
                return True
        return False

    def send(self, name: str, choose: Callable[[Draft], list[Sent]]) -> bool:
        """Send what waits of one object; answer whether anything was."""
        draft = self.draft(name)
        chosen = choose(draft)
        for start in range(0, len(chosen), BATCH):
            self.journal.beat(self.run)
            self.send_batch(draft, chosen[start : start + BATCH])
            self.progress(Progress(Phase.SENDING, name, min(start + BATCH, len(chosen)), len(chosen)))
        return bool(chosen)

    def draft(self, name: str) -> Draft:
        """Plan what waits now: parents sent a moment ago have given their ids to their children."""
        return self.referee.draft(self.objects[name], self.ledger.waiting(name), {})

    def writes(self, draft: Draft) -> list[Sent]:
        """The creates and updates that may be sent and that point at nothing Salesforce does not know."""
        passing = [operation for operation in self.passing(draft) if not isinstance(operation, Delete)]
        return list(ready(draft.mapping, passing))

    def deletions(self, draft: Draft) -> list[Sent]:
        """The deletions that may be sent."""
        return [operation for operation in self.passing(draft) if isinstance(operation, Delete)]

    def passing(self, draft: Draft) -> Iterator[Sent]:
        """The operations of a draft that may be sent now and were not sent in this run."""
        for operation in remote_operations(draft.plan):
            is_open = key_of(operation) not in self.closed
            if is_open and self.gate.lets_pass(operation, draft.states[operation.id]):
                yield operation

    def send_batch(self, draft: Draft, operations: Sequence[Sent]) -> None:
        """Send one batch. Creates are committed as intents first, so that a lost answer is looked up, not repeated."""
        for operation in operations:
            self.closed.add(key_of(operation))
            if isinstance(operation, Create):
                sent_at = self.remote.server_time()
                self.ledger.remember_intent(Intent(operation.object, operation.id, operation.record, sent_at))
        for outcome in self.remote.apply(operations):
            self.journal.sent(self.run, outcome)
            self.take(draft, outcome)

    def take(self, draft: Draft, outcome: Outcome) -> None:
        """Settle what became of one operation."""
        report = self.reports[draft.mapping.name]
        match outcome:
            case Done():
                report.sent += 1
                self.take_done(draft, outcome)
            case Moved(operation=operation, seen=seen):
                self.drop_intent_of(operation)
                if seen is None:
                    self.journal.open_issue(self.run, not_visible(operation, draft.states[operation.id]))
                else:
                    self.take_moved(operation, seen)
            case Refused(operation=operation):
                self.drop_intent_of(operation)
                self.journal.open_issue(self.run, issue_of(outcome, draft.states[operation.id]))
            case Unknown():
                pass  # An update shows itself in the next read; a create left its intent.

    def take_done(self, draft: Draft, outcome: Done) -> None:
        """Read back: the base becomes what both sides were seen to hold."""
        operation, name = outcome.operation, draft.mapping.name
        self.touched.setdefault(name, set()).add(outcome.id)
        resolutions = [each for each in draft.settled.resolutions if each.conflict.id == operation.id]
        match operation:
            case Create(record=record):
                assert not isinstance(outcome.seen, Tombstone), "a record that was just made cannot be deleted"
                intent = Intent(name, operation.id, record, self.remote.server_time())
                self.adoption.adopt(intent, outcome.id, outcome.seen)
            case Update(fields=fields):
                self.settle(name, operation.id, fields, outcome.seen)
            case Delete():
                self.settle(name, operation.id, {}, outcome.seen)
        self.journal.close_issue(name, operation.id)
        if outcome.overwritten and isinstance(operation, Update):
            resolutions.append(unseen_overwrite(operation, outcome.overwritten))
        if resolutions:
            self.journal.resolved(self.run, resolutions)

    def settle(self, name: str, record_id: RecordId, sent: Record, seen: Sighting) -> None:
        """Bring a record that was written to the standing that follows from what was read back."""
        for _ in range(SETTLE_ROUNDS):
            state = self.ledger.states(name, [record_id]).get(record_id, RecordState())
            if not self.ledger.settle(name, [self.settlement(name, record_id, state, sent, seen)]):
                return

    def settlement(
        self, name: str, record_id: RecordId, state: RecordState, sent: Record, seen: Sighting
    ) -> Settlement:
        """How a record stands after a write, given how it stands now."""
        if isinstance(seen, Tombstone) and state.local is None:
            return Settlement(record_id, state.token, local=seen, base=None)
        return read_back(self.objects[name], record_id, after_sending(state, sent), seen)

    def take_moved(self, operation: Sent, seen: Sighting) -> None:
        """Somebody was faster: take what is there now into account. What still waits is sent once more in this run."""
        name, key = operation.object, key_of(operation)
        if key not in self.retried:
            self.retried.add(key)
            self.closed.discard(key)
        states = self.ledger.states(name, [operation.id])
        if operation.id in states:
            draft = self.referee.draft(self.objects[name], states, {operation.id: seen})
            self.pull.store(draft, None, self.referee)

    def drop_intent_of(self, operation: Sent) -> None:
        """The answer came, and it says that nothing was made."""
        if isinstance(operation, Create):
            self.ledger.drop_intent(operation.object, operation.id)

    def read_siblings(self) -> None:
        """Read records again that Salesforce may have changed together with those that were written."""
        for name, reference in SIBLINGS.items():
            if name in self.objects and self.touched.get(name):
                incoming = self.remote.read(name, self.siblings(name, reference))
                states = self.ledger.states(name, list(incoming))
                self.pull.store(self.referee.draft(self.objects[name], states, incoming), None, self.referee)

    def siblings(self, name: str, reference: str) -> list[RecordId]:
        """The mirrored records that share a parent with those that were written."""
        written = self.ledger.states(name, list(self.touched[name])).values()
        shared = shape_of(self.objects[name]).mapping.by_name[reference]
        parents = {
            RecordId(parent)
            for state in written
            for record in (state.local, state.base)
            if record and isinstance(parent := record.get(reference), str)
        }
        found: set[RecordId] = set()
        for parent_object in shared.reference_to:
            for children in self.ledger.children(parent_object, list(parents), [(name, reference)]).values():
                found.update(child for _, child in children)
        return sorted(found)


def remote_operations(plan: Plan) -> Iterator[Sent]:
    """The operations of a plan that write in Salesforce."""
    for operation in plan.on(Side.REMOTE):
        assert isinstance(operation, Create | Update | Delete)
        yield operation


def not_visible(operation: Sent, state: RecordState) -> Issue:
    """A record that can neither be written nor read is not deleted for that (invariant 8); it waits in view."""
    return Issue(
        operation.object,
        operation.id,
        NOT_VISIBLE,
        f"Salesforce does not show this {operation.object} any more, and does not say that it was deleted. Nothing was "
        "changed on either side. Check whether the user may still see it; if it is gone for good, delete it here.",
        token=state.token,
        stamp=remote_stamp(state),
    )


def unseen_overwrite(update: Update, overwritten: Record) -> Resolution:
    """An edit of the same second that no condition could stop: both values go to the conflict log (invariant 6)."""
    local = {name: update.fields[name] for name in overwritten if name in update.fields}
    base = {name: update.expected[name] for name in local if name in update.expected}
    conflict = FieldConflict(update.object, update.id, base, local, {name: overwritten[name] for name in local})
    return Resolution(conflict, Side.LOCAL, "written in the same second")


def issue_of(refused: Refused, state: RecordState) -> Issue:
    """An issue that stands until either side changes."""
    operation = refused.operation
    return Issue(
        operation.object,
        operation.id,
        refused.code,
        refused.message,
        refused.fields,
        token=state.token,
        stamp=remote_stamp(state),
    )
