"""Runs an ingest job: 200 rows a transaction, each row on its own account (salesforce-api.md 6.1, 6.2).

Progress and results are kept in the transaction that does the rows, so a job that was cut short goes on where it was.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from playground import dml, errors, values
from playground.bulk2 import usage
from playground.bulk2.columns import NULL, Column, Plain, bound, fields, named
from playground.bulk2.csv_format import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    DELIMITERS,
    HEADER_CHARACTERS_MAX,
    LINE_ENDINGS,
    PLAIN_BELOW,
    CsvRefused,
    RecordReader,
    decoded,
    number_text,
    records,
    written,
)
from playground.bulk2.jobs import Job, JobStore, State
from playground.org import Org
from playground.schema import ObjectType
from playground.work import Work

UPLOAD = "upload"
SUCCESSFUL = "successful"
FAILED = "failed"
ROWS_PER_TRANSACTION = 200
_ROWS_PER_BATCH = 10_000
_FAILED_IDS_FROM_VERSION = 53


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload being read: its header as it was sent, and its records."""

    header: str
    records: Iterator[str]


@dataclass(frozen=True, slots=True)
class _Done:
    record_id: str
    created: bool


Operate = Callable[[Work, Sequence[str]], _Done]
"""Does one row, or raises an :class:`errors.ApiError`."""


def opened(jobs: JobStore, job: Job) -> Upload:
    """The job's upload; CsvRefused when its header cannot be used."""
    line_end = LINE_ENDINGS[job.line_ending]
    found = records(decoded(jobs.pieces(job.id, UPLOAD)), line_end)
    header = next(found, "")
    if not header.strip():
        raise CsvRefused("InvalidBatch : Failed to parse CSV header. The upload is empty")
    if len(header) > HEADER_CHARACTERS_MAX:
        raise CsvRefused(f"InvalidBatch : The header is longer than {HEADER_CHARACTERS_MAX} characters")
    if "\n" in header or "\r" in header:
        raise CsvRefused(
            f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
        )
    return Upload(header, (record for record in found if record))


def run(org: Org, job: Job) -> None:
    """Run an ingest job to its end, or until it is aborted. Rows that were done before are not done again."""
    jobs = JobStore(org.store)
    try:
        _work_through(org, jobs, job)
    except CsvRefused as refusal:
        _finish(org, jobs, job, State.FAILED, refusal.message)
    else:
        _finish(org, jobs, job, State.JOB_COMPLETE, None)


def _finish(org: Org, jobs: JobStore, job: Job, state: State, message: str | None) -> None:
    with org.store.transaction():
        if jobs.state(job.id) == State.IN_PROGRESS:
            jobs.change(job.id, state=state, error_message=message, modified=values.stamp(org.now()))


def _work_through(org: Org, jobs: JobStore, job: Job) -> None:
    upload = opened(jobs, job)
    reader = RecordReader(DELIMITERS[job.column_delimiter])
    names = reader.cells(upload.header)
    if len(names) > COLUMNS_MAX:
        raise CsvRefused(f"InvalidBatch : There are more than {COLUMNS_MAX} columns")
    object_type = org.object_type(job.object_name)
    columns = bound(org.schema, object_type, names)
    operate = _operation(job, object_type, columns)
    id_place = next((place for place, name in enumerate(names) if name.lower() == "id"), None)
    rows = _rows(islice(upload.records, job.processed, None), reader, len(names))
    # A record that is no CSV leaves the rows of its transaction undone, with all that follow.
    while batch := list(islice(rows, ROWS_PER_TRANSACTION)):
        if not _do(org, jobs, job, batch, columns, operate, id_place):
            return


def _rows(found: Iterator[str], reader: RecordReader, width: int) -> Iterator[list[str]]:
    for record in found:
        cells = reader.cells(record)
        if len(cells) != width:
            raise CsvRefused(f"InvalidBatch : A record has {len(cells)} cells, but the header has {width}")
        if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
            raise CsvRefused(f"InvalidBatch : A cell is longer than {CELL_CHARACTERS_MAX} characters")
        yield cells


def _do(
    org: Org,
    jobs: JobStore,
    job: Job,
    batch: Sequence[Sequence[str]],
    columns: Sequence[Column],
    operate: Operate,
    id_place: int | None,
) -> bool:
    """Do some rows in one transaction; False when the job was aborted meanwhile, then nothing is done."""
    work = org.work(job.created_by)
    successful: list[list[str]] = []
    failed: list[list[str]] = []
    with org.store.transaction():
        if jobs.state(job.id) != State.IN_PROGRESS:
            return False
        for cells in batch:
            try:
                with org.store.transaction():
                    done = operate(work, cells)
                successful.append([done.record_id, "true" if done.created else "false", *map(_echoed, columns, cells)])
            except (errors.ApiError, errors.MultipleMatches) as error:
                shown_id = cells[id_place] if id_place is not None and _shows_failed_ids(job) else ""
                failed.append([shown_id, error_text(error, job.external_id_field), *cells])
        processed = jobs.count_progress(job.id, len(batch), len(failed))
        for kind, rows in ((SUCCESSFUL, successful), (FAILED, failed)):
            if rows:
                if not org.settings.bulk_results_in_order:
                    random.Random(f"{job.id} {processed}").shuffle(rows)  # noqa: S311 - an order, not a secret
                content = written(rows, DELIMITERS[job.column_delimiter], LINE_ENDINGS[job.line_ending])
                jobs.append(job.id, kind, len(rows), content)
        if (processed - len(batch)) // _ROWS_PER_BATCH != processed // _ROWS_PER_BATCH or processed == len(batch):
            usage.count(org, usage.BATCHES, 1)
    return True


def _echoed(column: Column, cell: str) -> str:
    """A cell as successful results show it: as it was sent, but large numbers as the org writes them."""
    if isinstance(column, Plain) and column.field.type in values.NUMBER_TYPES and cell not in ("", NULL):
        number = float(cell)
        return str(number_text(number)) if abs(number) >= PLAIN_BELOW else cell
    return cell


def _shows_failed_ids(job: Job) -> bool:
    return job.api_version >= _FAILED_IDS_FROM_VERSION


def error_text(error: errors.ApiError | errors.MultipleMatches, external_id_field: str | None) -> str:
    """``CODE:message:fields --``, as the column sf__Error has it."""
    if isinstance(error, errors.MultipleMatches):
        name = external_id_field or "Id"
        listed = ", ".join(error.record_ids)
        return f"DUPLICATE_EXTERNAL_ID:{name}: more than one record found for external id field: [{listed}]:{name} --"
    if isinstance(error, errors.TypeMismatch):
        return (
            f"INVALID_TYPE_ON_FIELD_IN_RECORD:{error.field}: value not of required type: {error.value}:{error.field} --"
        )
    if isinstance(error, errors.NotFound):
        error = errors.BadReference()
    named_fields = ", ".join(error.fields or ())
    return f"{error.code}:{error.message}:{named_fields}{' ' if named_fields else ''}--"


def _operation(job: Job, object_type: ObjectType, columns: Sequence[Column]) -> Operate:
    """What the job does with a row; CsvRefused when the header lacks what it needs."""
    match job.operation:
        case "insert":
            return lambda work, cells: _Done(dml.create(work, object_type, fields(work, columns, cells)), created=True)
        case "update":
            return _updating(object_type, columns)
        case "upsert":
            return _upserting(object_type, columns, str(job.external_id_field))
        case operation:
            if len(columns) != 1:
                raise CsvRefused(f"InvalidBatch : The header of a {operation} job may only have the column Id")
            return _deleting(object_type, columns, dml.purge if operation == "hardDelete" else None)


def _updating(object_type: ObjectType, columns: Sequence[Column]) -> Operate:
    place = named(columns, "Id")

    def operate(work: Work, cells: Sequence[str]) -> _Done:
        record_id = _required(cells[place], "Id")
        changes = _without(fields(work, columns, cells), "Id")
        dml.update(work, object_type, record_id, changes)
        return _Done(dml.normal_id(object_type, record_id), created=False)

    return operate


def _upserting(object_type: ObjectType, columns: Sequence[Column], key_name: str) -> Operate:
    key = dml.key_field(object_type, key_name)
    place = named(columns, key.name)

    def operate(work: Work, cells: Sequence[str]) -> _Done:
        value = cells[place]
        if key.name != "Id":
            value = _required(value, key.name)
        changes = _without(fields(work, columns, cells), key.name)
        return _Done(*dml.upsert(work, object_type, key.name, value, changes))

    return operate


def _deleting(object_type: ObjectType, columns: Sequence[Column], then: Callable[..., None] | None) -> Operate:
    place = named(columns, "Id")

    def operate(work: Work, cells: Sequence[str]) -> _Done:
        record_id = dml.normal_id(object_type, _required(cells[place], "Id"))
        dml.delete(work, object_type, record_id)
        if then is not None and work.store.get(object_type.name, record_id) is not None:
            then(work, object_type, record_id)
        return _Done(record_id, created=False)

    return operate


def _required(cell: str, name: str) -> str:
    if cell in ("", NULL):
        raise errors.ApiError(f"{name} not specified", code="MISSING_ARGUMENT", fields=[name])
    return cell


def _without(changes: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in changes.items() if field != name}


def result(jobs: JobStore, job: Job, kind: str, in_order: bool) -> list[bytes]:
    """The pieces of a result, in the order in which they are shown."""
    pieces = list(jobs.pieces(job.id, kind))
    if not in_order:
        random.Random(job.id).shuffle(pieces)  # noqa: S311 - an order, not a secret
    return pieces
