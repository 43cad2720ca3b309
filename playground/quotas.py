"""What an org may use in any 24 hours of its own clock, and how much of it was used (salesforce-api.md 12).

Use is counted by the hour: what was used in an hour comes free when that hour is 24 hours old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from playground import errors, values
from playground.store import Store

API_REQUESTS = "DailyApiRequests"
BULK_BATCHES = "DailyBulkApiBatches"
BULK_QUERY_JOBS = "DailyBulkV2QueryJobs"
BULK_QUERY_MB = "DailyBulkV2QueryFileStorageMB"
COUNTED = (API_REQUESTS, BULK_BATCHES, BULK_QUERY_JOBS, BULK_QUERY_MB)


class Quotas:
    """The counted limits of one org. ``allowed`` tells the limits as they are set now."""

    def __init__(self, store: Store, now: Callable[[], datetime], allowed: Callable[[], Mapping[str, int]]) -> None:
        self._store = store
        self._now = now
        self._allowed = allowed

    def allowed(self, name: str) -> int:
        """How much there is in 24 hours."""
        return self._allowed()[name]

    def used(self, name: str) -> int:
        """How much was used in the last 24 hours."""
        since = values.stamp(self._now() - timedelta(hours=24))[:13]
        rows = self._store.execute("SELECT total(used) FROM _usage WHERE name = ? AND hour > ?", (name, since))
        return int(rows[0][0])

    def remaining(self, name: str) -> int:
        """How much is left; never less than nothing."""
        return max(0, self.allowed(name) - self.used(name))

    def spend(self, name: str, amount: int = 1) -> None:
        """Use some of it; raise :class:`errors.RequestLimitExceeded` when it does not suffice, then nothing is used."""
        with self._store.transaction():
            if self.remaining(name) < amount:
                raise errors.RequestLimitExceeded(_TEXTS[name])
            self.add(name, amount)

    def add(self, name: str, amount: int) -> None:
        """Count use, however much is left; a negative amount gives back."""
        with self._store.transaction():
            self._store.execute(
                "INSERT INTO _usage (name, hour, used) VALUES (?, ?, ?) "
                "ON CONFLICT (name, hour) DO UPDATE SET used = used + excluded.used",
                (name, values.stamp(self._now())[:13], amount),
            )

    def set_remaining(self, name: str, remaining: int) -> None:
        """Make it so that this much is left, as if others had used or given back the rest in this hour."""
        self.add(name, self.allowed(name) - self.used(name) - remaining)

    def forget(self) -> None:
        """As if nothing had ever been used."""
        self._store.execute("DELETE FROM _usage")


_TEXTS = {
    API_REQUESTS: "TotalRequests Limit exceeded.",
    BULK_BATCHES: "Daily bulk API batches Limit exceeded.",
    BULK_QUERY_JOBS: "Max number of query jobs in 24 hours exceeded.",
    BULK_QUERY_MB: "Max size of query results in 24 hours exceeded.",
}
"""The first is a real org's; the others are plausible. (unsourced)"""


class LongRequests:
    """Requests that run longer than the org likes; only so many may run at once."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._began: dict[int, float] = {}
        self._next = 0
        self.of_others = 0
        """How many long requests other programs are said to have running."""

    def running(self, longer_than_s: float) -> int:
        """How many requests have been running that long."""
        now = self._monotonic()
        with self._lock:
            return self.of_others + sum(now - began >= longer_than_s for began in self._began.values())

    @contextmanager
    def one(self) -> Iterator[None]:
        """Counts as one running request until the block ends."""
        with self._lock:
            self._next += 1
            number = self._next
            self._began[number] = self._monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._began[number]
