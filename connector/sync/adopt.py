"""Rows made here get their Salesforce ids: after an answer, or a look for what a lost create made (decision 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connector.sync.model import (
    Create,
    DeleteConflict,
    Done,
    FieldConflict,
    Intent,
    Issue,
    RecordState,
    Settlement,
    Side,
    Sighting,
)
from connector.sync.plan import plan_record
from connector.sync.ports import Journal, Ledger, RemoteReplica
from connector.sync.standing import standing
from connector.sync.views import shape_of
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value

ROUNDS = 20
"""How often a row that is edited while it is settled is tried again; after that the next run sees to it."""

TWO_CANDIDATES = "TWO_CANDIDATES"
"""The code of an issue about a lost create that may have made either of several records: never a guess."""


def read_back(mapping: ObjectMapping, record_id: RecordId, assumed: RecordState, seen: Sighting) -> Settlement:
    """Settle a record on what Salesforce was seen to hold after a write.

    ``assumed`` has what was sent as its base: so a trigger's change is taken, and an edit made here meanwhile stays.
    """
    shape = shape_of(mapping)
    steps = [
        step
        for step in plan_record(shape, record_id, assumed, seen)
        if not isinstance(step, FieldConflict | DeleteConflict)
    ]
    return standing(shape, record_id, assumed, seen, steps)


def after_sending(state: RecordState, sent: Record) -> RecordState:
    """The state in which what was sent counts as known on both sides."""
    return replace(state, base={**(state.base or {}), **sent}, remote=None)


def after_creating(mapping: ObjectMapping, state: RecordState, sent: Record) -> RecordState:
    """The same for a new record: whatever was not sent was empty, and defaults come from Salesforce."""
    empty: dict[str, Value] = dict.fromkeys(mapping.by_name)
    return replace(state, base={**empty, **sent}, remote=None, gone=None)


def after_regret(mapping: ObjectMapping, sent: Record, seen: Record) -> RecordState:
    """The state of a record that was deleted here while it was created there.

    What nobody sent and Salesforce does not fill in by itself is somebody's edit: then a person decides about it.
    """
    ours = (each for group in shape_of(mapping).groups for each in group if not each.defaulted_on_create)
    return RecordState(base={**seen, **{each.name: sent.get(each.name) for each in ours}})


@dataclass
class Adoption:
    """Gives rows made here the ids under which Salesforce knows them."""

    remote: RemoteReplica
    ledger: Ledger
    journal: Journal
    objects: Mapping[str, ObjectMapping]
    run: int

    def adopt(self, intent: Intent, id: RecordId, seen: Record) -> None:
        """Make the row of an intent and the record found in Salesforce one. Its row may be edited or gone by now."""
        name, mapping = intent.object, self.objects[intent.object]
        state = self.ledger.states(name, [intent.id]).get(intent.id, RecordState())
        seen = {**seen, **{field.name: id for field in mapping.fields if field.type == "id"}}
        settlement = read_back(mapping, id, after_creating(mapping, state, intent.record), seen)
        if state.local is None and state.base is None:
            # Deleted here while it was sent: it waits to be deleted there, under the only id it has.
            self.ledger.settle(name, [read_back(mapping, id, after_regret(mapping, intent.record, seen), seen)])
        elif not self.ledger.adopt(name, intent.id, id, settlement):
            self._settle_renamed(intent, id, seen)
        self.ledger.drop_intent(name, intent.id)
        self.journal.close_issue(name, intent.id)

    def resolve(self) -> frozenset[tuple[str, RecordId]]:
        """Look for what lost creates have made, before anything else is stored or sent.

        Answers the creates that stay unknown and must not be sent again yet. What was just read of each object must
        not be stored before, or a record of ours would be taken for somebody else's.
        """
        return frozenset(
            (intent.object, intent.id)
            for intent in self.ledger.intents()
            if intent.object in self.objects and not self._resolve_one(intent)
        )

    def candidates(self, intent: Intent) -> tuple[dict[RecordId, Record], bool]:
        """The records that an intent may have made and that the mirror does not know, and whether that is all."""
        found, is_conclusive = self.remote.find_created(intent)
        known = self.ledger.states(intent.object, list(found))
        return {id: record for id, record in found.items() if id not in known}, is_conclusive

    def _resolve_one(self, intent: Intent) -> bool:
        if self.ledger.resolve(intent.id) != intent.id:
            self.ledger.drop_intent(intent.object, intent.id)
            return True
        found, is_conclusive = self.candidates(intent)
        if len(found) == 1:
            ((id, record),) = found.items()
            self.adopt(intent, id, record)
            self.journal.sent(self.run, Done(_create(intent), id, record))
            return True
        if len(found) > 1:
            self.journal.open_issue(self.run, _two_candidates(intent, found))
            return False
        if is_conclusive:
            self.ledger.drop_intent(intent.object, intent.id)
        return is_conclusive

    def _settle_renamed(self, intent: Intent, id: RecordId, seen: Record) -> None:
        """The row was edited while it was sent: it has its new id now, and is settled on what it holds now."""
        mapping = self.objects[intent.object]
        for _ in range(ROUNDS):
            state = self.ledger.states(intent.object, [id])[id]
            settlement = read_back(mapping, id, after_creating(mapping, state, intent.record), seen)
            if not self.ledger.settle(intent.object, [settlement]):
                return


def _create(intent: Intent) -> Create:
    return Create(Side.REMOTE, intent.object, intent.id, intent.record)


def _two_candidates(intent: Intent, found: Mapping[RecordId, Record]) -> Issue:
    return Issue(
        intent.object,
        intent.id,
        TWO_CANDIDATES,
        f"The answer to this create was lost, and {len(found)} records in Salesforce may be the one that was made: "
        f"{', '.join(sorted(found))}. It was not sent again. Delete what is too many in Salesforce, then sync.",
    )
