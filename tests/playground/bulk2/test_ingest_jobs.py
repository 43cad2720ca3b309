"""Ingest jobs (salesforce-api.md 6.1, 6.2)."""

from __future__ import annotations

import json

import pytest

from playground.org import Org
from playground.settings import Settings
from tests.playground.bulk2.conftest import Bulk
from tests.playground.conftest import HOST, Caller, StillClock, problem

DEAL = "Name,StageName,CloseDate"


def test_a_job_is_made_filled_closed_polled_and_deleted(api: Caller, bulk: Bulk, org: Org) -> None:
    made = api.post("/jobs/ingest", {"object": "account", "operation": "insert", "contentType": "CSV"}).json()
    job_id = made["id"]

    assert made == {
        "id": job_id,
        "operation": "insert",
        "object": "Account",
        "createdById": org.default_user_id,
        "createdDate": "2026-11-23T12:00:00.000+0000",
        "systemModstamp": "2026-11-23T12:00:00.000+0000",
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 67.0,
        "contentUrl": f"services/data/v67.0/jobs/ingest/{job_id}/batches",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert bulk.upload(job_id, "Name\nOne\nTwo\n").status_code == 201
    assert bulk.poll("ingest", job_id)["state"] == "Open"
    assert api.query("SELECT Id FROM Account WHERE Name = 'One'") == []

    closed = bulk.close(job_id).json()
    assert closed["state"] == "UploadComplete"
    assert not {"jobType", "lineEnding", "columnDelimiter", "numberRecordsProcessed"} & set(closed)

    polled = bulk.poll("ingest", job_id)
    assert polled["state"] == "JobComplete"
    assert (polled["jobType"], polled["numberRecordsProcessed"], polled["numberRecordsFailed"]) == ("V2Ingest", 2, 0)
    assert {"retries", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"} <= set(polled)
    assert {row["Name"] for row in api.query("SELECT Name FROM Account WHERE Name IN ('One', 'Two')")} == {"One", "Two"}

    assert api.delete(f"/jobs/ingest/{job_id}").status_code == 204
    assert problem(api.get(f"/jobs/ingest/{job_id}"))[:2] == (404, "NOT_FOUND")


def test_results_echo_the_header_as_sent_and_quote_every_cell(api: Caller, bulk: Bulk) -> None:
    data = 'name,"AnnualRevenue",NumberOfEmployees\n"Lorem ""Ipsum"", x",912260031,2676\n'
    job = bulk.ingest("insert", "Account", data)

    answer = api.get(f"/jobs/ingest/{job}/successfulResults/")

    record_id = api.query("SELECT Id FROM Account WHERE NumberOfEmployees = 2676")[0]["Id"]
    assert answer.headers["Content-Type"] == "text/csv;charset=UTF-8"
    assert answer.content.decode() == (
        '"sf__Id","sf__Created",name,"AnnualRevenue",NumberOfEmployees\n'
        f'"{record_id}","true","Lorem ""Ipsum"", x","9.12260031E8","2676"\n'
    )
    assert api.get(f"/jobs/ingest/{job}/FAILEDRESULTS").text == (
        '"sf__Id","sf__Error",name,"AnnualRevenue",NumberOfEmployees\n'
    )
    assert api.get(f"/jobs/ingest/{job}/unprocessedrecords/").text == 'name,"AnnualRevenue",NumberOfEmployees\n'


@pytest.mark.parametrize(
    ("object_name", "header", "row", "error"),
    [
        (
            "Contact",
            "LastName,FirstName",
            ",Ann",
            "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
        ),
        (
            "Opportunity",
            "Name,StageName",
            "Deal,",
            "REQUIRED_FIELD_MISSING:Required fields are missing: [StageName, CloseDate]:StageName, CloseDate --",
        ),
        (
            "Account",
            "Name,Nothing__c",
            None,
            "InvalidBatch : Field name not found : Nothing__c",
        ),
        (
            "Opportunity",
            DEAL + ",Amount",
            "Deal,Prospecting,2026-12-01,lots",
            "INVALID_TYPE_ON_FIELD_IN_RECORD:Amount: value not of required type: lots:Amount --",
        ),
        (
            "Opportunity",
            DEAL,
            "Deal,Prospecting,01/12/2026",
            "INVALID_TYPE_ON_FIELD_IN_RECORD:CloseDate: value not of required type: 01/12/2026:CloseDate --",
        ),
        (
            "Contact",
            "LastName,Account.Forcemirror_Id__c",
            "L,none",
            "INVALID_FIELD:Foreign key external ID: none not found for field Forcemirror_Id__c in entity Account:--",
        ),
        (
            "Contact",
            "LastName,Email",
            "L,nobody",
            "INVALID_EMAIL_ADDRESS:Email: invalid email address: nobody:Email --",
        ),
        (
            "Opportunity",
            DEAL + ",IsWon",
            "Deal,Prospecting,2026-12-01,true",
            "INVALID_FIELD_FOR_INSERT_UPDATE:Unable to create/update fields: IsWon. Please check the security settings "
            "of this field and verify that it is read/write for your profile or permission set.:IsWon --",
        ),
    ],
)
def test_a_row_that_is_refused_says_why(bulk: Bulk, object_name: str, header: str, row: str | None, error: str) -> None:
    job = bulk.ingest("insert", object_name, f"{header}\n{row or 'x,y'}\n")
    found = bulk.poll("ingest", job)

    if row is None:
        assert (found["state"], found["errorMessage"], found["numberRecordsProcessed"]) == ("Failed", error, 0)
        assert bulk.api.get(f"/jobs/ingest/{job}/unprocessedrecords").text == f"{header}\nx,y\n"
    else:
        assert (found["numberRecordsProcessed"], found["numberRecordsFailed"]) == (1, 1)
        assert bulk.errors(job) == [error]


def test_a_refused_row_takes_no_other_with_it(api: Caller, bulk: Bulk) -> None:
    rows = "".join(f"Bulk {number},{'' if number % 7 == 0 else 'x'}\n" for number in range(1, 451))
    job = bulk.ingest("insert", "Contact", "FirstName,LastName\n" + rows)

    found = bulk.done(job)

    assert (found["numberRecordsProcessed"], found["numberRecordsFailed"]) == (450, 64)
    assert len(api.query("SELECT Id FROM Contact WHERE FirstName LIKE 'Bulk %'")) == 450 - 64
    done, failed = bulk.rows(job, "successfulResults"), bulk.rows(job, "failedResults")
    assert sorted(int(row["FirstName"].split()[1]) for row in done + failed) == list(range(1, 451))


def test_results_are_not_in_the_order_of_the_upload_but_always_the_same(bulk: Bulk) -> None:
    names = [f"N{number}" for number in range(500)]
    job = bulk.ingest("insert", "Account", "\n".join(["Name", *names]) + "\n")

    first = [row["Name"] for row in bulk.rows(job, "successfulResults")]

    assert first != names
    assert sorted(first) == sorted(names)
    assert [row["Name"] for row in bulk.rows(job, "successfulResults")] == first


def test_results_may_be_ordered_to_keep_the_order(clock: StillClock) -> None:
    names = [f"N{number}" for number in range(500)]
    with Org.in_memory(clock=clock, settings=Settings(bulk_results_in_order=True)) as org:
        api = Caller(org)
        bulk = Bulk(api)
        job = bulk.ingest("insert", "Account", "\n".join(["Name", *names]) + "\n")
        assert [row["Name"] for row in bulk.rows(job, "successfulResults")] == names
        api.session.close()


def test_an_update_ignores_empty_cells_and_empties_by_a_sign(api: Caller, bulk: Bulk) -> None:
    one = api.create("Account", Name="One", Phone="1", Fax="2")
    job = bulk.ingest("update", "Account", f"ID,phone,Fax,Name\n{one[:15]},#N/A,,\n")

    bulk.done(job)

    row = api.record("Account", one)
    assert (row["Name"], row["Phone"], row["Fax"]) == ("One", None, "2")
    assert bulk.rows(job, "successfulResults")[0]["sf__Id"] == one
    assert bulk.rows(job, "successfulResults")[0]["sf__Created"] == "false"


def test_an_update_of_unknown_wrong_and_missing_ids_fails_row_by_row(api: Caller, bulk: Bulk) -> None:
    gone = api.create("Account", Name="Gone")
    api.delete(f"/sobjects/Account/{gone}")
    unknown = "001Fm0000009999IAA"
    job = bulk.ingest("update", "Account", f"Id,Name\n{gone},x\n{unknown},x\n003Fm0000000001IAA,x\n,x\n")

    bulk.done(job)

    assert bulk.errors(job) == [
        "ENTITY_IS_DELETED:entity is deleted:--",
        "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--",
        "MALFORMED_ID:Account ID: id value of incorrect type: 003Fm0000000001IAA:Id --",
        "MISSING_ARGUMENT:Id not specified:Id --",
    ]
    assert {row["sf__Id"] for row in bulk.rows(job, "failedResults")} == {gone, unknown, "003Fm0000000001IAA", ""}


def test_old_versions_do_not_tell_the_ids_of_failed_rows(api: Caller) -> None:
    root = f"{HOST}/services/data/v52.0/jobs/ingest"
    job = api.post(root, {"operation": "update", "object": "Account"}).json()["id"]
    api("PUT", f"{root}/{job}/batches", data="Id,Name\n001Fm0000009999IAA,x\n")
    api.patch(f"{root}/{job}", {"state": "UploadComplete"})

    assert api.get(f"{root}/{job}/failedResults").text.splitlines()[1].startswith('"","INVALID_CROSS_REFERENCE_KEY:')


def test_an_upsert_creates_and_updates_by_a_key(api: Caller, bulk: Bulk) -> None:
    known = api.create("Account", Name="Known", Forcemirror_Id__c="k")
    job = bulk.ingest(
        "upsert",
        "Account",
        "forcemirror_id__c,Name\nk,Changed\nn,New\n,Lost\n",
        externalIdFieldName="Forcemirror_Id__c",
    )

    polled = bulk.done(job)

    assert polled["externalIdFieldName"] == "Forcemirror_Id__c"
    rows = {row["Name"]: row for row in bulk.rows(job, "successfulResults")}
    assert rows["Changed"]["sf__Id"] == known
    assert (rows["Changed"]["sf__Created"], rows["New"]["sf__Created"]) == ("false", "true")
    assert bulk.errors(job) == ["MISSING_ARGUMENT:Forcemirror_Id__c not specified:Forcemirror_Id__c --"]
    assert api.record("Account", known)["Name"] == "Changed"


def test_an_upsert_by_a_key_that_several_have_says_which(api: Caller, bulk: Bulk) -> None:
    twins = [api.create("Contact", LastName=name, Email="twin@example.com") for name in "AB"]
    job = bulk.ingest("upsert", "Contact", "Email,LastName\ntwin@example.com,C\n", externalIdFieldName="Email")

    assert bulk.errors(job) == [
        f"DUPLICATE_EXTERNAL_ID:Email: more than one record found for external id field: [{', '.join(twins)}]:Email --"
    ]


def test_a_delete_goes_to_the_bin_and_a_hard_delete_past_it(api: Caller, bulk: Bulk, org: Org) -> None:
    soft, hard = api.create("Account", Name="Soft"), api.create("Account", Name="Hard")

    bulk.done(bulk.ingest("delete", "Account", f"Id\n{soft}\n"))
    bulk.done(bulk.ingest("hardDelete", "Account", f"Id\n{hard}\n"))

    assert (org.record("Account", soft) or {})["IsDeleted"] == 1
    assert org.record("Account", hard) is None


def test_a_delete_takes_ids_and_nothing_else(api: Caller, bulk: Bulk) -> None:
    job = bulk.ingest("delete", "Account", f"Id,Name\n{api.create('Account', Name='A')},A\n")

    assert bulk.poll("ingest", job)["state"] == "Failed"


def test_parents_are_linked_by_their_keys(api: Caller, bulk: Bulk) -> None:
    account = api.create("Account", Name="P", Forcemirror_Id__c="p1")
    contact = api.create("Contact", LastName="Who", Email="who@example.com")
    owner = api.query("SELECT Id, Username FROM User WHERE IsActive = true LIMIT 1")[0]
    contacts = bulk.ingest(
        "insert", "Contact", f"LastName,account.FORCEMIRROR_ID__C,Owner.Username\nChild,p1,{owner['Username']}\n"
    )
    tasks = bulk.ingest(
        "insert",
        "Task",
        "Subject,Status,Priority,Contact:Who.Email,Account:What.Forcemirror_Id__c\n"
        "Call,Not Started,Normal,who@example.com,p1\n",
    )
    bulk.done(contacts)

    assert bulk.done(tasks)["numberRecordsFailed"] == 0, bulk.errors(tasks)
    (child,) = api.query("SELECT AccountId, OwnerId FROM Contact WHERE LastName = 'Child'")
    assert (child["AccountId"], child["OwnerId"]) == (account, owner["Id"])
    (task,) = api.query("SELECT WhoId, WhatId FROM Task WHERE Subject = 'Call' AND WhatId = '" + account + "'")
    assert (task["WhoId"], task["WhatId"]) == (contact, account)


@pytest.mark.parametrize(
    ("object_name", "column"),
    [
        ("Contact", "Account.Name"),
        ("Contact", "Account.Owner.Username"),
        ("Contact", "Account:Account.Forcemirror_Id__c"),
        ("Contact", "Nobody.Id"),
        ("Task", "Who.Email"),
        ("Task", "User:Who.Email"),
        ("Contact", "MailingAddress"),
        ("Contact", " LastName"),
        ("Contact", "lastname"),
    ],
)
def test_columns_that_cannot_be_written_fail_the_job(bulk: Bulk, object_name: str, column: str) -> None:
    job = bulk.ingest("insert", object_name, f"LastName,{column}\nx,y\n")

    found = bulk.poll("ingest", job)

    assert found["state"] == "Failed"
    assert found["errorMessage"].startswith("InvalidBatch : ")
    assert found["errorMessage"].endswith(f" : {column}" if object_name == "Contact" else " : LastName")


@pytest.mark.parametrize(
    ("operation", "missing"), [("update", "Id"), ("upsert", "Forcemirror_Id__c"), ("delete", "Id")]
)
def test_a_job_without_its_key_column_fails(bulk: Bulk, operation: str, missing: str) -> None:
    options = {"externalIdFieldName": "Forcemirror_Id__c"} if operation == "upsert" else {}
    job = bulk.ingest(operation, "Account", "Name\nx\n", **options)

    assert bulk.poll("ingest", job)["errorMessage"] == f"InvalidBatch : Field name not found : {missing}"


@pytest.mark.parametrize(
    ("delimiter", "mark"), [("TAB", "\t"), ("PIPE", "|"), ("SEMICOLON", ";"), ("CARET", "^"), ("BACKQUOTE", "`")]
)
def test_data_and_results_use_the_delimiter_and_line_ending_of_the_job(
    api: Caller, bulk: Bulk, delimiter: str, mark: str
) -> None:
    data = f'Name{mark}Description\r\n"A{mark}B"{mark}"two\nlines"\r\n'
    job = bulk.ingest("insert", "Account", data, columnDelimiter=delimiter, lineEnding="CRLF")

    bulk.done(job)

    (row,) = api.query("SELECT Id, Name, Description FROM Account WHERE Name LIKE 'A_B'")
    assert (row["Name"], row["Description"]) == (f"A{mark}B", "two\nlines")
    assert api.get(f"/jobs/ingest/{job}/successfulResults").content.decode() == (
        f'"sf__Id"{mark}"sf__Created"{mark}Name{mark}Description\r\n'
        f'"{row["Id"]}"{mark}"true"{mark}"A{mark}B"{mark}"two\nlines"\r\n'
    )


@pytest.mark.parametrize(
    ("data", "line_ending", "message"),
    [
        (
            "Name\r\nA\r\n",
            "LF",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        (
            "Name\nA\n",
            "CRLF",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF",
        ),
        ("", "LF", "InvalidBatch : Failed to parse CSV header. The upload is empty"),
        ('Name,Phone\n"A" ,1\n', "LF", "InvalidBatch : Failed to parse CSV. Found unescaped quote."),
        ("Name,Phone\nA\n", "LF", "InvalidBatch : A record has 1 cells, but the header has 2"),
        (b"Name\nN\xe9\n", "LF", "ClientInputError : The data is not encoded in UTF-8"),
        ("Name\n" + "x" * 131_073 + "\n", "LF", "InvalidBatch : A cell is longer than 131072 characters"),
    ],
)
def test_data_that_is_no_such_csv_fails_the_job(bulk: Bulk, data: str | bytes, line_ending: str, message: str) -> None:
    job = bulk.ingest("insert", "Account", data, lineEnding=line_ending)

    found = bulk.poll("ingest", job)

    assert found["state"] == "Failed"
    assert found["errorMessage"].startswith(message)


def test_a_failed_job_keeps_what_it_did_and_gives_back_what_it_did_not(api: Caller, bulk: Bulk) -> None:
    good = "".join(f"Kept {number},1\n" for number in range(200))
    bad = 'Left A,1\n"Left" B,1\nLeft C,"2"\n'
    job = bulk.ingest("insert", "Account", "Name,Phone\n" + good + bad)

    found = bulk.poll("ingest", job)

    assert (found["state"], found["numberRecordsProcessed"]) == ("Failed", 200)
    assert len(api.query("SELECT Id FROM Account WHERE Name LIKE 'Kept %'")) == 200
    assert len(bulk.rows(job, "successfulResults")) == 200
    assert api.get(f"/jobs/ingest/{job}/unprocessedRecords/").text == "Name,Phone\n" + bad


def test_spaces_belong_to_the_cell(api: Caller, bulk: Bulk) -> None:
    job = bulk.ingest("insert", "Contact", "LastName,FirstName\nSmith, John\n")

    assert api.get(f"/jobs/ingest/{job}/successfulResults").text.splitlines()[1].endswith('"Smith"," John"')


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "insert", "object": "Nope"}, "INVALIDENTITY"),
        ({"operation": "insert"}, "INVALIDENTITY"),
        ({"operation": "merge", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account", "externalIdFieldName": "Phone"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "Account", "contentType": "JSON"}, "INVALIDJOB"),
    ],
)
def test_orders_that_make_no_sense_make_no_job(api: Caller, body: dict[str, str], code: str) -> None:
    assert problem(api.post("/jobs/ingest", body))[:2] == (400, code)


def test_data_may_come_with_the_order(api: Caller, bulk: Bulk) -> None:
    order = json.dumps({"object": "Account", "operation": "insert", "contentType": "CSV", "lineEnding": "LF"})
    made = api(
        "POST",
        "/jobs/ingest",
        files={
            "job": (None, order, "application/json"),
            "content": ("content", "Name\nMany\nParts\n", "text/csv"),
        },
    )

    assert (made.status_code, made.json()["state"]) == (200, "UploadComplete")
    assert bulk.done(made.json()["id"])["numberRecordsProcessed"] == 2


@pytest.mark.parametrize(
    "parts",
    [
        {"job": (None, "{}", "application/json")},
        {"content": ("content", "Name\n", "text/csv")},
        {
            "job": (None, '{"object":"Account","operation":"insert"}', "application/json"),
            "content": ("content", "Name\n" + "x" * 100_000, "text/csv"),
        },
    ],
)
def test_incomplete_and_large_multipart_orders_are_refused(api: Caller, parts: dict[str, tuple[str, str, str]]) -> None:
    assert api("POST", "/jobs/ingest", files=parts).status_code == 400


def test_rows_go_through_the_rules_of_the_org(api: Caller, bulk: Bulk) -> None:
    job = bulk.ingest("insert", "Opportunity", DEAL + ",Amount\nRuled,Closed Won,2026-12-01,1000\n")
    bulk.done(job)

    (deal,) = api.query("SELECT Id, IsWon, Probability, ExpectedRevenue FROM Opportunity WHERE Name = 'Ruled'")

    assert (deal["IsWon"], deal["Probability"], deal["ExpectedRevenue"]) == (True, 100, 1000)
    assert len(api.query(f"SELECT Id FROM OpportunityHistory WHERE OpportunityId = '{deal['Id']}'")) == 1


def test_results_are_refused_to_another_version(api: Caller, bulk: Bulk) -> None:
    job = bulk.ingest("insert", "Account", "Name\nA\n")

    assert api.get(f"{HOST}/services/data/v66.0/jobs/ingest/{job}/successfulResults").status_code == 409


def test_other_methods_are_refused_by_name(api: Caller, bulk: Bulk) -> None:
    job = bulk.open("insert", "Account")

    status, code, message = problem(api.post(f"/jobs/ingest/{job}/batches"))

    assert (status, code) == (405, "METHOD_NOT_ALLOWED")
    assert message == "HTTP Method 'POST' not allowed. Allowed are PUT"
