"""simple-salesforce's second bulk module: CSV up, CSV down, in memory and by files."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding, Operation
from simple_salesforce.exceptions import (
    SalesforceBulkV2LoadError,
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceResourceNotFound,
)

AWKWARD = 'Say "hi",\nthen 你好; a|b^c`d\te'


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def counts(results: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    return [
        (item["numberRecordsTotal"], item["numberRecordsProcessed"], item["numberRecordsFailed"]) for item in results
    ]


def made_ids(sf: Any, results: list[dict[str, Any]]) -> list[str]:
    return [row["sf__Id"] for item in results for row in rows(sf.bulk2.Contact.get_successful_records(item["job_id"]))]


def test_it_inserts_updates_and_deletes(sf: Any) -> None:
    results = sf.bulk2.Contact.insert(
        records=[{"LastName": f"Row {n}", "Email": f"r{n}@example.com"} for n in range(5)], wait=0
    )
    assert counts(results) == [(5, 5, 0)]
    ids = made_ids(sf, results)

    changes = [{"Id": ids[0], "FirstName": "Ana", "Email": "#N/A"}, {"Id": ids[1], "FirstName": "Bo", "Email": ""}]
    assert counts(sf.bulk2.Contact.update(records=changes, wait=0)) == [(2, 2, 0)]
    named = {
        record["Id"]: record
        for record in sf.query(
            "SELECT Id, FirstName, Email FROM Contact WHERE FirstName IN ('Ana','Bo') AND LastName LIKE 'Row %'"
        )["records"]
    }
    assert named[ids[0]]["Email"] is None, "#N/A empties a field"
    assert named[ids[1]]["Email"].endswith("@example.com"), "an empty cell leaves it"

    assert counts(sf.bulk2.Contact.delete(records=[{"Id": item} for item in ids[:2]], wait=0)) == [(2, 2, 0)]
    assert counts(sf.bulk2.Contact.hard_delete(records=[{"Id": ids[2]}], wait=0)) == [(1, 1, 0)]
    assert sf.query("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Row %'", include_deleted=True)["totalSize"] == 4


def test_it_upserts_by_an_external_id_and_parents_by_theirs(sf: Any) -> None:
    sf.Account.upsert("Forcemirror_Id__c/parent", {"Name": "Parent"})
    records = [
        {"Forcemirror_Id__c": "child-1", "LastName": "Child", "Account.Forcemirror_Id__c": "parent"},
        {"Forcemirror_Id__c": "child-2", "LastName": "Orphan", "Account.Forcemirror_Id__c": "nobody"},
    ]

    results = sf.bulk2.Contact.upsert(records=records, external_id_field="Forcemirror_Id__c", wait=0)

    assert counts(results) == [(2, 2, 1)]
    failed = rows(sf.bulk2.Contact.get_failed_records(results[0]["job_id"]))
    assert failed[0]["LastName"] == "Orphan"
    assert failed[0]["sf__Error"].startswith("INVALID_FIELD:Foreign key external ID: nobody not found")
    child = sf.query("SELECT Account.Name FROM Contact WHERE Forcemirror_Id__c = 'child-1'")["records"][0]
    assert child["Account"]["Name"] == "Parent"
    again = sf.bulk2.Contact.upsert(records=records[:1], external_id_field="Forcemirror_Id__c", wait=0)
    assert rows(sf.bulk2.Contact.get_successful_records(again[0]["job_id"]))[0]["sf__Created"] == "false"


def test_results_of_all_kinds_come_in_memory_and_as_files(sf: Any, tmp_path: Path) -> None:
    results = sf.bulk2.Contact.insert(
        records=[{"LastName": "Kept", "FirstName": "K"}, {"LastName": "", "FirstName": "Lost"}], wait=0
    )
    job = results[0]["job_id"]

    every = sf.bulk2.Contact.get_all_ingest_records(job)

    assert [row["LastName"] for row in every["successfulRecords"]] == ["Kept"]
    assert [row["FirstName"] for row in every["failedRecords"]] == ["Lost"]
    assert every["failedRecords"][0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert every["unprocessedRecords"] == []
    contacts = sf.bulk2.Contact
    for get in (contacts.get_successful_records, contacts.get_failed_records, contacts.get_unprocessed_records):
        assert get(job, str(tmp_path / "results.csv")) == ""
        assert (tmp_path / "results.csv").read_text("utf-8") == get(job)


@pytest.mark.parametrize("line_ending", list(LineEnding))
@pytest.mark.parametrize("delimiter", list(ColumnDelimiter))
def test_every_delimiter_and_line_ending_carries_awkward_text(
    sf: Any, tmp_path: Path, delimiter: ColumnDelimiter, line_ending: LineEnding
) -> None:
    name = f"{delimiter.value} {line_ending.value}"
    character = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}[delimiter]
    source = tmp_path / "source.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=character, lineterminator={"LF": "\n", "CRLF": "\r\n"}[line_ending])
        writer.writerows([["LastName", "Description"], [name, AWKWARD]])
    options = {"column_delimiter": delimiter, "line_ending": line_ending, "wait": 0}

    results = sf.bulk2.Contact.insert(csv_file=str(source), **options)
    pages = list(
        sf.bulk2.Contact.query(f"SELECT LastName, Description FROM Contact WHERE LastName = '{name}'", **options)
    )

    assert counts(results) == [(1, 1, 0)]
    assert rows(pages[0], character) == [{"LastName": name, "Description": AWKWARD}]


def test_a_large_upload_goes_in_several_jobs_at_once(sf: Any) -> None:
    records = [{"LastName": f"Many {number}"} for number in range(450)]

    results = sf.bulk2.Contact.insert(records=records, batch_size=100, concurrency=3, wait=0)

    assert counts(results) == [(100, 100, 0)] * 4 + [(50, 50, 0)]
    assert sf.query("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Many %'")["totalSize"] == 450


def test_queries_come_page_by_page(sf: Any) -> None:
    soql = "SELECT Id FROM OpportunityFieldHistory"
    expected = {record["Id"] for record in sf.query_all_iter(soql)}

    pages = list(sf.bulk2.OpportunityFieldHistory.query(soql, max_records=1_000, wait=0))

    found = [row["Id"] for page in pages for row in rows(page)]
    assert len(pages) == -(-len(expected) // 1_000) > 2
    assert len(found) == len(expected)
    assert set(found) == expected


def test_query_all_has_deleted_rows_and_an_empty_answer_is_an_answer(sf: Any) -> None:
    gone = sf.Contact.create({"LastName": "Binned"})["id"]
    sf.Contact.delete(gone)
    soql = "SELECT Id, IsDeleted FROM Contact WHERE LastName = 'Binned'"

    assert [rows(page) for page in sf.bulk2.Contact.query(soql, wait=0)] == [[]]
    assert rows(next(sf.bulk2.Contact.query_all(soql, wait=0))) == [{"Id": gone, "IsDeleted": "true"}]


def test_downloads_go_to_files(sf: Any, tmp_path: Path) -> None:
    soql = "SELECT Id, Field FROM OpportunityFieldHistory"
    total = sf.query("SELECT COUNT() FROM OpportunityFieldHistory")["totalSize"]

    results = sf.bulk2.OpportunityFieldHistory.download(soql, str(tmp_path), max_records=2_000, wait=0)

    assert sum(item["number_of_records"] for item in results) == total
    assert results[-1]["locator"] == ""
    found = [row for item in results for row in rows(Path(item["file"]).read_text("utf-8"))]
    assert len({row["Id"] for row in found}) == total
    with pytest.raises(SalesforceBulkV2LoadError, match="Path does not exist"):
        sf.bulk2.Contact.download("SELECT Id FROM Contact", str(tmp_path / "nowhere"), wait=0)


def test_jobs_can_be_steered_one_step_at_a_time(sf: Any) -> None:
    client = sf.bulk2.Contact._client
    job = client.create_job(Operation.insert)
    assert job["state"] == "Open"
    assert job["apiVersion"] == 67.0
    client.upload_job_data(job["id"], "LastName\nStep\n", content_url=f"https://{sf.sf_instance}/{job['contentUrl']}")
    assert client.close_job(job["id"])["state"] == "UploadComplete"
    assert client.wait_for_job(job["id"], is_query=False, wait=0) == "JobComplete"
    assert client.get_job(job["id"], is_query=False)["numberRecordsProcessed"] == 1

    stopped = client.create_job(Operation.insert)["id"]
    assert client.abort_job(stopped, is_query=False)["state"] == "Aborted"
    with pytest.raises(SalesforceOperationError, match="Job failure"):
        client.wait_for_job(stopped, is_query=False, wait=0)
    # It deletes the job, then fails to read JSON from an answer that has none.
    with pytest.raises(ValueError):
        client.delete_job(stopped, is_query=False)
    with pytest.raises(SalesforceResourceNotFound):
        client.get_job(stopped, is_query=False)


def test_refusals_have_its_own_errors(sf: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID"):
        next(sf.bulk2.Contact.query("SELECT Nonsense FROM Contact", wait=0))
    with pytest.raises(SalesforceMalformedRequest, match=r"Aggregate|GROUP BY|COUNT|not supported"):
        next(sf.bulk2.Contact.query("SELECT COUNT(Id) FROM Contact", wait=0))
    with pytest.raises(SalesforceOperationError, match=r"InvalidBatch.*Field name not found : Nonsense"):
        sf.bulk2.Contact.insert(records=[{"LastName": "x", "Nonsense": "y"}], wait=0)
    with pytest.raises(SalesforceBulkV2LoadError, match="only 'Id'"):
        sf.bulk2.Contact.delete(records=[{"Id": "003", "LastName": "x"}], wait=0)
