"""Query locators: the rest of a result, kept as it was when the query ran.

A locator belongs to the session that made it. Its rows come from a snapshot of the database, so later changes do not
shift them, and a page can be asked for again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from playground import errors, ids
from playground.settings import Settings
from playground.soql import Reading


@dataclass
class Locator:
    id: str
    token: str
    user_id: str
    connection: sqlite3.Connection
    prepared: Any
    total: int
    batch_size: int
    opened: datetime
    lock: threading.Lock
    reading: Reading = field(default_factory=Reading)
    parent: Locator | None = None
    """For the rest of a record's children: the statement's own locator, which keeps the snapshot for all of them."""


class Locators:
    """All open locators of an org."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._open: dict[str, Locator] = {}
        self._lock = threading.Lock()
        self._last = 0

    def new_id(self) -> str:
        """An id that no locator had since the playground started."""
        with self._lock:
            self._last += 1
            return ids.make_id("01g", self._last)

    def add(self, locator: Locator) -> None:
        """Keep one more; the user's oldest is closed when there are too many."""
        with self._lock:
            own = [item for item in self._open.values() if item.parent is None]
            mine = [item for item in own if item.user_id == locator.user_id]
            too_many = max(0, len(mine) + 1 - self._settings().open_locators)
            surplus = sorted(mine, key=lambda item: (item.opened, item.id))[: too_many if locator.parent is None else 0]
            self._open[locator.id] = locator
        for item in surplus:
            self.close(item)

    def get(self, locator_id: str, token: str, now: datetime) -> Locator:
        """The locator; INVALID_QUERY_LOCATOR when it is unknown, another session's or too old."""
        with self._lock:
            found = self._open.get(locator_id)
        if found and now - found.opened > timedelta(hours=self._settings().locator_hours):
            self.close(found)
            found = None
        if found is None or found.token != token:
            raise errors.ApiError("invalid query locator", code="INVALID_QUERY_LOCATOR")
        return found

    def close(self, locator: Locator) -> None:
        """Forget one, and those that read from its snapshot. Idempotent."""
        with self._lock:
            self._open.pop(locator.id, None)
            for item in [item for item in self._open.values() if item.parent is locator]:
                del self._open[item.id]
        if locator.parent is None:
            with locator.lock:
                locator.connection.close()

    def close_of(self, token: str) -> None:
        """Forget those of a session."""
        for item in self._all():
            if item.token == token:
                self.close(item)

    def close_all(self) -> None:
        """Forget all."""
        for item in self._all():
            self.close(item)

    def _all(self) -> list[Locator]:
        with self._lock:
            return list(self._open.values())
