"""What the REST resource adds to SOQL: the caller's language and locale, pages of children, views that are noted."""

from __future__ import annotations

from typing import Any

import pytest

from playground.org import Org
from tests.playground.conftest import HOST, Caller, StillClock, problem

SMALL = {"Sforce-Query-Options": "batchSize=200"}
CHILDREN = 450


@pytest.fixture
def busy_account(api: Caller) -> str:
    """An account with more contacts than two batches."""
    account = api.create("Account", Name="Busy")
    for start in range(0, CHILDREN, 150):
        records = [
            {"attributes": {"type": "Contact"}, "LastName": f"N{number:03d}", "AccountId": account}
            for number in range(start, start + 150)
        ]
        answer = api.post("/composite/sobjects", {"allOrNone": True, "records": records})
        assert answer.status_code == 200, answer.text
    return account


def children(api: Caller, account: str, extra: str = "") -> dict[str, Any]:
    soql = f"SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName{extra}) FROM Account WHERE Id = '{account}'"
    answer = api.get("/query", params={"q": soql}, headers=SMALL).json()
    assert answer["done"] is True
    found: dict[str, Any] = answer["records"][0]["Contacts"]
    return found


def test_a_long_list_of_children_comes_in_pages_of_its_own(api: Caller, busy_account: str) -> None:
    page = children(api, busy_account)
    pages = [page]
    while not pages[-1]["done"]:
        pages.append(api.get(HOST + pages[-1]["nextRecordsUrl"]).json())

    assert [len(item["records"]) for item in pages] == [200, 200, 50]
    assert {item["totalSize"] for item in pages} == {CHILDREN}
    assert page["nextRecordsUrl"].startswith("/services/data/v67.0/query/01g")
    assert page["nextRecordsUrl"].endswith("-200")
    names = [record["LastName"] for item in pages for record in item["records"]]
    assert names == [f"N{number:03d}" for number in range(CHILDREN)]
    assert "nextRecordsUrl" not in pages[-1]


def test_pages_of_children_show_what_was_there_when_the_query_ran(api: Caller, busy_account: str) -> None:
    page = children(api, busy_account)
    api.delete(f"/sobjects/Account/{busy_account}")

    rest = api.get(HOST + page["nextRecordsUrl"]).json()

    assert len(rest["records"]) == 200


def test_the_limit_of_a_subquery_holds_across_its_pages(api: Caller, busy_account: str) -> None:
    page = children(api, busy_account, " LIMIT 210 OFFSET 5")

    rest = api.get(HOST + page["nextRecordsUrl"]).json()

    assert page["totalSize"] == 210
    assert [record["LastName"] for record in rest["records"]] == [f"N{number}" for number in range(205, 215)]


def test_short_lists_of_children_are_whole(api: Caller, busy_account: str) -> None:
    page = children(api, busy_account, " LIMIT 3")

    assert page["done"] is True
    assert "nextRecordsUrl" not in page


def test_pages_of_children_end_with_the_statement_they_belong_to(api: Caller, org: Org, busy_account: str) -> None:
    page = children(api, busy_account)
    for _ in range(org.settings.open_locators):
        children(api, busy_account)

    assert problem(api.get(HOST + page["nextRecordsUrl"]))[1] == "INVALID_QUERY_LOCATOR"


def test_for_view_and_for_reference_leave_the_time_and_no_other_trace(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    before = api.record("Opportunity", deal)
    clock.advance(hours=1)

    api.query(f"SELECT Id FROM Opportunity WHERE Id = '{deal}' FOR VIEW")
    viewed = api.record("Opportunity", deal)
    api.query(f"SELECT Id FROM Opportunity WHERE Id = '{deal}' FOR REFERENCE")
    referenced = api.record("Opportunity", deal)

    assert viewed["LastViewedDate"] == "2026-11-23T13:00:00.000+0000"
    assert referenced["LastReferencedDate"] == "2026-11-23T13:00:00.000+0000"
    assert viewed["SystemModstamp"] == before["SystemModstamp"]


def test_labels_dates_and_weeks_are_those_of_the_caller(api: Caller, org: Org) -> None:
    deal = api.deal(CloseDate="2026-11-22", Amount=1234.5)
    soql = (
        f"SELECT toLabel(StageName), FORMAT(CloseDate) day, FORMAT(Amount) money FROM Opportunity WHERE Id = '{deal}'"
    )
    this_week = f"SELECT Id FROM Opportunity WHERE Id = '{deal}' AND CloseDate = THIS_WEEK"
    (english,) = api.query(soql)

    with org.store.transaction():
        changes = {"LanguageLocaleKey": "zh_CN", "LocaleSidKey": "en_US"}
        org.store.update("User", org.default_user_id, changes)
    (chinese,) = api.query(soql)

    assert (english["StageName"], english["day"], english["money"]) == ("Prospecting", "22/11/2026", "£1,234.50")
    assert (chinese["StageName"], chinese["day"], chinese["money"]) == ("潜在客户发掘", "11/22/2026", "£1,234.50")
    assert [record["Id"] for record in api.query(this_week)] == [deal]


def test_in_a_british_locale_the_week_begins_on_monday(api: Caller) -> None:
    deal = api.deal(CloseDate="2026-11-22")

    assert api.query(f"SELECT Id FROM Opportunity WHERE Id = '{deal}' AND CloseDate = THIS_WEEK") == []


def test_an_aggregate_of_everything_is_one_row_over_http_too(api: Caller) -> None:
    answer = api.get("/query", params={"q": "SELECT COUNT(Id) n, MIN(StageName) s FROM Opportunity"}).json()

    assert answer["totalSize"] == 1
    assert answer["done"] is True
    assert answer["records"][0]["s"] == "Prospecting"


def test_a_plan_names_the_index_that_leads_to_the_rows(api: Caller) -> None:
    deal = api.deal()

    by_id = api.get("/query", params={"explain": f"SELECT Name FROM Opportunity WHERE Id = '{deal}'"}).json()["plans"]
    by_text = api.get("/query", params={"explain": "SELECT Name FROM Opportunity WHERE Name LIKE '%x'"}).json()["plans"]

    assert [(plan["leadingOperationType"], plan["fields"]) for plan in by_id] == [("Index", ["Id"]), ("TableScan", [])]
    assert by_id[0]["cardinality"] == 1
    assert [plan["leadingOperationType"] for plan in by_text] == ["TableScan"]
