"""The mirror's memory, in memory, kept under contract with the real one."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.sync.model import (
    Checkpoint,
    Conflict,
    Intent,
    Page,
    RecordState,
    Settlement,
    Sighting,
    Tombstone,
)
from mapping.fields import ObjectMapping
from mapping.record import PROVISIONAL_PREFIX, Record, RecordId, Value


@dataclass
class Entry:
    """One record: the row, and what is kept beside it. ``row`` is None once it was deleted here."""

    row: dict[str, Value] | None = None
    base: dict[str, Value] | None = None
    remote: Sighting | None = None
    token: int = 0
    gone: Tombstone | None = None
    touched_at: datetime | None = None

    def state(self) -> RecordState:
        if self.gone:
            return RecordState(token=self.token, gone=self.gone, touched_at=self.touched_at)
        base = None if self.base is None else dict(self.base)
        row = None if self.row is None else dict(self.row)
        return RecordState(base, row, self.remote, self.token, None, self.touched_at)


@dataclass
class MemoryLedger:
    """Rows, bases, sightings and checkpoints, with the doors through which people edit rows."""

    objects: Sequence[ObjectMapping]
    entries: dict[str, dict[RecordId, Entry]] = field(default_factory=dict)
    marks: dict[str, Checkpoint] = field(default_factory=dict)
    aliases: dict[RecordId, RecordId] = field(default_factory=dict)
    sent: dict[tuple[str, RecordId], Intent] = field(default_factory=dict)
    conflicts: dict[str, tuple[Conflict, ...]] = field(default_factory=dict)
    before_settle: Callable[[], None] | None = None
    """Called before anything is settled: the place for an edit between plan and apply."""
    too_long: str | None = None
    """A value that this database cannot hold."""
    writes: int = 0
    """Rows that settle or load wrote, for tests of rest."""

    def __post_init__(self) -> None:
        self.by_name = {each.name: each for each in self.objects}
        self.entries = {name: {} for name in self.by_name}
        self.tokens = itertools.count(1)

    # What anything that can write SQL does.

    def insert(self, object_name: str, record: Record, id: RecordId | None = None) -> RecordId:
        """Make a row; it gets a provisional id unless one is given."""
        made = id or RecordId(f"{PROVISIONAL_PREFIX}{next(self.tokens):06d}")
        row: dict[str, Value] = {**dict.fromkeys(self.by_name[object_name].by_name), **record, "Id": made}
        held = self.entries[object_name].get(made, Entry())
        self.entries[object_name][made] = dataclasses.replace(held, row=row, token=next(self.tokens))
        return made

    def change(self, object_name: str, id: RecordId, **fields: Value) -> None:
        """Edit a row."""
        entry = self.entries[object_name][id]
        assert entry.row is not None
        entry.row = {**entry.row, **fields}
        entry.token = next(self.tokens)

    def remove(self, object_name: str, id: RecordId) -> None:
        """Delete a row; its base lives on until the org confirms."""
        entry = self.entries[object_name][id]
        if entry.base is None and entry.remote is None:
            del self.entries[object_name][id]
            return
        entry.row, entry.token = None, next(self.tokens)

    def holds(self, object_name: str, id: RecordId) -> Record | None:
        """What a person would see of a record now."""
        entry = self.entries[object_name].get(self.resolve(id))
        return None if entry is None or entry.gone or entry.row is None else dict(entry.row)

    def live(self, object_name: str) -> dict[RecordId, Record]:
        """Every row that is not marked as deleted."""
        return {
            id: dict(entry.row)
            for id, entry in self.entries[object_name].items()
            if entry.row is not None and not entry.gone
        }

    def image(self) -> object:
        """Everything that is stored, to see whether anything was."""
        return copy.deepcopy((self.entries, self.marks, self.aliases, self.sent, self.conflicts))

    # The Protocol.

    def checkpoints(self) -> Mapping[str, Checkpoint]:
        return dict(self.marks)

    def states(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, RecordState]:
        entries = self.entries[object_name]
        return {id: entries[id].state() for id in ids if id in entries}

    def waiting(self, object_name: str) -> Mapping[RecordId, RecordState]:
        return {
            id: entry.state()
            for id, entry in self.entries[object_name].items()
            if entry.token or entry.remote is not None
        }

    def load(self, page: Page) -> None:
        entries = self.entries[page.object]
        for id, record in page.records.items():
            if id not in entries:
                entries[id] = Entry(row=dict(record), base=dict(record))
                self.writes += 1
        for id, tombstone in page.tombstones.items():
            if id not in entries and tombstone.record is not None:
                entries[id] = Entry(row=dict(tombstone.record), gone=tombstone)
        if page.checkpoint:
            self.marks[page.object] = page.checkpoint

    def unstorable(self, object_name: str, records: Mapping[RecordId, Record]) -> Mapping[RecordId, str]:
        return {
            id: f"{self.too_long!r} is too long for this database"
            for id, record in records.items()
            if self.too_long is not None and self.too_long in record.values()
        }

    def settle(
        self, object_name: str, settlements: Sequence[Settlement], checkpoint: Checkpoint | None = None
    ) -> Sequence[RecordId]:
        if self.before_settle:
            self.before_settle()
        moved = [each.id for each in settlements if self.has_moved(object_name, each)]
        for each in settlements:
            if each.id not in moved:
                self._settle_one(object_name, each)
        if checkpoint and not moved:
            self.marks[object_name] = checkpoint
        return moved

    def has_moved(self, object_name: str, planned: Settlement) -> bool:
        return self.entries[object_name].get(planned.id, Entry()).token != planned.token

    def adopt(self, object_name: str, provisional: RecordId, id: RecordId, settlement: Settlement) -> bool:
        if self.before_settle:
            self.before_settle()
        entry = self.entries[object_name].pop(provisional)
        if entry.row is not None:
            entry.row["Id"] = id
        self.entries[object_name][id] = entry
        self.aliases[provisional] = id
        self._repoint(provisional, id)
        if entry.token != settlement.token:
            return False
        self._settle_one(object_name, settlement)
        return True

    def resolve(self, id: RecordId) -> RecordId:
        while id in self.aliases:
            id = self.aliases[id]
        return id

    def live_count(self, object_name: str) -> int:
        return len(self.live(object_name))

    def children(
        self, object_name: str, ids: Collection[RecordId], cascading: Sequence[tuple[str, str]]
    ) -> Mapping[RecordId, Sequence[tuple[str, RecordId]]]:
        found: dict[RecordId, list[tuple[str, RecordId]]] = {}
        for child_object, reference in cascading:
            for child, row in sorted(self.live(child_object).items()):
                parent = row.get(reference)
                if isinstance(parent, str) and parent in ids:
                    found.setdefault(RecordId(parent), []).append((child_object, child))
        return found

    def remember_intent(self, intent: Intent) -> None:
        self.sent[(intent.object, intent.id)] = intent

    def intents(self) -> Sequence[Intent]:
        return list(self.sent.values())

    def drop_intent(self, object_name: str, id: RecordId) -> None:
        self.sent.pop((object_name, id), None)

    def open_conflicts(self, object_name: str, conflicts: Sequence[Conflict]) -> None:
        self.conflicts[object_name] = tuple(conflicts)

    # How it works inside.

    def _settle_one(self, object_name: str, each: Settlement) -> None:
        self.writes += 1
        entries = self.entries[object_name]
        entry = entries.get(each.id, Entry())
        if isinstance(each.local, Tombstone):
            kept = each.local.record or entry.row or entry.base
            if kept is not None:
                entries[each.id] = Entry(row=dict(kept), gone=each.local)
            return
        if each.local is None and each.base is None and each.remote is None:
            entries.pop(each.id, None)
            return
        is_clean = each.local is not None and each.local == each.base and each.remote is None
        token = 0 if is_clean else entry.token
        if each.local is None or (each.local != each.base and each.remote is None):
            token = token or next(self.tokens)
        entries[each.id] = Entry(
            row=None if each.local is None else dict(each.local),
            base=None if each.base is None else dict(each.base),
            remote=each.remote,
            token=token,
            touched_at=None if is_clean else entry.touched_at,
        )

    def _repoint(self, provisional: RecordId, id: RecordId) -> None:
        for name, mapping in self.by_name.items():
            for entry in self.entries[name].values():
                for record in (entry.row, entry.base):
                    for reference in mapping.references:
                        if record and record.get(reference.name) == provisional:
                            record[reference.name] = id
