"""Faults that are events in the org, or that concern bulk results and bytes on real sockets."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from playground import server, tls
from playground.app import create_app
from playground.org import Org
from tests.playground.conftest import Caller, StillClock, problem
from tests.playground.test_faults import KNOCK, OFFICE, SIDE, clear, order

STATEMENT = "SELECT Id, Name FROM Account ORDER BY Id"


@pytest.fixture
def account(api: Caller) -> str:
    return api.create("Account", Name="Get Cloudy Test", Phone="0")


def query_job(api: Caller, statement: str = STATEMENT) -> str:
    answer = api.post("/jobs/query", {"operation": "query", "query": statement})
    assert answer.status_code == 200, answer.text
    path = f"/jobs/query/{answer.json()['id']}"
    for _ in range(20):
        if api.get(path).json()["state"] == "JobComplete":
            return path
    raise AssertionError("The job does not end.")


def table(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def results(api: Caller, path: str) -> tuple[list[list[str]], requests.Response]:
    answer = api.get(f"{path}/results")
    return table(answer), answer


def test_a_csv_can_lack_its_last_record(api: Caller) -> None:
    path = query_job(api)
    whole, _ = results(api, path)
    order(api, "F32-csv-cut-at-record")

    cut, answer = results(api, path)

    assert cut == whole[:-1]
    assert int(answer.headers["Sforce-NumberOfRecords"]) == len(cut)


def test_a_csv_can_end_inside_quotes(api: Caller) -> None:
    path = query_job(api)
    order(api, "F33-csv-cut-in-quotes")

    assert api.get(f"{path}/results").text.count('"') % 2 == 1


def test_the_number_of_records_can_be_missing(api: Caller) -> None:
    path = query_job(api)
    order(api, "F34-count-header-missing")

    assert "Sforce-NumberOfRecords" not in results(api, path)[1].headers
    assert "Sforce-NumberOfRecords" in results(api, path)[1].headers


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        ("F35-csv-column-missing", ["Id"]),
        ("F35-csv-column-extra", ["Id", "Name", "extra__c"]),
        ("F35-csv-columns-reordered", ["Name", "Id"]),
        ("F35-csv-bom", ["\ufeffId", "Name"]),
    ],
)
def test_the_columns_of_a_csv_can_be_others(api: Caller, fault: str, header: list[str]) -> None:
    path = query_job(api)
    order(api, fault)

    found = results(api, path)[0]

    assert [name.replace('"', "") for name in found[0]] == header
    assert {len(row) for row in found} == {len(header)}


def test_rows_of_a_csv_can_come_twice(api: Caller) -> None:
    path = query_job(api)
    whole, _ = results(api, path)
    order(api, "F43-rows-twice")

    assert results(api, path)[0] == [*whole, *whole[1:]]


@pytest.mark.parametrize(
    ("fault", "state"), [("F41-job-failed", "Failed"), ("F41-job-aborted", "Aborted"), ("F42-job-stuck", "InProgress")]
)
def test_a_bulk_job_can_end_otherwise_or_never(api: Caller, fault: str, state: str) -> None:
    path = query_job(api)
    order(api, fault)

    assert api.get(path).json()["state"] == state
    assert api.get(path).json()["state"] == (state if fault == "F42-job-stuck" else "JobComplete")


def test_a_bulk_job_can_want_its_data_elsewhere(api: Caller) -> None:
    order(api, "F62-upload-elsewhere")

    answer = api.post("/jobs/ingest", {"object": "Account", "operation": "insert", "contentType": "CSV"})

    assert answer.json()["contentUrl"].startswith(OFFICE)


def test_texts_can_be_odd(api: Caller, account: str) -> None:
    order(api, "F36-odd-text", object="Account", id=account)

    text = api.record("Account", account)["Description"]
    path = query_job(api, f"SELECT Description FROM Account WHERE Id = '{account}'")

    assert all(part in text for part in ('"', ",", "\r\n", "\u2028", "\U0001f45f"))
    assert results(api, path)[0][1] == [text]


def test_a_text_can_have_a_nul(api: Caller, account: str) -> None:
    order(api, "F37-nul", object="Account", id=account)

    assert api.record("Account", account)["Description"] == "before\x00after"


def test_texts_can_look_like_something_else(api: Caller) -> None:
    order(api, "F38-literal-texts", object="Account", field="AccountNumber")

    found = {row["AccountNumber"] for row in api.query("SELECT AccountNumber FROM Account WHERE AccountNumber != null")}

    assert {"#N/A", "NULL", "nan", "true", "1E5"} <= found


def test_the_longest_text_arrives_whole(api: Caller, account: str) -> None:
    order(api, "F39-longest-text", object="Account", id=account)

    text = api.record("Account", account)["Description"]

    assert (len(text), text[-1]) == (32_000, "Z")


def test_a_field_can_be_hidden_and_shown_again(api: Caller) -> None:
    order(api, "F49-field-hidden", object="Opportunity", field="NextStep")

    assert problem(api.get("/query?q=SELECT+NextStep+FROM+Opportunity"))[1] == "INVALID_FIELD"
    assert "NextStep" not in [item["name"] for item in api.get("/sobjects/Opportunity/describe").json()["fields"]]
    clear(api)
    assert api.get("/query?q=SELECT+NextStep+FROM+Opportunity").status_code == 200


def test_the_schema_can_change(api: Caller, clock: StillClock) -> None:
    seen = api.get("/sobjects/Opportunity/describe").headers["Last-Modified"]
    clock.advance(minutes=5)
    for fault in ("F50-new-field", "F50-longer-field", "F50-type-changed", "F50-picklist-changed"):
        order(api, fault)

    told = api.get("/sobjects/Opportunity/describe", headers={"If-Modified-Since": seen})
    deals = {item["name"]: item for item in told.json()["fields"]}
    accounts = {item["name"]: item for item in api.get("/sobjects/Account/describe").json()["fields"]}

    assert told.status_code == 200
    assert deals["Region__c"]["length"] == 40
    assert "Podcast" in [entry["value"] for entry in deals["LeadSource"]["picklistValues"]]
    assert accounts["AccountNumber"]["length"] == 80
    assert accounts["NumberOfEmployees"]["type"] == "string"
    deal = api.deal(Region__c="North")
    assert api.query(f"SELECT Region__c FROM Opportunity WHERE Id = '{deal}'")[0]["Region__c"] == "North"


def test_records_can_be_out_of_sight_or_all_gone(api: Caller, org: Org) -> None:
    count = "SELECT COUNT(Id) n FROM Opportunity"
    whole = api.query(count)[0]["n"]
    order(api, "F51-records-hidden")
    some = api.query(count)[0]["n"]
    order(api, "F72-object-empty")

    assert 0 <= some < whole
    assert api.query(count)[0]["n"] == 0
    clear(api)
    assert api.query(count)[0]["n"] == whole


def test_a_calculated_value_moves_without_a_stamp(api: Caller) -> None:
    deal = api.deal(Amount=100)
    before = api.record("Opportunity", deal)
    order(api, "F52-formula-changed", id=deal, value=5.0)

    after = api.record("Opportunity", deal)

    assert after["ExpectedRevenue"] == 5.0
    assert after["SystemModstamp"] == before["SystemModstamp"]


def test_records_can_be_merged(api: Caller, account: str) -> None:
    other = api.create("Account", Name="Twin")
    deal = api.deal(AccountId=other)
    order(api, "F53-merge", winner=account, losers=[other])

    assert api.record("Opportunity", deal)["AccountId"] == account
    (gone,) = api.query(f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{other}'", "queryAll")
    assert (gone["IsDeleted"], gone["MasterRecordId"]) == (True, account)


def test_records_come_back_or_are_gone_for_good(api: Caller, account: str) -> None:
    order(api, "F54-undelete", object="Account", id=account)
    assert api.record("Account", account)["IsDeleted"] is False

    order(api, "F55-purge", object="Account", id=account)
    assert api.query(f"SELECT Id FROM Account WHERE Id = '{account}'", "queryAll") == []


def test_commits_can_be_seen_late(api: Caller, clock: StillClock) -> None:
    order(api, "F56-late-commits", seconds=30)
    created = api.create("Account", Name="Late")

    assert api.query("SELECT Id FROM Account WHERE Name = 'Late'") == []
    assert api.record("Account", created)["Name"] == "Late"
    clock.advance(seconds=30)
    assert len(api.query("SELECT Id FROM Account WHERE Name = 'Late'")) == 1


def test_everything_can_get_the_same_stamp(api: Caller, clock: StillClock) -> None:
    clock.advance(hours=1)
    order(api, "F57-mass-update")

    stamps = {row["SystemModstamp"] for row in api.query("SELECT SystemModstamp FROM Opportunity")}
    assert stamps == {"2026-11-23T13:00:00.000+0000"}


def test_a_flow_can_have_second_thoughts(api: Caller) -> None:
    order(api, "F58-flow")

    deal = api.deal(NextStep="Call")

    assert api.record("Opportunity", deal)["NextStep"] == "Set by a flow"
    assert api.query(f"SELECT Subject FROM Task WHERE WhatId = '{deal}'")[0]["Subject"] == "Look at the deal"
    clear(api)
    assert api.record("Opportunity", api.deal(NextStep="Call"))["NextStep"] == "Call"


@pytest.mark.parametrize(
    ("fault", "begins"),
    [
        ("F59-clock-jumps-back", "2026-11-23T11:00:00"),
        ("F59-leap-day", "2028-02-29T23:59:30"),
        ("F59-summer-time-ends", "2027-10-31T00:59:30"),
    ],
)
def test_the_clock_can_jump(api: Caller, org: Org, fault: str, begins: str) -> None:
    order(api, fault)

    assert org.now().isoformat().startswith(begins)
    clear(api)
    assert org.now().isoformat().startswith("2026-11-23T12:00:00")


def test_the_same_address_can_be_another_org(api: Caller, org: Org) -> None:
    before = org.organization_id
    order(api, "F61-sandbox-refreshed")

    assert api.get("/limits").status_code == 401
    assert org.organization_id != before
    clear(api)
    assert org.organization_id == before


def test_an_org_can_have_person_accounts_and_several_currencies(api: Caller) -> None:
    order(api, "F75-person-accounts")
    order(api, "F75-several-currencies")

    names = [item["name"] for item in api.get("/sobjects/Account/describe").json()["fields"]]

    assert {"IsPersonAccount", "PersonEmail", "CurrencyIsoCode"} <= set(names)
    assert {row["CurrencyIsoCode"] for row in api.query("SELECT CurrencyIsoCode FROM Opportunity")} == {"GBP", "EUR"}


@pytest.fixture
def running(org: Org, tmp_path: Path) -> Iterator[server.Server]:
    context, _ = tls.server_context(tmp_path)
    made = server.Server(create_app(org), server.listen(0), context, org.faults.due_at_connection)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def wire(org: Org, running: server.Server, tmp_path: Path) -> Iterator[Any]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(tmp_path / tls.CA_NAME)
        session.headers["Authorization"] = f"Bearer {org.login().token}"
        root = f"https://{server.LOOPBACK}:{running.server_port}/services/data/v67.0"

        def get(path: str, **options: Any) -> requests.Response:
            return session.get(root + path, timeout=5, **options)

        yield get


def test_a_connection_is_reset_or_shows_a_foreign_certificate_on_the_wire(api: Caller, wire: Any) -> None:
    order(api, "F13-connection-refused")
    with pytest.raises(requests.ConnectionError):
        wire("/limits")
    order(api, "F13-foreign-certificate")
    with pytest.raises(requests.exceptions.SSLError):
        wire("/limits")

    assert wire("/limits").status_code == 200


def test_a_body_is_cut_short_on_the_wire(api: Caller, wire: Any) -> None:
    order(api, "F31-body-cut-short")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        wire("/sobjects")

    assert wire("/sobjects").status_code == 200


def test_a_body_does_not_end_on_the_wire(api: Caller, wire: Any) -> None:
    order(api, "F63-endless-body")
    answer = wire("/limits", stream=True)
    size = 0
    for chunk in answer.iter_content(65_536):
        size += len(chunk)
        if size > 3_000_000:
            break
    answer.close()

    assert size > 3_000_000


def test_a_body_drips_on_the_wire(api: Caller, wire: Any) -> None:
    order(api, "F63-slow-body", delay_s=0.001)
    began = time.monotonic()

    answer = wire("", stream=False)

    assert answer.status_code == 200
    assert time.monotonic() - began >= 0.001 * len(answer.content)


def test_every_answer_has_one_date(wire: Any) -> None:
    for path in ("/limits", "/nothing"):
        assert wire(path).raw.headers.getlist("Date") == ["Mon, 23 Nov 2026 12:00:00 GMT"]


def test_the_side_door_needs_a_knock_but_readiness_does_not(api: Caller) -> None:
    assert api.session.get(f"{SIDE}/ready").json() == {"ready": True}
    assert api.session.get(f"{SIDE}/faults").status_code == 403
    assert api.session.get(f"{SIDE}/faults", headers=KNOCK).json() == {"faults": []}
