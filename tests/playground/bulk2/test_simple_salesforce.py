"""simple-salesforce's bulk2, unmodified, over a real TLS socket."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceOperationError

from playground import server, tls
from playground.app import create_app
from playground.org import Org

# How long the client waits before it looks for the first time; its own default is five seconds.
SOON: Any = 0.001


@pytest.fixture(scope="module")
def sf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("playground")
    with Org.in_memory() as org, requests.Session() as session:
        context, _ = tls.server_context(folder)
        running = server.Server(create_app(org), server.listen(0), context)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        session.trust_env = False
        session.verify = str(folder / tls.CA_NAME)
        yield Salesforce(
            instance_url=f"https://{server.LOOPBACK}:{running.server_port}",
            session_id=org.login().token,
            session=session,
            version="67.0",
        )
        running.shutdown()
        thread.join()
        running.server_close()


def rows(pages: Any) -> list[dict[str, str]]:
    return [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""))]


def test_it_queries_page_by_page(sf: Any) -> None:
    soql = "SELECT Id, Field, Opportunity.Name FROM OpportunityFieldHistory"
    total = sf.query("SELECT COUNT() FROM OpportunityFieldHistory")["totalSize"]

    pages = list(sf.bulk2.OpportunityFieldHistory.query(soql, max_records=1_000, wait=SOON))

    assert len(pages) == total // 1_000 + 1
    assert len({row["Id"] for row in rows(pages)}) == total


def test_it_queries_deleted_rows_too(sf: Any) -> None:
    gone = sf.Account.create({"Name": "Foreign and gone"})["id"]
    sf.Account.delete(gone)
    soql = "SELECT Id FROM Account WHERE Name = 'Foreign and gone'"

    assert rows(sf.bulk2.Account.query(soql, wait=SOON)) == []
    assert rows(sf.bulk2.Account.query_all(soql, wait=SOON)) == [{"Id": gone}]


def test_it_downloads_to_files(sf: Any, tmp_path: Path) -> None:
    total = sf.query("SELECT COUNT() FROM Opportunity")["totalSize"]

    found = sf.bulk2.Opportunity.download(
        "SELECT Id, Name FROM Opportunity", path=str(tmp_path), max_records=100_000, wait=SOON
    )

    assert sum(page["number_of_records"] for page in found) == total
    assert Path(found[0]["file"]).read_text().startswith('"Id","Name"\n"006')


def test_it_hears_why_a_query_is_refused(sf: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Nope'"):
        list(sf.bulk2.Account.query("SELECT Nope FROM Account", wait=SOON))


def test_it_inserts_updates_upserts_and_deletes(sf: Any) -> None:
    handler = sf.bulk2.Account
    (inserted,) = handler.insert(
        records=[{"Name": "Foreign é", "Forcemirror_Id__c": "f1"}, {"Name": "", "Forcemirror_Id__c": "f2"}], wait=SOON
    )
    assert (inserted["numberRecordsProcessed"], inserted["numberRecordsFailed"]) == (2, 1)
    found = handler.get_all_ingest_records(inserted["job_id"])
    (done,), (failed,) = found["successfulRecords"], found["failedRecords"]
    assert failed["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert found["unprocessedRecords"] == []

    handler.update(records=[{"Id": done["sf__Id"], "Phone": "1"}], wait=SOON)
    handler.upsert(records=[{"Forcemirror_Id__c": "f1", "Fax": "2"}], external_id_field="Forcemirror_Id__c", wait=SOON)
    row = sf.Account.get(done["sf__Id"])
    assert (row["Name"], row["Phone"], row["Fax"]) == ("Foreign é", "1", "2")

    (deleted,) = handler.delete(records=[{"Id": done["sf__Id"]}], wait=SOON)
    assert deleted["numberRecordsFailed"] == 0
    assert sf.query("SELECT Id FROM Account WHERE Forcemirror_Id__c = 'f1'")["totalSize"] == 0


def test_it_splits_a_file_into_jobs_side_by_side(sf: Any, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("LastName,FirstName\r\n" + "".join(f"Split {number},x\r\n" for number in range(50)), newline="")

    results = sf.bulk2.Contact.insert(csv_file=str(file), batch_size=20, concurrency=3, line_ending="CRLF", wait=SOON)

    assert sorted(result["numberRecordsProcessed"] for result in results) == [10, 20, 20]
    assert sf.query("SELECT Id FROM Contact WHERE LastName LIKE 'Split %'")["totalSize"] == 50


def test_it_hears_why_a_job_failed(sf: Any) -> None:
    with pytest.raises(SalesforceOperationError, match="Field name not found : Nope"):
        sf.bulk2.Account.insert(records=[{"Nope": "x"}], wait=SOON)


def test_it_aborts_and_deletes_jobs(sf: Any) -> None:
    client = sf.bulk2.Account._client
    job = client.create_job("insert")["id"]

    assert client.abort_job(job, is_query=False)["state"] == "Aborted"
    # The client reads JSON from an answer that has no content; the job is gone nevertheless.
    with pytest.raises(json.JSONDecodeError):
        client.delete_job(job, is_query=False)
    with pytest.raises(Exception, match="NOT_FOUND"):
        client.get_job(job, is_query=False)
