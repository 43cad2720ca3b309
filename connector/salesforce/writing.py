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
from connector.salesforce.queries import IDS_IN_A_QUERY, by_ids, chunks
from connector.salesforce.reading import Reader
from connector.salesforce.rows import ParentNotSent, createable, has_id, selected, sort_rows, write_body
from connector.salesforce.soql import api_name, record_id
from connector.salesforce.wire import (
    ItemResult,
    external_path,
    if_unmodified_since,
    query_path,
    read_results,
    record_path,
)
from connector.sync.model import Create, Delete, Done, Moved, Outcome, Refused, Sighting, Tombstone, Unknown, Update
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId
from mapping.values import NotCanonical, equal, id_18

PAIRS_IN_A_CALL = 12
"""A write and its read-back are two of the 25 parts of a composite; one more looks at all records before or after."""
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
        return Refused(locked.operation, locked.error.code, locked.error.text, locked.error.fields)

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
        ids = [self._real(each.operation.id) for each in prepared]
        parts = [part for name, each in named.items() for part in self._parts(mapping, name, each)]
        if isinstance(prepared[0].operation, Update):
            parts.insert(0, _retrieve("before", mapping, ids))
        if isinstance(prepared[0].operation, Delete):
            parts.append(Subrequest("after", "GET", query_path("queryAll", by_ids(mapping, ids))))
        answers = self._client.composite(parts)
        before = _retrieved(mapping, answers.get("before"))
        after = _queried(mapping, answers.get("after"))
        outcomes: dict[RecordId, Outcome | Locked] = {}
        for name, each in named.items():
            answer, read_back = answers[name], _read_back(mapping, answers.get(f"{name}_seen"))
            if answer.is_good:
                id = self._real(each.operation.id)
                if isinstance(each.operation, Create):
                    id = _created_id(mapping, answer)
                outcomes[each.operation.id] = self._done(mapping, each, id, read_back or after.get(id), before.get(id))
            else:
                outcomes[each.operation.id] = self._failed(mapping, each.operation, answer, read_back)
        return outcomes

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

    # Many records of one object: collections.

    def _as_collection(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> dict[RecordId, Outcome | Locked]:
        match prepared[0].operation:
            case Create():
                return self._create_many(mapping, prepared)
            case Update():
                return self._update_many(mapping, prepared)
            case Delete():
                return self._delete_many(mapping, prepared)

    def _create_many(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> dict[RecordId, Outcome | Locked]:
        if mapping.external_id is None:
            results = self._client.create_many(mapping.name, [each.body for each in prepared])
        else:
            field = mapping.external_id
            records = [{**each.body, field: each.operation.id} for each in prepared]
            results = self._client.upsert_many(mapping.name, field, records)
        made = [RecordId(id_18(str(result.id))) for result in results if result.success]
        after = self._reader.read(mapping.name, made) if made else {}
        return self._matched(mapping, prepared, results, {}, after)

    def _update_many(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> dict[RecordId, Outcome | Locked]:
        ids = [self._real(each.operation.id) for each in prepared]
        records = [
            {"attributes": {"type": mapping.name}, "id": record_id(id), **each.body}
            for id, each in zip(ids, prepared, strict=True)
        ]
        write = Subrequest("many", "PATCH", "composite/sobjects", {"allOrNone": False, "records": records})
        answers = self._client.composite([_retrieve("before", mapping, ids), write, _retrieve("after", mapping, ids)])
        results = _results(mapping, answers["many"], len(prepared))
        before, after = _retrieved(mapping, answers["before"]), _retrieved(mapping, answers["after"])
        return self._matched(mapping, prepared, results, before, after)

    def _delete_many(self, mapping: ObjectMapping, prepared: Sequence[Prepared]) -> dict[RecordId, Outcome | Locked]:
        ids = [self._real(each.operation.id) for each in prepared]
        path = f"composite/sobjects?ids={','.join(record_id(id) for id in ids)}&allOrNone=false"
        looks = [
            Subrequest(f"after{number}", "GET", query_path("queryAll", by_ids(mapping, chunk)))
            for number, chunk in enumerate(chunks(ids, IDS_IN_A_QUERY))
        ]
        answers = self._client.composite([Subrequest("many", "DELETE", path), *looks])
        results = _results(mapping, answers["many"], len(prepared))
        after = {id: seen for look in looks for id, seen in _queried(mapping, answers[look.name]).items()}
        return self._matched(mapping, prepared, results, {}, after)

    def _matched(
        self,
        mapping: ObjectMapping,
        prepared: Sequence[Prepared],
        results: Sequence[ItemResult],
        before: Mapping[RecordId, Sighting],
        after: Mapping[RecordId, Sighting],
    ) -> dict[RecordId, Outcome | Locked]:
        """Results of a collection come in the order of its records (trap 36)."""
        outcomes: dict[RecordId, Outcome | Locked] = {}
        for each, result in zip(prepared, results, strict=True):
            id = RecordId(id_18(result.id)) if result.id else self._real(each.operation.id)
            outcomes[each.operation.id] = (
                self._done(mapping, each, id, after.get(id), before.get(id))
                if result.success
                else self._judge(mapping, each.operation, result.error)
            )
        return outcomes

    # After: what became of it?

    def _done(
        self, mapping: ObjectMapping, each: Prepared, id: RecordId, seen: Sighting | None, before: Sighting | None
    ) -> Done:
        match each.operation:
            case Delete() as delete:
                is_buried = isinstance(seen, Tombstone)
                return Done(delete, id, seen if is_buried and seen is not None else self._purged(each))
            case Update() as update:
                seen = seen if seen is not None else self._look(mapping, id)
                return Done(
                    update, id, seen if seen is not None else _as_sent(each), _overwritten(mapping, update, before)
                )
            case Create() as create:
                seen = seen if seen is not None else self._look(mapping, id)
                if isinstance(seen, Tombstone):
                    # Made, and deleted by somebody else a moment later: the next read brings that news.
                    seen = seen.record
                return Done(create, id, seen if seen is not None else _as_sent(each))

    def _failed(
        self, mapping: ObjectMapping, operation: Write, answer: Answer, read_back: Sighting | None
    ) -> Outcome | Locked:
        error = answer.errors[0] if answer.errors else ErrorItem(f"HTTP_{answer.status}", "")
        if answer.status == 412:
            return Moved(operation, read_back or self._look(mapping, self._real(operation.id)))
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
            seen = self._look(mapping, self._real(operation.id))
            if seen is None or isinstance(seen, Tombstone):
                return Moved(operation, seen)
        return Refused(operation, error.code, error.text, error.fields)

    # Small things.

    def _real(self, id: RecordId) -> RecordId:
        return self._real_ids.get(id, id)

    def _look(self, mapping: ObjectMapping, id: RecordId) -> Sighting | None:
        return self._reader.read(mapping.name, [id]).get(id)

    def _purged(self, each: Prepared) -> Tombstone:
        """A deleted record that no query shows: its object knows no recycle bin."""
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
    return field.createable or field.updateable


def _is_later(modified: datetime | None, planned_on: datetime | None) -> bool:
    return modified is not None and planned_on is not None and modified > planned_on


def _modified(record: Record) -> datetime | None:
    stamp = record.get("LastModifiedDate")
    return stamp if isinstance(stamp, datetime) else None


def _retrieve(name: str, mapping: ObjectMapping, ids: Sequence[RecordId]) -> Subrequest:
    body = {"ids": [record_id(id) for id in ids], "fields": [api_name(field) for field in selected(mapping)]}
    return Subrequest(name, "POST", f"composite/sobjects/{api_name(mapping.name)}", body)


def _retrieved(mapping: ObjectMapping, answer: Answer | None) -> Mapping[RecordId, Sighting]:
    if answer is None or not answer.is_good:
        return {}
    return sort_rows(mapping, filter(has_id, answer.body)).sightings


def _queried(mapping: ObjectMapping, answer: Answer | None) -> Mapping[RecordId, Sighting]:
    if answer is None or not answer.is_good:
        return {}
    return sort_rows(mapping, answer.body["records"]).sightings


def _read_back(mapping: ObjectMapping, answer: Answer | None) -> Sighting | None:
    if answer is None or not answer.is_good:
        return None
    return next(iter(sort_rows(mapping, filter(has_id, [answer.body])).sightings.values()), None)


def _created_id(mapping: ObjectMapping, answer: Answer) -> RecordId:
    id = answer.body.get("id") if isinstance(answer.body, Mapping) else None
    if not isinstance(id, str):
        raise AnswerLost(f"a create of {mapping.name}", "the new id did not come")
    return RecordId(id_18(id))


def _results(mapping: ObjectMapping, answer: Answer, expected: int) -> Sequence[ItemResult]:
    what = f"a write of many {mapping.name} records"
    if answer.is_good:
        return read_results(answer.body, expected, what)
    if answer.status >= 500:
        raise AnswerLost(what, f"HTTP {answer.status} {answer.code}")
    raise answer.failure(what)


def _overwritten(mapping: ObjectMapping, update: Update, before: Sighting | None) -> Record | None:
    """What the update replaced although it was not planned on: an edit of the very same second, which no header and no
    earlier look can see. It must not vanish (invariant 6)."""
    if before is None or isinstance(before, Tombstone):
        return None
    lost = {
        name: before[name]
        for name, expected in update.expected.items()
        if name in update.fields and name in before and not equal(mapping.by_name[name], before[name], expected)
    }
    return lost or None


def _as_sent(each: Prepared) -> Record:
    """What the record must hold when it cannot be read back (our user may write but not see it)."""
    match each.operation:
        case Create(record=record):
            return record
        case Update(fields=fields):
            return {**each.held, **fields}
        case Delete():
            return each.held
