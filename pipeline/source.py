"""What every query is made of: live rows of an object, its fields by API name, deals with what their stage means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql.selectable import FromClause

from local_store.store import Store
from local_store.types import typed

NEEDED = ("Account", "Contact", "Opportunity", "OpportunityContactRole", "OpportunityStage", "User")
"""The objects without which the pages have nothing to show."""


class NotLoaded(Exception):
    """The mirror has not read these objects yet."""

    def __init__(self, objects: Iterable[str]) -> None:
        self.objects = tuple(objects)
        super().__init__(f"not loaded yet: {', '.join(self.objects)}")


def require_loaded(store: Store) -> None:
    """Raise ``NotLoaded`` unless all objects that the pages need are mirrored."""
    missing = [name for name in NEEDED if name not in store.objects]
    if missing:
        store.refresh()
        missing = [name for name in NEEDED if name not in store.objects]
    if missing:
        raise NotLoaded(missing)


def has_field(store: Store, object_name: str, field: str) -> bool:
    """Whether an object is mirrored and has the field. Orgs differ, and fields may be hidden from our user."""
    return object_name in store.objects and field in store.objects[object_name].by_name


def column(store: Store, object_name: str, rows: FromClause, field: str) -> ColumnElement[Any]:
    """The column of a field in rows of an object; null where the org has no such field."""
    found = store.objects[object_name].by_name.get(field)
    return null() if found is None else rows.c[found.column]


def people_name(store: Store, rows: FromClause) -> ColumnElement[Any]:
    """A contact's name. Salesforce works Name out; of a contact made here only its parts are known."""
    first, last = column(store, "Contact", rows, "FirstName"), column(store, "Contact", rows, "LastName")
    parts = func.trim(func.coalesce(first, "") + literal(" ") + func.coalesce(last, ""))
    made_here = rows.c.id.startswith("local-", autoescape=True)
    return case((made_here, parts), else_=func.coalesce(column(store, "Contact", rows, "Name"), parts))


def deals(store: Store) -> Subquery:
    """One row a live opportunity, with the names around it and what its stage means.

    Open, won and lost come from the org's stage, so that an edit of the stage by SQL counts at once; the record's own
    flags stand in where the stage is not in the org's list.
    """
    require_loaded(store)
    deal, account, owner = (
        store.live("Opportunity").alias("deal"),
        store.live("Account").alias("account"),
        store.live("User").alias("owner"),
    )
    stage = store.live("OpportunityStage").alias("stage")
    role = store.live("OpportunityContactRole").alias("role")

    def of(field: str) -> ColumnElement[Any]:
        return column(store, "Opportunity", deal, field)

    def of_stage(field: str) -> ColumnElement[Any]:
        return column(store, "OpportunityStage", stage, field)

    contacts = (
        select(func.count())
        .select_from(role)
        .where(column(store, "OpportunityContactRole", role, "OpportunityId") == deal.c.id)
        .scalar_subquery()
    )
    joined = (
        deal.outerjoin(account, account.c.id == of("AccountId"))
        .outerjoin(owner, owner.c.id == of("OwnerId"))
        .outerjoin(stage, of_stage("ApiName") == of("StageName"))
    )
    return (
        select(
            deal.c.id.label("id"),
            of("Name").label("name"),
            type_coerce(of("Amount"), typed("currency")).label("amount"),
            type_coerce(of("CurrencyIsoCode"), typed("string")).label("currency"),
            of("CloseDate").label("close_date"),
            of("StageName").label("stage"),
            type_coerce(of("Probability"), typed("percent")).label("probability"),
            of_stage("DefaultProbability").label("stage_probability"),
            func.coalesce(of("ForecastCategoryName"), of_stage("ForecastCategoryName")).label("category"),
            of("NextStep").label("next_step"),
            of("AccountId").label("account_id"),
            column(store, "Account", account, "Name").label("account_name"),
            of("OwnerId").label("owner_id"),
            column(store, "User", owner, "Name").label("owner_name"),
            _flag(of_stage("IsClosed"), of("IsClosed")).label("closed"),
            _flag(of_stage("IsWon"), of("IsWon")).label("won"),
            of_stage("SortOrder").label("stage_order"),
            of("CreatedDate").label("created_at"),
            of("LastStageChangeDate").label("stage_since"),
            contacts.label("contacts"),
        )
        .select_from(joined)
        .subquery("deals")
    )


def _flag(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((first == true(), True), (first == false(), False), (second == true(), True), else_=False)


def minor_units(amount: ColumnElement[Any]) -> ColumnElement[int]:
    """An amount in hundredths as an integer, so that sums are exact (design decision 16)."""
    return cast(func.round(amount * 100), Integer)


def contains(text: str, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether any of the columns contains a text, without regard to case."""
    words = [word for word in text.casefold().split() if word]
    if not words:
        return true()
    found = [func.lower(func.coalesce(column, "")) for column in columns]
    joined: ColumnElement[Any] = found[0]
    for other in found[1:]:
        joined = joined + literal(" ") + other
    return and_(*(joined.contains(word, autoescape=True) for word in words))
