"""The life of jobs and batches: batches are added, work when they are looked at, and stop with an aborted job."""

from __future__ import annotations

import time
from datetime import timedelta

from playground import errors, values
from playground.bulk1 import chunking, data, ingestion, querying
from playground.bulk1.errors import BatchRefused, BulkError
from playground.bulk1.jobs import DUE, Batch, BatchState, Job, JobState, JobStore
from playground.org import Org
from playground.quotas import BULK_BATCHES


def add_batch(org: Org, job: Job, content: bytes) -> Batch:
    """Put a batch into an open job."""
    if not content.strip():
        raise BulkError("ClientInputError", "Failed to read request. The batch is empty")
    if len(content.decode("utf-8", "replace")) > data.CHARACTERS_MAX:
        raise BulkError("ClientInputError", f"A batch may have {data.CHARACTERS_MAX} characters")
    jobs = JobStore(org.store)
    with org.store.transaction():
        state = jobs.job(job.id).state
        if state != JobState.OPEN:
            raise BulkError(
                "InvalidJobState",
                f"Failed to create batch, since the Job is not Open. Current job state is '{state}'",
            )
        try:
            org.quotas.spend(BULK_BATCHES)
        except errors.RequestLimitExceeded:
            raise BulkError("ExceededQuota", "ApiBatchItems Limit exceeded.") from None
        stamp = values.stamp(org.now())
        return jobs.add_batch(job, content, stamp, can_be_chunked=job.is_query and job.chunk_size > 0)


def change_state(org: Org, job: Job, wanted: str) -> None:
    """Close a job or abort it. What an aborted job has not begun is not processed; what is done stays done."""
    jobs = JobStore(org.store)
    if wanted not in (JobState.CLOSED, JobState.ABORTED):
        raise BulkError("InvalidJob", f"Unable to change the job to the state: {wanted}")
    with org.store.transaction():
        state = jobs.job(job.id).state
        if state == JobState.ABORTED:
            verb = "Closing" if wanted == JobState.CLOSED else "Aborting"
            raise BulkError("InvalidJobState", f"{verb} already Aborted Job not allowed")
        due = [batch for batch in jobs.batches(job) if batch.state in DUE]
        if wanted == JobState.ABORTED:
            if state == JobState.CLOSED and not due:
                raise BulkError("InvalidJobState", "Aborting already Completed Job not allowed")
            for batch in due:
                jobs.change_batch(batch.id, state=BatchState.NOT_PROCESSED, modified=values.stamp(org.now()))
        jobs.change_job(job.id, state=wanted, modified=values.stamp(org.now()))


def advance_all(org: Org, job: Job) -> None:
    """Let every batch of a job work that is due, those too that come of splitting one."""
    seen: set[str] = set()
    while batch := next((item for item in JobStore(org.store).batches(job) if item.id not in seen), None):
        seen.add(batch.id)
        _look(org, job, batch)


def advanced(org: Org, job: Job, batch: Batch) -> Batch:
    """The batch as a look at it finds it. In a serial job those before it come first."""
    jobs = JobStore(org.store)
    if job.concurrency == "Serial":
        for earlier in jobs.batches(job):
            if earlier.number < batch.number:
                _look(org, job, earlier)
    _look(org, job, batch)
    return jobs.batch(job, batch.id)


def _look(org: Org, job: Job, batch: Batch) -> None:
    """Let a batch work when it is due, unless it is being run already."""
    jobs = JobStore(org.store)
    if batch.state not in DUE:
        return
    if _is_kept_waiting(org, batch):
        jobs.change_batch(batch.id, polls=batch.polls + 1, state=BatchState.IN_PROGRESS)
        return
    if not jobs.claim(batch.id):
        return
    began = time.monotonic()
    try:
        batch = jobs.batch(job, batch.id)
        if batch.state not in DUE:
            return
        if batch.can_be_chunked and _split(org, jobs, job, batch):
            return
        jobs.change_batch(batch.id, polls=batch.polls + 1, state=BatchState.IN_PROGRESS)
        run = querying.run if job.is_query else ingestion.run
        run(org, job, jobs.batch(job, batch.id))
    finally:
        spent = int((time.monotonic() - began) * 1000)
        jobs.change_batch(batch.id, runner=None, milliseconds=batch.milliseconds + spent)


def _split(org: Org, jobs: JobStore, job: Job, batch: Batch) -> bool:
    """Put batches for the chunks of a query in its place; False when it has to run as it is."""
    now = values.stamp(org.now())
    text = jobs.request(batch.id).decode("utf-8", "replace").strip()
    try:
        querying.statement(org, job, text)
        chunks = chunking.split(org, job, text)
    except BatchRefused as refusal:
        jobs.change_batch(batch.id, state=BatchState.FAILED, state_message=refusal.message, modified=now)
        return True
    if chunks is None:
        return False
    with org.store.transaction():
        if jobs.batch_state(batch.id) not in DUE:
            return True
        jobs.change_batch(batch.id, state=BatchState.NOT_PROCESSED, modified=now)
        for chunk in chunks:
            jobs.add_batch(job, chunk.encode("utf-8"), now, can_be_chunked=False)
    return True


def _is_kept_waiting(org: Org, batch: Batch) -> bool:
    ready = values.moment(batch.created) + timedelta(seconds=org.settings.bulk_seconds_in_progress)
    return batch.polls < org.settings.bulk_polls_in_progress or org.now() < ready
