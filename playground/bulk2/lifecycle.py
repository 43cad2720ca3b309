"""What query and ingest jobs have in common: being made, listed, polled, aborted and deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from playground import errors, values
from playground.bulk2.csv_format import DELIMITERS, LINE_ENDINGS
from playground.bulk2.jobs import DUE, FINISHED, Job, JobStore, Kind, State, locator_of, text_of
from playground.calls import Answer, Call
from playground.org import Org

LISTED_AT_ONCE = 1_000
JOB_TYPES = {Kind.QUERY: "V2Query", Kind.INGEST: "V2Ingest"}
CSV_TYPE = "text/csv;charset=UTF-8"

Run = Callable[[Org, Job], None]
"""Does a job's work and leaves it finished, or as it is when it was aborted meanwhile."""


def stamp(call: Call) -> str:
    """Now, in stored form."""
    return values.stamp(call.org.now())


def jobs(call: Call) -> JobStore:
    """The org's jobs, without those that are too old."""
    found = JobStore(call.org.store)
    found.forget_before(values.stamp(call.org.now() - timedelta(days=call.org.settings.bulk_job_days)))
    return found


def layout(body: Mapping[str, Any]) -> tuple[str, str]:
    """Column delimiter and line ending that a request names; COMMA and LF by default."""
    if str(body.get("contentType", "CSV")).upper() != "CSV":
        raise refused(f"Unsupported contentType: {body['contentType']}. Only CSV is supported.")
    delimiter = str(body.get("columnDelimiter") or "COMMA").upper()
    line_ending = str(body.get("lineEnding") or "LF").upper()
    if delimiter not in DELIMITERS:
        raise refused(f"Unsupported columnDelimiter: {body['columnDelimiter']}")
    if line_ending not in LINE_ENDINGS:
        raise refused(f"Unsupported lineEnding: {body['lineEnding']}")
    return delimiter, line_ending


def refused(message: str) -> errors.ApiError:
    """A job that cannot be made."""
    return errors.ApiError(f"InvalidJob : {message}", code="INVALIDJOB")


def wrong_state(message: str) -> errors.ApiError:
    """A request that the job's state does not allow."""
    return errors.ApiError(message, code="INVALIDJOBSTATE")


def polled(call: Call, kind: Kind, job_id: str, run: Run) -> Job:
    """The job as a look at it finds it. A job that is due works now, unless it is being run already."""
    store = jobs(call)
    job = store.get(kind, job_id)
    if job.state not in DUE:
        return job
    if _is_kept_waiting(call, job):
        store.change(job.id, polls=job.polls + 1, state=State.IN_PROGRESS, modified=stamp(call))
        return store.get(kind, job_id)
    if not store.claim(job.id):
        return store.get(kind, job_id)
    began = time.monotonic()
    try:
        store.change(job.id, polls=job.polls + 1, state=State.IN_PROGRESS, modified=stamp(call))
        run(call.org, store.get(kind, job_id))
    finally:
        store.change(job.id, runner=None, milliseconds=job.milliseconds + int((time.monotonic() - began) * 1000))
    return store.get(kind, job_id)


def _is_kept_waiting(call: Call, job: Job) -> bool:
    settings = call.org.settings
    ready = values.moment(str(job.closed)) + timedelta(seconds=settings.bulk_seconds_in_progress)
    return job.polls < settings.bulk_polls_in_progress or call.org.now() < ready


def aborted(call: Call, job: Job) -> Job:
    """Stop a job that is not finished."""
    store = jobs(call)
    with call.org.store.transaction():
        if store.state(job.id) in FINISHED:
            raise wrong_state("Aborting already Completed Job not allowed")
        store.change(job.id, state=State.ABORTED, modified=stamp(call))
    return store.get(Kind(job.kind), job.id)


def deleted(call: Call, kind: Kind, job_id: str, deletable: frozenset[State]) -> Answer:
    """Forget a job that has come to rest."""
    store = jobs(call)
    with call.org.store.transaction():
        job = store.get(kind, job_id)
        if job.state not in deletable:
            raise errors.ApiError(
                "Error encountered when deleting the job because the job is not terminated", code="API_ERROR"
            )
        store.delete(job.id)
    return Answer(204)


def listed(call: Call, kind: Kind, shown: Callable[[Job], dict[str, Any]]) -> Answer:
    """A page of jobs; ``nextRecordsUrl`` is null on the last one."""
    wanted_type = call.args.get("jobType", "")
    chunking = call.args.get("isPkChunkingEnabled", "").lower()
    after = text_of(call.args["queryLocator"]) if call.args.get("queryLocator") else ""
    found = jobs(call).page(kind, after, LISTED_AT_ONCE + 1)
    page, done = found[:LISTED_AT_ONCE], len(found) <= LISTED_AT_ONCE
    records = [
        shown(job)
        for job in page
        if wanted_type.lower() in ("", JOB_TYPES[kind].lower())
        and chunking in ("", "true" if job.pk_chunking else "false")
    ]
    more = None if done else f"{call.root}/jobs/{kind}?queryLocator={locator_of(page[-1].id)}"
    return Answer(200, {"done": done, "records": records, "nextRecordsUrl": more})


def check_version(call: Call, job: Job) -> None:
    """Results are only given by the API version that made the job: 409 (salesforce-api.md 3.1, 6.3)."""
    if call.version != job.api_version:
        raise errors.ApiError(
            f"The job was created with API version {job.api_version}.0 and cannot be read with version "
            f"{call.version}.0",
            code="CLIENTINPUTERROR",
            status=409,
        )


def summary(job: Job) -> dict[str, Any]:
    """What every answer about a job has."""
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.object_name,
        "createdById": job.created_by,
        "createdDate": job.created.replace("Z", "+0000"),
        "systemModstamp": job.modified.replace("Z", "+0000"),
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.api_version),
    }


def form(job: Job) -> dict[str, Any]:
    """How its data is written."""
    return {"lineEnding": job.line_ending, "columnDelimiter": job.column_delimiter}


def progress(job: Job) -> dict[str, Any]:
    """What a poll adds. ``errorMessage`` is there when it failed."""
    body: dict[str, Any] = {
        "jobType": JOB_TYPES[Kind(job.kind)],
        "numberRecordsProcessed": job.processed,
        "retries": 0,
        "totalProcessingTime": job.milliseconds,
    }
    if job.error_message is not None:
        body["errorMessage"] = job.error_message
    return body


def wanted_state(call: Call) -> str:
    """The state that a PATCH asks for."""
    state = call.record.get("state")
    if state not in (State.UPLOAD_COMPLETE, State.ABORTED):
        raise wrong_state(f"Unable to change the job to the state: {state}")
    return str(state)


def csv_answer(content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of CSV."""
    return Answer(200, content, {"Content-Type": CSV_TYPE, **(headers or {})})
