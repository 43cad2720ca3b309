"""What was asked of the org since the journal was last cleared, to assert on: counts, and the latest requests.

Ids in paths are shown as ``<id>``, so that calls of one kind are counted together.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

_log = logging.getLogger(__name__)
_ENTRIES_MAX = 10_000
_ID = re.compile(r"(?<=/)[0-9a-zA-Z]{15}(?:[0-9a-zA-Z]{3})?(?=$|[/?-])")
_LOOKS_LIKE_ID = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request as it came, and how it was answered; status 0 is a connection that was cut."""

    method: str
    target: str
    status: int
    at: str


class RequestJournal:
    """The journal of one org. The side door's own calls are not in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._latest: deque[Entry] = deque(maxlen=_ENTRIES_MAX)
        self._unknown: Counter[tuple[str, str]] = Counter()
        self.tells_unknown = False
        """Whether each unknown resource is named in the log, the first time that it is asked for."""

    def add(self, entry: Entry) -> None:
        """Write down one request."""
        with self._lock:
            self._counts[entry.method, kind(entry.target), entry.status] += 1
            self._latest.append(entry)

    def add_unknown(self, method: str, target: str) -> None:
        """Write down that no real or known resource is there."""
        with self._lock:
            self._unknown[method, kind(target)] += 1
            is_new = self._unknown[method, kind(target)] == 1
        if self.tells_unknown and is_new:
            _log.warning("The playground has no %s %s; it answered as Salesforce would.", method, kind(target))

    def clear(self) -> None:
        """Begin a new journal."""
        with self._lock:
            self._counts.clear()
            self._latest.clear()
            self._unknown.clear()

    @property
    def knows_all(self) -> bool:
        """Whether every resource that was asked for is one that the playground has."""
        return not self._unknown

    def counts(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """How often each kind of request was made, by method, path and status; ``path`` is a regular expression."""
        with self._lock:
            items = sorted(self._counts.items())
        return [
            {"method": verb, "path": at, "status": status, "count": count}
            for (verb, at, status), count in items
            if method in (None, verb) and re.search(path, at)
        ]

    def unknown(self) -> list[dict[str, Any]]:
        """Resources that were asked for and that the playground does not have."""
        with self._lock:
            items = sorted(self._unknown.items())
        return [{"method": verb, "path": at, "count": count} for (verb, at), count in items]

    def latest(self, most: int) -> list[dict[str, Any]]:
        """The latest requests, oldest first."""
        with self._lock:
            entries = list(self._latest)[-most:] if most else []
        return [
            {"at": item.at, "method": item.method, "target": item.target, "status": item.status} for item in entries
        ]


def kind(target: str) -> str:
    """A request's path without its query and with ``<id>`` for every id."""
    path = re.sub("/{2,}", "/", target.split("?", 1)[0])
    return _ID.sub(lambda match: "<id>" if _LOOKS_LIKE_ID.search(match[0]) else match[0], path).rstrip("/") or "/"
