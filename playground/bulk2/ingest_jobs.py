"""``/jobs/ingest`` (salesforce-api.md 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from itertools import islice
from typing import Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from playground import dml, errors
from playground.bulk2 import ingestion, lifecycle
from playground.bulk2.csv_format import DELIMITERS, LINE_ENDINGS, CsvRefused
from playground.bulk2.jobs import FINISHED, Job, Kind, State
from playground.calls import Answer, Call, parse_json
from playground.schema import ObjectType

UPLOAD_BYTES_MAX = 150_000_000 * 3 // 4
"""150 MB after base64, which the org applies to it."""
MULTIPART_CHARACTERS_MAX = 100_000
_PIECE_BYTES = 1024 * 1024
_OPERATIONS = {name.lower(): name for name in ("insert", "update", "upsert", "delete", "hardDelete")}
_DELETABLE = FINISHED | {State.UPLOAD_COMPLETE}


def create(call: Call) -> Answer:
    """``POST /jobs/ingest``: an open job; one that is ready to work when the data came along as multipart."""
    media_type, options = parse_options_header(call.headers.get("content-type"))
    if media_type != "multipart/form-data":
        return Answer(200, _created(_add(call, call.record, None)))
    body, data = _parts(call, options)
    return Answer(200, _created(_add(call, body, data)))


def listed(call: Call) -> Answer:
    """``GET /jobs/ingest``."""
    return lifecycle.listed(
        call, Kind.INGEST, lambda job: _created(job) | {"jobType": lifecycle.JOB_TYPES[Kind.INGEST]}
    )


def read(call: Call, job_id: str) -> Answer:
    """``GET /jobs/ingest/{id}``."""
    job = lifecycle.polled(call, Kind.INGEST, job_id, ingestion.run)
    return Answer(
        200,
        _created(job)
        | lifecycle.progress(job)
        | {
            "numberRecordsFailed": job.failed,
            "apiActiveProcessingTime": job.milliseconds,
            "apexProcessingTime": 0,
        },
    )


def upload(call: Call, job_id: str) -> Answer:
    """``PUT /jobs/ingest/{id}/batches``: the data, whole, once."""
    jobs = lifecycle.jobs(call)
    with call.org.store.transaction():
        job = jobs.get(Kind.INGEST, job_id)
        if job.state != State.OPEN:
            raise lifecycle.wrong_state(f"Data can only be uploaded to an open job; this one is {job.state}")
        if jobs.spans(job.id, ingestion.UPLOAD):
            raise lifecycle.wrong_state("Data was uploaded to this job before; one upload is allowed")
        _keep(call, job, call.content)
    return Answer(201)


def change(call: Call, job_id: str) -> Answer:
    """``PATCH /jobs/ingest/{id}``: close the job, so that it works, or abort it."""
    jobs = lifecycle.jobs(call)
    job, wanted = jobs.get(Kind.INGEST, job_id), lifecycle.wanted_state(call)
    if wanted == State.ABORTED:
        return Answer(200, lifecycle.summary(lifecycle.aborted(call, job)))
    with call.org.store.transaction():
        job = jobs.get(Kind.INGEST, job_id)
        if job.state != State.OPEN:
            raise lifecycle.wrong_state(f"Closing is only possible for an open job; this one is {job.state}")
        now = lifecycle.stamp(call)
        jobs.change(job.id, state=State.UPLOAD_COMPLETE, closed=now, modified=now)
    return Answer(200, lifecycle.summary(jobs.get(Kind.INGEST, job_id)))


def delete(call: Call, job_id: str) -> Answer:
    """``DELETE /jobs/ingest/{id}``."""
    return lifecycle.deleted(call, Kind.INGEST, job_id, _DELETABLE)


def successful_results(call: Call, job_id: str) -> Answer:
    """``GET …/successfulResults/``."""
    return _results(call, job_id, ingestion.SUCCESSFUL, ("sf__Id", "sf__Created"))


def failed_results(call: Call, job_id: str) -> Answer:
    """``GET …/failedResults/``."""
    return _results(call, job_id, ingestion.FAILED, ("sf__Id", "sf__Error"))


def unprocessed_records(call: Call, job_id: str) -> Answer:
    """``GET …/unprocessedrecords/``: the upload's header and the records that were never tried, as they were sent."""
    job = _finished(call, job_id)
    line_end = LINE_ENDINGS[job.line_ending]
    try:
        found = ingestion.opened(lifecycle.jobs(call), job)
        lines = [found.header, *islice(found.records, job.processed, None)]
    except CsvRefused:
        # What cannot be read as records is given back as it came.
        return lifecycle.csv_answer(b"".join(lifecycle.jobs(call).pieces(job.id, ingestion.UPLOAD)))
    return lifecycle.csv_answer("".join(line + line_end for line in lines).encode("utf-8"))


def _results(call: Call, job_id: str, kind: str, added: tuple[str, str]) -> Answer:
    job = _finished(call, job_id)
    jobs = lifecycle.jobs(call)
    delimiter = DELIMITERS[job.column_delimiter]
    try:
        # The names are echoed as they were sent; only the org's own are in quotes.
        sent = delimiter + ingestion.opened(jobs, job).header
    except CsvRefused:
        sent = ""
    header = delimiter.join(f'"{name}"' for name in added) + sent + LINE_ENDINGS[job.line_ending]
    pieces = ingestion.result(jobs, job, kind, call.org.settings.bulk_results_in_order)
    return lifecycle.csv_answer(b"".join([header.encode("utf-8"), *pieces]))


def _finished(call: Call, job_id: str) -> Job:
    lifecycle.check_version(call, lifecycle.jobs(call).get(Kind.INGEST, job_id))
    job = lifecycle.polled(call, Kind.INGEST, job_id, ingestion.run)
    if job.state not in FINISHED:
        raise lifecycle.wrong_state(f"The results are not available: the job is in the state {job.state}")
    return job


def _add(call: Call, body: Mapping[str, Any], data: bytes | None) -> Job:
    operation = _OPERATIONS.get(str(body.get("operation", "")).lower())
    if operation is None:
        raise lifecycle.refused(f"Unsupported operation: {body.get('operation')}")
    object_type = _object(call, body.get("object"))
    delimiter, line_ending = lifecycle.layout(body)
    key = _key(object_type, body.get("externalIdFieldName")) if operation == "upsert" else None
    jobs, now = lifecycle.jobs(call), lifecycle.stamp(call)
    with call.org.store.transaction():
        job = Job(
            id=jobs.new_id(),
            kind=Kind.INGEST,
            operation=operation,
            object_name=object_type.name,
            external_id_field=key,
            assignment_rule_id=body.get("assignmentRuleId"),
            column_delimiter=delimiter,
            line_ending=line_ending,
            api_version=call.version,
            created_by=call.session.user_id,
            created=now,
            modified=now,
            closed=now if data is not None else None,
            state=State.OPEN if data is None else State.UPLOAD_COMPLETE,
        )
        jobs.add(job)
        if data is not None:
            _keep(call, job, data)
    return job


def _object(call: Call, name: object) -> ObjectType:
    found = call.schema.by_lower_name.get(str(name).lower())
    if found is None:
        raise errors.ApiError(f"Entity '{name}' is not supported by the Bulk API.", code="INVALIDENTITY")
    return found


def _key(object_type: ObjectType, name: object) -> str:
    if not name:
        raise lifecycle.refused(
            f"External ID was blank for {object_type.name}. An external ID must be specified for upsert."
        )
    try:
        return dml.key_field(object_type, str(name)).name
    except errors.NotFound:
        raise lifecycle.refused(f"Field name not found or not an external ID : {name}") from None


def _keep(call: Call, job: Job, data: bytes) -> None:
    if len(data) > UPLOAD_BYTES_MAX:
        raise errors.ApiError(
            f"The upload has {len(data)} bytes; {UPLOAD_BYTES_MAX} are allowed.", code="CLIENTINPUTERROR", status=413
        )
    jobs = lifecycle.jobs(call)
    for start in range(0, len(data), _PIECE_BYTES):
        jobs.append(job.id, ingestion.UPLOAD, 1, data[start : start + _PIECE_BYTES])


def _parts(call: Call, options: Mapping[str, str]) -> tuple[Mapping[str, Any], bytes]:
    """The parts ``job`` and ``content`` of a multipart request."""
    _, form, files = FormDataParser(stream_factory=_in_memory).parse(
        BytesIO(call.content), "multipart/form-data", len(call.content), dict(options)
    )
    texts = {name: form[name].encode("utf-8") for name in form} | {name: files[name].read() for name in files}
    body = parse_json(texts.get("job", b""))
    if not isinstance(body, dict) or "content" not in texts:
        raise lifecycle.refused("A multipart request needs the parts job (JSON) and content (CSV).")
    data = texts["content"]
    if len(data) > MULTIPART_CHARACTERS_MAX:
        raise lifecycle.refused(
            f"The content of a multipart request may have {MULTIPART_CHARACTERS_MAX} characters; upload it instead."
        )
    return body, data


def _in_memory(*_wishes: object, **_named_wishes: object) -> BytesIO:
    return BytesIO()


def _created(job: Job) -> dict[str, Any]:
    body = lifecycle.summary(job)
    if job.external_id_field is not None:
        body["externalIdFieldName"] = job.external_id_field
    if job.assignment_rule_id is not None:
        body["assignmentRuleId"] = job.assignment_rule_id
    # Without a leading slash, as real orgs give it.
    body["contentUrl"] = f"services/data/v{job.api_version}.0/jobs/ingest/{job.id}/batches"
    return body | lifecycle.form(job)
