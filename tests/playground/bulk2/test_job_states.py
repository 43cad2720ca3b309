"""The life of a job: states, waiting, aborting, restarts, listing, expiry (salesforce-api.md 6.1, 6.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.bulk2 import ingestion, jobs
from playground.org import Org
from playground.settings import Settings
from tests.playground.bulk2.conftest import Bulk
from tests.playground.conftest import HOST, Caller, StillClock, problem


def slow(clock: StillClock, **settings: float) -> Org:
    return Org.in_memory(clock=clock, settings=Settings(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["query", "ingest"])
def test_a_job_stays_in_progress_for_as_many_polls_as_ordered(clock: StillClock, kind: str) -> None:
    with slow(clock, bulk_polls_in_progress=2) as org:
        api = Caller(org)
        bulk = Bulk(api)
        job = bulk.query("SELECT Id FROM Account") if kind == "query" else bulk.ingest("insert", "Account", "Name\nA\n")

        assert [bulk.poll(kind, job)["state"] for _ in range(4)] == ["InProgress"] * 2 + ["JobComplete"] * 2
        api.session.close()


def test_a_job_stays_in_progress_as_long_as_ordered(clock: StillClock) -> None:
    with slow(clock, bulk_seconds_in_progress=60) as org:
        api = Caller(org)
        bulk = Bulk(api)
        job = bulk.open("insert", "Account")
        bulk.upload(job, "Name\nA\n")
        clock.advance(minutes=5)
        bulk.close(job)

        assert bulk.poll("ingest", job)["state"] == "InProgress"
        clock.advance(seconds=59)
        assert bulk.poll("ingest", job)["state"] == "InProgress"
        assert problem(api.get(f"/jobs/ingest/{job}/successfulResults"))[:2] == (400, "INVALIDJOBSTATE")
        clock.advance(seconds=1)
        assert bulk.poll("ingest", job)["state"] == "JobComplete"
        api.session.close()


def test_a_job_in_progress_can_be_aborted_and_never_works(clock: StillClock) -> None:
    with slow(clock, bulk_polls_in_progress=1) as org:
        api = Caller(org)
        bulk = Bulk(api)
        job = bulk.ingest("insert", "Account", "Name\nNever\n")
        bulk.poll("ingest", job)

        aborted = api.patch(f"/jobs/ingest/{job}", {"state": "Aborted"})

        assert (aborted.status_code, aborted.json()["state"]) == (200, "Aborted")
        assert bulk.poll("ingest", job)["state"] == "Aborted"
        assert api.query("SELECT Id FROM Account WHERE Name = 'Never'") == []
        assert api.get(f"/jobs/ingest/{job}/unprocessedrecords/").text == "Name\nNever\n"
        assert api.get(f"/jobs/ingest/{job}/successfulResults/").text == '"sf__Id","sf__Created",Name\n'
        api.session.close()


def test_an_abort_between_two_transactions_stops_the_job(api: Caller, bulk: Bulk, org: Org) -> None:
    rows = "".join(f"Row {number}\n" for number in range(600))
    job = bulk.ingest("insert", "Account", "Name\n" + rows)
    store = jobs.JobStore(org.store)
    store.change(job, state=jobs.State.IN_PROGRESS)
    # The trigger stands for a colleague whose abort arrives after the first 200 rows.
    org.store.execute(
        "CREATE TRIGGER colleague AFTER UPDATE OF processed ON _bulk2_job WHEN new.processed = 200 BEGIN "
        "UPDATE _bulk2_job SET state = 'Aborted' WHERE id = new.id; END"
    )

    found = bulk.poll("ingest", job)

    assert (found["state"], found["numberRecordsProcessed"]) == ("Aborted", 200)
    assert len(api.query("SELECT Id FROM Account WHERE Name LIKE 'Row %'")) == 200
    assert len(api.get(f"/jobs/ingest/{job}/unprocessedrecords").text.splitlines()) == 401


def test_finished_jobs_cannot_be_aborted_nor_closed_nor_filled(api: Caller, bulk: Bulk) -> None:
    query, ingest = bulk.query("SELECT Id FROM Account"), bulk.ingest("insert", "Account", "Name\nA\n")
    bulk.poll("query", query)
    bulk.poll("ingest", ingest)

    for kind, job in (("query", query), ("ingest", ingest)):
        assert problem(api.patch(f"/jobs/{kind}/{job}", {"state": "Aborted"})) == (
            400,
            "INVALIDJOBSTATE",
            "Aborting already Completed Job not allowed",
        )
        assert problem(api.patch(f"/jobs/{kind}/{job}", {"state": "UploadComplete"}))[:2] == (400, "INVALIDJOBSTATE")
        assert problem(api.patch(f"/jobs/{kind}/{job}", {"state": "Failed"}))[:2] == (400, "INVALIDJOBSTATE")
    assert problem(bulk.upload(ingest, "Name\nB\n"))[:2] == (400, "INVALIDJOBSTATE")


def test_a_job_takes_one_upload(bulk: Bulk) -> None:
    job = bulk.open("insert", "Account")
    assert bulk.upload(job, "Name\nA\n").status_code == 201

    assert problem(bulk.upload(job, "Name\nB\n"))[:2] == (400, "INVALIDJOBSTATE")


def test_running_jobs_cannot_be_deleted(api: Caller, bulk: Bulk) -> None:
    refusal = (400, "API_ERROR", "Error encountered when deleting the job because the job is not terminated")
    query, opened = bulk.query("SELECT Id FROM Account"), bulk.open("insert", "Account")

    assert problem(api.delete(f"/jobs/query/{query}")) == refusal
    assert problem(api.delete(f"/jobs/ingest/{opened}")) == refusal
    bulk.upload(opened, "Name\nA\n")
    bulk.close(opened)
    assert api.delete(f"/jobs/ingest/{opened}").status_code == 204
    api.patch(f"/jobs/query/{query}", {"state": "Aborted"})
    assert api.delete(f"/jobs/query/{query}").status_code == 204


def test_a_job_is_found_by_fifteen_characters_and_not_as_the_other_kind(api: Caller, bulk: Bulk) -> None:
    job = bulk.query("SELECT Id FROM Account")

    assert api.get(f"/jobs/query/{job[:15]}").json()["id"] == job
    assert api.get(f"/jobs/query/{job}/").json()["id"] == job
    for path in (f"/jobs/ingest/{job}", "/jobs/query/750xx", "/jobs/query/750Fm0000099999AAA", "/jobs/other"):
        assert problem(api.get(path))[:2] == (404, "NOT_FOUND")


def test_jobs_are_listed_a_thousand_at_a_time(api: Caller, bulk: Bulk, org: Org) -> None:
    first = bulk.open("insert", "Account")
    store = jobs.JobStore(org.store)
    with org.store.transaction():
        sample = store.get(jobs.Kind.INGEST, first)
        for _ in range(1_000):
            store.add(jobs.Job(**{name: getattr(sample, name) for name in sample.__slots__} | {"id": store.new_id()}))

    page = api.get("/jobs/ingest").json()
    rest = api.get(HOST + page["nextRecordsUrl"]).json()

    assert (len(page["records"]), page["done"]) == (1_000, False)
    assert (len(rest["records"]), rest["done"], rest["nextRecordsUrl"]) == (1, True, None)
    assert len({record["id"] for record in page["records"] + rest["records"]}) == 1_001
    assert api.get("/jobs/ingest", params={"queryLocator": "?"}).status_code == 400


def test_a_list_can_be_narrowed(api: Caller, bulk: Bulk) -> None:
    chunked, ordered = bulk.query("SELECT Id FROM Account"), bulk.query("SELECT Id FROM Account ORDER BY Name")

    def listed(**params: str) -> list[str]:
        return [record["id"] for record in api.get("/jobs/query", params=params).json()["records"]]

    assert listed() == listed(jobType="V2Query") == [chunked, ordered]
    assert listed(jobType="V2Ingest") == []
    assert listed(isPkChunkingEnabled="true") == [chunked]
    assert listed(isPkChunkingEnabled="false") == [ordered]


def test_jobs_are_kept_for_seven_days(api: Caller, bulk: Bulk, clock: StillClock) -> None:
    job = bulk.query("SELECT Id FROM Account")
    bulk.poll("query", job)

    clock.advance(days=7)
    api.session.headers["Authorization"] = f"Bearer {api.org.login().token}"
    assert bulk.poll("query", job)["state"] == "JobComplete"
    clock.advance(seconds=1)
    assert api.get(f"/jobs/query/{job}").status_code == 404
    assert api.org.store.execute("SELECT count(*) FROM _bulk2_chunk") == [(0,)]


def test_jobs_and_results_outlive_a_restart(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as org:
        bulk = Bulk(Caller(org))
        query, waiting = bulk.query("SELECT Id FROM Account LIMIT 3"), bulk.ingest("insert", "Account", "Name\nA\n")
        results = bulk.api.get(f"/jobs/query/{query}/results").content
        bulk.api.session.close()

    with Org.open(tmp_path, clock=clock) as org:
        bulk = Bulk(Caller(org))
        assert bulk.api.get(f"/jobs/query/{query}/results").content == results
        assert bulk.poll("ingest", waiting)["state"] == "JobComplete"
        bulk.api.session.close()


class _Killed(BaseException):
    """What an ended process does not get to handle."""


@pytest.mark.parametrize("kind", ["query", "ingest"])
def test_a_job_that_was_cut_short_is_taken_up_again_by_the_next_process(
    tmp_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with Org.open(tmp_path, clock=clock) as org:
        bulk = Bulk(Caller(org))
        rows = "".join(f"Row {number}\n" for number in range(500))
        if kind == "query":
            job = bulk.query("SELECT Id FROM OpportunityFieldHistory")
        else:
            job = bulk.ingest("insert", "Account", "Name\n" + rows)
        append = jobs.JobStore.append

        def append_and_die(self: jobs.JobStore, job_id: str, name: str, count: int, content: bytes) -> None:
            append(self, job_id, name, count, content)
            if self.spans(job_id, name)[-1].number == 1:
                raise _Killed

        with monkeypatch.context() as patch:
            patch.setattr(jobs.JobStore, "append", append_and_die)
            patch.setattr(jobs.JobStore, "change", _unless_released(jobs.JobStore.change))
            with pytest.raises(_Killed):
                bulk.poll(kind, job)
        assert bulk.poll(kind, job)["state"] == "InProgress"
        bulk.api.session.close()

    monkeypatch.setattr(jobs, "_PROCESS", "the next one")
    with Org.open(tmp_path, clock=clock) as org:
        bulk = Bulk(Caller(org))
        assert bulk.poll(kind, job)["state"] == "JobComplete"
        if kind == "query":
            total = org.store.execute("SELECT count(*) FROM OpportunityFieldHistory")[0][0]
            assert len(bulk.api.get(f"/jobs/query/{job}/results").text.splitlines()) == total + 1
        else:
            assert len({row["Name"] for row in bulk.rows(job, "successfulResults")}) == 500
            assert org.store.execute("SELECT count(*) FROM Account WHERE Name LIKE 'Row %'") == [(500,)]
        bulk.api.session.close()


def _unless_released(change: object) -> object:
    def changed(self: jobs.JobStore, job_id: str, **changes: object) -> None:
        if "runner" not in changes:
            change(self, job_id, **changes)  # type: ignore[operator]

    return changed


def test_a_reset_org_knows_no_jobs(api: Caller, bulk: Bulk, org: Org) -> None:
    job = bulk.ingest("insert", "Account", "Name\nA\n")
    bulk.poll("ingest", job)

    org.reset()

    assert api.get(f"/jobs/ingest/{job}").status_code == 404
    again = bulk.query("SELECT Id FROM Account")
    assert bulk.poll("query", again)["state"] == "JobComplete"


def test_bulk_calls_cannot_be_part_of_a_composite(api: Caller, bulk: Bulk) -> None:
    job = bulk.query("SELECT Id FROM Account")
    url = f"/services/data/v67.0/jobs/query/{job}/results"

    answer = api.post("/composite", {"compositeRequest": [{"method": "GET", "url": url, "referenceId": "a"}]})

    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 404


def test_results_are_refused_before_the_job_works(api: Caller, bulk: Bulk) -> None:
    job = bulk.open("insert", "Account")

    for result in ("successfulResults", "failedResults", "unprocessedrecords"):
        assert problem(api.get(f"/jobs/ingest/{job}/{result}"))[:2] == (400, "INVALIDJOBSTATE")


def test_an_upload_has_a_limit(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.bulk2.ingest_jobs.UPLOAD_BYTES_MAX", 10)

    assert bulk.upload(bulk.open("insert", "Account"), "Name\nLonger").status_code == 413


def test_a_query_whose_object_lost_a_field_fails(bulk: Bulk, org: Org) -> None:
    job = bulk.query("SELECT Id FROM Account")
    jobs.JobStore(org.store).change(job, query="SELECT Lost__c FROM Account")

    found = bulk.poll("query", job)

    assert found["state"] == "Failed"
    assert found["errorMessage"].startswith("INVALID_FIELD: ")
    assert problem(bulk.api.get(f"/jobs/query/{job}/results"))[:2] == (400, "INVALIDJOBSTATE")


def test_an_upload_is_kept_in_pieces(bulk: Bulk, org: Org) -> None:
    data = "Name\n" + "".join(f"{number:07d}é\n" for number in range(150_000))
    job = bulk.open("insert", "Account")
    bulk.upload(job, data)
    store = jobs.JobStore(org.store)

    assert len(store.spans(job, ingestion.UPLOAD)) == 2
    assert b"".join(store.pieces(job, ingestion.UPLOAD)) == data.encode()
    upload = ingestion.opened(store, store.get(jobs.Kind.INGEST, job))
    assert list(upload.records) == data.splitlines()[1:]
