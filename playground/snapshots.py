"""States of an org to go back to, kept in memory under names, until the playground stops.

Taking and restoring one copies the database page by page: milliseconds for an org of some thousand records. Sessions,
use of quotas, the clock and added fields stay as they are when a state is restored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playground.login import tables
from playground.store import Store, quoted

_KEPT_TABLES = (*tables.PERSONAL, "_connected_app", "_usage")
KEPT_FACTS = ("clock_shift_s", "clock_fixed", "schema_changes", "schema_changed_at", "my_domain")


class Snapshots:
    """The named states of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._taken: dict[str, sqlite3.Connection] = {}

    def take(self, name: str) -> None:
        """Keep the present state under a name, in place of an earlier one of that name."""
        self.drop(name)
        self._taken[name] = self._store.copy()

    def restore(self, name: str) -> None:
        """Go back to a state; KeyError when there is none of that name."""
        if name not in self._taken:
            raise KeyError(f"There is no snapshot called {name!r}.")
        put_in_place(self._store, self._taken[name])

    def drop(self, name: str) -> None:
        """Forget one. Idempotent."""
        found = self._taken.pop(name, None)
        if found:
            found.close()

    def names(self) -> list[str]:
        """What there is to go back to."""
        return sorted(self._taken)

    def close(self) -> None:
        """Forget all. Idempotent."""
        for name in self.names():
            self.drop(name)


def put_in_place(store: Store, source: sqlite3.Connection) -> None:
    """Make a store's records those of another database."""
    with store.reading(), _kept(store):
        store.replace_with(source)
        tables.prepare(store)
        store.add_missing_columns()


@contextmanager
def _kept(store: Store) -> Iterator[None]:
    tables: dict[str, list[tuple[Any, ...]]] = {
        name: store.execute(f"SELECT * FROM {quoted(name)}") for name in _KEPT_TABLES
    }
    facts = {name: store.fact(name) for name in KEPT_FACTS}
    yield
    with store.transaction():
        for name, rows in tables.items():
            store.execute(f"DELETE FROM {quoted(name)}")
            for row in rows:
                store.execute(f"INSERT INTO {quoted(name)} VALUES ({', '.join('?' * len(row))})", row)
        for name, value in facts.items():
            if value is not None:
                store.set_fact(name, value)
