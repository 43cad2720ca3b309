"""Accounts, contacts and contact roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Subquery, case, func, not_, select, true

from local_store.database import read
from local_store.store import Store
from mapping.record import RecordId
from pipeline.deals import PAGE_SIZE, Order
from pipeline.record_state import RecordState, states
from pipeline.source import column, contains, deals, minor_units, people_name, require_loaded

CHOICES_MAX = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """One account. ``open_amount`` is None where its open deals are in several currencies."""

    id: RecordId
    name: str
    industry: str | None
    city: str | None
    country: str | None
    phone: str | None
    owner_name: str | None
    contacts: int
    open_count: int
    open_amount: Decimal | None
    currency: str = ""
    state: RecordState = RecordState.IN_SALESFORCE


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact."""

    id: RecordId
    name: str
    title: str | None
    email: str | None
    phone: str | None
    account_id: RecordId | None
    account_name: str | None
    roles: int
    state: RecordState = RecordState.IN_SALESFORCE


@dataclass(frozen=True, slots=True)
class ContactRole:
    """A person's part in a deal."""

    id: RecordId
    contact_id: RecordId
    contact_name: str
    title: str | None
    role: str | None
    primary: bool
    opportunity_id: RecordId
    opportunity_name: str
    state: RecordState = RecordState.IN_SALESFORCE


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a list."""

    items: tuple[T, ...]
    total: int
    offset: int
    size: int


ACCOUNT_SORTS: Mapping[str, str] = {
    "name": "name",
    "city": "city",
    "industry": "industry",
    "owner": "owner_name",
    "contacts": "contacts",
    "open": "open_count",
    "amount": "units",
}
CONTACT_SORTS: Mapping[str, str] = {
    "name": "name",
    "title": "title",
    "account": "account_name",
    "email": "email",
    "roles": "roles",
}


def accounts(store: Store, text: str, order: Order, offset: int = 0, size: int = PAGE_SIZE) -> Listing[Account]:
    """Accounts whose name or city contains a text."""
    found = _accounts(store)
    query = select(found).where(contains(text, found.c.name, found.c.city) if text else true())
    return _listing(store, "Account", query, _sorted(found, ACCOUNT_SORTS, order), offset, size, _account)


def account(store: Store, record_id: str) -> Account | None:
    """One account by its present id."""
    found = _accounts(store)
    return _one(store, "Account", select(found).where(found.c.id == record_id), _account)


def contacts(
    store: Store, text: str, order: Order, offset: int = 0, size: int = PAGE_SIZE, account_id: str = ""
) -> Listing[Contact]:
    """Contacts whose name, e-mail or account contains a text; of one account, where given."""
    found = _contacts(store)
    query = select(found).where(contains(text, found.c.name, found.c.email, found.c.account_name) if text else true())
    if account_id:
        query = query.where(found.c.account_id == account_id)
    return _listing(store, "Contact", query, _sorted(found, CONTACT_SORTS, order), offset, size, _contact)


def contact(store: Store, record_id: str) -> Contact | None:
    """One contact by its present id."""
    found = _contacts(store)
    return _one(store, "Contact", select(found).where(found.c.id == record_id), _contact)


def contact_roles(store: Store, *, opportunity_id: str = "", contact_id: str = "") -> tuple[ContactRole, ...]:
    """The contact roles of a deal or of a person, the primary one first."""
    require_loaded(store)
    role, person, deal = (
        store.live("OpportunityContactRole").alias("role"),
        store.live("Contact").alias("person"),
        store.live("Opportunity").alias("deal"),
    )

    def of(field: str) -> ColumnElement[Any]:
        return column(store, "OpportunityContactRole", role, field)

    query = (
        select(
            role.c.id,
            of("ContactId").label("contact_id"),
            people_name(store, person).label("contact_name"),
            column(store, "Contact", person, "Title").label("title"),
            of("Role").label("role"),
            func.coalesce(of("IsPrimary"), False).label("primary"),
            of("OpportunityId").label("opportunity_id"),
            column(store, "Opportunity", deal, "Name").label("opportunity_name"),
        )
        .select_from(
            role.outerjoin(person, person.c.id == of("ContactId")).outerjoin(deal, deal.c.id == of("OpportunityId"))
        )
        .order_by(func.coalesce(of("IsPrimary"), False).desc(), people_name(store, person), role.c.id)
    )
    if opportunity_id:
        query = query.where(of("OpportunityId") == opportunity_id)
    if contact_id:
        query = query.where(of("ContactId") == contact_id)
    with read(store.engine) as connection:
        rows = connection.execute(query).all()
        standing = states(connection, store, "OpportunityContactRole", [row.id for row in rows])
    return tuple(
        ContactRole(
            id=RecordId(row.id),
            contact_id=row.contact_id,
            contact_name=row.contact_name or row.contact_id,
            title=row.title,
            role=row.role,
            primary=bool(row.primary),
            opportunity_id=row.opportunity_id,
            opportunity_name=row.opportunity_name or row.opportunity_id,
            state=standing[row.id],
        )
        for row in rows
    )


def account_choices(store: Store) -> tuple[tuple[RecordId, str], ...]:
    """Accounts to choose from, by name; the first few hundred where there are more."""
    require_loaded(store)
    rows = store.live("Account")
    name = column(store, "Account", rows, "Name")
    with read(store.engine) as connection:
        found = connection.execute(select(rows.c.id, name).order_by(func.lower(name), rows.c.id).limit(CHOICES_MAX))
        return tuple((RecordId(record_id), text or record_id) for record_id, text in found)


def owners(store: Store) -> tuple[tuple[str, str], ...]:
    """The people who own live deals, by name."""
    found = deals(store)
    query = select(found.c.owner_id, found.c.owner_name).where(found.c.owner_name.is_not(None)).distinct()
    with read(store.engine) as connection:
        rows = connection.execute(query.order_by(found.c.owner_name)).all()
    return tuple((owner_id, name) for owner_id, name in rows)


def _accounts(store: Store) -> Subquery:
    require_loaded(store)
    rows, owner, person = (
        store.live("Account").alias("a"),
        store.live("User").alias("owner"),
        store.live("Contact").alias("person"),
    )
    deal = deals(store)
    # Added up once for all accounts, not once an account.
    business = (
        select(
            deal.c.account_id.label("account_id"),
            func.count().label("count"),
            func.count(deal.c.currency.distinct()).label("currencies"),
            func.max(deal.c.currency).label("currency"),
            func.sum(minor_units(deal.c.amount)).label("units"),
        )
        .where(not_(deal.c.closed))
        .group_by(deal.c.account_id)
        .subquery("business")
    )
    staff_of = column(store, "Contact", person, "AccountId")
    staff = select(staff_of.label("account_id"), func.count().label("count")).group_by(staff_of).subquery("staff")
    return (
        select(
            rows.c.id.label("id"),
            column(store, "Account", rows, "Name").label("name"),
            column(store, "Account", rows, "Industry").label("industry"),
            column(store, "Account", rows, "BillingCity").label("city"),
            column(store, "Account", rows, "BillingCountry").label("country"),
            column(store, "Account", rows, "Phone").label("phone"),
            column(store, "User", owner, "Name").label("owner_name"),
            func.coalesce(staff.c.count, 0).label("contacts"),
            func.coalesce(business.c.count, 0).label("open_count"),
            case((business.c.currencies <= 1, business.c.units), else_=None).label("units"),
            business.c.currency.label("currency"),
        )
        .select_from(
            rows.outerjoin(owner, owner.c.id == column(store, "Account", rows, "OwnerId"))
            .outerjoin(business, business.c.account_id == rows.c.id)
            .outerjoin(staff, staff.c.account_id == rows.c.id)
        )
        .subquery("accounts")
    )


def _contacts(store: Store) -> Subquery:
    require_loaded(store)
    rows, account, role = (
        store.live("Contact").alias("c"),
        store.live("Account").alias("account"),
        store.live("OpportunityContactRole").alias("role"),
    )
    account_id = column(store, "Contact", rows, "AccountId")
    return (
        select(
            rows.c.id.label("id"),
            people_name(store, rows).label("name"),
            column(store, "Contact", rows, "Title").label("title"),
            column(store, "Contact", rows, "Email").label("email"),
            column(store, "Contact", rows, "Phone").label("phone"),
            account_id.label("account_id"),
            column(store, "Account", account, "Name").label("account_name"),
            select(func.count())
            .select_from(role)
            .where(column(store, "OpportunityContactRole", role, "ContactId") == rows.c.id)
            .scalar_subquery()
            .label("roles"),
        )
        .select_from(rows.outerjoin(account, account.c.id == account_id))
        .subquery("contacts")
    )


def _sorted(found: Subquery, allowed: Mapping[str, str], order: Order) -> list[ColumnElement[Any]]:
    by = found.c[allowed.get(order.key, "name")]
    return [(by.desc() if order.descending else by.asc()).nulls_last(), found.c.name.asc(), found.c.id.asc()]


def _listing(
    store: Store,
    object_name: str,
    query: Select[Any],
    order: list[ColumnElement[Any]],
    offset: int,
    size: int,
    build: Callable[[Row[Any], RecordState], T],
) -> Listing[T]:
    counting = select(func.count()).select_from(query.subquery())
    with read(store.engine) as connection:
        total = connection.execute(counting).scalar_one()
        rows = connection.execute(query.order_by(*order).limit(size).offset(offset)).all()
        standing = states(connection, store, object_name, [row.id for row in rows])
    return Listing(tuple(build(row, standing[row.id]) for row in rows), total, offset, size)


def _one(store: Store, object_name: str, query: Select[Any], build: Callable[[Row[Any], RecordState], T]) -> T | None:
    with read(store.engine) as connection:
        row = connection.execute(query).one_or_none()
        return None if row is None else build(row, states(connection, store, object_name, [row.id])[row.id])


def _account(row: Row[Any], state: RecordState) -> Account:
    return Account(
        id=RecordId(row.id),
        name=row.name or row.id,
        industry=row.industry,
        city=row.city,
        country=row.country,
        phone=row.phone,
        owner_name=row.owner_name,
        contacts=row.contacts,
        open_count=row.open_count,
        open_amount=None if row.units is None else Decimal(int(row.units)) / 100,
        currency=row.currency or "",
        state=state,
    )


def _contact(row: Row[Any], state: RecordState) -> Contact:
    return Contact(
        id=RecordId(row.id),
        name=row.name or row.id,
        title=row.title,
        email=row.email,
        phone=row.phone,
        account_id=row.account_id,
        account_name=row.account_name,
        roles=row.roles,
        state=state,
    )
