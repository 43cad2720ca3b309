"""Connections and transactions. On SQLite: WAL, ``synchronous=FULL``, one writer at a time, errors with a type."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from local_store.errors import DatabaseBusy, DatabaseUnusable, StoreError

WRITES = "forcemirror_writes"
"""Execution option of a connection whose transactions take the write lock at once."""

CAPTURED = frozenset({"sqlite"})
"""Databases that there is a change capture for. Without one a local edit would be lost."""

BUSY_SECONDS = 10
"""How long a writer waits for another one. Write transactions are short (design decision 3)."""

PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",  # first: the next one may have to wait for another process
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
)


def connect(url: str) -> Engine:
    """Make the engine for a database URL. Opens nothing yet; the first use raises ``DatabaseUnusable`` if it must."""
    parsed = make_url(url)
    if parsed.get_backend_name() not in CAPTURED:
        raise DatabaseUnusable(
            f"This version cannot keep a mirror in {parsed.get_backend_name()}: it notes local edits in SQLite only.",
            "Use a URL like sqlite:///mirror.db.",
        )
    engine = create_engine(parsed)
    event.listen(engine, "handle_error", _give_a_type)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database throughout and writes nothing."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the write lock from its beginning, so that what it reads stays so until it commits.

    Keep it short, and never make an HTTP call inside. Raises ``DatabaseBusy`` when the lock is not to be had.
    """
    with engine.connect() as connection:
        connection.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves; the driver's own rules would split them
    cursor = connection.cursor()
    try:
        for pragma in PRAGMAS:
            cursor.execute(pragma)
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _give_a_type(context: ExceptionContext) -> None:
    error = context.original_exception
    typed = error if isinstance(error, StoreError) else typed_error(error)
    if typed is not None:
        raise typed from (None if typed is error else error)


def typed_error(error: BaseException) -> StoreError | None:
    """Turn the driver's error into one of ours, where it is about the database and not about a statement."""
    name: Any = getattr(error, "sqlite_errorname", None)
    if not isinstance(name, str):
        return None
    for prefix, make in _SQLITE_ERRORS.items():
        if name.startswith(prefix):
            return make()
    return None


def _damaged() -> StoreError:
    return DatabaseUnusable(
        "The database file is damaged, or is not a database.",
        "Nothing was written. Restore the last backup, or move the file away and load the mirror anew.",
    )


def _read_only() -> StoreError:
    return DatabaseUnusable(
        "The database is read-only.",
        "Nothing was written. Check the permissions of the file and of its folder.",
    )


def _full() -> StoreError:
    return DatabaseUnusable(
        "The disk is full.", "The write was taken back as a whole. Make room, then run the command again."
    )


def _cannot_open() -> StoreError:
    return DatabaseUnusable(
        "The database file cannot be opened.", "Check that its folder exists and that you may write there."
    )


def _disk_error() -> StoreError:
    return DatabaseUnusable(
        "The disk answered with an error.", "The write was taken back as a whole. Check the disk, then try again."
    )


def _busy() -> StoreError:
    return DatabaseBusy(
        f"Another program has been writing to the database for more than {BUSY_SECONDS} seconds.",
        "Nothing was written. Try again when it is done.",
    )


_SQLITE_ERRORS = {
    "SQLITE_CORRUPT": _damaged,
    "SQLITE_NOTADB": _damaged,
    "SQLITE_READONLY": _read_only,
    "SQLITE_FULL": _full,
    "SQLITE_CANTOPEN": _cannot_open,
    "SQLITE_IOERR": _disk_error,
    "SQLITE_BUSY": _busy,
    "SQLITE_LOCKED": _busy,
}
