"""Which rows a reader sees: commits that are not visible yet, and records that are hidden from a user.

A real org's commits may be seen late. With a delay of n seconds, a row that is written now is shown by queries,
``updated`` and ``deleted`` in its old form until n seconds have passed on the org's clock; by its id it is found at
once. The store keeps the old form of every row written meanwhile in ``_unseen``; a reader gets the database with those
put back, inside a savepoint that is rolled back afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from playground.store import Row, Store, quoted

Hidden = Mapping[str, Sequence[tuple[str, Sequence[object]]]]
"""By object, conditions in SQL (with their values) whose rows a reader must not see."""


@contextmanager
def view(store: Store, now: str, hidden: Hidden) -> Iterator[sqlite3.Connection]:
    """A connection on which the org looks as it does to one reader at ``now``; others wait meanwhile."""
    with store.reading() as connection:
        unseen = _unseen(store, now)
        if not unseen and not hidden:
            yield connection
            return
        with store.trying():
            _make_view(connection, unseen, hidden)
            yield connection


def snapshot(store: Store, now: str, hidden: Hidden) -> sqlite3.Connection:
    """A separate connection that goes on seeing what :func:`view` shows. The caller closes it."""
    with store.reading():
        unseen = _unseen(store, now)
        if not unseen and not hidden:
            return store.snapshot()
        copy = store.copy()
    _make_view(copy, unseen, hidden)
    return copy


def forget_seen(store: Store, now: str) -> None:
    """Drop what was kept of rows that everybody sees by now."""
    if store.execute("SELECT 1 FROM _unseen WHERE visible_at <= ? LIMIT 1", (now,)):
        store.execute("DELETE FROM _unseen WHERE visible_at <= ?", (now,))


def unseen_deletions(store: Store, now: str) -> set[tuple[str, str, str]]:
    """Deletions (object, id, stamp) that ``deleted`` does not tell of yet."""
    rows = store.execute("SELECT id FROM _unseen WHERE object = '_deletion' AND visible_at > ?", (now,))
    found = (json.loads(row[0]) for row in rows)
    return {(item[0], item[1], item[2]) for item in found}


def _unseen(store: Store, now: str) -> list[tuple[str, str, Row | None]]:
    """The oldest form still to be shown of every row that was written too late to be seen; None: it was not there."""
    rows = store.execute(
        "SELECT object, id, before, min(number) FROM _unseen WHERE visible_at > ? AND object <> '_deletion' "
        "GROUP BY object, id",
        (now,),
    )
    return [(name, record_id, json.loads(before) if before else None) for name, record_id, before, _ in rows]


def _make_view(connection: sqlite3.Connection, unseen: Sequence[tuple[str, str, Row | None]], hidden: Hidden) -> None:
    for name, record_id, before in unseen:
        connection.execute(f"DELETE FROM {quoted(name)} WHERE Id = ?", (record_id,))
        if before is not None:
            columns = ", ".join(map(quoted, before))
            places = ", ".join("?" * len(before))
            connection.execute(f"INSERT INTO {quoted(name)} ({columns}) VALUES ({places})", list(before.values()))
    for name, conditions in hidden.items():
        for where, parameters in conditions:
            connection.execute(f"DELETE FROM {quoted(name)} WHERE {where}", list(parameters))
