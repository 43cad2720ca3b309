"""Converting a lead: into an account, a contact and, mostly, an opportunity.

Which field becomes which is what Salesforce's help says of the standard fields; that activities follow the contact and
the deal, and that the deal closes at the end of the fiscal quarter, too. (all unsourced)
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from playground import dml, errors
from playground.store import Row
from playground.work import Work

CONVERTED_STATUSES = frozenset({"Closed - Converted"})
_OPPORTUNITY_NAME_MAX = 120
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy")
_TO_ACCOUNT = {
    "Company": "Name",
    "Phone": "Phone",
    "Fax": "Fax",
    "Website": "Website",
    "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue",
    "NumberOfEmployees": "NumberOfEmployees",
    "Rating": "Rating",
    "LeadSource": "AccountSource",
    **{part: f"Billing{part}" for part in _ADDRESS},
}
_TO_CONTACT = {
    "Salutation": "Salutation",
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Title": "Title",
    "Email": "Email",
    "Phone": "Phone",
    "MobilePhone": "MobilePhone",
    "Fax": "Fax",
    "Description": "Description",
    "LeadSource": "LeadSource",
    **{part: f"Mailing{part}" for part in _ADDRESS},
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a conversion is asked to be. Ids name records to use instead of new ones."""

    lead_id: str
    status: str
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None
    opportunity_name: str | None = None
    without_opportunity: bool = False
    overwrites_lead_source: bool = False
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """What a lead became."""

    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert(work: Work, wish: Wish) -> Converted:
    """Convert a lead. Works inside the caller's transaction; raise an :class:`errors.ApiError` for what is refused."""
    leads = work.schema.by_lower_name["lead"]
    lead = dml.live(work, leads, wish.lead_id)
    if lead["IsConverted"]:
        raise errors.ApiError("cannot reference converted lead", code="CANNOT_UPDATE_CONVERTED_LEAD", fields=[])
    if wish.status not in CONVERTED_STATUSES:
        raise errors.ApiError(f"invalid convertedStatus: {wish.status}", code="INVALID_STATUS", fields=[])
    if wish.contact_id and not wish.account_id:
        raise errors.ApiError("accountId is required with contactId", code="MISSING_ARGUMENT", fields=["accountId"])
    owner = wish.owner_id or str(lead["OwnerId"])
    account_id = _record(work, "Account", wish.account_id, _mapped(lead, _TO_ACCOUNT), {"OwnerId": owner})
    contact_id = _contact(work, wish, lead, account_id, owner)
    opportunity_id = _opportunity(work, wish, lead, account_id, contact_id, owner)
    _move_activities(work, str(lead["Id"]), contact_id, opportunity_id or account_id)
    work.store.update(
        "Lead",
        lead["Id"],
        {
            "IsConverted": 1,
            "Status": wish.status,
            "OwnerId": owner,
            "ConvertedDate": work.today(),
            "ConvertedAccountId": account_id,
            "ConvertedContactId": contact_id,
            "ConvertedOpportunityId": opportunity_id,
            "LastModifiedDate": work.stamp,
            "LastModifiedById": work.user_id,
            "SystemModstamp": work.stamp,
        },
    )
    return Converted(str(lead["Id"]), account_id, contact_id, opportunity_id)


def _mapped(lead: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: lead[ours] for ours, theirs in names.items() if lead.get(ours) is not None}


def _record(
    work: Work, object_name: str, existing: str | None, values: Mapping[str, Any], of_new: Mapping[str, Any]
) -> str:
    """A new record; or the existing one, with those of its fields filled that are empty."""
    object_type = work.schema.by_lower_name[object_name.lower()]
    values = {name: value for name, value in values.items() if object_type.has(name)}
    if not existing:
        return dml.create(work, object_type, {**values, **of_new})
    row = dml.live(work, object_type, existing)
    missing = {name: value for name, value in values.items() if row.get(name) is None}
    if missing:
        dml.update(work, object_type, existing, missing)
    return str(row["Id"])


def _contact(work: Work, wish: Wish, lead: Row, account_id: str, owner: str) -> str:
    contact_id = _record(
        work, "Contact", wish.contact_id, _mapped(lead, _TO_CONTACT), {"AccountId": account_id, "OwnerId": owner}
    )
    if wish.contact_id and wish.overwrites_lead_source and lead["LeadSource"]:
        dml.update(work, work.schema.by_lower_name["contact"], contact_id, {"LeadSource": lead["LeadSource"]})
    return contact_id


def _opportunity(work: Work, wish: Wish, lead: Row, account_id: str, contact_id: str, owner: str) -> str | None:
    if wish.opportunity_id:
        return str(dml.live(work, work.schema.by_lower_name["opportunity"], wish.opportunity_id)["Id"])
    if wish.without_opportunity:
        return None
    fields: dict[str, Any] = {
        "Name": (wish.opportunity_name or str(lead["Company"]))[:_OPPORTUNITY_NAME_MAX],
        "StageName": _first_stage(work),
        "CloseDate": _end_of_quarter(work),
        "AccountId": account_id,
        "OwnerId": owner,
        "LeadSource": lead["LeadSource"],
        # The new deal's primary contact, with a role that says nothing (salesforce-api.md 11.2).
        "ContactId": contact_id,
    }
    return dml.create(work, work.schema.by_lower_name["opportunity"], fields)


def _first_stage(work: Work) -> str:
    rows = work.store.select("OpportunityStage", "IsActive AND NOT IsClosed ORDER BY SortOrder LIMIT 1")
    return str(rows[0]["MasterLabel"]) if rows else "Prospecting"


def _move_activities(work: Work, lead_id: str, contact_id: str, about: str) -> None:
    contact = work.store.get("Contact", contact_id) or {}
    for name in ("Task", "Event"):
        for row in work.store.select(name, "WhoId = ? AND NOT IsDeleted", (lead_id,)):
            changes = {"WhoId": contact_id, "AccountId": contact.get("AccountId"), "SystemModstamp": work.stamp}
            work.store.update(name, row["Id"], changes | ({} if row["WhatId"] else {"WhatId": about}))


def _end_of_quarter(work: Work) -> str:
    today = date.fromisoformat(work.today())
    first_month = int(work.organization().get("FiscalYearStartMonth") or 1)
    months_left = 2 - (today.month - first_month) % 3
    year, month = today.year + (today.month + months_left - 1) // 12, (today.month + months_left - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1]).isoformat()
