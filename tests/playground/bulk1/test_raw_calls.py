"""Bulk API 1.0 call by call, in XML and CSV, as salesforce-api.md section 7 has it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import requests

from playground.bulk1.jobs import JobStore
from playground.org import Org
from tests.playground.bulk1.conftest import HOST, NS, ROOT, Bulk, text, told

XML = "application/xml; charset=UTF-8"
JSON = "application/json"


def rows(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content)))


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal, in either form."""
    if answer.headers["Content-Type"] == JSON:
        return answer.status_code, answer.json()["exceptionCode"]
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{NS}error"
    return answer.status_code, text(answer, "exceptionCode")


def test_a_job_is_told_in_the_form_of_the_request(bulk: Bulk) -> None:
    body = {"operation": "queryAll", "object": "Account", "contentType": "CSV"}
    made = bulk("POST", "job", json.dumps(body), JSON)
    assert made.status_code == 201
    assert made.headers["Content-Type"] == JSON
    job = made.json()
    as_xml = told(bulk.get(f"job/{job['id']}", XML))

    assert job["id"].startswith("750")
    assert job["createdDate"] == "2026-11-23T12:00:00.000+0000"
    assert as_xml["createdDate"] == "2026-11-23T12:00:00.000Z"
    assert job["apiVersion"] == 61.0
    assert as_xml["apiVersion"] == "61.0"
    assert list(as_xml) == [
        "id",
        "operation",
        "object",
        "createdById",
        "createdDate",
        "systemModstamp",
        "state",
        "concurrencyMode",
        "contentType",
        "numberBatchesQueued",
        "numberBatchesInProgress",
        "numberBatchesCompleted",
        "numberBatchesFailed",
        "numberBatchesTotal",
        "numberRecordsProcessed",
        "numberRetries",
        "apiVersion",
        "numberRecordsFailed",
        "totalProcessingTime",
        "apiActiveProcessingTime",
        "apexProcessingTime",
    ]
    assert set(job) == set(as_xml)


def test_batches_are_told_in_the_form_of_the_jobs_data(bulk: Bulk) -> None:
    csv_job = bulk.job("query", "Account", "CSV")
    json_job = bulk.job("query", "Account", "JSON")
    # As a tap does it: everything said in JSON, the batch sent as text/csv, and XML read.
    of_csv = bulk("POST", f"job/{csv_job}/batch", "SELECT Id FROM Account", "text/csv")
    of_json = bulk("POST", f"job/{json_job}/batch", "SELECT Id FROM Account", JSON)

    assert told(of_csv)["state"] == "Queued"
    assert told(of_csv)["jobId"] == csv_job
    assert of_json.headers["Content-Type"] == JSON
    assert of_json.json()["state"] == "Queued"
    assert of_json.json()["id"].startswith("751")
    assert told(bulk.get(f"job/{csv_job}/batch/{told(of_csv)['id']}", JSON))["state"] == "Completed"
    listed = bulk.get(f"job/{json_job}/batch").json()
    assert [item["state"] for item in listed["batchInfo"]] == ["Completed"]
    root = ElementTree.fromstring(bulk.get(f"job/{csv_job}/batch").content)
    assert root.tag == f"{NS}batchInfoList"
    assert [item.tag for item in root] == [f"{NS}batchInfo"]


def test_csv_is_inserted_and_its_results_are_in_order(bulk: Bulk, org: Org) -> None:
    job = bulk.job("insert", "Contact", "CSV")
    batch = bulk.batch(job, 'FirstName,LastName\n"Ann","Lima, ""the"" CTO"\nNobody,\nZoë,Mirza\n', "text/csv")
    bulk.close(job)

    found = bulk.get(f"job/{job}/batch/{batch}/result")

    header, first, second, third = rows(found.text)
    assert found.headers["Content-Type"].startswith("text/csv")
    assert found.text.startswith('"Id","Success","Created","Error"\n')
    assert header == ["Id", "Success", "Created", "Error"]
    assert first[1:] == third[1:] == ["true", "true", ""]
    assert second == [
        "",
        "false",
        "false",
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
    ]
    assert org.record("Contact", first[0])["LastName"] == 'Lima, "the" CTO'  # type: ignore[index]
    info = told(bulk.get(f"job/{job}"))
    assert (info["state"], info["numberBatchesCompleted"], info["numberRecordsProcessed"]) == ("Closed", "1", "3")
    assert info["numberRecordsFailed"] == "1"


def test_csv_cells_leave_alone_empty_and_link(bulk: Bulk, org: Org) -> None:
    account = org.create("Account", {"Name": "A", "Forcemirror_Id__c": "a", "Phone": "1", "Website": "w.example"})
    job = bulk.job("update", "Account", "CSV")
    batch = bulk.batch(job, f"Id,Phone,website\n{account[:15]},,#N/A\n", "text/csv")
    linked = bulk.job("insert", "Contact", "CSV")
    other = bulk.batch(linked, "LastName,Account.Forcemirror_Id__c\r\nLima,a\r\n", "text/csv")

    assert rows(bulk.get(f"job/{job}/batch/{batch}/result").text)[1] == [account, "true", "false", ""]
    row = org.record("Account", account)
    assert row is not None
    assert (row["Phone"], row["Website"]) == ("1", None)
    made = rows(bulk.get(f"job/{linked}/batch/{other}/result").text)[1][0]
    assert org.record("Contact", made)["AccountId"] == account  # type: ignore[index]


def test_xml_is_inserted_and_told_in_xml(bulk: Bulk, org: Org) -> None:
    account = org.create("Account", {"Name": "A", "Forcemirror_Id__c": "a"})
    job = bulk.job("insert", "Contact", "XML")
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><sObjects xmlns="{NS[1:-1]}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<sObject><LastName>Lima &amp; Co</LastName><Title xsi:nil='true'/>"
        "<Account><sObject><Forcemirror_Id__c>a</Forcemirror_Id__c></sObject></Account></sObject>"
        "<sObject><FirstName>Nobody</FirstName></sObject></sObjects>"
    )
    batch = bulk.batch(job, content, XML)

    root = ElementTree.fromstring(bulk.get(f"job/{job}/batch/{batch}/result").content)

    assert root.tag == f"{NS}results"
    done, failed = root
    assert [item.tag.removeprefix(NS) for item in done] == ["id", "success", "created"]
    record = org.record("Contact", str(done[0].text))
    assert record is not None
    assert (record["LastName"], record["AccountId"]) == ("Lima & Co", account)
    assert [item.tag.removeprefix(NS) for item in failed] == ["errors", "success", "created"]
    assert {item.tag.removeprefix(NS): item.text for item in failed[0]} == {
        "fields": "LastName",
        "message": "Required fields are missing: [LastName]",
        "statusCode": "REQUIRED_FIELD_MISSING",
    }
    assert bulk.get(f"job/{job}/batch/{batch}/request").text == content


def test_a_query_gives_csv(bulk: Bulk, org: Org) -> None:
    org.create("Account", {"Name": 'Say "hi",\nall', "AnnualRevenue": 912260031, "NumberOfEmployees": 5})
    job = bulk.job("query", "Account", "CSV")
    soql = (
        "SELECT Name, AnnualRevenue, NumberOfEmployees, IsDeleted, Phone, CreatedDate, Owner.Name FROM Account "
        "WHERE Name LIKE 'Say%'"
    )
    batch = bulk.batch(job, soql, "text/csv")

    (content,) = bulk.results(job, batch)

    owner = org.user(org.default_user_id)["Name"]
    assert content.startswith(
        '"Name","AnnualRevenue","NumberOfEmployees","IsDeleted","Phone","CreatedDate","Owner.Name"'
    )
    assert rows(content)[1:] == [
        ['Say "hi",\nall', "9.12260031E8", "5", "false", "", "2026-11-23T12:00:00.000Z", owner]
    ]
    assert told(bulk.get(f"job/{job}/batch/{batch}"))["numberRecordsProcessed"] == "1"
    assert bulk.get(f"job/{job}/batch/{batch}/request").text == soql


def test_a_query_gives_xml(bulk: Bulk, org: Org) -> None:
    org.create("Account", {"Name": "A & B", "AnnualRevenue": 1500})
    job = bulk.job("query", "Account", "XML")
    batch = bulk.batch(
        job, "SELECT Name, AnnualRevenue, Phone, CreatedDate, Owner.Alias FROM Account WHERE Name = 'A & B'", XML
    )

    (content,) = bulk.results(job, batch)

    (record,) = ElementTree.fromstring(content)
    said = {item.tag.removeprefix(NS): item.text for item in record}
    assert record.tag == f"{NS}records"
    assert record.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "sObject"
    assert list(said) == ["type", "Name", "AnnualRevenue", "Phone", "CreatedDate", "Owner"]
    assert (said["type"], said["Name"], said["AnnualRevenue"]) == ("Account", "A & B", "1500.0")
    assert said["CreatedDate"] == "2026-11-23T12:00:00.000Z"
    assert [item.tag.removeprefix(NS) for item in record[-1]] == ["type", "Alias"]


@pytest.mark.parametrize(
    ("kind", "expected"), [("CSV", "Records not found for this query"), ("JSON", "[]"), ("XML", "<queryResult")]
)
def test_a_query_without_rows_has_a_result(bulk: Bulk, kind: str, expected: str) -> None:
    job = bulk.job("query", "Account", kind)
    batch = bulk.batch(job, "SELECT Id FROM Account WHERE Name = 'nobody'", "text/csv")

    listed = bulk.get(f"job/{job}/batch/{batch}/result")
    result = listed.json()[0] if kind == "JSON" else text(listed, "result")

    assert result.startswith("752")
    assert expected in bulk.get(f"job/{job}/batch/{batch}/result/{result}").text


def test_a_long_result_comes_in_several_files(bulk: Bulk, org: Org) -> None:
    org.settings = replace(org.settings, bulk_page_bytes=1)
    job = bulk.job("query", "OpportunityFieldHistory", "CSV")
    batch = bulk.batch(job, "SELECT Id FROM OpportunityFieldHistory", "text/csv")

    contents = bulk.results(job, batch)

    assert len(contents) > 1
    assert {content.partition("\n")[0] for content in contents} == {'"Id"'}
    ids = [row[0] for content in contents for row in rows(content)[1:]]
    assert sorted(ids) == sorted(row["Id"] for row in org.store.select("OpportunityFieldHistory", "NOT IsDeleted"))


@pytest.mark.parametrize(
    ("soql", "reason"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY: "),
        ("SELECT Nonsense FROM Account", "INVALID_FIELD: "),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "FEATURENOTENABLED: Aggregate Relationships not supported",
        ),
        ("SELECT COUNT() FROM Account", "API_ERROR: "),
        ("SELECT Name FROM Account GROUP BY Name", "API_ERROR: "),
        (
            "SELECT BillingAddress FROM Account",
            "FUNCTIONALITY_NOT_ENABLED: Selecting compound data not supported in Bulk Query",
        ),
        ("SELECT Id FROM Contact", "the query is of Contact, the job of Account"),
    ],
)
def test_what_cannot_be_queried_fails_the_batch(bulk: Bulk, soql: str, reason: str) -> None:
    job = bulk.job("query", "Account", "CSV")
    batch = bulk.batch(job, soql, "text/csv")

    info = told(bulk.get(f"job/{job}/batch/{batch}"))

    assert info["state"] == "Failed"
    assert info["stateMessage"].startswith("InvalidBatch : Failed to process query: " + reason)
    assert refusal(bulk.get(f"job/{job}/batch/{batch}/result")) == (400, "InvalidBatch")
    assert told(bulk.get(f"job/{job}"))["numberBatchesFailed"] == "1"


@pytest.mark.parametrize(
    ("operation", "kind", "content", "reason"),
    [
        ("insert", "CSV", "LastName,Nonsense\nLima,1\n", "Field name not found : Nonsense"),
        ("insert", "CSV", "LastName,lastname\nLima,1\n", "Duplicate field : lastname"),
        ("insert", "CSV", "LastName\n", "Records not found for this batch"),
        ("insert", "CSV", 'LastName\n"Lima\n', "Failed to parse CSV"),
        ("insert", "CSV", b"LastName\n\xff\n", "not encoded in UTF-8"),
        ("insert", "CSV", "LastName\nLima,1\n", "A record has 2 cells"),
        ("update", "CSV", "LastName\nLima\n", "Field name not found : Id"),
        ("delete", "CSV", "Id,LastName\n003000000000000,Lima\n", "may only have the field Id"),
        ("insert", "JSON", "[{]", "Failed to parse JSON"),
        ("insert", "JSON", '{"LastName": "Lima"}', "a batch is a list of records"),
        ("insert", "JSON", '[{"LastName": NaN}]', "NaN is no JSON"),
        ("insert", "JSON", "[" * 100_000, "Failed to parse JSON"),
        ("insert", "JSON", '[{"LastName": "Lima", "Nonsense": 1}]', "Field name not found : Nonsense"),
        ("insert", "XML", "<sObjects>", "Failed to parse XML"),
        ("insert", "XML", "<sObjects/>", "the root is sObjects in"),
        ("insert", "XML", f'<sObjects xmlns="{NS[1:-1]}"/>', "Records not found for this batch"),
        ("insert", "XML", '<!DOCTYPE a [<!ENTITY b "c">]><sObjects>&b;</sObjects>', "A document type is not allowed"),
    ],
)
def test_data_that_cannot_be_read_fails_the_batch(
    bulk: Bulk, org: Org, operation: str, kind: str, content: str | bytes, reason: str
) -> None:
    before = org.store.execute("SELECT count(*) FROM Contact")
    job = bulk.job(operation, "Contact", kind)
    batch = bulk.batch(job, content, "text/plain")

    answer = bulk.get(f"job/{job}/batch/{batch}")
    info = answer.json() if kind == "JSON" else told(answer)

    assert info["state"] == "Failed"
    assert reason in info["stateMessage"]
    assert org.store.execute("SELECT count(*) FROM Contact") == before


def test_a_batch_has_ten_thousand_records_at_most(bulk: Bulk) -> None:
    job = bulk.job("insert", "Contact", "CSV")
    batch = bulk.batch(job, "LastName\n" + "L\n" * 10_001, "text/csv")

    info = told(bulk.get(f"job/{job}/batch/{batch}"))

    assert (info["state"], info["numberRecordsProcessed"]) == ("Failed", "0")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "Insert", "object": "Account", "contentType": "CSV"}, "InvalidJob"),
        ({"operation": "insert", "object": "Nonsense", "contentType": "CSV"}, "InvalidJob"),
        ({"operation": "insert", "object": "Account", "contentType": "ZIP_CSV"}, "InvalidJob"),
        ({"operation": "upsert", "object": "Account", "contentType": "CSV"}, "InvalidJob"),
        (
            {"operation": "upsert", "object": "Account", "contentType": "CSV", "externalIdFieldName": "Name"},
            "InvalidJob",
        ),
        ({"operation": "insert", "object": "Account", "createdById": "005000000000000"}, "InvalidJob"),
        ({"operation": "insert", "object": "Account", "concurrencyMode": "Both"}, "InvalidJob"),
        ([], "InvalidJob"),
    ],
)
def test_jobs_that_cannot_be_are_refused(bulk: Bulk, body: object, code: str) -> None:
    assert refusal(bulk("POST", "job", json.dumps(body), JSON)) == (400, code)


def test_refusals_take_the_form_of_the_request(bulk: Bulk) -> None:
    as_json = bulk.get("job/750000000000000", JSON)
    as_xml = bulk.get("job/750000000000000", XML)

    assert as_json.headers["Content-Type"] == "application/json"
    assert as_json.json() == {"exceptionCode": "InvalidJob", "exceptionMessage": "Invalid job id: 750000000000000"}
    assert told(as_xml) == as_json.json()
    assert refusal(bulk("POST", "job", "<jobInfo>", XML)) == (400, "InvalidXML")
    assert refusal(bulk("POST", "job", "<!DOCTYPE a><jobInfo/>", XML)) == (400, "InvalidXML")
    assert refusal(bulk("POST", "job", "<jobInfo/>", XML)) == (400, "InvalidJob")


def test_who_is_not_logged_in_is_refused(bulk: Bulk) -> None:
    nobody = bulk.get("job/750000000000000", JSON, X_SFDC_Session="00D!none")
    bulk.session.headers.pop("X-SFDC-Session")
    unnamed = bulk.get("job/750000000000000", XML, Authorization="Bearer x")

    assert nobody.json() == {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}
    assert refusal(nobody) == refusal(unnamed) == (400, "InvalidSessionId")


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("GET", f"{ROOT}/nonsense", (404, "InvalidUrl")),
        ("GET", f"{ROOT}/job/", (405, "MethodNotAllowed")),
        ("DELETE", f"{ROOT}/job", (405, "MethodNotAllowed")),
        ("GET", f"{HOST}/services/async/", (404, "InvalidUrl")),
        ("GET", f"{HOST}/services/async/v61.0/job", (404, "InvalidUrl")),
        ("GET", f"{HOST}/services/async/99.0/job", (404, "InvalidUrl")),
        ("GET", f"{HOST}/services/async/20.0/job", (410, "InvalidUrl")),
    ],
)
def test_addresses_that_are_none(bulk: Bulk, method: str, url: str, expected: tuple[int, str]) -> None:
    assert refusal(bulk.session.request(method, url)) == expected


def test_a_closed_job_takes_no_batches_and_an_aborted_one_stops(bulk: Bulk, org: Org) -> None:
    org.settings = replace(org.settings, bulk_polls_in_progress=1)
    job = bulk.job("insert", "Contact", "CSV")
    first = bulk.batch(job, "LastName\nLima\n", "text/csv")
    for _ in range(2):
        bulk.get(f"job/{job}/batch/{first}")
    second = bulk.batch(job, "LastName\nMirza\n", "text/csv")
    assert told(bulk.get(f"job/{job}/batch/{second}"))["state"] == "InProgress"
    assert refusal(bulk.get(f"job/{job}/batch/{second}/request/x")) == (404, "InvalidUrl")
    aborted = bulk.change(job, "Aborted")

    states = [item.text for item in ElementTree.fromstring(bulk.get(f"job/{job}/batch").content).iter(f"{NS}state")]
    assert told(aborted)["state"] == "Aborted"
    assert states == ["Completed", "NotProcessed"]
    assert refusal(bulk.get(f"job/{job}/batch/{second}/result")) == (400, "InvalidBatch")
    assert refusal(bulk.close(job)) == (400, "InvalidJobState")
    late = bulk("POST", f"job/{job}/batch", "LastName\nLate\n", "text/csv")
    assert refusal(late) == (400, "InvalidJobState")
    assert "Current job state is 'Aborted'" in late.text
    assert refusal(bulk.change(job, "Open")) == (400, "InvalidJob")


def test_a_job_that_is_done_cannot_be_aborted(bulk: Bulk) -> None:
    job = bulk.job("insert", "Contact", "CSV")
    bulk.batch(job, "LastName\nLima\n", "text/csv")
    bulk.get(f"job/{job}")
    bulk.close(job)

    assert "Aborting already Completed Job not allowed" in bulk.change(job, "Aborted").text


def test_results_are_refused_while_a_batch_works(bulk: Bulk, org: Org) -> None:
    org.settings = replace(org.settings, bulk_polls_in_progress=1)
    job = bulk.job("insert", "Contact", "CSV")
    batch = bulk.batch(job, "LastName\nLima\n", "text/csv")

    early = bulk.get(f"job/{job}/batch/{batch}/result")

    assert refusal(early) == (400, "InvalidBatch")
    assert "Batch not completed" in early.text
    assert bulk.get(f"job/{job}/batch/{batch}/result").status_code == 200


def test_bodies_may_be_compressed_both_ways(bulk: Bulk) -> None:
    job = bulk.job("insert", "Contact", "CSV")
    content = gzip.compress(b"LastName\n" + b"Lima\n" * 50)
    sent = bulk("POST", f"job/{job}/batch", content, "text/csv", Content_Encoding="gzip")
    batch = text(sent, "id")

    found = bulk.get(f"job/{job}/batch/{batch}/result", Accept_Encoding="gzip")

    assert found.headers["Content-Encoding"] == "gzip"
    assert len(rows(found.text)) == 51
    spoilt = bulk("POST", f"job/{job}/batch", b"no gzip", "text/csv", Content_Encoding="gzip")
    bomb = gzip.compress(b"x" * (11 * 1024 * 1024))
    assert refusal(spoilt) == (400, "ClientInputError")
    assert refusal(bulk("POST", f"job/{job}/batch", bomb, "text/csv", Content_Encoding="gzip"))[0] == 400


def test_batches_run_out(bulk: Bulk, org: Org) -> None:
    org.settings = replace(org.settings, daily_bulk_batches=1)
    job = bulk.job("insert", "Contact", "CSV")
    bulk.batch(job, "LastName\nLima\n", "text/csv")

    refused = bulk("POST", f"job/{job}/batch", "LastName\nMirza\n", "text/csv")

    assert told(refused) == {"exceptionCode": "ExceededQuota", "exceptionMessage": "ApiBatchItems Limit exceeded."}


def test_serial_batches_are_done_one_after_another(bulk: Bulk) -> None:
    job = bulk.job("insert", "Contact", "CSV", "<concurrencyMode>Serial</concurrencyMode>")
    first = bulk.batch(job, "LastName\nLima\n", "text/csv")
    second = bulk.batch(job, "LastName\nMirza\n", "text/csv")

    made = [rows(bulk.get(f"job/{job}/batch/{batch}/result").text)[1][0] for batch in (second, first)]

    assert made[1] < made[0]
    assert told(bulk.get(f"job/{job}"))["concurrencyMode"] == "Serial"


def test_jobs_go_when_the_org_is_reset_or_they_are_old(bulk: Bulk, org: Org, clock: object) -> None:
    old = bulk.job("query", "Account", "CSV")
    bulk.batch(old, "SELECT Id FROM Account", "text/csv")
    org.reset()
    assert refusal(bulk.get(f"job/{old}")) == (400, "InvalidJob")
    job = bulk.job("query", "Account", "CSV")
    batch = bulk.batch(job, "SELECT Id FROM Account", "text/csv")
    assert bulk.results(job, batch)
    clock.advance(days=8)  # type: ignore[attr-defined]
    bulk.session.headers["X-SFDC-Session"] = org.login().token

    assert refusal(bulk.get(f"job/{job}")) == (400, "InvalidJob")
    assert JobStore(org.store).result_ids(batch) == []


def test_a_batch_that_was_cut_short_goes_on_where_it_was(bulk: Bulk, org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    job = bulk.job("insert", "Contact", "CSV")
    batch = bulk.batch(job, "LastName\n" + "".join(f"Lima {number}\n" for number in range(450)), "text/csv")
    before = org.store.execute("SELECT count(*) FROM Contact")[0][0]
    kept = JobStore.append
    calls = 0

    def failing(self: JobStore, batch_id: str, result_id: str, content: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("the disk is full")
        kept(self, batch_id, result_id, content)

    monkeypatch.setattr(JobStore, "append", failing)
    assert refusal(bulk.get(f"job/{job}/batch/{batch}")) == (500, "Unknown")
    assert org.store.execute("SELECT count(*) FROM Contact")[0][0] == before + 200

    found = rows(bulk.get(f"job/{job}/batch/{batch}/result").text)[1:]

    assert org.store.execute("SELECT count(*) FROM Contact")[0][0] == before + 450
    assert len({row[0] for row in found}) == 450


def test_the_schema_can_be_fetched(bulk: Bulk) -> None:
    bulk.session.headers.pop("X-SFDC-Session")
    root = ElementTree.fromstring(bulk.get("AsyncApi.xsd").content)

    names = {item.get("name") for item in root}
    assert root.get("targetNamespace") == NS[1:-1]
    assert {"JobInfo", "BatchInfo", "jobInfo", "batchInfoList", "result-list", "error"} <= names
