"""convertLead(): opportunities also come from leads."""

from __future__ import annotations

from typing import Any

import pytest

from playground.org import Org
from tests.playground.conftest import Caller
from tests.playground.soap.conftest import NS, Soap, texts


@pytest.fixture
def lead(org: Org) -> str:
    return org.create(
        "Lead",
        {
            "FirstName": "Ann",
            "LastName": "Lima",
            "Company": "Lima & Co",
            "Title": "CTO",
            "Email": "ann@example.com",
            "Phone": "1",
            "Street": "Main Street 1",
            "City": "Leeds",
            "Industry": "Retail",
            "LeadSource": "Web",
            "NumberOfEmployees": 5,
        },
    )


def convert(lead_id: str, status: str = "Closed - Converted", **options: Any) -> str:
    said = {"convertedStatus": status, "leadId": lead_id, **options}
    parts = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f"<convertLead><leadConverts>{parts}</leadConverts></convertLead>"


def row(org: Org, object_name: str, record_id: object) -> dict[str, Any]:
    found = org.record(object_name, str(record_id))
    assert found is not None
    return found


def test_a_lead_becomes_an_account_a_contact_and_a_deal(soap: Soap, org: Org, lead: str) -> None:
    task = org.create("Task", {"Subject": "Call", "WhoId": lead})

    (result,) = soap.results(convert(lead))

    told = {part.tag.removeprefix(NS): part.text for part in result}
    assert list(told) == ["accountId", "contactId", "leadId", "opportunityId", "success"]
    assert (told["leadId"], told["success"]) == (lead, "true")
    account, contact, deal = (
        row(org, name, told[key])
        for name, key in (("Account", "accountId"), ("Contact", "contactId"), ("Opportunity", "opportunityId"))
    )
    assert (account["Name"], account["BillingStreet"], account["Industry"]) == ("Lima & Co", "Main Street 1", "Retail")
    assert (contact["Name"], contact["AccountId"], contact["MailingCity"]) == ("Ann Lima", account["Id"], "Leeds")
    assert (deal["Name"], deal["AccountId"], deal["LeadSource"]) == ("Lima & Co", account["Id"], "Web")
    assert (deal["StageName"], deal["CloseDate"], deal["IsClosed"]) == ("Prospecting", "2026-12-31", 0)
    (role,) = org.store.select("OpportunityContactRole", "OpportunityId = ?", (deal["Id"],))
    assert (role["ContactId"], role["Role"], role["IsPrimary"]) == (contact["Id"], None, 1)
    converted = row(org, "Lead", lead)
    assert (converted["IsConverted"], converted["Status"]) == (1, "Closed - Converted")
    assert converted["ConvertedDate"] == "2026-11-23"
    assert [converted[f"Converted{name}Id"] for name in ("Account", "Contact", "Opportunity")] == [
        account["Id"],
        contact["Id"],
        deal["Id"],
    ]
    moved = row(org, "Task", task)
    assert (moved["WhoId"], moved["WhatId"], moved["AccountId"]) == (contact["Id"], deal["Id"], account["Id"])


def test_records_that_are_there_are_filled_but_not_overwritten(soap: Soap, org: Org, lead: str) -> None:
    account = org.create("Account", {"Name": "Old", "Phone": "0"})
    contact = org.create("Contact", {"LastName": "Old", "AccountId": account, "LeadSource": "Other"})

    soap.results(convert(lead, accountId=account, contactId=contact, doNotCreateOpportunity="true"))

    kept = row(org, "Account", account)
    assert (kept["Name"], kept["Phone"], kept["Industry"]) == ("Old", "0", "Retail")
    kept = row(org, "Contact", contact)
    assert (kept["LastName"], kept["Title"], kept["LeadSource"]) == ("Old", "CTO", "Other")
    assert row(org, "Lead", lead)["ConvertedOpportunityId"] is None


def test_what_is_asked_for_is_done(soap: Soap, org: Org, colleague: Caller, lead: str) -> None:
    account = org.create("Account", {"Name": "Old"})
    contact = org.create("Contact", {"LastName": "Old", "LeadSource": "Other"})
    owner = org.user_id(str(colleague.username))

    (told,) = soap.told(
        convert(
            lead,
            accountId=account,
            contactId=contact,
            opportunityName="A big deal",
            overwriteLeadSource="true",
            ownerId=owner,
        )
    )

    deal = row(org, "Opportunity", told["opportunityId"])
    assert (deal["Name"], deal["OwnerId"]) == ("A big deal", owner)
    assert row(org, "Contact", contact)["LeadSource"] == "Web"
    assert row(org, "Lead", lead)["OwnerId"] == owner


def test_a_deal_that_is_there_is_taken(soap: Soap, org: Org, api: Caller, lead: str) -> None:
    deal = api.deal()

    (told,) = soap.told(convert(lead, opportunityId=deal))

    assert told["opportunityId"] == row(org, "Lead", lead)["ConvertedOpportunityId"] == deal


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"status": "Working - Contacted"}, "INVALID_STATUS"),
        ({"contactId": "003000000000000"}, "MISSING_ARGUMENT"),
        ({"accountId": "001000000000000"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"ownerId": "005000000000000"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"lead_id": "006000000000000"}, "MALFORMED_ID"),
    ],
)
def test_what_cannot_be_converted_is_left_as_it_was(
    soap: Soap, org: Org, lead: str, options: dict[str, str], code: str
) -> None:
    before = org.store.execute("SELECT count(*) FROM Account")

    (result,) = soap.results(convert(**{"lead_id": lead, **options}))

    assert texts(result, "success") == ["false"]
    assert texts(result, "statusCode") == [code]
    assert row(org, "Lead", lead)["IsConverted"] == 0
    assert org.store.execute("SELECT count(*) FROM Account") == before


def test_a_converted_lead_is_converted_once_and_stays_as_it_is(soap: Soap, api: Caller, lead: str) -> None:
    soap.results(convert(lead))

    (result,) = soap.results(convert(lead))
    changed = api.patch(f"/sobjects/Lead/{lead}", {"Title": "CEO"})

    assert texts(result, "statusCode") == ["CANNOT_UPDATE_CONVERTED_LEAD"]
    assert (changed.status_code, changed.json()[0]["errorCode"]) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")
    found = api.query(f"SELECT ConvertedOpportunity.Name, ConvertedContact.Name FROM Lead WHERE Id = '{lead}'")
    assert found[0]["ConvertedOpportunity"]["Name"] == "Lima & Co"
