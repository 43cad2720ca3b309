"""``/services/async/XX.0/…``: who calls, in which form, and what of it goes where."""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from playground import auth, errors, values
from playground.bulk1 import ingestion, job_requests, lifecycle, querying, replies, schema_document
from playground.bulk1.errors import BulkError
from playground.bulk1.jobs import Batch, BatchState, Job, JobStore
from playground.calls import Answer
from playground.org import Org
from playground.quotas import API_REQUESTS

UPLOAD_BYTES_MAX = 10 * 1024 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case; ``segments`` is the path below the version."""

    org: Org
    method: str
    version: int
    segments: tuple[str, ...]
    headers: Mapping[str, str]
    content: bytes
    session: auth.Session

    @property
    def jobs(self) -> JobStore:
        """The org's jobs, without those that are too old."""
        found = JobStore(self.org.store)
        found.forget_before(values.stamp(self.org.now() - timedelta(days=self.org.settings.bulk_job_days)))
        return found

    @property
    def as_json(self) -> bool:
        """Whether answers about jobs are JSON: they take the form that the request names."""
        return _is_json(self.headers)


def answer(org: Org, method: str, path: tuple[str, ...], headers: Mapping[str, str], content: bytes) -> Answer:
    """Answer a request. ``path`` is what comes behind ``/services/async``; header names are in any case."""
    headers = {name.lower(): value for name, value in headers.items()}
    try:
        version = _version(org, path)
        if path[1:] == ("AsyncApi.xsd",) and method in ("GET", "HEAD"):
            return Answer(200, schema_document.document(), {"Content-Type": replies.XML})
        session = _session(org, headers)
        org.begin_request()
        _spend_call(org)
        found = Request(org, method, version, path[1:], headers, _unpacked(headers, content), session)
        return _dispatch(found)
    except BulkError as error:
        return replies.refusal(error, _is_json(headers))
    except Exception:
        _log.exception("The playground failed to answer %s /services/async/%s.", method, "/".join(path))
        return replies.refusal(BulkError("Unknown", "An unexpected error occurred.", 500), _is_json(headers))


def _version(org: Org, path: tuple[str, ...]) -> int:
    match = re.fullmatch(r"(\d+)\.0", path[0] if path else "")
    if match is None or int(match[1]) > org.settings.latest_version:
        raise BulkError("InvalidUrl", "Destination URL not reset. The URL has no version that the org knows", 404)
    if int(match[1]) < org.settings.first_version:
        raise BulkError("InvalidUrl", f"API version {match[1]}.0 is no longer available.", 410)
    return int(match[1])


def _session(org: Org, headers: Mapping[str, str]) -> auth.Session:
    token = headers.get("x-sfdc-session", "").strip()
    if not token:
        raise BulkError("InvalidSessionId", "Unable to find session id")
    try:
        return auth.session_of(org, f"Bearer {token}")
    except errors.SessionInvalid:
        raise BulkError("InvalidSessionId", "Invalid session id") from None


def _spend_call(org: Org) -> None:
    try:
        org.quotas.spend(API_REQUESTS)
    except errors.RequestLimitExceeded as error:
        raise BulkError("ExceededQuota", error.message) from None


def _unpacked(headers: Mapping[str, str], content: bytes) -> bytes:
    """The body as it was before it was compressed; never more of it than is allowed."""
    if "gzip" in headers.get("content-encoding", "").lower():
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            content = unpacking.decompress(content, UPLOAD_BYTES_MAX + 1)
        except zlib.error:
            raise BulkError("ClientInputError", "The body is said to be gzip, but it is not") from None
    if len(content) > UPLOAD_BYTES_MAX:
        raise BulkError("ClientInputError", f"A request may have {UPLOAD_BYTES_MAX} bytes")
    return content


def _is_json(headers: Mapping[str, str]) -> bool:
    return "json" in headers.get("content-type", "").lower()


def _dispatch(request: Request) -> Answer:
    match request.segments:
        case ("job",):
            return _by_method(request, {"POST": _create_job})
        case ("job", job_id):
            job = request.jobs.job(job_id)
            return _by_method(request, {"GET": lambda it: _job(it, job), "POST": lambda it: _change_job(it, job)})
        case ("job", job_id, "batch"):
            job = request.jobs.job(job_id)
            return _by_method(request, {"GET": lambda it: _batches(it, job), "POST": lambda it: _add_batch(it, job)})
        case ("job", job_id, "batch", batch_id, *rest):
            job = request.jobs.job(job_id)
            batch = request.jobs.batch(job, batch_id)
            return _by_method(request, {"GET": lambda it: _below_batch(it, job, batch, tuple(rest))})
    raise _no_such_url()


def _no_such_url() -> BulkError:
    return BulkError("InvalidUrl", "The URL does not name anything of the Bulk API", 404)


def _by_method(request: Request, handlers: Mapping[str, Callable[[Request], Answer]]) -> Answer:
    handler = handlers.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        raise BulkError("MethodNotAllowed", f"HTTP Method '{request.method}' not allowed", 405)
    return handler(request)


def _create_job(request: Request) -> Answer:
    wish = job_requests.read(request.content, as_json=request.as_json)
    job = job_requests.create(request.org, request.session.user_id, request.version, wish, request.headers)
    return replies.one("jobInfo", replies.job_info(job, []), request.as_json, 201)


def _change_job(request: Request, job: Job) -> Answer:
    wish = job_requests.read(request.content, as_json=request.as_json)
    lifecycle.change_state(request.org, job, str(wish.get("state", "")))
    return _told(request, job)


def _job(request: Request, job: Job) -> Answer:
    lifecycle.advance_all(request.org, job)
    return _told(request, job)


def _told(request: Request, job: Job) -> Answer:
    jobs = request.jobs
    return replies.one("jobInfo", replies.job_info(jobs.job(job.id), jobs.batches(job)), request.as_json)


def _add_batch(request: Request, job: Job) -> Answer:
    batch = lifecycle.add_batch(request.org, job, request.content)
    return replies.one("batchInfo", replies.batch_info(batch), _batch_as_json(job), 201)


def _batches(request: Request, job: Job) -> Answer:
    lifecycle.advance_all(request.org, job)
    return replies.batch_list(map(replies.batch_info, request.jobs.batches(job)), _batch_as_json(job))


def _below_batch(request: Request, job: Job, batch: Batch, rest: tuple[str, ...]) -> Answer:
    jobs = request.jobs
    match rest:
        case ():
            batch = lifecycle.advanced(request.org, job, batch)
            return replies.one("batchInfo", replies.batch_info(batch), _batch_as_json(job))
        case ("request",):
            kind = replies.JSON if _batch_as_json(job) else replies.CSV if job.content_type == "CSV" else replies.XML
            return Answer(200, jobs.request(batch.id), {"Content-Type": kind})
        case ("result",):
            batch = _finished(lifecycle.advanced(request.org, job, batch))
            if job.is_query:
                return replies.result_list(jobs.result_ids(batch.id), _batch_as_json(job))
            return ingestion.result(jobs, job, batch)
        case ("result", result_id) if job.is_query:
            batch = _finished(lifecycle.advanced(request.org, job, batch))
            return querying.result(request.org, jobs, job, batch, result_id)
    raise _no_such_url()


def _finished(batch: Batch) -> Batch:
    if batch.state in (BatchState.QUEUED, BatchState.IN_PROGRESS):
        raise BulkError("InvalidBatch", "Batch not completed")
    if batch.state != BatchState.COMPLETED:
        raise BulkError("InvalidBatch", "Records not processed")
    return batch


def _batch_as_json(job: Job) -> bool:
    """Answers about batches take the form of the job's data, whatever the request says (salesforce-api.md 7)."""
    return job.content_type == "JSON"
