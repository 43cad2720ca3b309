"""What changed on a deal: Salesforce's two histories, its activities, and what waits here, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, or_, select

from local_store.database import read
from local_store.store import Store
from mapping.record import RecordId, Value
from mapping.values import NotCanonical, from_json
from pipeline.record_state import RecordState, Standing
from pipeline.source import column


class Source(Enum):
    """Where an entry is known from."""

    FIELD_HISTORY = "field_history"
    OPPORTUNITY_HISTORY = "opportunity_history"
    HERE = "here"
    ACTIVITY = "activity"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry. For an activity ``field`` is empty and ``text`` its subject. ``state`` is set for what waits here."""

    at: datetime
    field: str
    old: Value
    new: Value
    who: str | None
    source: Source
    text: str = ""
    created: bool = False
    state: RecordState | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """A task or an event of a deal. ``done`` is whether it is over."""

    id: RecordId
    kind: str
    subject: str
    day: date | None
    done: bool
    owner_name: str | None


COMPARED = ("StageName", "Amount", "CloseDate", "Probability")
"""The fields of OpportunityHistory in which one row is compared with the one before."""

NOT_FIELDS = {"created", "opportunityCreatedFromLead", "locked", "unlocked"}
"""Words in FieldHistory.Field that are events and not fields."""


def changes(store: Store, deal_id: str, standing: Standing) -> tuple[Change, ...]:
    """Everything that is known to have changed on a deal. A change that both histories tell is told once."""
    tracked = list(_field_history(store, deal_id))
    told = {_key(change) for change in tracked}
    snapshots = [change for change in _opportunity_history(store, deal_id) if _key(change) not in told]
    everything = [*_waiting(standing), *tracked, *snapshots]
    return tuple(sorted(everything, key=lambda change: change.at, reverse=True))


def activities(store: Store, deal_id: str, today: date) -> tuple[Activity, ...]:
    """Tasks and events of a deal: what comes next first, then what was, the latest first."""
    found = [*_tasks(store, deal_id), *_events(store, deal_id, today)]
    ahead = sorted((item for item in found if not item.done), key=lambda item: item.day or date.max)
    behind = sorted((item for item in found if item.done), key=lambda item: item.day or date.min, reverse=True)
    return (*ahead, *behind)


def _waiting(standing: Standing) -> Iterator[Change]:
    if standing.touched_at is None or standing.here is None or standing.there is None:
        return
    for item in standing.fields:
        if item.differs:
            state = RecordState.CONFLICT if item.conflict else RecordState.WAITING
            yield Change(standing.touched_at, item.field, item.there, item.here, None, Source.HERE, state=state)


def _field_history(store: Store, deal_id: str) -> Iterator[Change]:
    for row in _rows(store, "OpportunityFieldHistory", deal_id, ("Field", "OldValue", "NewValue")):
        name = str(row.Field)
        if name in NOT_FIELDS:
            continue
        yield Change(
            at=row.at,
            field=name,
            old=_typed(store, name, row.OldValue),
            new=_typed(store, name, row.NewValue),
            who=row.who,
            source=Source.FIELD_HISTORY,
        )


def _opportunity_history(store: Store, deal_id: str) -> Iterator[Change]:
    before: Row[Any] | None = None
    for row in _rows(store, "OpportunityHistory", deal_id, COMPARED):
        if before is None:
            yield Change(row.at, "", None, None, row.who, Source.OPPORTUNITY_HISTORY, created=True)
        for name in COMPARED if before is not None else ():
            old, new = getattr(before, name), getattr(row, name)
            if old != new:
                yield Change(row.at, name, old, new, row.who, Source.OPPORTUNITY_HISTORY)
        before = row


def _rows(store: Store, object_name: str, deal_id: str, fields: Sequence[str]) -> Sequence[Row[Any]]:
    if object_name not in store.objects:
        return ()
    rows, user = store.live(object_name).alias("h"), store.live("User").alias("u")

    def of(field: str) -> ColumnElement[Any]:
        return column(store, object_name, rows, field)

    query = (
        select(
            of("CreatedDate").label("at"),
            column(store, "User", user, "Name").label("who"),
            *(of(field).label(field) for field in fields),
        )
        .select_from(rows.outerjoin(user, user.c.id == of("CreatedById")))
        .where(of("OpportunityId") == deal_id, of("CreatedDate").is_not(None))
        .order_by(of("CreatedDate"), rows.c.id)
    )
    with read(store.engine) as connection:
        return connection.execute(query).all()


def _key(change: Change) -> tuple[str, datetime, str]:
    # Both histories are written by the same save, to the second.
    new = change.new.normalize() if isinstance(change.new, Decimal) else change.new
    return change.field, change.at.replace(microsecond=0), str(new)


def _typed(store: Store, field_name: str, value: Value) -> Value:
    """A value of field history as its field's own type; references and unknown fields stay text."""
    field = store.objects["Opportunity"].by_name.get(field_name)
    if field is None or value is None or not isinstance(value, str):
        return value
    try:
        return from_json(field, Decimal(value) if field.type in ("currency", "percent", "double") else value)
    except (NotCanonical, InvalidOperation, ValueError):
        return value


def _tasks(store: Store, deal_id: str) -> Iterator[Activity]:
    for row in _activity_rows(store, "Task", deal_id, ("Subject", "ActivityDate", "IsClosed", "TaskSubtype")):
        yield Activity(
            row.id, row.TaskSubtype or "Task", row.Subject or "", row.ActivityDate, bool(row.IsClosed), row.who
        )


def _events(store: Store, deal_id: str, today: date) -> Iterator[Activity]:
    for row in _activity_rows(store, "Event", deal_id, ("Subject", "ActivityDate")):
        over = row.ActivityDate is not None and row.ActivityDate < today
        yield Activity(row.id, "Event", row.Subject or "", row.ActivityDate, over, row.who)


def _activity_rows(store: Store, object_name: str, deal_id: str, fields: Sequence[str]) -> Sequence[Row[Any]]:
    if object_name not in store.objects:
        return ()
    rows: FromClause = store.live(object_name).alias("activity")
    user = store.live("User").alias("u")

    def of(field: str) -> ColumnElement[Any]:
        return column(store, object_name, rows, field)

    query = (
        select(rows.c.id, column(store, "User", user, "Name").label("who"), *(of(f).label(f) for f in fields))
        .select_from(rows.outerjoin(user, user.c.id == of("OwnerId")))
        .where(or_(of("WhatId") == deal_id))
        .order_by(of("ActivityDate").desc(), rows.c.id)
        .limit(50)
    )
    with read(store.engine) as connection:
        return connection.execute(query).all()
