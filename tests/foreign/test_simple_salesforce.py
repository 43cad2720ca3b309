"""simple-salesforce, unmodified and without our transport, over a real TLS socket: a stranger shares no misreadings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from tests.foreign.conftest import Site


@pytest.fixture
def deal(sf: Any) -> Iterator[str]:
    made = sf.Opportunity.create({"Name": "Foreign", "StageName": "Prospecting", "CloseDate": "2027-01-31"})
    assert made["success"] is True
    yield made["id"]
    sf.Opportunity.delete(made["id"])


def test_it_queries_counts_and_follows_parents(sf: Any) -> None:
    answer = sf.query("SELECT Id, Name, Account.Name FROM Opportunity WHERE Account.Name = 'Get Cloudy West'")
    assert answer["done"] is True
    assert {record["Account"]["Name"] for record in answer["records"]} <= {"Get Cloudy West"}
    assert sf.query("SELECT COUNT() FROM OpportunityStage")["totalSize"] == 10


def test_it_walks_over_the_pages_of_a_long_result(sf: Any) -> None:
    total = sf.query("SELECT COUNT() FROM OpportunityFieldHistory")["totalSize"]
    assert total > 2_000

    ids = [record["Id"] for record in sf.query_all_iter("SELECT Id FROM OpportunityFieldHistory")]

    assert len(ids) == len(set(ids)) == total
    assert sf.query_all("SELECT Id FROM OpportunityFieldHistory", include_deleted=True)["totalSize"] == total


def test_it_goes_on_from_a_locator_as_from_an_address(sf: Any) -> None:
    first = sf.query("SELECT Id FROM OpportunityFieldHistory")
    by_url = sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    by_locator = sf.query_more(first["nextRecordsUrl"].rsplit("/", 1)[1])

    assert by_url["records"] == by_locator["records"] != first["records"]


def test_it_creates_reads_changes_and_deletes(sf: Any, deal: str) -> None:
    assert sf.Opportunity.get(deal)["Probability"] == 10
    assert sf.Opportunity.update(deal, {"StageName": "Closed Won"}) == 204
    assert sf.Opportunity.get(deal)["IsWon"] is True

    other = sf.Contact.create({"LastName": "Lima"})["id"]
    assert sf.Contact.delete(other) == 204
    with pytest.raises(SalesforceResourceNotFound, match="entity is deleted"):
        sf.Contact.get(other)


def test_it_upserts_by_an_external_id_and_reads_by_it(sf: Any) -> None:
    key = "Forcemirror_Id__c/a%2Fc"
    assert sf.Account.upsert(key, {"Name": "First"}) == 201
    assert sf.Account.upsert(key, {"Name": "Second"}) == 200
    assert sf.Account.get_by_custom_id("Forcemirror_Id__c", "a/c")["Name"] == "Second"


def test_it_tells_when_a_key_matches_several(sf: Any) -> None:
    for _ in range(2):
        sf.Contact.create({"LastName": "Twin", "Email": "twin@example.com"})

    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Contact.upsert("Email/twin@example.com", {"FirstName": "T"})


def test_it_describes(sf: Any) -> None:
    names = {item["name"] for item in sf.describe()["sobjects"]}
    described = sf.Opportunity.describe()

    assert {"Account", "Contact", "Opportunity", "OpportunityContactRole"} <= names
    assert {"Id", "StageName", "SystemModstamp"} <= {field["name"] for field in described["fields"]}
    assert sf.Opportunity.metadata()["objectDescribe"]["keyPrefix"] == "006"


def test_it_sends_composite_requests_through_restful(sf: Any) -> None:
    answer = sf.restful(
        "composite",
        method="POST",
        json={
            "allOrNone": True,
            "compositeRequest": [
                {
                    "method": "POST",
                    "url": "/services/data/v67.0/sobjects/Account",
                    "referenceId": "account",
                    "body": {"Name": "Composite"},
                },
                {
                    "method": "POST",
                    "url": "/services/data/v67.0/sobjects/Contact",
                    "referenceId": "contact",
                    "body": {"LastName": "Lima", "AccountId": "@{account.id}"},
                },
            ],
        },
    )

    statuses = [item["httpStatusCode"] for item in answer["compositeResponse"]]
    contact = sf.Contact.get(answer["compositeResponse"][1]["body"]["id"])
    assert statuses == [201, 201]
    assert contact["AccountId"] == answer["compositeResponse"][0]["body"]["id"]


def test_it_reads_what_was_updated_and_deleted(sf: Any, deal: str) -> None:
    gone = sf.Opportunity.create({"Name": "Gone", "StageName": "Prospecting", "CloseDate": "2027-01-31"})["id"]
    sf.Opportunity.delete(gone)
    end = datetime.now(UTC) + timedelta(minutes=5)
    start = end - timedelta(hours=1)

    updated, deleted = sf.Opportunity.updated(start, end), sf.Opportunity.deleted(start, end)

    assert deal in updated["ids"]
    assert gone in {item["id"] for item in deleted["deletedRecords"]}
    assert updated["latestDateCovered"].endswith(":00.000+0000")


def test_it_reads_limits_and_usage(sf: Any) -> None:
    limits = sf.limits()

    assert limits["DailyApiRequests"]["Max"] == 15_000
    used = sf.api_usage["api-usage"]
    assert used.total == 15_000
    assert used.used >= limits["DailyApiRequests"]["Max"] - limits["DailyApiRequests"]["Remaining"]


def test_it_raises_its_own_errors_for_refusals(sf: Any, site: Site) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="No such column"):
        sf.query("SELECT Nonsense FROM Account")
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        sf.Contact.create({"FirstName": "Nobody"})
    stranger = Salesforce(instance_url=site.url, session_id="00D!none", session=sf.session, version="67.0")
    with pytest.raises(SalesforceExpiredSession):
        stranger.query("SELECT Id FROM Account")
