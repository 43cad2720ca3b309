"""Query jobs (salesforce-api.md 6.3)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from playground.adapter import PlaygroundAdapter
from playground.bulk2 import extraction
from playground.bulk2.csv_format import number_text
from playground.org import Org
from playground.settings import Settings
from tests.playground.bulk2.conftest import Bulk
from tests.playground.conftest import HOST, Caller, StillClock, problem


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_a_job_is_made_polled_read_and_deleted(api: Caller, org: Org) -> None:
    made = api.post("/jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})
    job_id = made.json()["id"]

    assert made.status_code == 200
    assert made.json() == {
        "id": job_id,
        "operation": "query",
        "object": "Account",
        "createdById": org.default_user_id,
        "createdDate": "2026-11-23T12:00:00.000+0000",
        "systemModstamp": "2026-11-23T12:00:00.000+0000",
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 67.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert job_id.startswith("750")
    assert '"apiVersion":67.0' in made.text

    polled = api.get(f"/jobs/query/{job_id}").json()
    count = len(api.query("SELECT Id FROM Account"))
    assert polled.pop("totalProcessingTime") >= 0
    assert polled == made.json() | {
        "state": "JobComplete",
        "jobType": "V2Query",
        "numberRecordsProcessed": count,
        "retries": 0,
        "isPkChunkingSupported": True,
    }

    results = api.get(f"/jobs/query/{job_id}/results", headers={"Accept": "text/csv"})
    assert results.headers["Content-Type"] == "text/csv;charset=UTF-8"
    assert results.headers["Sforce-Locator"] == "null"
    assert results.headers["Sforce-NumberOfRecords"] == str(count)
    assert len(cells(results.content)) == count + 1

    assert api.delete(f"/jobs/query/{job_id}").status_code == 204
    assert problem(api.get(f"/jobs/query/{job_id}"))[:2] == (404, "NOT_FOUND")
    assert problem(api.get(f"/jobs/query/{job_id}/results"))[:2] == (404, "NOT_FOUND")


def test_cells_are_written_as_the_org_writes_them(api: Caller, bulk: Bulk) -> None:
    account = api.create("Account", Name='Say "hi",\nall', AnnualRevenue=912260031, NumberOfEmployees=12)
    lone = api.create("Contact", LastName="Löne", AccountId=account)
    free = api.create("Contact", LastName="Free")
    job = bulk.query(
        "SELECT id, LASTNAME, Account.AnnualRevenue, account.numberofemployees, Account.Name, IsDeleted, "
        "Account.IsDeleted, CreatedDate, Birthdate FROM Contact "
        f"WHERE Id IN ('{lone}', '{free}') ORDER BY LastName DESC"
    )

    content = api.get(f"/jobs/query/{job}/results").content

    assert content.decode() == (
        '"Id","LastName","Account.AnnualRevenue","Account.NumberOfEmployees","Account.Name","IsDeleted",'
        '"Account.IsDeleted","CreatedDate","Birthdate"\n'
        f'"{lone}","Löne","9.12260031E8","12","Say ""hi"",\nall","false","false","2026-11-23T12:00:00.000Z",""\n'
        f'"{free}","Free","","","","false","","2026-11-23T12:00:00.000Z",""\n'
    )


@pytest.mark.parametrize(
    ("delimiter", "mark"),
    [("COMMA", ","), ("TAB", "\t"), ("PIPE", "|"), ("SEMICOLON", ";"), ("CARET", "^"), ("BACKQUOTE", "`")],
)
@pytest.mark.parametrize(("line_ending", "line_end"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_delimiter_and_line_ending_are_as_ordered(
    api: Caller, bulk: Bulk, delimiter: str, mark: str, line_ending: str, line_end: str
) -> None:
    job = bulk.query(
        "SELECT Name, Type FROM Account LIMIT 1", columnDelimiter=delimiter, lineEnding=line_ending, contentType="CSV"
    )

    header, row, rest = api.get(f"/jobs/query/{job}/results").content.decode().split(line_end)

    assert header == f'"Name"{mark}"Type"'
    assert row.startswith('"') and f'"{mark}"' in row
    assert rest == ""


def test_pages_follow_their_locators_without_gaps(api: Caller, bulk: Bulk) -> None:
    expected = [record["Id"] for record in api.query("SELECT Id FROM OpportunityFieldHistory LIMIT 2000")]
    job = bulk.query("SELECT Id, Field FROM OpportunityFieldHistory LIMIT 2000")
    found, locator, seen = [], "", []

    while locator != "null":
        page = api.get(f"/jobs/query/{job}/results", params={"maxRecords": 777, "locator": locator})
        header, *rows = cells(page.content)
        assert header == ["Id", "Field"]
        assert page.headers["Sforce-NumberOfRecords"] == str(len(rows))
        found += [row[0] for row in rows]
        locator = page.headers["Sforce-Locator"]
        seen.append(locator)

    assert found == expected
    assert len(seen) == 3
    again = api.get(f"/jobs/query/{job}/results", params={"maxRecords": 777, "locator": seen[0]})
    assert [row[0] for row in cells(again.content)[1:]] == expected[777:1554]


def test_an_empty_result_is_a_header(api: Caller, bulk: Bulk) -> None:
    job = bulk.query("SELECT Id, Name FROM Account WHERE Name = 'nobody'")

    page = api.get(f"/jobs/query/{job}/results")

    assert page.status_code == 200
    assert page.content == b'"Id","Name"\n'
    assert (page.headers["Sforce-Locator"], page.headers["Sforce-NumberOfRecords"]) == ("null", "0")


def test_deleted_rows_come_with_query_all_only(api: Caller, bulk: Bulk) -> None:
    gone = api.create("Account", Name="Gone")
    api.delete(f"/sobjects/Account/{gone}")
    soql = "SELECT Id FROM Account WHERE Name = 'Gone'"

    alive, everything = bulk.query(soql), bulk.query(soql, operation="queryAll")

    assert len(cells(api.get(f"/jobs/query/{alive}/results").content)) == 1
    assert cells(api.get(f"/jobs/query/{everything}/results").content) == [["Id"], [gone]]


def test_the_rows_are_those_of_the_moment_of_the_run(api: Caller, bulk: Bulk) -> None:
    job = bulk.query("SELECT Id FROM Account WHERE Name = 'Later'")
    assert bulk.poll("query", job)["numberRecordsProcessed"] == 0

    api.create("Account", Name="Later")

    assert api.get(f"/jobs/query/{job}/results").headers["Sforce-NumberOfRecords"] == "0"


def test_old_versions_sort_the_columns(api: Caller) -> None:
    root = f"{HOST}/services/data/v49.0/jobs/query"
    made = api.post(root, {"operation": "query", "query": "SELECT Name, Id, AccountNumber FROM Account LIMIT 1"}).json()

    header, row = cells(api.get(f"{root}/{made['id']}/results").content)

    assert header == ["AccountNumber", "Id", "Name"]
    assert row[1].startswith("001")
    assert made["apiVersion"] == 49.0


def test_versions_without_query_jobs_do_not_know_them(api: Caller) -> None:
    assert api.post(f"{HOST}/services/data/v46.0/jobs/query", {"query": "SELECT Id FROM Account"}).status_code == 404


def test_results_are_refused_to_another_version(api: Caller, bulk: Bulk) -> None:
    job = bulk.query("SELECT Id FROM Account")

    assert api.get(f"{HOST}/services/data/v66.0/jobs/query/{job}/results").status_code == 409
    assert api.get(f"{HOST}/services/data/v66.0/jobs/query/{job}").status_code == 200
    assert api.get(f"/jobs/query/{job}/results").status_code == 200


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT COUNT() FROM Account", "API_ERROR", "Implementation restriction: Aggregate functions"),
        ("SELECT COUNT(Id) FROM Account", "API_ERROR", "Implementation restriction: Aggregate functions"),
        ("SELECT Name FROM Account GROUP BY Name", "API_ERROR", "Implementation restriction: GROUP BY"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", "API_ERROR", "Implementation restriction: OFFSET"),
        (
            "SELECT TYPEOF What WHEN Account THEN Phone END FROM Task",
            "API_ERROR",
            "Implementation restriction: TYPEOF",
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "FEATURENOTENABLED",
            "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
        ),
        (
            "SELECT BillingAddress FROM Account",
            "FUNCTIONALITY_NOT_ENABLED",
            "Selecting compound data not supported in Bulk Query",
        ),
        (
            "SELECT Account.BillingAddress FROM Contact",
            "FUNCTIONALITY_NOT_ENABLED",
            "Selecting compound data not supported in Bulk Query",
        ),
        ("SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("SELECT FROM Account", "MALFORMED_QUERY", "unexpected token"),
        ("  ", "MALFORMED_QUERY", "A query string has to be specified"),
    ],
)
def test_statements_that_bulk_cannot_run_make_no_job(api: Caller, soql: str, code: str, words: str) -> None:
    status, found, message = problem(api.post("/jobs/query", {"operation": "query", "query": soql}))

    assert (status, found) == (400, code)
    assert words in message
    assert api.get("/jobs/query").json()["records"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"operation": "insert"}, {"contentType": "JSON"}, {"columnDelimiter": "SPACE"}, {"lineEnding": "CR"}],
)
def test_orders_that_make_no_sense_make_no_job(api: Caller, wrong: dict[str, str]) -> None:
    body = {"operation": "query", "query": "SELECT Id FROM Account"} | wrong

    assert problem(api.post("/jobs/query", body))[:2] == (400, "INVALIDJOB")


def test_order_and_limit_forbid_chunks(bulk: Bulk) -> None:
    assert bulk.poll("query", bulk.query("SELECT Id FROM Account LIMIT 5"))["isPkChunkingSupported"] is False
    assert bulk.poll("query", bulk.query("SELECT Id FROM Account ORDER BY Name"))["isPkChunkingSupported"] is False


@pytest.mark.parametrize("params", [{"locator": "???"}, {"locator": "YWJj"}, {"maxRecords": "0"}, {"maxRecords": "x"}])
def test_wrong_pages_are_refused(api: Caller, bulk: Bulk, params: dict[str, str]) -> None:
    job = bulk.query("SELECT Id FROM Account")

    assert api.get(f"/jobs/query/{job}/results", params=params).status_code == 400


def test_a_locator_behind_the_end_finds_nothing_and_ends(api: Caller, bulk: Bulk) -> None:
    job = bulk.query("SELECT Id FROM Account LIMIT 3")

    page = api.get(f"/jobs/query/{job}/results", params={"locator": "OTk5"})

    assert (page.headers["Sforce-Locator"], page.headers["Sforce-NumberOfRecords"]) == ("null", "0")


@pytest.fixture
def small_pages(clock: StillClock) -> Iterator[Caller]:
    with Org.in_memory(clock=clock, settings=Settings(bulk_page_rows=300)) as org:
        caller = Caller(org)
        yield caller
        caller.session.close()


def test_the_addresses_of_pages_cover_all_rows_once(small_pages: Caller) -> None:
    api, expected = small_pages, small_pages.query("SELECT Id FROM OpportunityFieldHistory LIMIT 2000")
    job = Bulk(api).query("SELECT Id FROM OpportunityFieldHistory LIMIT 2000")
    found: list[str] = []
    url: str | None = f"/services/data/v67.0/jobs/query/{job}/resultPages"
    answers = []

    while url:
        answers.append(api.get(HOST + url).json())
        for page in answers[-1]["resultPages"]:
            found += [row[0] for row in cells(api.get(HOST + page["resultUrl"]).content)[1:]]
        url = answers[-1]["nextRecordsUrl"]

    assert [len(answer["resultPages"]) for answer in answers] == [5, 2]
    assert [answer["done"] for answer in answers] == [False, True]
    assert found == [record["Id"] for record in expected]
    assert api.get(f"{HOST}/services/data/v57.0/jobs/query/{job}/resultPages").status_code == 404


def test_a_page_is_also_bounded_by_its_size(clock: StillClock) -> None:
    with Org.in_memory(clock=clock, settings=Settings(bulk_page_bytes=10_000)) as org:
        api = Caller(org)
        job = Bulk(api).query("SELECT Id FROM OpportunityFieldHistory")

        page = api.get(f"/jobs/query/{job}/results", params={"maxRecords": 100_000})

        assert page.headers["Sforce-NumberOfRecords"] == "2000"
        assert page.headers["Sforce-Locator"] != "null"
        api.session.close()


def test_jobs_count_against_the_daily_limits(api: Caller, bulk: Bulk, org: Org) -> None:
    names = ("DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB", "DailyBulkApiBatches")

    def left() -> list[int]:
        limits = api.get("/limits").json()
        return [limits[name]["Remaining"] for name in names]

    before = left()
    bulk.poll("query", bulk.query("SELECT Id FROM Account"))
    assert left() == [before[0] - 1, before[1] - 1, before[2]]

    bulk.done(bulk.ingest("insert", "Account", "Name\n" + "A\n" * 250))
    assert left() == [before[0] - 1, before[1] - 1, before[2] - 1]


def test_no_job_is_made_when_the_daily_limit_is_reached(api: Caller, bulk: Bulk, org: Org) -> None:
    org.quotas.set_remaining("DailyBulkV2QueryJobs", 1)
    bulk.query("SELECT Id FROM Account")

    refused = api.post("/jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})

    assert problem(refused)[:2] == (400, "LIMIT_EXCEEDED")
    assert len(api.get("/jobs/query").json()["records"]) == 1


def test_an_ingest_job_fails_when_no_batch_is_left(api: Caller, bulk: Bulk, org: Org) -> None:
    org.quotas.set_remaining("DailyBulkApiBatches", 0)
    job = bulk.ingest("insert", "Account", "Name\nNever\n")

    found = bulk.poll("ingest", job)

    assert (found["state"], found["numberRecordsProcessed"]) == ("Failed", 0)
    assert found["errorMessage"].startswith("ExceededQuota : ")
    assert api.query("SELECT Id FROM Account WHERE Name = 'Never'") == []


@given(st.floats(-1e9, 1e9) | st.floats(0.0005, 10.0) | st.decimals(-1e7, 1e7, places=2).map(float))
@example(0.1 + 0.2)
@example(1234567.8901234567)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_number_comes_out_as_it_was_stored(org: Org, value: float) -> None:
    with org.store.reading() as connection:
        connection.create_function("bulk_number", 1, number_text, deterministic=True)
        cell = extraction._cell(extraction._Column(0, 0, "double"))
        ((text,),) = connection.execute(f"WITH found(c0) AS (SELECT ?) SELECT {cell} FROM found", (value,)).fetchall()

    assert text == number_text(value)


def test_more_columns_than_a_function_takes_arguments(api: Caller, bulk: Bulk) -> None:
    names = [field.name for field in api.org.object_type("Account").fields if field.stored]
    wide = names + [f"Parent.{name}" for name in names] + [f"Parent.Parent.{name}" for name in names]
    api.create("Account", Name="Child", ParentId=api.create("Account", Name="Parent"))
    assert len(wide) > 180
    job = bulk.query(f"SELECT {', '.join(wide)} FROM Account WHERE Name = 'Child'", columnDelimiter="PIPE")

    header, row = api.get(f"/jobs/query/{job}/results").content.decode().splitlines()

    found = dict(zip(header.split("|"), row.split("|"), strict=True))
    assert list(found) == [f'"{name}"' for name in wide]
    assert (found['"Name"'], found['"Parent.Name"'], found['"Parent.Parent.Name"']) == ('"Child"', '"Parent"', '""')


def test_another_application_of_the_same_org_sees_the_job(api: Caller, bulk: Bulk, org: Org) -> None:
    job = bulk.query("SELECT Id FROM Account")
    api.session.mount(HOST, PlaygroundAdapter(org))

    assert bulk.poll("query", job)["state"] == "JobComplete"
