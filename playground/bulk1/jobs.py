"""Jobs, their batches and results, in the org's database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from playground import ids
from playground.bulk1.errors import BulkError
from playground.bulk2.jobs import JobStore as Bulk2Jobs
from playground.store import Store

BATCH_PREFIX = "751"
RESULT_PREFIX = "752"
_MARK = "bulk1"
"""Stands among the org's sequences while there are jobs: an org that was reset has no sequences."""
_PROCESS = secrets.token_hex(8)
"""Who runs a batch: what an ended process left running may be taken up again by the next one."""

_TABLES = """
CREATE TABLE IF NOT EXISTS _bulk1_job (
    id TEXT PRIMARY KEY, operation TEXT NOT NULL, object_name TEXT NOT NULL, content_type TEXT NOT NULL,
    external_id_field TEXT, assignment_rule_id TEXT, concurrency TEXT NOT NULL, api_version INTEGER NOT NULL,
    created_by TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL, state TEXT NOT NULL,
    line_ending TEXT NOT NULL, chunk_size INTEGER NOT NULL, chunk_parent TEXT, chunk_start TEXT
);
CREATE TABLE IF NOT EXISTS _bulk1_batch (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, state_message TEXT,
    created TEXT NOT NULL, modified TEXT NOT NULL, processed INTEGER NOT NULL, failed INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL, polls INTEGER NOT NULL, can_be_chunked INTEGER NOT NULL, request BLOB NOT NULL,
    runner TEXT
);
CREATE INDEX IF NOT EXISTS _bulk1_batch_job ON _bulk1_batch (job_id, number);
CREATE TABLE IF NOT EXISTS _bulk1_piece (
    batch_id TEXT NOT NULL, result_id TEXT NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (batch_id, result_id, number)
)
"""


class JobState(StrEnum):
    OPEN = "Open"
    CLOSED = "Closed"
    ABORTED = "Aborted"


class BatchState(StrEnum):
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    NOT_PROCESSED = "NotProcessed"


DUE = frozenset({BatchState.QUEUED, BatchState.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class Job:
    """Moments are in stored form. A ``chunk_size`` of 0 means that queries are not split by id."""

    id: str
    operation: str
    object_name: str
    content_type: str
    """``CSV``, ``XML`` or ``JSON``."""
    concurrency: str
    api_version: int
    created_by: str
    created: str
    modified: str
    state: str
    external_id_field: str | None = None
    assignment_rule_id: str | None = None
    line_ending: str = ""
    """``LF`` or ``CRLF`` when the caller said; else what the data has."""
    chunk_size: int = 0
    chunk_parent: str | None = None
    chunk_start: str | None = None

    @property
    def is_query(self) -> bool:
        """Whether its batches are statements and not data."""
        return self.operation in ("query", "queryAll")


@dataclass(frozen=True, slots=True)
class Batch:
    """``milliseconds`` is how long it worked. What was sent is kept apart: it may be long."""

    id: str
    job_id: str
    number: int
    state: str
    created: str
    modified: str
    state_message: str | None = None
    processed: int = 0
    failed: int = 0
    milliseconds: int = 0
    polls: int = 0
    can_be_chunked: int = 0
    """Whether it is the batch that a query was sent with, and not one that came of splitting it."""


_JOB_COLUMNS = tuple(item.name for item in fields(Job))
_BATCH_COLUMNS = tuple(item.name for item in fields(Batch))


class JobStore:
    """Reads and writes jobs. Everything that writes works inside the caller's transaction or one of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = '_bulk1_piece'"):
            with store.transaction() as connection:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
        self._forget_after_reset()

    def _forget_after_reset(self) -> None:
        if self._store.execute(
            "SELECT 1 FROM _bulk1_job WHERE NOT EXISTS (SELECT 1 FROM _sequence WHERE prefix = ?) LIMIT 1", (_MARK,)
        ):
            with self._store.transaction():
                for table in ("_bulk1_piece", "_bulk1_batch", "_bulk1_job"):
                    self._store.execute(f"DELETE FROM {table}")

    def new_job_id(self) -> str:
        """An id for a job, of the same sequence as those of Bulk API 2.0; inside a transaction."""
        self._store.execute("INSERT OR IGNORE INTO _sequence (prefix, last) VALUES (?, 0)", (_MARK,))
        return Bulk2Jobs(self._store).new_id()

    def add(self, job: Job) -> None:
        """Keep a new job."""
        self._insert("_bulk1_job", asdict(job))

    def job(self, job_id: str) -> Job:
        """The job by its 15 or 18 characters; InvalidJob when there is none."""
        if ids.is_id(job_id):
            rows = self._store.execute(
                f"SELECT {', '.join(_JOB_COLUMNS)} FROM _bulk1_job WHERE id = ?", (ids.to_18(job_id[:15]),)
            )
            if rows:
                return Job(**dict(zip(_JOB_COLUMNS, rows[0], strict=True)))
        raise BulkError("InvalidJob", f"Invalid job id: {job_id}")

    def change_job(self, job_id: str, **changes: Any) -> None:
        """Set properties of a job."""
        self._update("_bulk1_job", job_id, changes)

    def add_batch(self, job: Job, request: bytes, stamp: str, *, can_be_chunked: bool) -> Batch:
        """Put a batch behind the others of its job; inside a transaction."""
        number = self._store.execute("SELECT ifnull(max(number) + 1, 0) FROM _bulk1_batch WHERE job_id = ?", (job.id,))[
            0
        ][0]
        batch = Batch(
            id=self._store.next_id(BATCH_PREFIX),
            job_id=job.id,
            number=int(number),
            state=BatchState.QUEUED,
            created=stamp,
            modified=stamp,
            can_be_chunked=int(can_be_chunked),
        )
        self._insert("_bulk1_batch", {**asdict(batch), "request": request})
        return batch

    def request(self, batch_id: str) -> bytes:
        """What a batch was sent with."""
        return bytes(self._store.execute("SELECT request FROM _bulk1_batch WHERE id = ?", (batch_id,))[0][0])

    def batch(self, job: Job, batch_id: str) -> Batch:
        """A batch of that job; InvalidBatch when it has none such."""
        if ids.is_id(batch_id):
            found = self._batches("job_id = ? AND id = ?", (job.id, ids.to_18(batch_id[:15])))
            if found:
                return found[0]
        raise BulkError("InvalidBatch", f"Invalid batch id: {batch_id}")

    def batches(self, job: Job) -> list[Batch]:
        """The batches of a job in the order in which they came."""
        return self._batches("job_id = ? ORDER BY number", (job.id,))

    def change_batch(self, batch_id: str, **changes: Any) -> None:
        """Set properties of a batch."""
        self._update("_bulk1_batch", batch_id, changes)

    def batch_state(self, batch_id: str) -> str:
        """The state as it is now."""
        return str(self._store.execute("SELECT state FROM _bulk1_batch WHERE id = ?", (batch_id,))[0][0])

    def claim(self, batch_id: str) -> bool:
        """Take a batch to run it; False when somebody runs it already."""
        with self._store.transaction():
            return bool(
                self._store.execute(
                    "UPDATE _bulk1_batch SET runner = ? WHERE id = ? AND runner IS NOT ? RETURNING id",
                    (_PROCESS, batch_id, _PROCESS),
                )
            )

    def new_result_id(self) -> str:
        """An id for a result of a query; inside a transaction."""
        return self._store.next_id(RESULT_PREFIX)

    def append(self, batch_id: str, result_id: str, content: bytes) -> None:
        """Add a piece to a result; inside a transaction."""
        self._store.execute(
            "INSERT INTO _bulk1_piece (batch_id, result_id, number, content) "
            "SELECT ?, ?, ifnull(max(number) + 1, 0), ? FROM _bulk1_piece WHERE batch_id = ? AND result_id = ?",
            (batch_id, result_id, content, batch_id, result_id),
        )

    def clear_results(self, batch_id: str) -> None:
        """Take a batch's results away; inside a transaction."""
        self._store.execute("DELETE FROM _bulk1_piece WHERE batch_id = ?", (batch_id,))

    def result_ids(self, batch_id: str) -> list[str]:
        """The results of a query batch, in order."""
        rows = self._store.execute(
            "SELECT DISTINCT result_id FROM _bulk1_piece WHERE batch_id = ? ORDER BY result_id", (batch_id,)
        )
        return [str(row[0]) for row in rows]

    def pieces(self, batch_id: str, result_id: str) -> Iterator[bytes]:
        """The pieces of a result in order."""
        for (content,) in self._store.execute(
            "SELECT content FROM _bulk1_piece WHERE batch_id = ? AND result_id = ? ORDER BY number",
            (batch_id, result_id),
        ):
            yield bytes(content)

    def forget_before(self, stamp: str) -> None:
        """Forget jobs created before a moment, with all that belongs to them."""
        for (job_id,) in self._store.execute("SELECT id FROM _bulk1_job WHERE created < ?", (stamp,)):
            with self._store.transaction():
                of_job = "(SELECT id FROM _bulk1_batch WHERE job_id = ?)"
                self._store.execute(f"DELETE FROM _bulk1_piece WHERE batch_id IN {of_job}", (job_id,))
                self._store.execute("DELETE FROM _bulk1_batch WHERE job_id = ?", (job_id,))
                self._store.execute("DELETE FROM _bulk1_job WHERE id = ?", (job_id,))

    def _batches(self, where: str, parameters: Sequence[object]) -> list[Batch]:
        rows = self._store.execute(f"SELECT {', '.join(_BATCH_COLUMNS)} FROM _bulk1_batch WHERE {where}", parameters)
        return [Batch(**dict(zip(_BATCH_COLUMNS, row, strict=True))) for row in rows]

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        with self._store.transaction():
            self._store.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
            )

    def _update(self, table: str, row_id: str, changes: Mapping[str, Any]) -> None:
        sets = ", ".join(f"{name} = ?" for name in changes)
        with self._store.transaction():
            self._store.execute(f"UPDATE {table} SET {sets} WHERE id = ?", [*changes.values(), row_id])
