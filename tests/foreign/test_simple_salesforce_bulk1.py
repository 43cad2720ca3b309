"""simple-salesforce's first bulk module, which speaks JSON throughout: jobs, batches, results."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceMalformedRequest

from tests.foreign.conftest import Site


def contacts(name: str, count: int) -> list[dict[str, str]]:
    return [{"LastName": f"{name} {number}", "Email": f"{name.lower()}{number}@example.com"} for number in range(count)]


def ids(results: Any) -> list[str]:
    assert all(result["success"] for result in results), results
    return [result["id"] for result in results]


def test_it_inserts_updates_and_deletes_in_batches(sf: Any) -> None:
    made = ids(sf.bulk.Contact.insert(contacts("Batch", 7), batch_size=3))
    assert len(set(made)) == 7
    first = sf.Contact.get(made[0])
    assert first["LastName"] == "Batch 0", "results come in the order of the rows"

    changed = sf.bulk.Contact.update([{"Id": made[0], "FirstName": "Ana"}, {"Id": made[1], "FirstName": None}])
    assert [result["created"] for result in changed] == [False, False]
    assert sf.Contact.get(made[0])["FirstName"] == "Ana"

    ids(sf.bulk.Contact.delete([{"Id": made[0]}, {"Id": made[1]}], use_serial=True))
    assert sf.query("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Batch %'")["totalSize"] == 5
    ids(sf.bulk.Contact.hard_delete([{"Id": made[2]}]))
    assert sf.query("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Batch %'", include_deleted=True)["totalSize"] == 6


def test_it_upserts_and_tells_new_rows_from_old_ones(sf: Any) -> None:
    rows = [{"Forcemirror_Id__c": f"bulk-{number}", "Name": f"Bulk {number}"} for number in range(3)]
    first = sf.bulk.Account.upsert(rows[:2], "Forcemirror_Id__c")
    second = sf.bulk.Account.upsert(rows, "Forcemirror_Id__c", batch_size="auto")

    assert [result["created"] for result in first] == [True, True]
    assert [result["created"] for result in second] == [False, False, True]
    assert ids(second)[:2] == ids(first)


def test_a_refused_row_tells_why_and_stops_no_other(sf: Any) -> None:
    refused, accepted = sf.bulk.Contact.insert([{"FirstName": "Nobody"}, {"LastName": "Somebody"}])

    assert refused["success"] is False
    assert refused["id"] is None
    assert refused["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert refused["errors"][0]["fields"] == ["LastName"]
    assert accepted["success"] is True


def test_detailed_results_carry_what_was_sent(sf: Any) -> None:
    results = sf.bulk.Contact.insert(
        [{"LastName": "Detailed", "Account": {"Forcemirror_Id__c": "none"}}, {"LastName": "Plain", "Email": None}],
        include_detailed_results=True,
    )

    assert [result["LastName"] for result in results] == ["Detailed", "Plain"]
    assert results[0]["Account.Forcemirror_Id__c"] == "none"
    assert [result["success"] for result in results] == [False, True]


def test_results_can_be_left_out(sf: Any, site: Site) -> None:
    results = sf.bulk.Contact.insert(contacts("Bypass", 1), bypass_results=True)

    assert any("job_id" in item for item in results)


def test_the_operation_can_be_named(sf: Any) -> None:
    made = ids(sf.bulk.submit_dml("Contact", "insert", contacts("Named", 2)))
    rows = [{"Forcemirror_Id__c": "named", "LastName": "Named by key"}]
    assert sf.bulk.submit_dml("Contact", "upsert", rows, external_id_field="Forcemirror_Id__c")[0]["created"] is True
    ids(sf.bulk.submit_dml("Contact", "delete", [{"Id": item} for item in made]))
    with pytest.raises(ValueError, match="should not be empty"):
        sf.bulk.submit_dml("Contact", "delete", [])


def test_it_queries_with_moments_as_milliseconds(sf: Any) -> None:
    made = sf.Contact.create({"LastName": "Queried", "Birthdate": "1990-02-03", "Email": "q@example.com"})["id"]

    row = sf.bulk.Contact.query(
        f"SELECT Id, LastName, FirstName, CreatedDate, IsDeleted FROM Contact WHERE Id = '{made}'"
    )

    assert row[0]["Id"] == made
    assert row[0]["FirstName"] is None
    assert row[0]["IsDeleted"] is False
    age = datetime.now(UTC) - datetime.fromtimestamp(row[0]["CreatedDate"] / 1000, UTC)
    assert abs(age.total_seconds()) < 600
    assert row[0]["attributes"]["type"] == "Contact"


def test_query_all_has_deleted_rows_and_can_be_lazy(sf: Any) -> None:
    made = sf.Contact.create({"LastName": "Lazy"})["id"]
    sf.Contact.delete(made)
    soql = "SELECT Id, IsDeleted FROM Contact WHERE LastName = 'Lazy'"

    assert sf.bulk.Contact.query(soql) == []
    pages = list(sf.bulk.Contact.query_all(soql, lazy_operation=True))
    assert [row["IsDeleted"] for page in pages for row in page] == [True]


def test_many_rows_come_whole(sf: Any) -> None:
    total = sf.query("SELECT COUNT() FROM OpportunityFieldHistory")["totalSize"]
    rows = sf.bulk.OpportunityFieldHistory.query("SELECT Id FROM OpportunityFieldHistory")

    assert len({row["Id"] for row in rows}) == len(rows) == total > 2_000


def test_a_failed_query_and_an_unknown_object_are_told(sf: Any) -> None:
    with pytest.raises(SalesforceGeneralError, match="No such column"):
        sf.bulk.Contact.query("SELECT Nonsense FROM Contact")
    with pytest.raises(SalesforceMalformedRequest, match="InvalidJob"):
        sf.bulk.Nonsense.insert([{"Name": "x"}])
