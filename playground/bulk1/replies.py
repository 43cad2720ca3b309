"""Jobs, batches, lists of results and refusals as XML or JSON: the same names, in the order real orgs write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from playground.bulk1.errors import BulkError
from playground.bulk1.jobs import Batch, BatchState, Job
from playground.calls import Answer
from playground.xml_documents import DECLARATION, element

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
JSON = "application/json"
"""Without a character set: one client compares the header with exactly this (salesforce-api.md 7)."""
XML = "application/xml;charset=UTF-8"
CSV = "text/csv;charset=UTF-8"

Info = dict[str, Any]


def job_info(job: Job, batches: Sequence[Batch]) -> Info:
    """What is told about a job. Options that were not chosen are left out."""
    states = [batch.state for batch in batches]
    milliseconds = sum(batch.milliseconds for batch in batches)
    found: Info = {
        "id": job.id,
        "operation": job.operation,
        "object": job.object_name,
        "createdById": job.created_by,
        "createdDate": job.created,
        "systemModstamp": job.modified,
        "state": job.state,
        "externalIdFieldName": job.external_id_field,
        "concurrencyMode": job.concurrency,
        "contentType": job.content_type,
        "assignmentRuleId": job.assignment_rule_id,
        "numberBatchesQueued": states.count(BatchState.QUEUED),
        "numberBatchesInProgress": states.count(BatchState.IN_PROGRESS),
        "numberBatchesCompleted": states.count(BatchState.COMPLETED),
        "numberBatchesFailed": states.count(BatchState.FAILED),
        "numberBatchesTotal": len(states),
        "numberRecordsProcessed": sum(batch.processed for batch in batches),
        "numberRetries": 0,
        "apiVersion": float(job.api_version),
        "numberRecordsFailed": sum(batch.failed for batch in batches),
        "totalProcessingTime": milliseconds,
        "apiActiveProcessingTime": milliseconds,
        "apexProcessingTime": 0,
    }
    return {name: value for name, value in found.items() if value is not None}


def batch_info(batch: Batch) -> Info:
    """What is told about a batch. ``stateMessage`` is there when it has one."""
    found: Info = {
        "id": batch.id,
        "jobId": batch.job_id,
        "state": batch.state,
        "stateMessage": batch.state_message,
        "createdDate": batch.created,
        "systemModstamp": batch.modified,
        "numberRecordsProcessed": batch.processed,
        "numberRecordsFailed": batch.failed,
        "totalProcessingTime": batch.milliseconds,
        "apiActiveProcessingTime": batch.milliseconds,
        "apexProcessingTime": 0,
    }
    return {name: value for name, value in found.items() if value is not None}


def one(name: str, info: Info, as_json: bool, status: int = 200) -> Answer:
    """A job or a batch."""
    if as_json:
        return json_answer(_json_form(info), status)
    return xml_answer(f'<{name}\n   xmlns="{NAMESPACE}">\n{_xml_lines(info, " ")}</{name}>', status)


def batch_list(infos: Iterable[Info], as_json: bool) -> Answer:
    """The batches of a job."""
    if as_json:
        return json_answer({"batchInfo": [_json_form(info) for info in infos]}, 200)
    listed = "".join(f" <batchInfo>\n{_xml_lines(info, '  ')} </batchInfo>\n" for info in infos)
    return xml_answer(f'<batchInfoList\n   xmlns="{NAMESPACE}">\n{listed}</batchInfoList>', 200)


def result_list(result_ids: Sequence[str], as_json: bool) -> Answer:
    """The ids of a query's results."""
    if as_json:
        return json_answer(list(result_ids), 200)
    listed = "".join(element("result", item) for item in result_ids)
    return xml_answer(f'<result-list xmlns="{NAMESPACE}">{listed}</result-list>', 200)


def refusal(error: BulkError, as_json: bool) -> Answer:
    """An error."""
    if as_json:
        return json_answer({"exceptionCode": error.code, "exceptionMessage": error.message}, error.status)
    told = element("exceptionCode", error.code) + element("exceptionMessage", error.message)
    return xml_answer(f'<error\n   xmlns="{NAMESPACE}">{told}</error>', error.status)


def json_answer(body: Any, status: int) -> Answer:
    """An answer in JSON."""
    return Answer(status, body, {"Content-Type": JSON})


def xml_answer(document: str, status: int) -> Answer:
    """An answer in XML."""
    return Answer(status, (DECLARATION + document).encode("utf-8"), {"Content-Type": XML})


def json_content(body: Any) -> bytes:
    """JSON as a piece of a larger document."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _xml_lines(info: Mapping[str, Any], indent: str) -> str:
    return "".join(f"{indent}{element(name, value)}\n" for name, value in info.items())


def _json_form(info: Info) -> Info:
    dated = {name: value.replace("Z", "+0000") for name, value in info.items() if name in _MOMENTS}
    return dict(sorted((info | dated).items()))


_MOMENTS = frozenset({"createdDate", "systemModstamp"})
