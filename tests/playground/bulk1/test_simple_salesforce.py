"""simple-salesforce's ``sf.bulk``, unmodified, against the org: Bulk API 1.0 in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceMalformedRequest

from playground.adapter import PlaygroundAdapter
from playground.org import Org

HOST = "https://playground.test"


@pytest.fixture
def sf(org: Org) -> Iterator[Any]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount(HOST, PlaygroundAdapter(org))
        yield Salesforce(instance_url=HOST, session_id=org.login().token, session=session, version="61.0")


def test_it_inserts_and_tells_of_each_row_in_order(sf: Any, org: Org) -> None:
    results = sf.bulk.Contact.insert([{"LastName": "Lima"}, {"FirstName": "Nobody"}, {"LastName": "Mirza"}])

    assert [item["success"] for item in results] == [True, False, True]
    assert [item["created"] for item in results] == [True, False, True]
    assert org.record("Contact", results[2]["id"])["LastName"] == "Mirza"  # type: ignore[index]
    assert results[1]["id"] is None
    assert results[1]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [LastName]",
            "fields": ["LastName"],
        }
    ]


def test_it_updates_upserts_and_deletes(sf: Any, org: Org) -> None:
    first, second = (item["id"] for item in sf.bulk.Account.insert([{"Name": "One"}, {"Name": "Two"}]))

    updated = sf.bulk.Account.update([{"Id": first, "Name": "First"}, {"Id": second, "Name": None}])
    upserted = sf.bulk.Account.upsert(
        [{"Forcemirror_Id__c": "k1", "Name": "K"}, {"Forcemirror_Id__c": "k1", "Name": "K again"}], "Forcemirror_Id__c"
    )
    deleted = sf.bulk.Account.delete([{"Id": first}, {"Id": first}])

    assert [item["success"] for item in updated] == [True, False]
    assert [(item["success"], item["created"]) for item in upserted] == [(True, True), (True, False)]
    assert upserted[0]["id"] == upserted[1]["id"]
    assert [item["success"] for item in deleted] == [True, False]
    assert deleted[1]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    assert org.record("Account", first)["IsDeleted"] == 1  # type: ignore[index]


def test_it_deletes_for_good(sf: Any, org: Org) -> None:
    made = sf.bulk.Account.insert([{"Name": "Gone"}])[0]["id"]

    assert sf.bulk.Account.hard_delete([{"Id": made}])[0]["success"] is True
    assert org.record("Account", made) is None


def test_it_links_by_external_ids(sf: Any, org: Org) -> None:
    sf.bulk.Account.insert([{"Name": "Parent", "Forcemirror_Id__c": "p"}])

    made, lost = sf.bulk.Contact.insert(
        [
            {"LastName": "Lima", "Account": {"Forcemirror_Id__c": "p"}},
            {"LastName": "Lost", "Account": {"Forcemirror_Id__c": "unknown"}},
        ]
    )

    assert org.record("Contact", made["id"])["AccountId"] is not None  # type: ignore[index]
    assert lost["errors"][0]["message"] == (
        "Foreign key external ID: unknown not found for field Forcemirror_Id__c in entity Account"
    )


def test_it_sends_more_than_one_batch(sf: Any, org: Org) -> None:
    results = sf.bulk.Contact.insert([{"LastName": f"Lima {number}"} for number in range(450)], batch_size=200)

    assert [org.record("Contact", item["id"])["LastName"] for item in results[::100]] == [  # type: ignore[index]
        f"Lima {number}" for number in range(0, 450, 100)
    ]


def test_it_sizes_batches_by_itself(sf: Any) -> None:
    results = sf.bulk.Contact.insert([{"LastName": "Lima"}, {"LastName": "Mirza"}], batch_size="auto", use_serial=True)

    assert [item["success"] for item in results] == [True, True]


def test_it_reads_back_what_it_sent_with_what_became_of_it(sf: Any) -> None:
    (result,) = sf.bulk.Contact.insert([{"LastName": "Lima", "Title": "CTO"}], include_detailed_results=True)

    assert (result["LastName"], result["Title"], result["success"]) == ("Lima", "CTO", True)


def test_it_queries_with_dates_as_milliseconds(sf: Any, org: Org) -> None:
    expected = org.store.select("Opportunity", "NOT IsDeleted ORDER BY Id")

    found = sf.bulk.Opportunity.query(
        "SELECT Id, Name, Amount, IsWon, CloseDate, SystemModstamp, Account.Name FROM Opportunity ORDER BY Id"
    )

    assert [item["Id"] for item in found] == [row["Id"] for row in expected]
    first, row = found[0], expected[0]
    assert first["attributes"] == {
        "type": "Opportunity",
        "url": f"/services/data/v61.0/sobjects/Opportunity/{row['Id']}",
    }
    assert first["IsWon"] is bool(row["IsWon"])
    assert datetime.fromtimestamp(first["SystemModstamp"] / 1000, UTC) == datetime.fromisoformat(row["SystemModstamp"])
    assert datetime.fromtimestamp(first["CloseDate"] / 1000, UTC).date().isoformat() == row["CloseDate"]
    assert first["Account"]["Name"] == org.record("Account", row["AccountId"])["Name"]  # type: ignore[index]


def test_it_queries_lazily_with_the_recycle_bin(sf: Any) -> None:
    gone = sf.bulk.Account.insert([{"Name": "Gone"}])[0]["id"]
    sf.bulk.Account.delete([{"Id": gone}])

    pages = sf.bulk.Account.query_all("SELECT Id, IsDeleted FROM Account", lazy_operation=True)
    records = [record for page in pages for record in page]

    assert {"Id": gone, "IsDeleted": True}.items() <= next(item for item in records if item["Id"] == gone).items()
    assert gone not in {item["Id"] for item in sf.bulk.Account.query("SELECT Id FROM Account")}


def test_a_result_without_rows_is_empty(sf: Any) -> None:
    assert sf.bulk.Account.query("SELECT Id FROM Account WHERE Name = 'nobody'") == []


def test_a_query_that_cannot_be_run_fails_with_the_reason(sf: Any) -> None:
    with pytest.raises(SalesforceGeneralError, match="InvalidBatch : Failed to process query: INVALID_FIELD: "):
        sf.bulk.Account.query("SELECT Nonsense FROM Account")


def test_a_field_that_is_not_there_fails_the_batch(sf: Any, org: Org) -> None:
    before = org.store.execute("SELECT count(*) FROM Contact")

    with pytest.raises(SalesforceMalformedRequest, match="Records not processed"):
        sf.bulk.Contact.insert([{"LastName": "Lima"}, {"LastName": "Mirza", "Nonsense": 1}])

    assert org.store.execute("SELECT count(*) FROM Contact") == before


def test_an_object_that_is_not_there_is_refused(sf: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="InvalidJob"):
        sf.bulk.Nonsense.query("SELECT Id FROM Nonsense")
