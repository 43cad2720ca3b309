"""What the org does with opportunities: stage follows, revenue, fiscal period, history (salesforce-api.md 11.1)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from playground import errors
from playground.store import Row
from playground.work import Work

FORECAST_CATEGORY = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Most Likely": "MostLikely",
    "Commit": "Forecast",
    "Closed": "Closed",
}
"""ForecastCategory by ForecastCategoryName."""

_HISTORY_FIELDS = ("StageName", "Amount", "CloseDate", "Probability")
_DATA_TYPES = {
    "string": "Text",
    "picklist": "DynamicEnum",
    "currency": "Currency",
    "percent": "Percent",
    "date": "DateOnly",
    "datetime": "DateTime",
    "boolean": "Boolean",
    "double": "Double",
    "int": "Integer",
    "textarea": "MultiLineText",
    "reference": "EntityId",
}
_LABELS_OF = {"OwnerId": "User", "AccountId": "Account"}
"""Lookups whose change is written twice: once with names, once with ids. (unsourced)"""


def complete(work: Work, old: Row | None, new: Row, sent: Collection[str]) -> None:
    """Stage, forecast, expected revenue, fiscal period, push count and ages of the row about to be saved."""
    if old is None or old["StageName"] != new["StageName"]:
        _follow_stage(work, old, new, sent)
    for name in ("Probability", "ForecastCategoryName"):
        if name in sent and new.get(name) is None:
            new[name] = _stage_default(work, new["StageName"], name)
    if not 0 <= (new["Probability"] or 0) <= 100:
        raise errors.NumberOutOfRange("Probability (%)", new["Probability"], "Probability")
    new["ForecastCategory"] = FORECAST_CATEGORY.get(str(new.get("ForecastCategoryName")), "Pipeline")
    new["ExpectedRevenue"] = expected_revenue(new.get("Amount"), new.get("Probability"))
    new.update(fiscal_period(new["CloseDate"], work.organization()))
    new["PushCount"] = _push_count(old, new)
    if old is None:
        new["AgeInDays"] = new["LastStageChangeInDays"] = 0


def expected_revenue(amount: float | None, probability: float | None) -> float | None:
    """Amount x Probability / 100, in cents; None without an amount."""
    if amount is None:
        return None
    product = Decimal(str(amount)) * Decimal(str(probability or 0)) / 100
    return float(product.quantize(Decimal("0.01"), ROUND_HALF_UP))


def fiscal_period(close_date: str, organization: Row) -> Row:
    """FiscalYear, FiscalQuarter and Fiscal (``"2026 1"``) of a date in the org's fiscal year."""
    day = date.fromisoformat(close_date)
    first_month = int(organization.get("FiscalYearStartMonth") or 1)
    months_in = (day.month - first_month) % 12
    begins_in = day.year if day.month >= first_month else day.year - 1
    named_by_end = first_month > 1 and not organization.get("UsesStartDateAsFiscalYearName")
    year = begins_in + int(named_by_end)
    quarter = months_in // 3 + 1
    return {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}


def record_change(work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """Write history rows, and on create the primary contact role that ContactId asks for."""
    if old is None or any(old[name] != new[name] for name in _HISTORY_FIELDS):
        _write_history(work, old, new)
    _write_field_history(work, old, new)
    if old is None and new.get("ContactId"):
        role = {
            "Id": work.store.next_id("00K"),
            "OpportunityId": new["Id"],
            "ContactId": new["ContactId"],
            "IsPrimary": 1,
            "CurrencyIsoCode": new.get("CurrencyIsoCode"),
            "IsDeleted": 0,
            "CreatedDate": work.stamp,
            "CreatedById": work.user_id,
            "LastModifiedDate": work.stamp,
            "LastModifiedById": work.user_id,
            "SystemModstamp": work.stamp,
        }
        work.store.insert("OpportunityContactRole", role)


def _follow_stage(work: Work, old: Row | None, new: Row, sent: Collection[str]) -> None:
    stage = _stage(work, new["StageName"])
    new["IsClosed"] = stage["IsClosed"] if stage else 0
    new["IsWon"] = stage["IsWon"] if stage else 0
    for name in ("Probability", "ForecastCategoryName"):
        if name not in sent and (stage or old is None):
            new[name] = _stage_default(work, new["StageName"], name)
    if old is not None:
        new["LastStageChangeDate"] = work.stamp
        new["LastStageChangeInDays"] = 0


def _stage(work: Work, name: str) -> Row | None:
    found = work.store.select("OpportunityStage", "ApiName = ? COLLATE NOCASE", (name,))
    return found[0] if found else None


def _stage_default(work: Work, stage_name: str, name: str) -> Any:
    """What the stage gives a field. An unknown stage is accepted and counts as open pipeline at 0 %. (unknown)"""
    stage = _stage(work, stage_name)
    if stage is None:
        return {"Probability": 0.0, "ForecastCategoryName": "Pipeline"}[name]
    return stage["DefaultProbability" if name == "Probability" else name]


def _push_count(old: Row | None, new: Row) -> int:
    """How often the close date moved into a later calendar month; it never decreases."""
    if old is None:
        return 0
    pushed = str(new["CloseDate"])[:7] > str(old["CloseDate"])[:7]
    return int(old.get("PushCount") or 0) + int(pushed)


def _write_history(work: Work, old: Row | None, new: Row) -> None:
    history_id = work.store.next_id("008")
    work.store.insert(
        "OpportunityHistory",
        {
            "Id": history_id,
            "OpportunityId": new["Id"],
            "CreatedById": work.user_id,
            "CreatedDate": work.stamp,
            "SystemModstamp": work.stamp,
            "IsDeleted": 0,
            "ExpectedRevenue": new["ExpectedRevenue"],
            "ForecastCategory": new["ForecastCategory"],
            "CurrencyIsoCode": new.get("CurrencyIsoCode"),
            "PrevAmount": old["Amount"] if old else None,
            "PrevCloseDate": old["CloseDate"] if old else None,
            **{name: new[name] for name in _HISTORY_FIELDS},
        },
    )
    pointers = {"Amount": "LastAmountChangedHistoryId", "CloseDate": "LastCloseDateChangedHistoryId"}
    moved = {pointer: history_id for name, pointer in pointers.items() if old and old[name] != new[name]}
    work.store.update("Opportunity", new["Id"], moved)
    new.update(moved)


def _write_field_history(work: Work, old: Row | None, new: Row) -> None:
    if old is None:
        _write_field_row(work, new, "created", "Text", None, None)
        return
    fields = work.schema.by_lower_name["opportunity"].by_lower_name
    for name in work.settings.tracked_fields:
        before, after = old[name], new[name]
        if before == after:
            continue
        field = fields[name.lower()]
        shown_as = name.removesuffix("Id") if field.type == "reference" else name
        if name in _LABELS_OF:
            names = (_name_of(work, _LABELS_OF[name], before), _name_of(work, _LABELS_OF[name], after))
            _write_field_row(work, new, shown_as, "Text", *names)
        _write_field_row(work, new, shown_as, _DATA_TYPES.get(field.type, "Text"), before, after)


def _name_of(work: Work, object_name: str, record_id: str | None) -> str | None:
    row = work.store.get(object_name, record_id) if record_id else None
    return row["Name"] if row else None


def _write_field_row(work: Work, new: Row, field: str, data_type: str, before: Any, after: Any) -> None:
    work.store.insert(
        "OpportunityFieldHistory",
        {
            "Id": work.store.next_id("017"),
            "IsDeleted": 0,
            "OpportunityId": new["Id"],
            "CreatedById": work.user_id,
            "CreatedDate": work.stamp,
            "Field": field,
            "DataType": data_type,
            "OldValue": None if before is None else str(before)[:255],
            "NewValue": None if after is None else str(after)[:255],
        },
    )
