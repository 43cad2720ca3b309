"""Drives one run: observe, plan, guard, settle here, send, read back, account.

``plan`` reads and writes nothing, on neither side nor in the sync state (invariant 31). ``run`` carries the same plan
out. No transaction spans a call to Salesforce. Time comes in through ``clock``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.sync import guard
from connector.sync.adopt import Adoption
from connector.sync.errors import MappingChanged, PlanRefused, WrongOrganization
from connector.sync.guard import Limits, Reason
from connector.sync.model import Create, Delete, Issue, Operation, Plan, RecordState, Side, Sighting, Tombstone, Update
from connector.sync.order import arranged, cascading_references, parents_first
from connector.sync.ports import Journal, Ledger, RemoteReplica
from connector.sync.pull import QUARANTINED, Draft, Pull, Reading, Referee, gather, is_loaded
from connector.sync.push import NEEDS_CONFIRMATION, Gate, Push, is_permitted, remote_operations, remote_stamp
from connector.sync.report import ObjectReport, Phase, Progress, RunReport
from connector.sync.resolve import Policies
from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import Record, RecordId, is_provisional

PARENT_MISSING = "PARENT_MISSING"
"""The code of an issue about a record that points at a row that will never get a Salesforce id."""


@dataclass(frozen=True)
class EngineSettings:
    """What an admin decided. The default is careful: it only reads (decision 8)."""

    organization: str | None = None
    """The id of the org this mirror was made with; None before the first connection."""
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Per object, which of ``create``, ``update`` and ``delete`` may be sent."""
    policies: Policies = field(default_factory=Policies)
    limits: Limits = field(default_factory=Limits)
    allowed_deletes: int | None = None
    """How many deletions of one object on a side a person confirmed for this run."""
    accepted_mapping: str | None = None
    """The ``guard.fingerprint`` of the mapping that the mirror was last synchronised with; None is not checked."""


@dataclass(frozen=True)
class Preview:
    """What a run would do, and what would stop or hold it."""

    plan: Plan
    reasons: tuple[Reason, ...] = ()
    """Why a run would refuse this plan."""
    held: tuple[Operation, ...] = ()
    """The operations of the plan that a run would leave waiting: not permitted, or not confirmed."""
    first_reads: tuple[str, ...] = ()
    """Objects that were never read to the end; a run would load them whole."""


def ignore(_progress: Progress) -> None:
    """Nobody is watching."""


class Engine:
    """Synchronises one mirror with one org."""

    def __init__(
        self,
        remote: RemoteReplica,
        ledger: Ledger,
        objects: Sequence[ObjectMapping],
        settings: EngineSettings,
        journal: Journal,
        clock: Callable[[], datetime],
        progress: Callable[[Progress], None] = ignore,
    ) -> None:
        self.remote = remote
        self.ledger = ledger
        self.objects = {name: each for name in parents_first(objects) for each in objects if each.name == name}
        self.settings = settings
        self.journal = journal
        self.clock = clock
        self.progress = progress

    def plan(self) -> Plan:
        """What a run would do now. Reads both sides and writes nothing."""
        return self.preview().plan

    def preview(self) -> Preview:
        """What a run would do now, what would stop it, and what would wait. Writes nothing."""
        self._check_identity()
        checkpoints = self.ledger.checkpoints()
        loaded = {name: checkpoints.get(name) for name in self.objects if is_loaded(checkpoints.get(name))}
        readings = {name: Reading() for name in self.objects}
        for page in self.remote.observe(loaded) if loaded else ():
            gather(self.objects[page.object], readings[page.object], page)
        unknown = self._without_lost_creates(readings)
        referee = self._referee() if loaded else Referee(self.settings.policies)
        drafts = {name: self._draft(name, readings[name].incoming, referee) for name in self.objects}
        plan = self._whole(drafts, unknown)
        held = tuple(each for each in remote_operations(plan) if not self._may_go(each))
        first_reads = tuple(name for name in self.objects if name not in loaded)
        return Preview(plan, self._reasons(plan), held, first_reads)

    def run(self) -> RunReport:
        """Synchronise. Raises ``RunFailed`` when the run cannot go on; what was stored until then is whole.

        Errors of the store and the client go through as they are; the journal has a word on each.
        """
        started, calls = self.clock(), self.remote.calls
        number = self.journal.begin(started)
        reports = {name: ObjectReport() for name in self.objects}

        def report(error: str | None = None, advice: str | None = None) -> RunReport:
            return RunReport(started, self.clock(), reports, self.remote.calls - calls, error, advice)

        try:
            self._work(number, reports)
        except (Exception, KeyboardInterrupt) as fault:
            self._give_up(number, fault, report(*what_happened(fault)))
            raise
        finished = report()
        self.journal.finish(number, finished)
        return finished

    def _give_up(self, number: int, fault: BaseException, report: RunReport) -> None:
        """Close a run that failed. Where even that fails (a full disk), the first fault is the one to tell."""
        try:
            self.journal.finish(number, report)
        except Exception as second:
            fault.add_note(f"The journal could not be written either: {second}")

    # The steps of a run.

    def _work(self, number: int, reports: Mapping[str, ObjectReport]) -> None:
        def tell(progress: Progress) -> None:
            self.journal.show(number, progress)
            self.progress(progress)

        self._check_identity()
        pull = Pull(self.remote, self.ledger, self.journal, self.objects, reports, tell, number)
        adoption = Adoption(self.remote, self.ledger, self.journal, self.objects, number)
        # Conflicts met while a first read streams in wait for the whole plan right after it.
        readings = pull.read(self.objects, Referee(Policies()))
        unknown = adoption.resolve()
        referee = self._referee()
        drafts = {name: pull.draft(name, readings.get(name, Reading()), referee) for name in self.objects}
        tell(Progress(Phase.PLANNING, "", len(drafts), len(drafts)))
        plan = self._whole(drafts, unknown)
        if reasons := self._reasons(plan):
            raise PlanRefused(reasons)
        self._store(pull, drafts, readings, referee)
        gate = self._gate(number, plan, unknown)
        push = Push(
            self.remote,
            self.ledger,
            self.journal,
            self.objects,
            reports,
            tell,
            number,
            pull,
            adoption,
            referee,
            gate,
        )
        push.send_all()
        if push.touched:
            self._read_echo(pull, referee)
        self._close(push, readings, reports)

    def _check_identity(self) -> None:
        if reasons := guard.organization_reasons(self.settings.organization, self.remote.organization_id()):
            raise WrongOrganization(reasons)
        if reasons := guard.mapping_reasons(self.settings.accepted_mapping, self.objects.values()):
            raise MappingChanged(reasons)

    def _referee(self) -> Referee:
        """What settles conflicts, with the offset of the clocks measured by the org's latest answer."""
        offset = self.remote.server_time() - self.clock()
        return Referee(replace(self.settings.policies, clock_offset=offset), tuple(self.journal.decisions()))

    def _store(
        self, pull: Pull, drafts: Mapping[str, Draft], readings: Mapping[str, Reading], referee: Referee
    ) -> None:
        for name, draft in drafts.items():
            reading = readings.get(name, Reading())
            stored = pull.store(draft, reading.checkpoint, referee)
            pull.account(reading.incoming, draft, stored)

    def _read_echo(self, pull: Pull, referee: Referee) -> None:
        """Read once more after writing, so that what Salesforce did by itself arrives in this run and not the next.

        Left to the next run: an object with a create whose answer was lost, since its record would be taken for
        somebody else's; and everything, if the guards do not like what comes back.
        """
        open_intents = {intent.object for intent in self.ledger.intents()}
        checkpoints = self.ledger.checkpoints()
        names = [each for each in self.objects if each not in open_intents and is_loaded(checkpoints.get(each))]
        readings = pull.read(names, referee)
        drafts = {name: pull.draft(name, reading, referee) for name, reading in readings.items()}
        if self._reasons(arranged(self.objects.values(), [self._here(draft.plan) for draft in drafts.values()])):
            for name, reading in readings.items():
                pull.reports[name].held += len(reading.incoming)
            return
        self._store(pull, drafts, readings, referee)

    def _close(self, push: Push, readings: Mapping[str, Reading], reports: Mapping[str, ObjectReport]) -> None:
        """Say what is left: open conflicts, what waits and why."""
        issues = {(issue.object, issue.id): issue for issue in self.journal.issues()}
        lost = {(intent.object, intent.id) for intent in self.ledger.intents()}
        for name, report in reports.items():
            draft = push.draft(name)
            self.ledger.open_conflicts(name, draft.plan.conflicts)
            report.conflicts = len(draft.plan.conflicts)
            left = {(name, each.id) for each in remote_operations(draft.plan)}
            for orphan in self._orphans(draft):
                self.journal.open_issue(push.run, orphan)
            report.unknown = len(left & lost)
            report.refused = len({key for key in left - lost if key in issues and is_refusal(issues[key])})
            report.waiting = len(left) - report.unknown - report.refused
            fine = readings.get(name, Reading()).incoming
            for key in [key for key in issues if key[0] == name and key not in left and key not in lost]:
                if issues[key].code != QUARANTINED or key[1] in fine:
                    self.journal.close_issue(*key)

    def _orphans(self, draft: Draft) -> Iterator[Issue]:
        """What waits for a parent that was made here and deleted before it was ever sent: it would wait for ever."""
        for operation in remote_operations(draft.plan):
            sent = {} if isinstance(operation, Delete) else fields_of(operation)
            for reference in draft.mapping.references:
                parent = sent.get(reference.name)
                if (
                    isinstance(parent, str)
                    and is_provisional(parent)
                    and not self._is_here(reference, RecordId(parent))
                ):
                    yield orphaned(operation, reference.name, draft.states[operation.id])

    def _is_here(self, reference: FieldMapping, parent: RecordId) -> bool:
        known = (self.ledger.states(name, [parent]) for name in reference.reference_to if name in self.objects)
        return any(state.local is not None for states in known for state in states.values())

    # What is planned, and what of it may be done.

    def _draft(self, name: str, incoming: Mapping[RecordId, Sighting], referee: Referee) -> Draft:
        reports = {each: ObjectReport() for each in self.objects}
        pull = Pull(self.remote, self.ledger, self.journal, self.objects, reports, ignore, run=0)
        return pull.draft(name, Reading(incoming=dict(incoming)), referee)

    def _without_lost_creates(self, readings: Mapping[str, Reading]) -> frozenset[tuple[str, RecordId]]:
        """Leave out of a dry run what a real one would first find out about creates whose answer was lost."""
        intents = [intent for intent in self.ledger.intents() if intent.object in self.objects]
        for intent in intents:
            found, _ = self.remote.find_created(intent)
            for record_id in found.keys() - self.ledger.states(intent.object, list(found)).keys():
                readings[intent.object].incoming.pop(record_id, None)
        return frozenset((intent.object, intent.id) for intent in intents)

    def _whole(self, drafts: Mapping[str, Draft], unknown: Collection[tuple[str, RecordId]]) -> Plan:
        """One plan for all objects, in an order that can be carried out, deletions with all they take along."""
        plan = arranged(self.objects.values(), [draft.plan for draft in drafts.values()])
        cascades = self._cascades(plan, drafts)
        return replace(
            plan,
            operations=tuple(
                replace(each, cascades=tuple(cascades.get((each.object, each.id), ())))
                if isinstance(each, Delete) and each.side is Side.REMOTE
                else each
                for each in plan.operations
                if not (isinstance(each, Create) and each.side is Side.REMOTE and (each.object, each.id) in unknown)
            ),
        )

    def _cascades(
        self, plan: Plan, drafts: Mapping[str, Draft]
    ) -> dict[tuple[str, RecordId], list[tuple[str, RecordId]]]:
        """The records that Salesforce deletes along with each deletion, however deep: those that are mirrored, and
        those that were just read and that nobody here has seen."""
        references = cascading_references(self.objects.values())
        found: dict[tuple[str, RecordId], list[tuple[str, RecordId]]] = {}
        for name in self.objects:
            doomed = [each.id for each in remote_operations(plan) if isinstance(each, Delete) and each.object == name]
            for record_id in doomed:
                found[(name, record_id)] = self._descendants(name, record_id, references, drafts)
        return found

    def _children(
        self, name: str, ids: Sequence[RecordId], pairs: Sequence[tuple[str, str]], drafts: Mapping[str, Draft]
    ) -> Iterator[tuple[str, RecordId]]:
        for group in self.ledger.children(name, ids, pairs).values():
            yield from group
        for child_object, reference in pairs:
            for record_id, seen in drafts[child_object].incoming.items():
                if not isinstance(seen, Tombstone) and seen.get(reference) in ids:
                    yield child_object, record_id

    def _descendants(
        self,
        name: str,
        record_id: RecordId,
        references: Mapping[str, Sequence[tuple[str, str]]],
        drafts: Mapping[str, Draft],
    ) -> list[tuple[str, RecordId]]:
        found: dict[tuple[str, RecordId], None] = {}
        level: dict[str, list[RecordId]] = {name: [record_id]}
        while level:
            below: dict[str, list[RecordId]] = {}
            for parent, ids in level.items():
                pairs = references.get(parent, ())
                for child_object, child in self._children(parent, ids, pairs, drafts) if pairs else ():
                    if (child_object, child) not in found:
                        found[(child_object, child)] = None
                        below.setdefault(child_object, []).append(child)
            level = below
        return list(found)

    def _reasons(self, plan: Plan) -> tuple[Reason, ...]:
        """Why a plan must not be carried out. Only what would be done counts: here everything, there what is open."""
        done = [each for each in plan.operations if isinstance(each, Delete) and self._counts(each)]
        counts = {name: self.ledger.live_count(name) for name in self.objects} if done else {}
        return guard.reasons(Plan(tuple(done)), counts, self.settings.limits, self.settings.allowed_deletes)

    def _counts(self, operation: Delete) -> bool:
        """History rows, which nobody can delete by themselves, go with their record and are not counted again."""
        if operation.side is Side.REMOTE:
            return is_permitted(self.settings.permissions, operation)
        return self.objects[operation.object].deletable

    def _may_go(self, operation: Create | Update | Delete) -> bool:
        return is_permitted(self.settings.permissions, operation) and self._is_confirmed(operation)

    def _is_confirmed(self, operation: Create | Update | Delete) -> bool:
        """A deletion that takes other records along always wants to be confirmed (decision 9)."""
        if not isinstance(operation, Delete) or not operation.cascades:
            return True
        if (self.settings.allowed_deletes or 0) > len(operation.cascades):
            return True
        known = self.journal.confirmed_deletions().get((operation.object, operation.id))
        return known is not None and len(operation.cascades) <= known

    def _gate(self, number: int, plan: Plan, unknown: frozenset[tuple[str, RecordId]]) -> Gate:
        deletions = [each for each in remote_operations(plan) if isinstance(each, Delete)]
        for each in deletions:
            if is_permitted(self.settings.permissions, each) and not self._is_confirmed(each):
                self.journal.open_issue(number, unconfirmed(each))
        return Gate(
            permissions=self.settings.permissions,
            deletions=frozenset((each.object, each.id) for each in deletions if self._may_go(each)),
            unknown=unknown,
            issues={(issue.object, issue.id): issue for issue in self.journal.issues()},
        )

    def _here(self, plan: Plan) -> Plan:
        return Plan(tuple(each for each in plan.operations if getattr(each, "side", None) is Side.LOCAL))


def what_happened(fault: BaseException) -> tuple[str, str]:
    """The message and the advice for the journal. Errors of the store and the client bring their own."""
    if isinstance(fault, KeyboardInterrupt):
        return "The run was interrupted.", "Sync again; nothing was lost."
    message = getattr(fault, "message", f"The run stopped on an internal error ({type(fault).__name__}).")
    return message, getattr(fault, "advice", "Sync again; nothing was lost. If it happens again, report it.")


def fields_of(operation: Create | Update) -> Record:
    """The values that an operation sends."""
    return operation.record if isinstance(operation, Create) else operation.fields


def orphaned(operation: Create | Update | Delete, reference: str, state: RecordState) -> Issue:
    """Why a record waits for a parent that will never come, and what to do about it."""
    return Issue(
        operation.object,
        operation.id,
        PARENT_MISSING,
        f"{reference} points at a record that was deleted here before it was ever sent. This one was not sent either. "
        f"Let {reference} point at another record, or delete this one too.",
        fields=(reference,),
        token=state.token,
        stamp=remote_stamp(state),
    )


def is_refusal(issue: Issue) -> bool:
    """Whether an issue is Salesforce's own no, and not ours."""
    return issue.code not in {NEEDS_CONFIRMATION, PARENT_MISSING, QUARANTINED}


def unconfirmed(operation: Delete) -> Issue:
    """Why a deletion waits, and what to do about it."""
    count = len(operation.cascades)
    more = "1 more record" if count == 1 else f"{count} more records"
    return Issue(
        operation.object,
        operation.id,
        NEEDS_CONFIRMATION,
        f"Deleting this {operation.object} in Salesforce deletes {more} with it. It was not sent. "
        f"If that is intended: forcemirror sync --allow-deletes {count + 1}",
    )
