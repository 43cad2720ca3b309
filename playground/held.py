"""Transactions that somebody else keeps open: what they write is seen when they commit, stamped with their beginning.

While one is open, ``latestDateCovered`` stays at the beginning of the oldest, and nobody else can change the records
it is about: a real org waits ten seconds for the lock and then answers UNABLE_TO_LOCK_ROW; here that comes at once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

VERBS = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class Write:
    """One change that is waiting; ``record_id`` is None for one that creates."""

    verb: str
    object_name: str
    record_id: str | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeldTransaction:
    number: int
    began: datetime
    user_id: str
    writes: tuple[Write, ...]


class HeldTransactions:
    """Those that are open now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, HeldTransaction] = {}
        self._last = 0

    def begin(self, began: datetime, user_id: str, writes: Sequence[Write] = ()) -> HeldTransaction:
        """Open one."""
        with self._lock:
            self._last += 1
            held = HeldTransaction(self._last, began, user_id, tuple(writes))
            self._open[held.number] = held
            return held

    def end(self, number: int) -> HeldTransaction:
        """Close one and hand it back; KeyError when none of that number is open."""
        with self._lock:
            if number not in self._open:
                raise KeyError(f"No transaction {number} is open.")
            return self._open.pop(number)

    def clear(self) -> None:
        """Close all; nothing of them is written."""
        with self._lock:
            self._open.clear()

    def open(self) -> list[HeldTransaction]:
        """All, oldest first."""
        with self._lock:
            return [self._open[number] for number in sorted(self._open)]

    def locks(self, record_id: str) -> bool:
        """Whether an open one is about that record."""
        with self._lock:
            return any(write.record_id == record_id for held in self._open.values() for write in held.writes)


def read_writes(raw: Any) -> tuple[Write, ...]:
    """Read writes as the side door takes them; ValueError names what is wrong."""
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise TypeError("writes is a list of objects with do, object, id and fields.")
    return tuple(_read_write(item) for item in raw)


def _read_write(raw: Mapping[str, Any]) -> Write:
    verb = raw.get("do")
    if verb not in VERBS:
        raise ValueError(f"A write does one of {', '.join(VERBS)}, not {verb!r}.")
    if "object" not in raw or (verb != "create" and "id" not in raw):
        raise ValueError("A write names its object and, unless it creates, the id.")
    return Write(str(verb), str(raw["object"]), raw.get("id"), dict(raw.get("fields", {})))
