"""Jobs and what belongs to them, in the org's database."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from playground import errors, ids
from playground.store import Store

JOB_PREFIX = "750"
_PROCESS = secrets.token_hex(8)
"""Who runs a job: what an ended process left running may be taken up again by the next one."""

_TABLES = """
CREATE TABLE IF NOT EXISTS _bulk2_job (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, operation TEXT NOT NULL, object_name TEXT NOT NULL, query TEXT NOT NULL,
    external_id_field TEXT, assignment_rule_id TEXT, column_delimiter TEXT NOT NULL, line_ending TEXT NOT NULL,
    api_version INTEGER NOT NULL, created_by TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
    closed TEXT, state TEXT NOT NULL, polls INTEGER NOT NULL, processed INTEGER NOT NULL, failed INTEGER NOT NULL,
    error_message TEXT, milliseconds INTEGER NOT NULL, pk_chunking INTEGER NOT NULL, header BLOB NOT NULL, runner TEXT
);
CREATE TABLE IF NOT EXISTS _bulk2_chunk (
    job_id TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL, first_row INTEGER NOT NULL,
    row_count INTEGER NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (job_id, kind, number)
)
"""


class State(StrEnum):
    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


FINISHED = frozenset({State.JOB_COMPLETE, State.FAILED, State.ABORTED})
DUE = frozenset({State.UPLOAD_COMPLETE, State.IN_PROGRESS})


class Kind(StrEnum):
    QUERY = "query"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Job:
    """Moments are in stored form. ``closed`` is when it could begin to work; ``milliseconds`` how long it worked."""

    id: str
    kind: str
    operation: str
    object_name: str
    column_delimiter: str
    line_ending: str
    api_version: int
    created_by: str
    created: str
    modified: str
    state: str
    query: str = ""
    external_id_field: str | None = None
    assignment_rule_id: str | None = None
    closed: str | None = None
    polls: int = 0
    processed: int = 0
    failed: int = 0
    error_message: str | None = None
    milliseconds: int = 0
    pk_chunking: int = 0
    header: bytes = b""
    """The header line of a query's results, with its line end."""


_COLUMNS = tuple(item.name for item in fields(Job))


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a result: rows ``first_row`` to ``first_row + rows``."""

    number: int
    first_row: int
    rows: int
    size: int


class JobStore:
    """Reads and writes jobs. Everything that writes works inside the caller's transaction or one of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = '_bulk2_chunk'"):
            with store.transaction() as connection:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
        self._forget_after_reset()

    def _forget_after_reset(self) -> None:
        """An org that was reset has given out no job id; jobs that are there nevertheless belong to its past."""
        if self._store.execute(
            "SELECT 1 FROM _bulk2_job WHERE NOT EXISTS (SELECT 1 FROM _sequence WHERE prefix = ?) LIMIT 1",
            (JOB_PREFIX,),
        ):
            with self._store.transaction():
                self._store.execute("DELETE FROM _bulk2_chunk")
                self._store.execute("DELETE FROM _bulk2_job")

    def new_id(self) -> str:
        """An id for a job; inside a transaction."""
        return self._store.next_id(JOB_PREFIX)

    def add(self, job: Job) -> None:
        """Keep a new job."""
        marks = ", ".join("?" * len(_COLUMNS))
        with self._store.transaction():
            self._store.execute(
                f"INSERT INTO _bulk2_job ({', '.join(_COLUMNS)}) VALUES ({marks})", list(asdict(job).values())
            )

    def get(self, kind: Kind, job_id: str) -> Job:
        """The job by its 15 or 18 characters; NOT_FOUND when there is none."""
        if ids.is_id(job_id):
            found = self._select("kind = ? AND id = ?", (kind, ids.to_18(job_id[:15])))
            if found:
                return found[0]
        raise errors.NotFound

    def page(self, kind: Kind, after: str, limit: int) -> list[Job]:
        """Jobs in the order of their ids, from the one behind ``after`` on."""
        return self._select("kind = ? AND id > ? ORDER BY id LIMIT ?", (kind, after, limit))

    def change(self, job_id: str, **changes: Any) -> None:
        """Set properties of a job."""
        sets = ", ".join(f"{name} = ?" for name in changes)
        with self._store.transaction():
            self._store.execute(f"UPDATE _bulk2_job SET {sets} WHERE id = ?", [*changes.values(), job_id])

    def count_progress(self, job_id: str, processed: int, failed: int) -> int:
        """Add to a job's counts, and return how many rows were processed in all."""
        rows = self._store.execute(
            "UPDATE _bulk2_job SET processed = processed + ?, failed = failed + ? WHERE id = ? RETURNING processed",
            (processed, failed, job_id),
        )
        return int(rows[0][0])

    def state(self, job_id: str) -> str | None:
        """The state as it is now; None when the job is gone."""
        rows = self._store.execute("SELECT state FROM _bulk2_job WHERE id = ?", (job_id,))
        return str(rows[0][0]) if rows else None

    def claim(self, job_id: str) -> bool:
        """Take a job to run it; False when somebody runs it already."""
        with self._store.transaction():
            return bool(
                self._store.execute(
                    "UPDATE _bulk2_job SET runner = ? WHERE id = ? AND runner IS NOT ? RETURNING id",
                    (_PROCESS, job_id, _PROCESS),
                )
            )

    def release(self, job_id: str) -> None:
        """Give a claimed job back."""
        self.change(job_id, runner=None)

    def delete(self, job_id: str) -> None:
        """Forget a job with everything that belongs to it."""
        with self._store.transaction():
            self._store.execute("DELETE FROM _bulk2_chunk WHERE job_id = ?", (job_id,))
            self._store.execute("DELETE FROM _bulk2_job WHERE id = ?", (job_id,))

    def forget_before(self, stamp: str) -> None:
        """Forget jobs created before a moment."""
        for (job_id,) in self._store.execute("SELECT id FROM _bulk2_job WHERE created < ?", (stamp,)):
            self.delete(str(job_id))

    def append(self, job_id: str, kind: str, rows: int, content: bytes) -> None:
        """Add a piece to a result or an upload; inside a transaction."""
        number, first_row = self._store.execute(
            "SELECT ifnull(max(number) + 1, 0), ifnull(max(first_row + row_count), 0) FROM _bulk2_chunk "
            "WHERE job_id = ? AND kind = ?",
            (job_id, kind),
        )[0]
        self._store.execute(
            "INSERT INTO _bulk2_chunk (job_id, kind, number, first_row, row_count, size, content) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (job_id, kind, number, first_row, rows, len(content), content),
        )

    def clear(self, job_id: str, kind: str) -> None:
        """Take all pieces of a kind away; inside a transaction."""
        self._store.execute("DELETE FROM _bulk2_chunk WHERE job_id = ? AND kind = ?", (job_id, kind))

    def spans(self, job_id: str, kind: str, from_row: int = 0) -> list[Span]:
        """Pieces that hold rows from ``from_row`` on, in order, without their content."""
        rows = self._store.execute(
            "SELECT number, first_row, row_count, size FROM _bulk2_chunk WHERE job_id = ? AND kind = ? "
            "AND first_row + row_count > ? ORDER BY number",
            (job_id, kind, from_row),
        )
        return [Span(*row) for row in rows]

    def content(self, job_id: str, kind: str, number: int) -> bytes:
        """One piece; NOT_FOUND when the job was deleted meanwhile."""
        rows = self._store.execute(
            "SELECT content FROM _bulk2_chunk WHERE job_id = ? AND kind = ? AND number = ?", (job_id, kind, number)
        )
        if not rows:
            raise errors.NotFound
        return bytes(rows[0][0])

    def pieces(self, job_id: str, kind: str) -> Iterator[bytes]:
        """All pieces in order, one at a time in memory."""
        count = self._store.execute("SELECT count(*) FROM _bulk2_chunk WHERE job_id = ? AND kind = ?", (job_id, kind))[
            0
        ][0]
        for number in range(int(count)):
            yield self.content(job_id, kind, number)

    def _select(self, where: str, parameters: tuple[Any, ...]) -> list[Job]:
        rows = self._store.execute(f"SELECT {', '.join(_COLUMNS)} FROM _bulk2_job WHERE {where}", parameters)
        return [Job(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def locator_of(text: str) -> str:
    """An opaque locator, as ``MTAwMDA`` for ``10000``."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_of(locator: str) -> str:
    """What a locator stands for; INVALID_QUERY_LOCATOR when it is none of ours."""
    try:
        padded = locator + "=" * (-len(locator) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        raise errors.ApiError("invalid query locator", code="INVALID_QUERY_LOCATOR") from None
