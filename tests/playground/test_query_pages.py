"""Queries over HTTP: pages, locators, errors (salesforce-api.md 3.7). SOQL has tests of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.org import Org
from tests.playground.conftest import HOST, Caller, StillClock, problem

SOQL = "SELECT Id, Name FROM Opportunity ORDER BY Name, Id"
SMALL = {"Sforce-Query-Options": "batchSize=200"}


def pages(api: Caller, soql: str, resource: str = "query") -> list[dict[str, Any]]:
    found = [api.get(f"/{resource}/", params={"q": soql}, headers=SMALL).json()]
    while not found[-1]["done"]:
        found.append(api.get(HOST + found[-1]["nextRecordsUrl"]).json())
    return found


def test_a_long_result_comes_in_pages_that_fit_together(api: Caller) -> None:
    whole = api.get("/query", params={"q": SOQL}).json()
    first, second = pages(api, SOQL)

    assert whole["done"] is True
    assert "nextRecordsUrl" not in whole
    assert (first["totalSize"], len(first["records"])) == (whole["totalSize"], 200)
    assert first["nextRecordsUrl"].startswith("/services/data/v67.0/query/01g")
    assert first["nextRecordsUrl"].endswith("-200")
    assert first["records"] + second["records"] == whole["records"]
    assert "nextRecordsUrl" not in second


def test_pages_of_query_all_go_on_below_query_all_with_deleted_rows(api: Caller) -> None:
    deal = api.deal()
    api.delete(f"/sobjects/Opportunity/{deal}")

    first, second = pages(api, SOQL, "queryAll")

    assert "/queryAll/01g" in first["nextRecordsUrl"]
    assert deal in {row["Id"] for row in first["records"] + second["records"]}
    assert deal not in {row["Id"] for page in pages(api, SOQL) for row in page["records"]}


@pytest.mark.parametrize("on_disk", [True, False])
def test_later_pages_show_what_was_there_when_the_query_ran(on_disk: bool, tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) if on_disk else Org.in_memory(clock=clock) as org:
        api = Caller(org)
        before = [row["Id"] for row in api.query(SOQL)]
        first = api.get("/query/", params={"q": SOQL}, headers=SMALL).json()
        for record_id in before[:5]:
            org.update("Opportunity", record_id, {"Name": "ZZZ"})
        org.delete("Opportunity", before[-1])

        second = api.get(HOST + first["nextRecordsUrl"]).json()

        assert [row["Id"] for row in first["records"] + second["records"]] == before
        assert api.get(HOST + first["nextRecordsUrl"]).json() == second
        api.session.close()


def test_a_locator_belongs_to_its_session(api: Caller, org: Org) -> None:
    url = HOST + api.get("/query/", params={"q": SOQL}, headers=SMALL).json()["nextRecordsUrl"]

    assert problem(Caller(org).get(url)) == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def test_a_locator_ages_and_too_many_push_out_the_oldest(api: Caller, org: Org, clock: StillClock) -> None:
    urls = []
    for _ in range(11):
        urls.append(HOST + api.get("/query/", params={"q": SOQL}, headers=SMALL).json()["nextRecordsUrl"])
        clock.advance(minutes=1)

    assert api.get(urls[0]).status_code == 400
    assert api.get(urls[1]).status_code == 200
    for _ in range(5):
        clock.advance(hours=10)
        api.get("/limits")
    assert problem(api.get(urls[10]))[1] == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize("page", ["nonsense", "01g000000000000AAA-2000", "01g000000000000AAA"])
def test_an_unknown_locator_is_refused(api: Caller, page: str) -> None:
    assert problem(api.get(f"/query/{page}"))[:2] == (400, "INVALID_QUERY_LOCATOR")


def test_the_batch_size_has_a_floor_and_a_ceiling(api: Caller) -> None:
    for wish, got in (("1", 200), ("250", 250), ("9999", 312)):
        records = api.get("/query", params={"q": SOQL}, headers={"Sforce-Query-Options": f"batchSize={wish}"}).json()
        assert len(records["records"]) == min(got, records["totalSize"])


def test_a_count_has_a_size_and_no_records(api: Caller, org: Org) -> None:
    answer = api.get("/query", params={"q": "SELECT COUNT() FROM OpportunityStage"}).json()

    assert answer == {"totalSize": 10, "done": True, "records": []}


def test_errors_of_a_query_point_at_their_place(api: Caller) -> None:
    status, code, message = problem(api.get("/query", params={"q": "SELECT Nonsense FROM Account"}))

    assert (status, code) == (400, "INVALID_FIELD")
    assert message.startswith("\nSELECT Nonsense FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column")


def test_a_query_without_a_text_is_malformed(api: Caller) -> None:
    assert problem(api.get("/query"))[:2] == (400, "MALFORMED_QUERY")


def test_a_date_literal_is_a_day_in_the_orgs_time_zone(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    condition = f"SELECT Id FROM Opportunity WHERE CreatedDate = TODAY AND Id = '{deal}'"

    assert len(api.query(condition)) == 1
    clock.advance(hours=11, minutes=59)
    assert len(api.query(condition)) == 1
    clock.advance(minutes=1)
    assert api.query(condition) == []


def test_the_columns_of_a_query_can_be_asked_for(api: Caller) -> None:
    soql = "SELECT Id, Amount, Account.Name FROM Opportunity"

    answer = api.get("/query", params={"q": soql, "columns": "true"}).json()

    told = [(item["columnName"], item["apexType"]) for item in answer["columnMetadata"]]
    assert told == [("Id", "Id"), ("Amount", "Double"), ("Account.Name", "String")]
    assert (answer["entityName"], answer["idSelected"]) == ("Opportunity", True)


def test_a_query_can_be_explained(api: Caller) -> None:
    answer = api.get("/query", params={"explain": "SELECT Id FROM OpportunityStage"}).json()

    assert answer["plans"][0]["sobjectCardinality"] == 10
    assert problem(api.get("/query", params={"explain": "SELECT"}))[1] == "MALFORMED_QUERY"
