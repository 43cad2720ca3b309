"""What the sync page shows: runs and their accounts, conflicts, the error inbox, objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, func, select

from local_store import rows as rows_of
from local_store.database import read
from local_store.json_text import load_record
from local_store.store import Store
from local_store.tables import conflict, issue, run, run_object, run_operation, touched
from mapping.record import Record, RecordId
from pipeline.naming import names


@dataclass(frozen=True, slots=True)
class Counts:
    """The account of a run. Everything received is applied, unchanged, held or quarantined, or the run is red."""

    received: int = 0
    applied: int = 0
    unchanged: int = 0
    held: int = 0
    quarantined: int = 0
    sent: int = 0
    refused: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether everything received is accounted for."""
        return self.received == self.applied + self.unchanged + self.held + self.quarantined

    @property
    def needs_person(self) -> bool:
        """Whether something was left for a person: a conflict, a refusal, a value that does not fit."""
        return bool(self.held or self.quarantined or self.refused)


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``outcome`` is None while it is under way. ``objects`` only where one run is asked for."""

    id: int
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    reason: str | None
    advice: str | None
    api_calls: int
    counts: Counts
    objects: Mapping[str, Counts] | None = None

    @property
    def took(self) -> timedelta | None:
        """How long it took; None while it is under way."""
        return None if self.finished_at is None else self.finished_at - self.started_at


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """One decision that waits for a person. Records are given by API field name; ``deleted_on`` for deletions."""

    id: int
    object: str
    record_id: RecordId
    fields: tuple[str, ...]
    base: Record | None
    local: Record | None
    remote: Record | None
    deleted_on: str | None
    opened_at: datetime
    decision: str | None = None
    """The side that a person chose (``local`` or ``remote``); the next run carries it out."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of the error inbox: records refused or quarantined for the same reason."""

    object: str
    kind: str
    code: str
    message: str
    count: int
    since: datetime
    last_tried: datetime
    attempts: int
    records: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class MirroredObject:
    """One mirrored object with what waits in it."""

    name: str
    label: str
    rows: int
    read_only: bool
    waiting: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A record that was changed here and is not confirmed by Salesforce. ``change`` is create, update or delete."""

    object: str
    id: RecordId
    name: str
    at: datetime
    change: str


@dataclass(frozen=True, slots=True)
class Deed:
    """One operation of a run. ``side`` is where it wrote: ``local`` or ``remote``."""

    at: datetime
    object: str
    id: RecordId
    name: str
    side: str
    verb: str
    outcome: str
    message: str | None


@dataclass(frozen=True, slots=True)
class Attention:
    """What needs a person, and what waits."""

    conflicts: int
    refused: int
    waiting: int
    oldest_waiting: datetime | None

    @property
    def count(self) -> int:
        """How many things need a person."""
        return self.conflicts + self.refused


LISTED_MAX = 500
"""How many rows a list of waiting records or of a run's deeds shows at most."""

COUNTED = ("received", "applied", "unchanged", "held", "quarantined", "sent", "refused")


FIRST = ("Opportunity", "OpportunityContactRole", "Account", "Contact")
"""The objects that people ask for first."""


def attention(store: Store) -> Attention:
    """What needs a person now."""
    with read(store.engine) as connection:
        # A conflict that was decided waits for the next run, no more for a person.
        conflicts = connection.execute(_count_open(conflict).where(conflict.c.decision.is_(None))).scalar_one()
        refused = connection.execute(_count_open(issue)).scalar_one()
        waiting, oldest = connection.execute(select(func.count(), func.min(touched.c.at)).select_from(touched)).one()
    return Attention(conflicts, refused, waiting, oldest)


def runs(store: Store, limit: int = 20) -> tuple[Run, ...]:
    """The last runs, the newest first."""
    sums = [func.coalesce(func.sum(run_object.c[name]), 0).label(name) for name in COUNTED]
    query = (
        select(run, *sums)
        .select_from(run.outerjoin(run_object, run_object.c.run == run.c.id))
        .group_by(run.c.id)
        .order_by(run.c.id.desc())
        .limit(limit)
    )
    with read(store.engine) as connection:
        return tuple(_run(row) for row in connection.execute(query))


def one_run(store: Store, run_id: int) -> Run | None:
    """One run with its account by object."""
    with read(store.engine) as connection:
        row = connection.execute(select(run).where(run.c.id == run_id)).one_or_none()
        if row is None:
            return None
        parts = connection.execute(select(run_object).where(run_object.c.run == run_id).order_by(run_object.c.object))
        objects = {part.object: _counts(part) for part in parts}
    whole = Counts(*(sum(getattr(part, name) for part in objects.values()) for name in COUNTED))
    return _run(row, whole, objects)


def open_conflicts(store: Store, object_name: str = "", record_id: str = "") -> tuple[OpenConflict, ...]:
    """The conflicts that wait for a person, the oldest first; of one record, where given."""
    query = select(conflict).where(conflict.c.closed_at.is_(None)).order_by(conflict.c.opened_at, conflict.c.id)
    if object_name:
        query = query.where(conflict.c.object == object_name, conflict.c.record_id == record_id)
    with read(store.engine) as connection:
        return tuple(_conflict(row) for row in connection.execute(query))


def causes(store: Store, object_name: str = "", record_id: str = "") -> tuple[Cause, ...]:
    """The error inbox, one entry a cause, the most frequent first; of one record, where given."""
    query = select(issue).where(issue.c.closed_at.is_(None)).order_by(issue.c.id)
    if object_name:
        query = query.where(issue.c.object == object_name, issue.c.record_id == record_id)
    groups: dict[tuple[str, str, str, str], list[Row[Any]]] = {}
    with read(store.engine) as connection:
        for row in connection.execute(query):
            groups.setdefault((row.object, row.kind, row.code, row.message), []).append(row)
    found = [
        Cause(
            *key,
            count=len(rows),
            since=min(row.first_seen for row in rows),
            last_tried=max(row.last_seen for row in rows),
            attempts=max(row.attempts for row in rows),
            records=tuple(RecordId(row.record_id) for row in rows[:20]),
        )
        for key, rows in groups.items()
    ]
    return tuple(sorted(found, key=lambda cause: -cause.count))


def waiting(store: Store, limit: int = LISTED_MAX) -> tuple[WaitingRecord, ...]:
    """The records that wait to be sent, the oldest first."""
    query = select(touched.c.object, touched.c.id, touched.c.at).order_by(touched.c.at, touched.c.seq).limit(limit)
    by_object: dict[str, dict[str, datetime]] = {}
    found: list[WaitingRecord] = []
    with read(store.engine) as connection:
        for name, record_id, at in connection.execute(query):
            by_object.setdefault(name, {})[record_id] = at
        for name, moments in by_object.items():
            if name not in store.objects:
                continue
            based = rows_of.find_ids(connection, store.tables(name).base, moments)
            present = rows_of.find_ids(connection, store.live(name), moments)
            called = names(connection, store, name, moments)
            for record_id, at in moments.items():
                change = "delete" if record_id not in present else "update" if record_id in based else "create"
                found.append(WaitingRecord(name, RecordId(record_id), called.get(record_id, record_id), at, change))
    return tuple(sorted(found, key=lambda item: item.at))


def deeds(store: Store, run_id: int, limit: int = LISTED_MAX) -> tuple[Deed, ...]:
    """What a run wrote, on either side, in its order. Rows of a first read are not listed one by one."""
    query = select(run_operation).where(run_operation.c.run == run_id).order_by(run_operation.c.id).limit(limit)
    with read(store.engine) as connection:
        rows = connection.execute(query).all()
        ids: dict[str, set[str]] = {}
        for row in rows:
            ids.setdefault(row.object, set()).add(row.record_id)
        called = {name: names(connection, store, name, found) for name, found in ids.items()}
    return tuple(
        Deed(
            at=row.at,
            object=row.object,
            id=RecordId(row.record_id),
            name=called[row.object].get(row.record_id, row.record_id),
            side=row.side,
            verb=row.verb,
            outcome=row.outcome,
            message=row.message,
        )
        for row in rows
    )


def objects(store: Store) -> tuple[MirroredObject, ...]:
    """The mirrored objects: first those that are written, then those that are only read."""
    waiting, conflicts = _by_object(store, touched), _by_object(store, conflict)
    found = []
    with read(store.engine) as connection:
        for name, mapping in store.objects.items():
            rows = connection.execute(select(func.count()).select_from(store.live(name))).scalar_one()
            found.append(
                MirroredObject(
                    name=name,
                    label=mapping.label,
                    rows=rows,
                    read_only=mapping.read_only,
                    waiting=waiting.get(name, 0),
                    conflicts=conflicts.get(name, 0),
                )
            )
    return tuple(sorted(found, key=lambda item: (item.read_only, _place(item.name), item.name)))


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _by_object(store: Store, table: Table) -> Mapping[str, int]:
    query = select(table.c.object, func.count()).group_by(table.c.object)
    if "closed_at" in table.c:
        query = query.where(table.c.closed_at.is_(None))
    with read(store.engine) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _count_open(table: Table) -> Any:
    return select(func.count()).select_from(table).where(table.c.closed_at.is_(None))


def _counts(row: Row[Any]) -> Counts:
    return Counts(*(int(getattr(row, name) or 0) for name in COUNTED))


def _run(row: Row[Any], counts: Counts | None = None, by_object: Mapping[str, Counts] | None = None) -> Run:
    return Run(
        id=row.id,
        trigger=row.trigger,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=row.outcome,
        reason=row.reason,
        advice=row.advice,
        api_calls=row.api_calls,
        counts=counts or _counts(row),
        objects=by_object,
    )


def _conflict(row: Row[Any]) -> OpenConflict:
    return OpenConflict(
        id=row.id,
        object=row.object,
        record_id=RecordId(row.record_id),
        fields=tuple(json.loads(row.fields or "[]")),
        base=load_record(row.base),
        local=load_record(row.local),
        remote=load_record(row.remote),
        deleted_on=row.deleted_on,
        opened_at=row.opened_at,
        decision=row.decision,
    )
