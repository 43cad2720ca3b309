"""Runs an ingest job: 200 rows a transaction, each row on its own account (salesforce-api.md 6.1, 6.2).

Progress and results are kept in the transaction that does the rows, so a job that was cut short goes on where it was.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from playground import dml, errors, quotas, values
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
from playground.bulk_operations import Operate, operation, problem
from playground.org import Org
from playground.schema import ObjectType

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
    except errors.RequestLimitExceeded as error:
        _finish(org, jobs, job, State.FAILED, f"ExceededQuota : {error.message}")
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
    schema = org.access.schema(org.schema, job.created_by)
    object_type = schema.by_lower_name.get(job.object_name.lower())
    if object_type is None:
        raise CsvRefused(f"InvalidJob : Entity '{job.object_name}' is not supported by the Bulk API.")
    columns = bound(schema, object_type, names)
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
                    done = operate(work, fields(work, columns, cells))
                successful.append([done.record_id, "true" if done.created else "false", *map(_echoed, columns, cells)])
            except (errors.ApiError, errors.MultipleMatches) as error:
                shown_id = cells[id_place] if id_place is not None and _shows_failed_ids(job) else ""
                failed.append([shown_id, problem(error, job.external_id_field).text, *cells])
        processed = jobs.count_progress(job.id, len(batch), len(failed))
        for kind, rows in ((SUCCESSFUL, successful), (FAILED, failed)):
            if rows:
                if not org.settings.bulk_results_in_order:
                    random.Random(f"{job.id} {processed}").shuffle(rows)  # noqa: S311 - an order, not a secret
                content = written(rows, DELIMITERS[job.column_delimiter], LINE_ENDINGS[job.line_ending])
                jobs.append(job.id, kind, len(rows), content)
        if (processed - len(batch)) % _ROWS_PER_BATCH == 0:
            org.quotas.spend(quotas.BULK_BATCHES)
    return True


def _echoed(column: Column, cell: str) -> str:
    """A cell as successful results show it: as it was sent, but large numbers as the org writes them."""
    if isinstance(column, Plain) and column.field.type in values.NUMBER_TYPES and cell not in ("", NULL):
        number = float(cell)
        return str(number_text(number)) if abs(number) >= PLAIN_BELOW else cell
    return cell


def _shows_failed_ids(job: Job) -> bool:
    return job.api_version >= _FAILED_IDS_FROM_VERSION


def _operation(job: Job, object_type: ObjectType, columns: Sequence[Column]) -> Operate:
    """What the job does with a row; CsvRefused when the header lacks what it needs."""
    if job.operation == "update":
        named(columns, "Id")
    if job.operation == "upsert":
        named(columns, dml.key_field(object_type, str(job.external_id_field)).name)
    if job.operation in ("delete", "hardDelete"):
        if len(columns) != 1:
            raise CsvRefused(f"InvalidBatch : The header of a {job.operation} job may only have the column Id")
        named(columns, "Id")
    return operation(job.operation, object_type, job.external_id_field)


def result(jobs: JobStore, job: Job, kind: str, in_order: bool) -> list[bytes]:
    """The pieces of a result, in the order in which they are shown."""
    pieces = list(jobs.pieces(job.id, kind))
    if not in_order:
        random.Random(job.id).shuffle(pieces)  # noqa: S311 - an order, not a secret
    return pieces
