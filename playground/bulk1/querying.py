"""Runs the statement of a query batch and keeps its rows in the job's form, piece by piece: memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from playground import errors, values
from playground.bulk1.errors import BatchRefused, BulkError
from playground.bulk1.jobs import Batch, BatchState, Job, JobStore
from playground.bulk1.replies import CSV, JSON, NAMESPACE, XML, json_content
from playground.bulk2 import extraction
from playground.bulk2.csv_format import LINE_ENDINGS, number_text, written
from playground.calls import Answer
from playground.org import Org
from playground.soql import shape
from playground.soql.sqlite import prepare_connection
from playground.xml_documents import DECLARATION, XSI, element

NOTHING_FOUND = b"Records not found for this query"
"""What a CSV result says that has no rows; it has no header then."""
_ROWS_PER_PIECE = 2_000
_NUMBERS = frozenset({"double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class _Piece:
    rows: int
    content: bytes


def statement(org: Org, job: Job, text: str) -> extraction.Extract:
    """The statement of a batch; BatchRefused when it cannot be run."""
    try:
        extract = extraction.prepared(org, text, job.created_by, job.api_version, job.operation, "Bulk Query")
    except errors.ApiError as error:
        raise BatchRefused(f"InvalidBatch : Failed to process query: {error.code}: {error.message}") from None
    if extract.object_name != job.object_name:
        raise BatchRefused(
            f"InvalidBatch : Failed to process query: the query is of {extract.object_name}, the job of "
            f"{job.object_name}"
        )
    return extract


def run(org: Org, job: Job, batch: Batch) -> None:
    """Run a batch to its end, or until it is aborted. The rows are those of the moment it began."""
    jobs = JobStore(org.store)
    text = jobs.request(batch.id).decode("utf-8", "replace").strip()
    try:
        extract = statement(org, job, text)
    except BatchRefused as refusal:
        _finish(org, jobs, batch, BatchState.FAILED, refusal.message)
        return
    with org.store.transaction():
        jobs.clear_results(batch.id)
        result_id = jobs.new_result_id()
        jobs.append(batch.id, result_id, b"")
    processed = size = 0
    for piece in _pieces(org, job, extract):
        with org.store.transaction():
            if jobs.batch_state(batch.id) != BatchState.IN_PROGRESS:
                return
            if size >= org.settings.bulk_page_bytes:
                result_id, size = jobs.new_result_id(), 0
            jobs.append(batch.id, result_id, piece.content)
            processed, size = processed + piece.rows, size + len(piece.content)
            jobs.change_batch(batch.id, processed=processed)
    _finish(org, jobs, batch, BatchState.COMPLETED, None)


def _finish(org: Org, jobs: JobStore, batch: Batch, state: BatchState, message: str | None) -> None:
    with org.store.transaction():
        if jobs.batch_state(batch.id) == BatchState.IN_PROGRESS:
            jobs.change_batch(batch.id, state=state, state_message=message, modified=values.stamp(org.now()))


def result(org: Org, jobs: JobStore, job: Job, batch: Batch, result_id: str) -> Answer:
    """One result of a query, in the job's form."""
    if result_id not in jobs.result_ids(batch.id):
        raise BulkError("InvalidBatch", f"Invalid result id: {result_id}")
    found = [piece for piece in jobs.pieces(batch.id, result_id) if piece]
    match job.content_type:
        case "CSV":
            if not found:
                return Answer(200, NOTHING_FOUND, {"Content-Type": CSV})
            names = statement(org, job, jobs.request(batch.id).decode("utf-8", "replace").strip()).columns
            header = written([names], ",", LINE_ENDINGS.get(job.line_ending, "\n"))
            return Answer(200, b"".join([header, *found]), {"Content-Type": CSV})
        case "XML":
            begin = f'{DECLARATION}<queryResult xmlns="{NAMESPACE}" xmlns:xsi="{XSI}">'.encode()
            return Answer(200, b"".join([begin, *found, b"</queryResult>"]), {"Content-Type": XML})
        case _:
            return Answer(200, b"[" + b",".join(found) + b"]", {"Content-Type": JSON})


def _pieces(org: Org, job: Job, extract: extraction.Extract) -> Iterator[_Piece]:
    with closing(org.snapshot_for(job.created_by)) as connection:
        if job.content_type == "CSV":
            line_end = LINE_ENDINGS.get(job.line_ending, "\n")
            for rows in extraction.pieces(connection, extract, extract.columns):
                yield _Piece(len(rows), written(rows, ",", line_end))
            return
        prepare_connection(connection)
        record_shape = extract.prepared.query.shape
        assert isinstance(record_shape, shape.RecordShape)
        read = shape.reader(record_shape, f"{job.api_version}.0")
        sql = extract.prepared.page(limit=None, offset=0)
        cursor = connection.execute(sql.text, sql.parameters)
        while rows := cursor.fetchmany(_ROWS_PER_PIECE):
            records = [read(row, ()) for row in rows]
            yield _Piece(len(rows), _WRITERS[job.content_type](record_shape, records))


def _json_piece(record_shape: shape.RecordShape, records: Sequence[dict[str, Any]]) -> bytes:
    for record in records:
        _date_in_milliseconds(record_shape, record)
    return json_content(records)[1:-1]


def _date_in_milliseconds(record_shape: shape.RecordShape, record: dict[str, Any]) -> None:
    """Dates of JSON results are numbers: milliseconds since 1970 (salesforce-api.md 1.3)."""
    for member in record_shape.members:
        value = record[member.key]
        if value is None:
            continue
        if isinstance(member, shape.Parent):
            _date_in_milliseconds(member.record, value)
        elif isinstance(member, shape.Leaf) and member.type == "datetime":
            record[member.key] = _milliseconds(values.moment(value.replace("+0000", "Z")))
        elif isinstance(member, shape.Leaf) and member.type == "date":
            day = date.fromisoformat(value)
            record[member.key] = _milliseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def _xml_piece(record_shape: shape.RecordShape, records: Sequence[dict[str, Any]]) -> bytes:
    return "".join(_xml_record("records", record_shape, record) for record in records).encode("utf-8")


def _xml_record(name: str, record_shape: shape.RecordShape, record: Mapping[str, Any]) -> str:
    parts = [element("type", record["attributes"]["type"])]
    for member in record_shape.members:
        value = record[member.key]
        if isinstance(member, shape.Parent) and value is not None:
            parts.append(_xml_record(member.key, member.record, value))
        elif isinstance(member, shape.Leaf) and member.type == "datetime" and value is not None:
            parts.append(element(member.key, value.replace("+0000", "Z")))
        elif isinstance(member, shape.Leaf) and member.type in _NUMBERS:
            parts.append(element(member.key, number_text(value)))
        else:
            parts.append(element(member.key, value))
    return f'<{name} xsi:type="sObject">{"".join(parts)}</{name}>'


_WRITERS: Mapping[str, Callable[[shape.RecordShape, Sequence[dict[str, Any]]], bytes]] = {
    "JSON": _json_piece,
    "XML": _xml_piece,
}
