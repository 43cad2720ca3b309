"""Writing carefully (design decision 6): nothing is overwritten that was not seen, and what was written is read back.

One call reads what the records hold now; those that moved are handed back and not touched. One call then writes, each
update under ``If-Unmodified-Since``, and reads back. What a lost answer leaves open is said, never guessed. A few
records travel as parts of a composite, many of one kind as collections of 200.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from connector.salesforce.answers import ErrorItem
from connector.salesforce.client import COLLECTION_MAX, SalesforceClient
from connector.salesforce.composite import Answer, Subrequest
from connector.salesforce.errors import AnswerLost, QuotaExhausted, TooBusy
from connector.salesforce.reading import Reader, by_ids
from connector.salesforce.rows import ParentNotSent, createable, read_row, selected, sort_rows, write_body
from connector.salesforce.soql import api_name, record_id
from connector.salesforce.wire import ItemResult, external_path, if_unmodified_since, query_path, record_path
from connector.sync.model import Create, Delete, Done, Moved, Outcome, Refused, Sighting, Tombstone, Unknown, Update
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId
from mapping.values import NotCanonical, equal, id_18

PAIRS_IN_A_CALL = 10
"""A write and its read-back are two of the 25 parts of a composite; up to five more are reads of whole objects."""
LOCK_ATTEMPTS = 5
LOCKED = "UNABLE_TO_LOCK_ROW"
GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
"""How Salesforce words that the record itself is not there, depending on the resource."""

Write = Create | Update | Delete
Batch = Sequence[Write]


@dataclass(frozen=True, slots=True)
class Locked:
    """Somebody else held the row: nothing was done, and it is worth another try (trap 35)."""

    operation: Write
    error: ErrorItem


@dataclass(frozen=True, slots=True)
class Prepared:
    """A write that passed its checks: the body to send and, for a change, what the org held a moment before."""

    operation: Write
    body: Mapping[str, object]
    held: Record
    since: datetime | None = None


class Writer:
    """Carries out writes in one org."""

    def __init__(
        self, client: SalesforceClient, objects: Sequence[ObjectMapping], reader: Reader, collection_from: int
    ) -> None:
        self._client = client
        self._objects = {mapping.name: mapping for mapping in objects}
        self._reader = reader
        self._collection_from = collection_from
        self._real_ids: dict[RecordId, RecordId] = {}

    def apply(self, operations: Sequence[Write]) -> Iterator[Outcome]:
        """See ``Replica.apply``. Outcomes come in the order of the operations."""
        for batch in self._batches(operations):
            for outcome in self._try(batch):
                yield self._retry(outcome) if isinstance(outcome, Locked) else outcome

    # Batches.

    def _batches(self, operations: Sequence[Write]) -> Iterator[Batch]:
        """Cut into batches of one kind of operation. A create that points at another begins a new batch after it."""
        for _, same_kind in groupby(operations, key=type):
            run = list(same_kind)
            for _, same_object in groupby(run, key=lambda operation: operation.object):
                many = list(same_object)
                size = COLLECTION_MAX if len(many) >= self._collection_from else PAIRS_IN_A_CALL
                yield from _cut(many, size)

    def _try(self, batch: Batch) -> list[Outcome | Locked]:
        mapping = self._objects[batch[0].object]
        carry_out = self._one_by_one if len(batch) < self._collection_from else self._as_collection
        outcomes, prepared = self._prepare(mapping, batch)
        if prepared:
            try:
                outcomes |= carry_out(mapping, prepared)
            except AnswerLost as error:
                outcomes |= {each.operation.id: Unknown(each.operation, error.message) for each in prepared}
        for outcome in outcomes.values():
            if isinstance(outcome, Done) and isinstance(outcome.operation, Create):
                self._real_ids[outcome.operation.id] = outcome.id
        return [outcomes[operation.id] for operation in batch]

    def _retry(self, locked: Locked) -> Outcome:
        """Try a locked row alone, after growing pauses."""
        for attempt in range(1, LOCK_ATTEMPTS):
            self._client.session.pause(attempt)
            [outcome] = self._try([locked.operation])
            if not isinstance(outcome, Locked):
                return outcome
        return _refused(locked.operation, locked.error)

    # Before: what does the org hold, and what shall be sent?

    def _prepare(self, mapping: ObjectMapping, batch: Batch) -> tuple[dict[RecordId, Outcome | Locked], list[Prepared]]:
        outcomes: dict[RecordId, Outcome | Locked] = {}
        prepared: list[Prepared] = []
        changes = [each for each in batch if not isinstance(each, Create)]
        now = self._reader.read(mapping.name, [self._real(each.id) for each in changes]) if changes else {}
        for operation in batch:
            result = self._check(mapping, operation, now.get(self._real(operation.id)))
            if isinstance(result, Prepared):
                prepared.append(result)
            else:
                outcomes[operation.id] = result
        return outcomes, prepared

    def _check(self, mapping: ObjectMapping, operation: Write, seen: Sighting | None) -> Prepared | Outcome:
        try:
            match operation:
                case Create():
                    body = write_body(mapping, createable(mapping, operation.record), self._real_ids)
                    return Prepared(operation, body, {})
                case Update():
                    if seen is None or isinstance(seen, Tombstone) or not _still_holds(mapping, operation, seen):
                        return Moved(operation, seen)
                    body = write_body(mapping, operation.fields, self._real_ids)
                    return Prepared(operation, body, seen, operation.unmodified_since or _modified(seen))
                case Delete():
                    if seen is None or isinstance(seen, Tombstone) or not _still_holds(mapping, operation, seen):
                        return Moved(operation, seen)
                    return Prepared(operation, {}, seen)
        except NotCanonical as error:
            return Refused(operation, "VALUE_NOT_STORABLE", str(error), (error.field,))
        except ParentNotSent as error:
            return Refused(operation, "PARENT_NOT_SENT", f"{error}. It is sent once that record is.")

    # A few records: parts of one composite.

    def _one_by_one(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> dict[RecordId, Outcome | Locked]:
        named = {f"n{number}": each for number, each in enumerate(prepared)}
        parts = [part for name, each in named.items() for part in self._parts(mapping, name, each)]
        deletes = [self._real(each.operation.id) for each in prepared if isinstance(each.operation, Delete)]
        if deletes:
            parts.append(Subrequest("gone", "GET", query_path("queryAll", by_ids(mapping, deletes))))
        answers = self._client.composite(parts)
        gone = _sightings(mapping, answers["gone"]) if deletes else {}
        return {
            each.operation.id: self._outcome(mapping, each, answers[name], answers.get(f"{name}_seen"), gone)
            for name, each in named.items()
        }

    def _parts(self, mapping: ObjectMapping, name: str, each: Prepared) -> Iterator[Subrequest]:
        fields = "?fields=" + ",".join(api_name(field) for field in selected(mapping))
        match each.operation:
            case Create() as create:
                yield self._create_part(mapping, name, create, each.body)
                yield Subrequest(f"{name}_seen", "GET", f"sobjects/{mapping.name}/@{{{name}.id}}{fields}")
            case Update(id=id):
                path = record_path(mapping.name, self._real(id))
                yield Subrequest(name, "PATCH", path, each.body, if_unmodified_since(each.since))
                yield Subrequest(f"{name}_seen", "GET", path + fields)
            case Delete(id=id):
                yield Subrequest(name, "DELETE", record_path(mapping.name, self._real(id)))

    def _create_part(self, mapping: ObjectMapping, name: str, create: Create, body: Mapping[str, object]) -> Subrequest:
        if mapping.external_id is None:
            return Subrequest(name, "POST", f"sobjects/{api_name(mapping.name)}", body)
        path = external_path(mapping.name, mapping.external_id, create.id)
        return Subrequest(name, "PATCH", path, {k: v for k, v in body.items() if k != mapping.external_id})

    def _outcome(
        self,
        mapping: ObjectMapping,
        each: Prepared,
        answer: Answer,
        read_back: Answer | None,
        gone: Mapping[RecordId, Sighting],
    ) -> Outcome | Locked:
        operation = each.operation
        if not answer.is_good:
            return self._failed(mapping, operation, answer, read_back)
        if isinstance(operation, Delete):
            id = self._real(operation.id)
            return Done(operation, id, gone.get(id) or self._purged(mapping, each))
        id = RecordId(id_18(str(answer.body["id"]))) if isinstance(operation, Create) else self._real(operation.id)
        seen = _seen(mapping, read_back)
        return Done(operation, id, seen if seen is not None else self._read_back(mapping, id, each))

    def _failed(
        self, mapping: ObjectMapping, operation: Write, answer: Answer, read_back: Answer | None
    ) -> Outcome | Locked:
        error = answer.errors[0] if answer.errors else ErrorItem(f"HTTP_{answer.status}", "")
        if answer.status == 412 and (seen := _seen(mapping, read_back)) is not None:
            return Moved(operation, seen)
        if answer.status == 412:
            return self._moved(mapping, operation)
        if answer.status >= 500 and error.code != "SERVER_UNAVAILABLE":
            return Unknown(operation, f"Salesforce answered HTTP {answer.status} {error.code}: {error.text}")
        return self._judge(mapping, operation, error)

    def _judge(self, mapping: ObjectMapping, operation: Write, error: ErrorItem) -> Outcome | Locked:
        if error.code == "REQUEST_LIMIT_EXCEEDED":
            raise QuotaExhausted(f"Salesforce refused a write of {mapping.name}: {error.text}")
        if error.code == "SERVER_UNAVAILABLE":
            raise TooBusy(f"a write of {mapping.name}", error.text)
        if error.code == LOCKED:
            return Locked(operation, error)
        if error.code in GONE and not isinstance(operation, Create):
            moved = self._moved(mapping, operation)
            if moved.seen is None or isinstance(moved.seen, Tombstone):
                return moved
        return _refused(operation, error)

    # Many records of one object: collections.

    def _as_collection(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> dict[RecordId, Outcome | Locked]:
        results = self._send_collection(mapping, prepared)
        done = [
            (each, RecordId(id_18(str(result.id or each.operation.id))))
            for each, result in zip(prepared, results, strict=True)
            if result.success
        ]
        seen = self._reader.read(mapping.name, [id for _, id in done]) if done else {}
        outcomes: dict[RecordId, Outcome | Locked] = {}
        for each, id in done:
            fallback = self._purged(mapping, each) if isinstance(each.operation, Delete) else _as_sent(each)
            outcomes[each.operation.id] = Done(each.operation, id, seen.get(id, fallback))
        for each, result in zip(prepared, results, strict=True):
            if not result.success:
                outcomes[each.operation.id] = self._judge(mapping, each.operation, result.error)
        return outcomes

    def _send_collection(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> Sequence[ItemResult]:
        match prepared[0].operation:
            case Create():
                field = mapping.external_id
                if field is None:
                    return self._client.create_many(mapping.name, [each.body for each in prepared])
                records = [{**each.body, field: each.operation.id} for each in prepared]
                return self._client.upsert_many(mapping.name, field, records)
            case Update():
                changes = [{"id": record_id(self._real(each.operation.id)), **each.body} for each in prepared]
                return self._client.update_many(mapping.name, changes)
            case Delete():
                return self._client.delete_many([self._real(each.operation.id) for each in prepared])

    # Small things.

    def _real(self, id: RecordId) -> RecordId:
        return self._real_ids.get(id, id)

    def _moved(self, mapping: ObjectMapping, operation: Write) -> Moved:
        id = self._real(operation.id)
        return Moved(operation, self._reader.read(mapping.name, [id]).get(id))

    def _read_back(self, mapping: ObjectMapping, id: RecordId, each: Prepared) -> Sighting:
        seen = self._reader.read(mapping.name, [id]).get(id)
        return seen if seen is not None else _as_sent(each)

    def _purged(self, mapping: ObjectMapping, each: Prepared) -> Tombstone:
        """A deleted record that no query shows: such objects know no recycle bin."""
        return Tombstone(deleted_at=self._client.server_time(), purged=True, record=each.held)


def _cut(operations: Sequence[Write], size: int) -> Iterator[Batch]:
    batch: list[Write] = []
    here: set[RecordId] = set()
    for operation in operations:
        needs = set(operation.record.values()) if isinstance(operation, Create) else set()
        if batch and (len(batch) >= size or operation.id in here or needs & here):
            yield batch
            batch, here = [], set()
        batch.append(operation)
        here.add(operation.id)
    if batch:
        yield batch


def _still_holds(mapping: ObjectMapping, operation: Update | Delete, seen: Record) -> bool:
    """Whether the org still holds what was planned on, in every field that a person could have changed."""
    fields = mapping.by_name
    stale = isinstance(operation, Update) and _is_later(_modified(seen), operation.unmodified_since)
    return not stale and all(
        equal(fields[name], seen[name], expected)
        for name, expected in operation.expected.items()
        if name in fields and name in seen and _is_editable(mapping, name)
    )


def _is_editable(mapping: ObjectMapping, name: str) -> bool:
    field = mapping.by_name[name]
    return (field.createable or field.updateable) and not field.moves_silently


def _is_later(modified: datetime | None, planned_on: datetime | None) -> bool:
    return modified is not None and planned_on is not None and modified > planned_on


def _modified(record: Record) -> datetime | None:
    stamp = record.get("LastModifiedDate")
    return stamp if isinstance(stamp, datetime) else None


def _seen(mapping: ObjectMapping, answer: Answer | None) -> Sighting | None:
    if answer is None or not answer.is_good:
        return None
    try:
        return read_row(mapping, answer.body)
    except NotCanonical:
        return None


def _sightings(mapping: ObjectMapping, answer: Answer) -> Mapping[RecordId, Sighting]:
    return sort_rows(mapping, answer.body["records"]).sightings if answer.is_good else {}


def _as_sent(each: Prepared) -> Record:
    """What the record must hold when it cannot be read back (our user may write but not see it)."""
    match each.operation:
        case Create(record=record):
            return record
        case Update(fields=fields):
            return {**each.held, **fields}
        case Delete():
            return each.held


def _refused(operation: Write, error: ErrorItem) -> Refused:
    return Refused(operation, error.code, error.text, error.fields)
