"""Opportunities: lists with filters, and sums over the same filters, so that a number and its list always agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, case, exists, func, not_, or_, select, true

from local_store.database import read
from local_store.store import Store
from local_store.tables import conflict, issue, touched
from mapping.record import RecordId
from pipeline.record_state import RecordState, states
from pipeline.source import contains, deals, minor_units

OPEN = "open"
WON = "won"
LOST = "lost"
STATUSES = (OPEN, WON, LOST)

OMITTED = "Omitted"

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Deal:
    """One opportunity as lists and pages show it. ``currency`` is empty where the org has only one."""

    id: RecordId
    name: str
    amount: Decimal | None
    currency: str
    close_date: date | None
    stage: str
    probability: Decimal | None
    stage_probability: Decimal | None
    category: str
    next_step: str | None
    account_id: RecordId | None
    account_name: str | None
    owner_id: RecordId | None
    owner_name: str | None
    closed: bool
    won: bool
    created_at: datetime | None
    stage_since: datetime | None
    contacts: int
    state: RecordState = RecordState.IN_SALESFORCE

    @property
    def probability_is_set_by_hand(self) -> bool:
        """Whether the probability differs from the stage's."""
        return self.stage_probability is not None and self.probability != self.stage_probability


@dataclass(frozen=True, slots=True)
class DealFilter:
    """Which deals are meant. An empty field means all. ``first`` and ``last`` are close dates, both inclusive."""

    text: str = ""
    status: frozenset[str] = frozenset()
    stages: frozenset[str] | None = None
    categories: frozenset[str] = frozenset()
    counted: bool = False
    """Leave out deals whose category is Omitted, as the forecast cards do; won ones always count."""
    owner: str = ""
    account: str = ""
    first: date | None = None
    last: date | None = None
    overdue_on: date | None = None
    no_amount: bool = False
    state: str = ""


SORTS: Mapping[str, str] = {
    "name": "name",
    "account": "account_name",
    "owner": "owner_name",
    "amount": "amount",
    "close": "close_date",
    "stage": "stage_order",
    "probability": "probability",
    "contacts": "contacts",
    "created": "created_at",
}
"""What a list can be sorted by (S19: an allow-list), and the column for it."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted."""

    key: str = "amount"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Bucket:
    """Deals of one stage, category and currency: how many, how many without an amount, and the exact sum."""

    stage: str
    category: str
    closed: bool
    won: bool
    currency: str
    count: int
    without_amount: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """A count with its amounts by currency: two currencies are never added up."""

    count: int = 0
    without_amount: int = 0
    amounts: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DealPage:
    """One page of a list, and the totals of all of it. ``offset`` counts from 0."""

    deals: tuple[Deal, ...]
    total: Total
    offset: int
    size: int


def totals(store: Store, wanted: DealFilter) -> tuple[Bucket, ...]:
    """The deals of a filter, added up by stage, category and currency."""
    found = deals(store)
    keys = (found.c.stage, found.c.category, found.c.closed, found.c.won, found.c.currency)
    query = (
        select(
            *keys,
            func.count().label("count"),
            func.sum(case((found.c.amount.is_(None), 1), else_=0)).label("without_amount"),
            func.sum(minor_units(found.c.amount)).label("units"),
        )
        .where(*_conditions(found, wanted))
        .group_by(*keys)
    )
    with read(store.engine) as connection:
        return tuple(_bucket(row) for row in connection.execute(query))


def add_up(buckets: Sequence[Bucket]) -> Total:
    """Put buckets together."""
    amounts: dict[str, Decimal] = {}
    for bucket in buckets:
        amounts[bucket.currency] = amounts.get(bucket.currency, Decimal(0)) + bucket.amount
    return Total(
        count=sum(bucket.count for bucket in buckets),
        without_amount=sum(bucket.without_amount for bucket in buckets),
        amounts=amounts,
    )


def page(store: Store, wanted: DealFilter, order: Order, offset: int = 0, size: int = PAGE_SIZE) -> DealPage:
    """One page of the deals of a filter."""
    found = deals(store)
    query = select(found).where(*_conditions(found, wanted)).order_by(*_order(found, order)).limit(size).offset(offset)
    with read(store.engine) as connection:
        rows = connection.execute(query).all()
        standing = states(connection, store, "Opportunity", [row.id for row in rows])
    return DealPage(
        deals=tuple(_deal(row, standing[row.id]) for row in rows),
        total=add_up(totals(store, wanted)),
        offset=offset,
        size=size,
    )


def find(store: Store, record_id: str) -> Deal | None:
    """One deal by its present id."""
    found = deals(store)
    with read(store.engine) as connection:
        row = connection.execute(select(found).where(found.c.id == record_id)).one_or_none()
        return None if row is None else _deal(row, states(connection, store, "Opportunity", [row.id])[row.id])


def _conditions(found: Subquery, wanted: DealFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.text:
        conditions.append(contains(wanted.text, found.c.name, found.c.account_name))
    if wanted.status:
        conditions.append(or_(*(_is(found, status) for status in sorted(wanted.status))))
    if wanted.stages is not None:
        conditions.append(found.c.stage.in_(sorted(wanted.stages)))
    if wanted.categories:
        conditions.append(or_(found.c.won, found.c.category.in_(sorted(wanted.categories))))
    if wanted.counted:
        conditions.append(or_(found.c.closed, func.coalesce(found.c.category, "") != OMITTED))
    for column, value in (("owner_id", wanted.owner), ("account_id", wanted.account)):
        if value:
            conditions.append(found.c[column] == value)
    if wanted.first:
        conditions.append(found.c.close_date >= wanted.first)
    if wanted.last:
        conditions.append(found.c.close_date <= wanted.last)
    if wanted.overdue_on:
        conditions += [not_(found.c.closed), found.c.close_date < wanted.overdue_on]
    if wanted.no_amount:
        conditions.append(found.c.amount.is_(None))
    if wanted.state:
        conditions.append(_stands(found, wanted.state))
    return conditions


def _is(found: Subquery, status: str) -> ColumnElement[bool]:
    match status:
        case "open":
            return not_(found.c.closed)
        case "won":
            return found.c.won == true()
        case _:
            return (found.c.closed == true()) & not_(found.c.won)


def _stands(found: Subquery, state: str) -> ColumnElement[bool]:
    match state:
        case "conflict":
            log = conflict
        case "refused":
            log = issue
        case _:
            return exists().where(touched.c.object == "Opportunity", touched.c.id == found.c.id)
    return exists().where(log.c.object == "Opportunity", log.c.record_id == found.c.id, log.c.closed_at.is_(None))


def _order(found: Subquery, order: Order) -> list[ColumnElement[Any]]:
    column = found.c[SORTS.get(order.key, "amount")]
    first = column.desc() if order.descending else column.asc()
    return [first.nulls_last(), found.c.name.asc(), found.c.id.asc()]


def _bucket(row: Row[Any]) -> Bucket:
    return Bucket(
        stage=row.stage or "",
        category=row.category or "",
        closed=bool(row.closed),
        won=bool(row.won),
        currency=row.currency or "",
        count=int(row.count),  # type: ignore[call-overload]
        without_amount=int(row.without_amount or 0),
        amount=Decimal(int(row.units or 0)) / 100,
    )


def _deal(row: Row[Any], state: RecordState) -> Deal:
    return Deal(
        id=RecordId(row.id),
        name=row.name or row.id,
        amount=row.amount,
        currency=row.currency or "",
        close_date=row.close_date,
        stage=row.stage or "",
        probability=row.probability,
        stage_probability=row.stage_probability,
        category=row.category or "",
        next_step=row.next_step,
        account_id=row.account_id,
        account_name=row.account_name,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        closed=bool(row.closed),
        won=bool(row.won),
        created_at=row.created_at,
        stage_since=row.stage_since,
        contacts=row.contacts,
        state=state,
    )
