"""A replica in memory, kept under contract: small, real, and able to misbehave on command."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from connector.sync.model import (
    Checkpoint,
    Create,
    Delete,
    Done,
    Intent,
    Moved,
    Operation,
    Outcome,
    Page,
    Refused,
    Side,
    Sighting,
    Tombstone,
    Unknown,
    Update,
)
from connector.sync.order import cascading_references
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value
from mapping.values import equal
from tests.support.builders import EPOCH, ORGANIZATION, record_id


class Fault(Enum):
    """What may go wrong with one operation."""

    REFUSE = "the org says no"
    LOSE_ANSWER = "it is carried out, but the answer is lost"
    LOSE_REQUEST = "it never arrives, and nobody can tell"
    CRASH = "our process dies after it is carried out"


class Crash(BaseException):
    """The process died. Not an Exception, so that nothing can swallow it."""


@dataclass
class Row:
    """One stored record; a deleted one keeps its values."""

    record: dict[str, Value]
    made_from: Record
    made_at: datetime
    deleted: Tombstone | None = None


@dataclass
class MemoryReplica:
    """One side, in memory. Every write moves its clock by a second and stamps the record."""

    objects: Sequence[ObjectMapping]
    side: Side = Side.REMOTE
    page_size: int = 1000
    organization: str = ORGANIZATION
    now: datetime = EPOCH
    faults: dict[int, Fault] = field(default_factory=dict)
    """What shall go wrong with the nth operation ever applied, counted from 1."""
    before_apply: Callable[[Operation], None] | None = None
    """Called before each operation: the place for a colleague's edit between plan and apply."""
    automation: Callable[[str, dict[str, Value]], None] | None = None
    """A trigger in the org: may change a record while it is saved."""
    conclusive: bool = True
    """Whether a look for lost creates may already say that nothing was made."""
    calls: int = 0
    applied: int = 0
    log: list[Operation] = field(default_factory=list)
    rows: dict[str, dict[RecordId, Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name = {each.name: each for each in self.objects}
        self.rows = {name: {} for name in self.by_name}

    # What a colleague does.

    def insert(self, object_name: str, record: Record) -> RecordId:
        """Make a record, and answer its id."""
        mapping = self.by_name[object_name]
        made = RecordId(record_id(mapping.key_prefix or "a00", len(self.rows[object_name]) + 1))
        values: dict[str, Value] = {**dict.fromkeys(mapping.by_name), **record, "Id": made, "IsDeleted": False}
        row = Row(values, dict(record), self._tick())
        self.rows[object_name][made] = row
        self._save(object_name, made, {})
        return made

    def change(self, object_name: str, id: RecordId, **fields: Value) -> None:
        """Edit a record."""
        self._tick()
        self._save(object_name, id, fields)

    def remove(self, object_name: str, id: RecordId, *, purged: bool = False) -> None:
        """Delete a record and what goes along with it."""
        self._tick()
        self._bury(object_name, id, Tombstone(deleted_at=self.now, purged=purged))

    def restore(self, object_name: str, id: RecordId) -> None:
        """Undelete a record."""
        self._tick()
        self.rows[object_name][id].deleted = None
        self._save(object_name, id, {})

    def holds(self, object_name: str, id: RecordId) -> Record | None:
        """What a person would see of a record now."""
        row = self.rows[object_name].get(id)
        return None if row is None or row.deleted else dict(row.record)

    def live(self, object_name: str) -> dict[RecordId, Record]:
        """Every record that is not deleted."""
        return {id: dict(row.record) for id, row in self.rows[object_name].items() if not row.deleted}

    # The Protocol.

    def organization_id(self) -> str:
        return self.organization

    def server_time(self) -> datetime:
        return self.now

    def observe(self, wanted: Mapping[str, Checkpoint | None]) -> Iterator[Page]:
        self.calls += 1
        for name, checkpoint in wanted.items():
            yield from self._pages(name, checkpoint)

    def read(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, Sighting]:
        self.calls += 1
        rows = self.rows[object_name]
        return {id: _sighting(rows[id]) for id in ids if id in rows}

    def apply(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        self.calls += 1
        for operation in operations:
            assert isinstance(operation, Create | Update | Delete)
            assert operation.side is self.side, f"{operation} was sent to the wrong side"
            if self.before_apply:
                self.before_apply(operation)
            yield self._apply_one(operation)

    def find_created(self, intent: Intent) -> tuple[Mapping[RecordId, Record], bool]:
        self.calls += 1
        fields = self.by_name[intent.object].by_name
        found = {
            id: {**row.record, "IsDeleted": row.deleted is not None}
            for id, row in self.rows[intent.object].items()
            if not (row.deleted and row.deleted.purged)
            and row.made_at >= intent.sent_at
            and all(equal(fields[name], row.made_from.get(name), sent) for name, sent in intent.record.items())
        }
        return found, self.conclusive

    # How it works inside.

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def _pages(self, name: str, checkpoint: Checkpoint | None) -> Iterator[Page]:
        since = checkpoint.stamp if checkpoint else None
        rows = {id: row for id, row in self.rows[name].items() if since is None or self._stamp(row) >= since}
        ids = sorted(rows, key=lambda id: (self._stamp(rows[id]), id))
        chunks = [ids[start : start + self.page_size] for start in range(0, len(ids), self.page_size)] or [[]]
        for number, chunk in enumerate(chunks, start=1):
            is_last = number == len(chunks)
            yield Page(
                object=name,
                records={id: dict(rows[id].record) for id in chunk if not rows[id].deleted},
                tombstones={id: _tombstone(rows[id]) for id in chunk if rows[id].deleted},
                checkpoint=Checkpoint(stamp=self.now) if is_last else None,
                complete=since is None,
                last=is_last,
                announced=len(ids),
            )

    def _stamp(self, row: Row) -> datetime:
        if row.deleted and row.deleted.deleted_at:
            return row.deleted.deleted_at
        stamp = row.record["SystemModstamp"]
        assert isinstance(stamp, datetime)
        return stamp

    def _apply_one(self, operation: Create | Update | Delete) -> Outcome:
        self.applied += 1
        fault = self.faults.get(self.applied)
        if fault is Fault.REFUSE:
            return Refused(operation, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not on a Friday.")
        if fault is Fault.LOSE_REQUEST:
            return Unknown(operation, "The connection was closed before an answer came.")
        outcome = self._carry_out(operation)
        if isinstance(outcome, Done):
            self.log.append(operation)
        if fault is Fault.CRASH:
            raise Crash
        return Unknown(operation, "The connection was closed.") if fault is Fault.LOSE_ANSWER else outcome

    def _carry_out(self, operation: Create | Update | Delete) -> Outcome:
        match operation:
            case Create():
                return self._create(operation)
            case Update():
                return self._update(operation)
            case Delete():
                return self._delete(operation)

    def _create(self, operation: Create) -> Outcome:
        required = next(
            (each.name for each in self.by_name[operation.object].fields if each.name.endswith("Name")), None
        )
        if required and operation.record.get(required) is None:
            message = f"Required fields are missing: [{required}]"
            return Refused(operation, "REQUIRED_FIELD_MISSING", message, (required,))
        if dangling := self.dangling(operation.object, operation.record):
            return _points_nowhere(operation, dangling)
        made = self.insert(operation.object, operation.record)
        return Done(operation, made, self._now_holds(operation.object, made))

    def _update(self, operation: Update) -> Outcome:
        row = self.rows[operation.object].get(operation.id)
        if row is None:
            return Moved(operation, None)
        if row.deleted or not self._still(operation.object, row, operation.expected):
            return Moved(operation, _sighting(row))
        if dangling := self.dangling(operation.object, operation.fields):
            return _points_nowhere(operation, dangling)
        self.change(operation.object, operation.id, **operation.fields)
        return Done(operation, operation.id, self._now_holds(operation.object, operation.id))

    def _delete(self, operation: Delete) -> Outcome:
        row = self.rows[operation.object].get(operation.id)
        if row is None:
            return Moved(operation, None)
        if row.deleted or not self._still(operation.object, row, operation.expected):
            return Moved(operation, _sighting(row))
        self.remove(operation.object, operation.id)
        return Done(operation, operation.id, _tombstone(row))

    def dangling(self, object_name: str, record: Record) -> str | None:
        """The first reference field that points at a record that is not there."""
        for reference in self.by_name[object_name].references:
            target = record.get(reference.name)
            parents = [self.rows[parent] for parent in reference.reference_to if parent in self.rows]
            if (
                target is not None
                and parents
                and not any(_is_live(rows.get(RecordId(str(target)))) for rows in parents)
            ):
                return reference.name
        return None

    def _still(self, object_name: str, row: Row, expected: Record) -> bool:
        fields = self.by_name[object_name].by_name
        return all(
            equal(fields[name], row.record.get(name), held)
            for name, held in expected.items()
            if name in fields and not fields[name].moves_silently
        )

    def _now_holds(self, object_name: str, id: RecordId) -> Record:
        return dict(self.rows[object_name][id].record)

    def _save(self, object_name: str, id: RecordId, fields: Mapping[str, Value]) -> None:
        row = self.rows[object_name][id]
        row.record.update(fields)
        if self.automation:
            self.automation(object_name, row.record)
        for name, held in row.record.items():
            row.record[name] = _as_stored(held)
        row.record["SystemModstamp"] = row.record["LastModifiedDate"] = self.now
        if row.record.get("IsPrimary") is True:
            self._demote_others(object_name, id)

    def _demote_others(self, object_name: str, id: RecordId) -> None:
        """One primary contact a deal: the others lose it, and their stamps move."""
        deal = self.rows[object_name][id].record.get("OpportunityId")
        for other, row in self.rows[object_name].items():
            if other != id and row.record.get("OpportunityId") == deal and row.record.get("IsPrimary"):
                row.record["IsPrimary"] = False
                row.record["SystemModstamp"] = row.record["LastModifiedDate"] = self.now

    def _bury(self, object_name: str, id: RecordId, tombstone: Tombstone) -> None:
        row = self.rows[object_name][id]
        if row.deleted and not tombstone.purged:
            return
        row.deleted = tombstone
        for child_object, reference in cascading_references(self.objects).get(object_name, ()):
            for child, child_row in self.rows[child_object].items():
                if child_row.record.get(reference) == id and not child_row.deleted:
                    self._bury(child_object, child, tombstone)


def _is_live(row: Row | None) -> bool:
    return row is not None and row.deleted is None


def _points_nowhere(operation: Create | Update, field_name: str) -> Refused:
    return Refused(operation, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field_name,))


def _as_stored(value: Value) -> Value:
    """Salesforce trims text, keeps no empty text, and rounds money."""
    if isinstance(value, str):
        return value.strip() or None
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP) if isinstance(value, Decimal) else value


def _tombstone(row: Row) -> Tombstone:
    assert row.deleted
    kept = {**row.record, "IsDeleted": True, "SystemModstamp": row.deleted.deleted_at}
    return row.deleted if row.deleted.purged else dataclasses.replace(row.deleted, record=kept)


def _sighting(row: Row) -> Sighting:
    return _tombstone(row) if row.deleted else dict(row.record)
