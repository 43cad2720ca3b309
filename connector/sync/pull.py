"""The reading half of a run: what was seen, what it means, and how it is stored. Writes only in the mirror."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connector.sync.model import (
    Checkpoint,
    Create,
    Decision,
    Delete,
    Issue,
    Operation,
    Page,
    Plan,
    PutBack,
    RecordState,
    Resolution,
    Settlement,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.plan import plan
from connector.sync.ports import Journal, Ledger, RemoteReplica
from connector.sync.report import ObjectReport, Phase, Progress
from connector.sync.resolve import Policies, Settled, settle
from connector.sync.standing import changes_row, is_needed, standing
from connector.sync.views import revives, shape_of
from mapping.fields import ObjectMapping
from mapping.record import RecordId

ROUNDS = 5
"""How often records that change here while they are stored are planned again before they are left for the next run."""

QUARANTINED = "QUARANTINED"
"""The code of an issue about a record that came and could not be stored."""

CHUNK = 500
"""Records stored in one transaction, so that other writers of the mirror never wait long."""


@dataclass
class Reading:
    """What one object's incremental read brought."""

    incoming: dict[RecordId, Sighting] = field(default_factory=dict)
    quarantined: dict[RecordId, str] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class Draft:
    """One object's plan, with everything it was made from."""

    mapping: ObjectMapping
    states: Mapping[RecordId, RecordState]
    incoming: Mapping[RecordId, Sighting]
    settled: Settled

    @property
    def plan(self) -> Plan:
        """The plan, in which policies and people have settled what they may."""
        return self.settled.plan

    def here(self) -> dict[RecordId, list[Operation]]:
        """The operations by record that the mirror alone can carry out."""
        found: dict[RecordId, list[Operation]] = {}
        for operation in self.plan.operations:
            if getattr(operation, "side", Side.LOCAL) is Side.LOCAL:
                found.setdefault(operation.id, []).append(operation)
        return found

    def settlements(self) -> list[Settlement]:
        """How the records shall stand once the mirror's part is done; only where that changes something."""
        shape, here = shape_of(self.mapping), self.here()
        found = []
        for record_id in sorted(self.states.keys() | self.incoming.keys()):
            state = self.states.get(record_id, RecordState())
            target = standing(shape, record_id, state, self.incoming.get(record_id), here.get(record_id, ()))
            if is_needed(state, target):
                found.append(target)
        return found


@dataclass(frozen=True)
class Referee:
    """What settles conflicts in this run."""

    policies: Policies
    decisions: Sequence[Decision] = ()

    def draft(
        self, mapping: ObjectMapping, states: Mapping[RecordId, RecordState], incoming: Mapping[RecordId, Sighting]
    ) -> Draft:
        """Plan one object and settle what may be settled."""
        proposal = plan(mapping, states, incoming)
        return Draft(
            mapping, states, incoming, settle(mapping, proposal, states, incoming, self.policies, self.decisions)
        )


@dataclass
class Stored:
    """What became of the records of a draft."""

    written: set[RecordId] = field(default_factory=set)
    """Records whose row changed."""
    deferred: set[RecordId] = field(default_factory=set)
    """Records that changed here again and again; they are left for the next run."""


@dataclass
class Pull:
    """Reads from Salesforce, and stores in the mirror what the plan says about it."""

    remote: RemoteReplica
    ledger: Ledger
    journal: Journal
    objects: Mapping[str, ObjectMapping]
    reports: Mapping[str, ObjectReport]
    progress: Callable[[Progress], None]
    run: int

    def read(self, names: Iterable[str], referee: Referee) -> dict[str, Reading]:
        """Read what changed in these objects. What is read for the first time goes straight into its table."""
        checkpoints = self.ledger.checkpoints()
        wanted = {name: checkpoints.get(name) for name in names}
        readings = {name: Reading() for name, checkpoint in wanted.items() if is_loaded(checkpoint)}
        done = dict.fromkeys(wanted, 0)
        for page in self.remote.observe(wanted):
            done[page.object] += len(page.records) + len(page.tombstones)
            self.progress(Progress(Phase.READING, page.object, done[page.object], page.announced))
            if page.object in readings:
                gather(self.objects[page.object], readings[page.object], self.storable(page))
            else:
                self.load(page, referee)
                self.journal.beat(self.run)
        for name, reading in readings.items():
            self.reports[name].received += len(reading.incoming.keys() | reading.quarantined.keys())
            self.set_aside(name, reading.quarantined)
        return readings

    def load(self, page: Page, referee: Referee) -> None:
        """Store a page of a first read. What the mirror knows already, from a row made here or from an earlier page
        of a read that takes its time, is planned like any other change."""
        mapping, report, page = self.objects[page.object], self.reports[page.object], self.storable(page)
        incoming = {id: seen for id, seen in sightings(mapping, page).items() if id not in page.quarantined}
        known = self.ledger.states(page.object, list(incoming))
        if known:
            draft = referee.draft(mapping, known, {record_id: incoming[record_id] for record_id in known})
            self.account(known, draft, self.store(draft, None, referee))
        self.ledger.load(page)
        report.received += len(incoming) + len(page.quarantined)
        report.applied += len(incoming) - len(known)
        self.set_aside(page.object, page.quarantined)

    def storable(self, page: Page) -> Page:
        """A page without the records that the database cannot hold; those are set aside with the reason."""
        refused = self.ledger.unstorable(page.object, page.records)
        if not refused:
            return page
        records = {record_id: record for record_id, record in page.records.items() if record_id not in refused}
        return replace(page, records=records, quarantined={**page.quarantined, **refused})

    def set_aside(self, name: str, quarantined: Mapping[RecordId, str]) -> None:
        """Keep in view what came and could not be stored; it is neither altered nor forgotten."""
        self.reports[name].quarantined += len(quarantined)
        for record_id, reason in sorted(quarantined.items()):
            self.journal.open_issue(self.run, Issue(name, record_id, QUARANTINED, reason))

    def draft(self, name: str, reading: Reading, referee: Referee) -> Draft:
        """Plan one object: what was just seen, and everything that waits."""
        states = {**self.ledger.waiting(name), **self.ledger.states(name, list(reading.incoming))}
        incoming = {
            record_id: seen
            for record_id, seen in reading.incoming.items()
            if record_id in states or not (isinstance(seen, Tombstone) and self.is_alias(record_id))
        }
        return referee.draft(self.objects[name], states, incoming)

    def is_alias(self, record_id: RecordId) -> bool:
        """Tell whether an id once named a record that has another one now. Its deletion is no news."""
        return self.ledger.resolve(record_id) != record_id

    def store(self, draft: Draft, checkpoint: Checkpoint | None, referee: Referee) -> Stored:
        """Carry out the mirror's part of a draft, each record only while it is still as planned on (decision 3)."""
        name, stored = draft.mapping.name, Stored()
        for _ in range(ROUNDS):
            moved = self._store_once(draft, checkpoint, stored)
            if not moved:
                return stored
            states = self.ledger.states(name, moved)
            incoming = {record_id: draft.incoming[record_id] for record_id in moved if record_id in draft.incoming}
            draft = referee.draft(draft.mapping, states, incoming)
        stored.deferred.update(moved)
        return stored

    def account(self, received: Iterable[RecordId], draft: Draft, stored: Stored) -> None:
        """Say of each record received what became of it: exactly one thing."""
        report = self.reports[draft.mapping.name]
        in_conflict = {conflict.id for conflict in draft.plan.conflicts}
        for record_id in received:
            if record_id in in_conflict or record_id in stored.deferred:
                report.held += 1
            elif record_id in stored.written:
                report.applied += 1
            else:
                report.unchanged += 1

    def _store_once(self, draft: Draft, checkpoint: Checkpoint | None, stored: Stored) -> list[RecordId]:
        name, settlements = draft.mapping.name, draft.settlements()
        moved: list[RecordId] = []
        chunks = [settlements[start : start + CHUNK] for start in range(0, len(settlements), CHUNK)] or [[]]
        for chunk in chunks:
            is_final = chunk is chunks[-1] and not moved
            if chunk or (checkpoint and checkpoint != self.ledger.checkpoints().get(name)):
                moved += self.ledger.settle(name, chunk, checkpoint if is_final else None)
            self.progress(Progress(Phase.STORING, name, len(chunk), len(settlements)))
        self._note(draft, settlements, set(moved), stored)
        return moved

    def _note(self, draft: Draft, settlements: Sequence[Settlement], moved: set[RecordId], stored: Stored) -> None:
        for target in settlements:
            if target.id not in moved and changes_row(draft.states.get(target.id, RecordState()), target):
                stored.written.add(target.id)
        done = [
            operation
            for record_id, operations in draft.here().items()
            if record_id not in moved
            for operation in operations
            if isinstance(operation, Create | Update | Delete | PutBack)
        ]
        self.reports[draft.mapping.name].put_back += sum(isinstance(operation, PutBack) for operation in done)
        if done:
            self.journal.stored(self.run, done)
        resolved = [
            each for each in draft.settled.resolutions if each.conflict.id not in moved and is_done_here(each, done)
        ]
        if resolved:
            self.journal.resolved(self.run, resolved)


def is_loaded(checkpoint: Checkpoint | None) -> bool:
    """Tell whether an object's first read has ended."""
    return checkpoint is not None and checkpoint.stamp is not None


def gather(mapping: ObjectMapping, reading: Reading, page: Page) -> None:
    """Add a page to what was read before."""
    found = sightings(mapping, page)
    reading.quarantined = {id: why for id, why in reading.quarantined.items() if id not in found}
    reading.quarantined.update(page.quarantined)
    reading.incoming.update(found)
    reading.incoming = {id: seen for id, seen in reading.incoming.items() if id not in reading.quarantined}
    reading.checkpoint = page.checkpoint or reading.checkpoint


def sightings(mapping: ObjectMapping, page: Page) -> dict[RecordId, Sighting]:
    """A page by record. Where a page shows a record both alive and deleted, the later of the two counts."""
    shape = shape_of(mapping)
    found: dict[RecordId, Sighting] = dict(page.tombstones)
    for record_id, record in page.records.items():
        tombstone = page.tombstones.get(record_id)
        if tombstone is None or revives(shape, record, tombstone):
            found[record_id] = record
    return found


def is_done_here(resolution: Resolution, done: Sequence[Operation]) -> bool:
    """Tell whether a resolution was carried out by what was just stored: then it goes to the conflict log now."""
    return resolution.keep is Side.REMOTE and any(operation.id == resolution.conflict.id for operation in done)
