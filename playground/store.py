"""The playground's SQLite file: tables made from the schema, one writer at a time, snapshots for query locators.

The store knows rows and columns, not rules: those are in :mod:`playground.rules` and :mod:`playground.dml`.
Values are stored as :mod:`playground.schema` says. Tables of our own begin with an underscore.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from playground import ids
from playground.schema import Field, ObjectType, Schema

Row = dict[str, Any]

FORMAT = 1
"""Raised when the file's layout changes; an older file is refused with advice, not converted."""

_COLUMN_TYPES = {"boolean": "INTEGER", "int": "INTEGER", "double": "REAL", "currency": "REAL", "percent": "REAL"}

_OWN_TABLES = """
CREATE TABLE _fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE _sequence (prefix TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE _session (
    token TEXT PRIMARY KEY, user_id TEXT NOT NULL, client_id TEXT NOT NULL, last_used TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE _refresh_token (token TEXT PRIMARY KEY, user_id TEXT NOT NULL, client_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE _deletion (
    object TEXT NOT NULL, id TEXT NOT NULL, deleted_at TEXT NOT NULL, root TEXT NOT NULL,
    PRIMARY KEY (object, id, deleted_at)
) WITHOUT ROWID;
CREATE INDEX _deletion_time ON _deletion (object, deleted_at);
CREATE TABLE _cleared_reference (
    root TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (root, object, id, field)
) WITHOUT ROWID;
"""

_LATER_TABLES = """
CREATE TABLE IF NOT EXISTS _usage (
    name TEXT NOT NULL, hour TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (name, hour)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _unseen (
    number INTEGER PRIMARY KEY, object TEXT NOT NULL, id TEXT NOT NULL, visible_at TEXT NOT NULL, before TEXT
);
CREATE INDEX IF NOT EXISTS _unseen_record ON _unseen (object, id, visible_at);
"""
"""Made also in files that were written before these tables were thought of."""


class StoreUnusable(Exception):
    """The database file cannot be used: corrupt, not ours, of another format, or in a folder we cannot write."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message} {advice}")
        self.message = message
        self.advice = advice


@lru_cache(maxsize=4096)
def quoted(name: str) -> str:
    """An SQL identifier; names come from the schema, never from a request."""
    return '"' + name.replace('"', '""') + '"'


class Store:
    """One SQLite database behind one lock: whoever is inside :meth:`transaction` or :meth:`reading` is alone."""

    def __init__(self, connection: sqlite3.Connection, schema: Schema, path: Path | None) -> None:
        self.schema = schema
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._depth = 0
        self._columns = {item.name: tuple(f.name for f in item.fields if f.stored) for item in schema.objects}
        self.visible_at: Callable[[], str | None] = lambda: None
        """When rows written now can be seen by all, if that is later than now."""

    @classmethod
    def in_memory(cls, schema: Schema) -> Store:
        """An empty store that lives as long as it is open."""
        store = cls(_connect(":memory:"), schema, None)
        store._create_tables()
        return store

    @classmethod
    def from_image(cls, image: bytes, schema: Schema) -> Store:
        """A store in memory that begins as ``image`` (see :meth:`image`)."""
        connection = _connect(":memory:")
        connection.deserialize(image)
        return cls(connection, schema, None)

    @classmethod
    def open(cls, path: Path, schema: Schema) -> Store:
        """Open the file, making it when it is not there. Raise :class:`StoreUnusable` when it cannot serve."""
        existed = path.exists() and path.stat().st_size > 0
        try:
            if not path.exists():
                path.touch(mode=0o600)
            connection = _connect(str(path))
        except OSError as error:
            raise _unusable(path, sqlite3.OperationalError(error.strerror or str(error))) from error
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        store = cls(connection, schema, path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if existed:
                store._check()
                store._create(_LATER_TABLES)
            else:
                store._create_tables()
        except sqlite3.Error as error:
            connection.close()
            raise _unusable(path, error) from error
        except StoreUnusable:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def image(self) -> bytes:
        """The whole database as bytes."""
        with self._lock:
            return self._connection.serialize()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, to read with, while nobody else writes."""
        with self._lock:
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Inside another transaction it is a savepoint, so a part can fail alone."""
        with self._lock:
            self._depth += 1
            name = f"level_{self._depth}"
            self._connection.execute("BEGIN IMMEDIATE" if self._depth == 1 else f"SAVEPOINT {name}")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK" if self._depth == 1 else f"ROLLBACK TO {name}")
                if self._depth > 1:
                    self._connection.execute(f"RELEASE {name}")
                raise
            else:
                self._connection.execute("COMMIT" if self._depth == 1 else f"RELEASE {name}")
            finally:
                self._depth -= 1

    @contextmanager
    def trying(self) -> Iterator[None]:
        """What is written inside is taken back at the end, whatever happens."""
        with self._lock:
            self._depth += 1
            name = f"level_{self._depth}"
            self._connection.execute("BEGIN IMMEDIATE" if self._depth == 1 else f"SAVEPOINT {name}")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK" if self._depth == 1 else f"ROLLBACK TO {name}")
                if self._depth > 1:
                    self._connection.execute(f"RELEASE {name}")
                self._depth -= 1

    def snapshot(self) -> sqlite3.Connection:
        """A separate connection that goes on seeing the database as it is now. The caller closes it."""
        if self.path is None:
            copy = _connect(":memory:")
            copy.deserialize(self.image())
            return copy
        connection = _connect(str(self.path))
        with self._lock:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM _fact").fetchone()
        return connection

    def copy(self) -> sqlite3.Connection:
        """A copy in memory of the database as it is now. The caller closes it."""
        image = bytearray(self.image())
        # A copy in memory cannot have the write-ahead log that its header may speak of.
        image[18:20] = b"\x01\x01"
        copied = _connect(":memory:")
        copied.deserialize(bytes(image))
        return copied

    def write_copy(self, path: Path) -> None:
        """Write what is committed to a new file."""
        target = _connect(str(path))
        try:
            with self._lock:
                self._connection.backup(target)
        finally:
            target.close()

    def replace_with(self, source: sqlite3.Connection) -> None:
        """Become a copy of another database of the same schema, at once or not at all."""
        with self._lock:
            source.backup(self._connection)

    def change_schema(self, schema: Schema) -> None:
        """Go on with objects that have more fields than before, or other properties."""
        with self.transaction():
            self.schema = schema
            self._columns = {item.name: tuple(f.name for f in item.fields if f.stored) for item in schema.objects}
            self.add_missing_columns()

    def add_missing_columns(self) -> None:
        """Make the tables that the schema has and the file lacks, and give every other the columns it lacks."""
        for item in self.schema.objects:
            present = {row[1] for row in self.execute(f"PRAGMA table_info({quoted(item.name)})")}
            if not present:
                for statement in _table(item):
                    self.execute(statement)
                continue
            for field in item.fields:
                if field.stored and field.name not in present:
                    self.execute(f"ALTER TABLE {quoted(item.name)} ADD COLUMN {_column(field)}")

    def columns(self, object_name: str) -> tuple[str, ...]:
        """The stored fields of an object, in describe's order."""
        return self._columns[object_name]

    def get(self, object_name: str, record_id: str) -> Row | None:
        """The row with that 18-character id, deleted or not."""
        found = self.select(object_name, "Id = ?", (record_id,))
        return found[0] if found else None

    def select(self, object_name: str, where: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Rows by a condition in SQL; ``where`` is written by us, values come as parameters."""
        names = self._columns[object_name]
        sql = f"SELECT {', '.join(map(quoted, names))} FROM {quoted(object_name)} WHERE {where}"
        with self._lock:
            return [dict(zip(names, values, strict=True)) for values in self._connection.execute(sql, parameters)]

    def insert(self, object_name: str, row: Mapping[str, Any]) -> None:
        """Add a row; columns it does not name are null."""
        names = [name for name in self._columns[object_name] if name in row]
        sql = (
            f"INSERT INTO {quoted(object_name)} ({', '.join(map(quoted, names))}) "
            f"VALUES ({', '.join('?' * len(names))})"
        )
        with self._lock:
            self._keep_unseen(object_name, str(row["Id"]), None)
            self._connection.execute(sql, [row[name] for name in names])

    def insert_all(self, object_name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add many rows at once."""
        names = self._columns[object_name]
        sql = (
            f"INSERT INTO {quoted(object_name)} ({', '.join(map(quoted, names))}) "
            f"VALUES ({', '.join('?' * len(names))})"
        )
        with self._lock:
            self._connection.executemany(sql, [[row.get(name) for name in names] for row in rows])

    def update(self, object_name: str, record_id: str, changes: Mapping[str, Any]) -> None:
        """Set columns of one row."""
        if not changes:
            return
        sets = ", ".join(f"{quoted(name)} = ?" for name in changes)
        with self._lock:
            self._keep_unseen(object_name, record_id, self.get)
            self._connection.execute(
                f"UPDATE {quoted(object_name)} SET {sets} WHERE Id = ?", [*changes.values(), record_id]
            )

    def remove(self, object_name: str, record_id: str) -> None:
        """Take a row out for good."""
        with self._lock:
            self._keep_unseen(object_name, record_id, self.get)
            self._connection.execute(f"DELETE FROM {quoted(object_name)} WHERE Id = ?", (record_id,))

    def log_deletion(self, object_name: str, record_id: str, deleted_at: str, root: str) -> None:
        """Remember that a record was deleted, and with which other one."""
        with self._lock:
            self._keep_unseen("_deletion", json.dumps([object_name, record_id, deleted_at]), None)
            self._connection.execute(
                "INSERT OR REPLACE INTO _deletion (object, id, deleted_at, root) VALUES (?, ?, ?, ?)",
                (object_name, record_id, deleted_at, root),
            )

    def _keep_unseen(self, object_name: str, record_id: str, before: Callable[[str, str], Row | None] | None) -> None:
        """Keep a row's form before a write, for those who may not see the write yet."""
        visible_at = self.visible_at()
        if visible_at is None:
            return
        row = before(object_name, record_id) if before else None
        self._connection.execute(
            "INSERT INTO _unseen (object, id, visible_at, before) VALUES (?, ?, ?, ?)",
            (object_name, record_id, visible_at, json.dumps(row) if row else None),
        )

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement of ours and return its rows."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def empty(self) -> None:
        """Take out all records and what is known of deleted ones."""
        for name in (*self._columns, "_deletion", "_cleared_reference", "_sequence", "_unseen"):
            self.execute(f"DELETE FROM {quoted(name)}")

    def next_id(self, prefix: str) -> str:
        """A new 18-character id; must be called inside a transaction."""
        rows = self.execute(
            "INSERT INTO _sequence (prefix, last) VALUES (?, ?) "
            "ON CONFLICT (prefix) DO UPDATE SET last = last + 1 RETURNING last",
            (prefix, FIRST_RUNNING_NUMBER),
        )
        return ids.make_id(prefix, int(rows[0][0]))

    def fact(self, name: str) -> str | None:
        """A named value of the org's own, such as its seed."""
        rows = self.execute("SELECT value FROM _fact WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def set_fact(self, name: str, value: str) -> None:
        """Keep a named value."""
        self.execute(
            "INSERT INTO _fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def _create_tables(self) -> None:
        with self.transaction() as connection:
            self._create(_OWN_TABLES)
            self._create(_LATER_TABLES)
            for item in self.schema.objects:
                for statement in _table(item):
                    connection.execute(statement)
            self.set_fact("format", str(FORMAT))

    def _create(self, statements: str) -> None:
        for statement in statements.split(";"):
            if statement.strip():
                self.execute(statement)

    def _check(self) -> None:
        """Refuse a file that is not a playground of this format, or that lacks a column."""
        if not self.execute("SELECT 1 FROM sqlite_master WHERE name = '_fact'"):
            raise StoreUnusable(
                f"{self.path} is a database, but not a playground's.",
                "Nothing was changed. Choose another folder with --dir.",
            )
        if self.fact("format") != str(FORMAT):
            raise StoreUnusable(
                f"The playground's database {self.path} was made by another version.",
                "Nothing was changed. Start with --fresh to make a new one.",
            )
        for item in self.schema.objects:
            present = {row[1] for row in self.execute(f"PRAGMA table_info({quoted(item.name)})")}
            if set(self._columns[item.name]) - present:
                raise StoreUnusable(
                    f"The playground's database {self.path} lacks fields of {item.name} that this version has.",
                    "Nothing was changed. Start with --fresh to make a new one.",
                )


FIRST_RUNNING_NUMBER = 500_000
"""Seeded ids have smaller running numbers than ids given to records made later."""


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10.0)


def _table(item: ObjectType) -> Iterator[str]:
    columns = ", ".join(_column(field) for field in item.fields if field.stored)
    yield f"CREATE TABLE {quoted(item.name)} ({columns})"
    if item.has("SystemModstamp"):
        yield f"CREATE INDEX {quoted(item.name + '_stamp')} ON {quoted(item.name)} (SystemModstamp, Id)"
    elif item.has("CreatedDate"):
        yield f"CREATE INDEX {quoted(item.name + '_created')} ON {quoted(item.name)} (CreatedDate, Id)"
    for field in item.fields:
        if field.stored and (field.external_id or field.unique or _is_followed(field)):
            key = f"{quoted(field.name)}{_collation(field)}"
            yield f"CREATE INDEX {quoted(f'{item.name}_{field.name}')} ON {quoted(item.name)} ({key})"


def _collation(field: Field) -> str:
    """Keys that are text are looked up without case, unless they are case sensitive; ids and numbers as they are."""
    plain = field.case_sensitive or field.type in ("id", "reference") or field.type in _COLUMN_TYPES
    return "" if plain else " COLLATE NOCASE"


def _is_followed(field: Field) -> bool:
    """Whether rows are looked up by this reference: by deletes, and by queries of children."""
    followed = field.cascade_delete or field.updateable or field.child_relationship_name is not None
    return field.type == "reference" and followed


def _column(field: Field) -> str:
    kind = _COLUMN_TYPES.get(field.type, "TEXT")
    return f"{quoted(field.name)} {kind}" + (" PRIMARY KEY" if field.name == "Id" else "")


def _unusable(path: Path, error: sqlite3.Error) -> StoreUnusable:
    with suppress(OSError):
        if path.exists() and not path.is_file():
            return StoreUnusable(f"{path} is not a file.", "Choose another folder with --dir.")
    if isinstance(error, sqlite3.OperationalError):
        return StoreUnusable(
            f"The playground's database {path} could not be opened: {error}.",
            "Check that the folder exists and can be written, and that the disk is not full; or choose another "
            "folder with --dir.",
        )
    return StoreUnusable(
        f"The playground's database {path} is damaged: {error}.",
        "Nothing was changed. Start with --fresh to make a new one.",
    )
