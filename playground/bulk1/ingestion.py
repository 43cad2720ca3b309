"""Runs an ingest batch: 200 rows a transaction, each row on its own account; results in the order of the rows.

Progress and results are kept in the transaction that does the rows, so a batch that was cut short goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from playground import errors, values
from playground.bulk1 import data
from playground.bulk1.errors import BatchRefused
from playground.bulk1.jobs import Batch, BatchState, Job, JobStore
from playground.bulk1.replies import CSV, NAMESPACE, json_answer, xml_answer
from playground.bulk2.csv_format import LINE_ENDINGS, written
from playground.bulk_operations import Done, Operate, Problem, operation, problem
from playground.calls import Answer
from playground.org import Org
from playground.xml_documents import element

RESULT = ""
"""The result of an ingest batch has no id of its own."""
ROWS_PER_TRANSACTION = 200

Outcome = Done | Problem


def run(org: Org, job: Job, batch: Batch) -> None:
    """Run a batch to its end, or until it is aborted. Rows that were done before are not done again."""
    jobs = JobStore(org.store)
    try:
        found = data.rows(org, job, jobs.request(batch.id))
    except BatchRefused as refusal:
        _finish(org, jobs, batch, BatchState.FAILED, refusal.message)
        return
    operate = operation(job.operation, org.object_type(job.object_name), job.external_id_field)
    for start in range(batch.processed, len(found), ROWS_PER_TRANSACTION):
        if not _do(org, jobs, job, batch, found[start : start + ROWS_PER_TRANSACTION], operate):
            return
    _finish(org, jobs, batch, BatchState.COMPLETED, None)


def _finish(org: Org, jobs: JobStore, batch: Batch, state: BatchState, message: str | None) -> None:
    with org.store.transaction():
        if jobs.batch_state(batch.id) == BatchState.IN_PROGRESS:
            jobs.change_batch(batch.id, state=state, state_message=message, modified=values.stamp(org.now()))


def _do(org: Org, jobs: JobStore, job: Job, batch: Batch, found: Sequence[data.FieldsOf], operate: Operate) -> bool:
    """Do some rows in one transaction; False when the batch was aborted meanwhile, then nothing is done."""
    work = org.work(job.created_by)
    outcomes: list[Outcome] = []
    with org.store.transaction():
        if jobs.batch_state(batch.id) != BatchState.IN_PROGRESS:
            return False
        for fields_of in found:
            try:
                with org.store.transaction():
                    outcomes.append(operate(work, fields_of(work)))
            except (errors.ApiError, errors.MultipleMatches) as error:
                outcomes.append(problem(error, job.external_id_field))
        jobs.append(batch.id, RESULT, _kept(outcomes))
        now = jobs.batch(job, batch.id)
        failed = sum(isinstance(item, Problem) for item in outcomes)
        jobs.change_batch(batch.id, processed=now.processed + len(found), failed=now.failed + failed)
    return True


def result(jobs: JobStore, job: Job, batch: Batch) -> Answer:
    """What became of each row, in the job's form."""
    outcomes = [item for piece in jobs.pieces(batch.id, RESULT) for item in _read(piece)]
    match job.content_type:
        case "CSV":
            return _csv(job, outcomes)
        case "XML":
            return _xml(outcomes)
        case _:
            return json_answer([_json_item(item) for item in outcomes], 200)


def _csv(job: Job, outcomes: Sequence[Outcome]) -> Answer:
    rows = [["Id", "Success", "Created", "Error"]]
    for item in outcomes:
        if isinstance(item, Done):
            rows.append([item.record_id, "true", "true" if item.created else "false", ""])
        else:
            rows.append(["", "false", "false", item.text])
    return Answer(200, written(rows, ",", LINE_ENDINGS.get(job.line_ending, "\n")), {"Content-Type": CSV})


def _xml(outcomes: Sequence[Outcome]) -> Answer:
    listed = "".join(f"<result>{_xml_item(item)}</result>" for item in outcomes)
    return xml_answer(f'<results xmlns="{NAMESPACE}">{listed}</results>', 200)


def _xml_item(item: Outcome) -> str:
    if isinstance(item, Done):
        return element("id", item.record_id) + element("success", True) + element("created", item.created)
    named = "".join(element("fields", name) for name in item.fields)
    told = named + element("message", item.message) + element("statusCode", item.code)
    return f"<errors>{told}</errors>" + element("success", False) + element("created", False)


def _json_item(item: Outcome) -> dict[str, Any]:
    if isinstance(item, Done):
        return {"success": True, "created": item.created, "id": item.record_id, "errors": []}
    told = {"statusCode": item.code, "message": item.message, "fields": list(item.fields)}
    return {"success": False, "created": False, "id": None, "errors": [told]}


def _kept(outcomes: Sequence[Outcome]) -> bytes:
    rows = [
        [item.record_id, item.created] if isinstance(item, Done) else [item.code, item.message, item.fields]
        for item in outcomes
    ]
    return json.dumps(rows).encode("ascii")


def _read(piece: bytes) -> list[Outcome]:
    rows = json.loads(piece)
    return [Done(*row) if len(row) == 2 else Problem(row[0], row[1], tuple(row[2])) for row in rows]
