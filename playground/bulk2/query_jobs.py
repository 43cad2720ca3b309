"""``/jobs/query`` (salesforce-api.md 6.3)."""

from __future__ import annotations

from typing import Any

from playground import errors, quotas
from playground.bulk2 import extraction, lifecycle
from playground.bulk2.csv_format import DELIMITERS, LINE_ENDINGS, end_of_rows, written
from playground.bulk2.jobs import FINISHED, Job, Kind, State, locator_of, text_of
from playground.calls import Answer, Call

_OPERATIONS = {"query": "query", "queryall": "queryAll"}
_FIRST_VERSION = 47
_PAGES_FROM_VERSION = 58
_PAGES_AT_ONCE = 5
_COLUMNS_AS_ASKED_FROM_VERSION = 50


def create(call: Call) -> Answer:
    """``POST /jobs/query``: the statement is checked now and run when the job is looked at."""
    _check_version(call)
    body = call.record
    operation = _OPERATIONS.get(str(body.get("operation", "")).lower())
    if operation is None:
        raise lifecycle.refused(f"Unsupported operation: {body.get('operation')}")
    delimiter, line_ending = lifecycle.layout(body)
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        raise errors.ApiError("A query string has to be specified", code="MALFORMED_QUERY")
    extract = extraction.prepared(call.org, text, call.session.user_id, call.version, operation)
    if not call.org.quotas.remaining(quotas.BULK_QUERY_JOBS):
        raise errors.ApiError("Max number of query jobs in 24 hours exceeded.", code="LIMIT_EXCEEDED")
    jobs, now = lifecycle.jobs(call), lifecycle.stamp(call)
    columns = extract.columns
    if call.version < _COLUMNS_AS_ASKED_FROM_VERSION:
        columns = tuple(sorted(columns, key=str.lower))
    with call.org.store.transaction():
        job = Job(
            id=jobs.new_id(),
            kind=Kind.QUERY,
            operation=operation,
            object_name=extract.object_name,
            query=text,
            column_delimiter=delimiter,
            line_ending=line_ending,
            api_version=call.version,
            created_by=call.session.user_id,
            created=now,
            modified=now,
            closed=now,
            state=State.UPLOAD_COMPLETE,
            pk_chunking=int(extract.can_be_chunked),
            header=written([columns], DELIMITERS[delimiter], LINE_ENDINGS[line_ending]),
        )
        jobs.add(job)
        call.org.quotas.add(quotas.BULK_QUERY_JOBS, 1)
    return Answer(200, lifecycle.summary(job) | lifecycle.form(job))


def listed(call: Call) -> Answer:
    """``GET /jobs/query``."""
    _check_version(call)
    return lifecycle.listed(
        call, Kind.QUERY, lambda job: lifecycle.summary(job) | lifecycle.form(job) | _type_of_job(job)
    )


def read(call: Call, job_id: str) -> Answer:
    """``GET /jobs/query/{id}``."""
    _check_version(call)
    job = lifecycle.polled(call, Kind.QUERY, job_id, extraction.run)
    return Answer(
        200,
        lifecycle.summary(job)
        | lifecycle.form(job)
        | lifecycle.progress(job)
        | {"isPkChunkingSupported": bool(job.pk_chunking)},
    )


def change(call: Call, job_id: str) -> Answer:
    """``PATCH /jobs/query/{id}``: a query job can only be aborted."""
    _check_version(call)
    job = lifecycle.jobs(call).get(Kind.QUERY, job_id)
    if lifecycle.wanted_state(call) != State.ABORTED:
        raise lifecycle.wrong_state(f"Unable to change the job to the state: {call.record['state']}")
    return Answer(200, lifecycle.summary(lifecycle.aborted(call, job)))


def delete(call: Call, job_id: str) -> Answer:
    """``DELETE /jobs/query/{id}``."""
    _check_version(call)
    return lifecycle.deleted(call, Kind.QUERY, job_id, FINISHED)


def results(call: Call, job_id: str) -> Answer:
    """``GET /jobs/query/{id}/results?locator&maxRecords``: a page is bounded by rows and by bytes."""
    job = _complete(call, job_id)
    start = _row_of(call.args.get("locator"))
    most = _max_records(call)
    store = lifecycle.jobs(call)
    line_end = LINE_ENDINGS[job.line_ending].encode()
    parts, rows, size = [job.header], 0, 0
    for span in store.spans(job.id, extraction.RESULT, start):
        content = store.content(job.id, extraction.RESULT, span.number)
        skipped = max(0, start - span.first_row)
        taken = min(span.rows - skipped, most - rows)
        begin = end_of_rows(content, skipped, line_end)
        # A whole piece needs no search for its end.
        end = len(content) if skipped + taken == span.rows else end_of_rows(content, skipped + taken, line_end)
        parts.append(content[begin:end])
        rows, size = rows + taken, size + end - begin
        if rows >= most or size >= call.org.settings.bulk_page_bytes:
            break
    reached = start + rows
    locator = locator_of(str(reached)) if reached < job.processed else "null"
    return lifecycle.csv_answer(b"".join(parts), {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(rows)})


def result_pages(call: Call, job_id: str) -> Answer:
    """``GET /jobs/query/{id}/resultPages``: addresses of pages that can be fetched side by side."""
    if call.version < _PAGES_FROM_VERSION:
        raise errors.NotFound
    job = _complete(call, job_id)
    place = f"{call.root}/jobs/query/{job.id}"
    starts = _page_starts(call, job, _row_of(call.args.get("locator")))
    shown, rest = starts[:_PAGES_AT_ONCE], starts[_PAGES_AT_ONCE:]
    more = f"{place}/resultpages?locator={locator_of(str(rest[0]))}" if rest else None
    pages = [{"resultUrl": f"{place}/results?locator={locator_of(str(row))}"} for row in shown]
    return Answer(200, {"resultPages": pages, "nextRecordsUrl": more, "done": not rest})


def _page_starts(call: Call, job: Job, start: int) -> list[int]:
    """The first rows of the pages that follow, one more than is shown at once."""
    starts, settings = [start], call.org.settings
    rows = size = 0
    for span in lifecycle.jobs(call).spans(job.id, extraction.RESULT, start):
        left, offset = span.rows - max(0, start - span.first_row), max(0, start - span.first_row)
        while left:
            taken = min(left, settings.bulk_page_rows - rows)
            rows, left, offset = rows + taken, left - taken, offset + taken
            size += span.size * taken // span.rows
            if rows >= settings.bulk_page_rows or size >= settings.bulk_page_bytes:
                starts.append(span.first_row + offset)
                rows = size = 0
        if len(starts) > _PAGES_AT_ONCE + 1:
            break
    return [row for row in starts if row < job.processed or row == start]


def _complete(call: Call, job_id: str) -> Job:
    _check_version(call)
    lifecycle.check_version(call, lifecycle.jobs(call).get(Kind.QUERY, job_id))
    job = lifecycle.polled(call, Kind.QUERY, job_id, extraction.run)
    if job.state != State.JOB_COMPLETE:
        raise lifecycle.wrong_state(f"The results are not available: the job is in the state {job.state}")
    return job


def _row_of(locator: str | None) -> int:
    if locator in (None, "", "null"):
        return 0
    text = text_of(str(locator))
    if not text.isdigit():
        raise errors.ApiError("invalid query locator", code="INVALID_QUERY_LOCATOR")
    return int(text)


def _max_records(call: Call) -> int:
    text = call.args.get("maxRecords")
    if text is None:
        return call.org.settings.bulk_page_rows
    if not text.isdigit() or int(text) < 1:
        raise errors.ApiError(f"maxRecords must be a positive number: {text}", code="CLIENTINPUTERROR")
    return int(text)


def _type_of_job(job: Job) -> dict[str, Any]:
    return {"jobType": lifecycle.JOB_TYPES[Kind(job.kind)]}


def _check_version(call: Call) -> None:
    if call.version < _FIRST_VERSION:
        raise errors.NotFound
