"""Queries that are split by ranges of ids (salesforce-api.md, section 7)."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest

from playground.org import Org
from tests.playground.bulk1.conftest import NS, Bulk, told


def batches(bulk: Bulk, job: str) -> list[dict[str, str | None]]:
    root = ElementTree.fromstring(bulk.get(f"job/{job}/batch").content)
    return [{part.tag.removeprefix(NS): part.text for part in item} for item in root]


def ids(bulk: Bulk, job: str) -> list[str]:
    """The ids that all completed batches found."""
    found: list[str] = []
    for batch in batches(bulk, job):
        if batch["state"] == "Completed":
            for content in bulk.results(job, str(batch["id"])):
                found += [row["Id"] for row in csv.DictReader(io.StringIO(content)) if "Id" in row]
    return found


def test_the_first_batch_gives_way_to_one_for_each_range(bulk: Bulk, org: Org) -> None:
    expected = [row["Id"] for row in org.store.select("Account", "NOT IsDeleted ORDER BY Id")]
    job = bulk.job("query", "Account", "CSV", Sforce_Enable_PKChunking="true; chunkSize=5")
    first = bulk.batch(job, "SELECT Id, Name FROM Account", "text/csv")

    found = batches(bulk, job)

    assert found[0]["id"] == first
    assert [item["state"] for item in found] == ["NotProcessed"] + ["Completed"] * (len(found) - 1)
    assert len(found) - 1 == -(-len(expected) // 5)
    assert ids(bulk, job) == expected
    info = told(bulk.get(f"job/{job}"))
    assert info["numberBatchesTotal"] == str(len(found))
    assert info["numberBatchesCompleted"] == str(len(found) - 1)
    assert info["numberRecordsProcessed"] == str(len(expected))
    request = bulk.get(f"job/{job}/batch/{found[2]['id']}/request").text
    assert request == f"SELECT Id, Name FROM Account WHERE Id >= '{expected[5]}' AND Id < '{expected[10]}'"


def test_a_condition_stays_and_deleted_records_count_for_the_ranges(bulk: Bulk, org: Org) -> None:
    made = [org.create("Task", {"Subject": f"Chunk {number}"}) for number in range(6)]
    for task in made[:3]:
        org.delete("Task", task)
    job = bulk.job("query", "Task", "CSV", Sforce_Enable_PKChunking=f"chunkSize=2; startRow={made[0][:15]}")
    bulk.batch(job, "SELECT Id FROM Task WHERE Subject LIKE 'Chunk%' OR Subject = 'WHERE (x' ", "text/csv")

    found = batches(bulk, job)

    assert [item["numberRecordsProcessed"] for item in found] == ["0", "0", "1", "2"]
    assert ids(bulk, job) == made[3:]


def test_histories_are_split_by_their_parents(bulk: Bulk, org: Org) -> None:
    expected = {row["Id"] for row in org.store.select("OpportunityFieldHistory", "NOT IsDeleted")}
    job = bulk.job(
        "queryAll", "OpportunityFieldHistory", "CSV", Sforce_Enable_PKChunking="chunkSize=20; parent=Opportunity"
    )
    bulk.batch(job, "SELECT Id FROM OpportunityFieldHistory", "text/csv")

    found = ids(bulk, job)

    assert len(found) == len(set(found))
    assert set(found) >= expected
    assert len(batches(bulk, job)) > 2


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account ORDER BY Name",
        "SELECT Id FROM Account LIMIT 3",
        "SELECT Id FROM Account WHERE ParentId = null",
        "SELECT Id FROM Account WHERE Id > '001000000000000'",
    ],
)
def test_some_queries_are_not_split(bulk: Bulk, soql: str) -> None:
    job = bulk.job("query", "Account", "CSV", Sforce_Enable_PKChunking="TRUE")
    bulk.batch(job, soql, "text/csv")

    assert [item["state"] for item in batches(bulk, job)] == ["Completed"]


@pytest.mark.parametrize(
    ("object_name", "header"),
    [("OpportunityFieldHistory", "true"), ("Account", "true; parent=Opportunity"), ("Account", "parent=Nonsense")],
)
def test_what_cannot_be_split_fails(bulk: Bulk, object_name: str, header: str) -> None:
    job = bulk.job("query", object_name, "CSV", Sforce_Enable_PKChunking=header)
    bulk.batch(job, f"SELECT Id FROM {object_name}", "text/csv")

    (found,) = batches(bulk, job)

    assert found["state"] == "Failed"
    assert "InvalidBatch : Failed to process query: " in str(found["stateMessage"])


@pytest.mark.parametrize("header", ["chunkSize=0", "chunkSize=250001", "chunkSize=many", "startRow=x", "nonsense"])
def test_options_that_make_no_sense_are_refused(bulk: Bulk, header: str) -> None:
    with pytest.raises(AssertionError, match="InvalidJob"):
        bulk.job("query", "Account", "CSV", Sforce_Enable_PKChunking=header)


def test_false_means_no_chunks_and_an_empty_table_is_not_split(bulk: Bulk, org: Org) -> None:
    job = bulk.job("query", "Account", "CSV", Sforce_Enable_PKChunking="false")
    bulk.batch(job, "SELECT Id FROM Account", "text/csv")
    assert [item["state"] for item in batches(bulk, job)] == ["Completed"]

    org.store.execute("DELETE FROM Event")
    empty = bulk.job("query", "Event", "CSV", Sforce_Enable_PKChunking="true")
    bulk.batch(empty, "SELECT Id FROM Event", "text/csv")
    assert [item["state"] for item in batches(bulk, empty)] == ["Completed"]
