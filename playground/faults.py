"""Faults to order: the nth request that matches is late, refused or cut off.

A fault fires for requests whose method and path match, from the ``nth`` match on, ``times`` times.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Effect(Enum):
    """What a fault does to a request."""

    ANSWER = "answer"
    """Answer ``status`` and ``body`` without doing anything."""
    DROP_BEFORE = "drop_before"
    """Cut the connection before anything is done."""
    DROP_AFTER = "drop_after"
    """Do everything and commit, then cut the connection: the caller cannot know."""
    DELAY = "delay"
    """Wait ``delay_s`` seconds, then answer as always."""


@dataclass(frozen=True, slots=True)
class Fault:
    effect: Effect
    path: str = ""
    """A regular expression searched for in the path and query; empty matches every request."""
    method: str | None = None
    nth: int = 1
    times: int = 1
    status: int = 503
    body: Any = None
    """JSON to answer; None answers what a real org says with that status."""
    delay_s: float = 0.0

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Fault:
        """Read a fault as the side door takes it; raise ValueError naming what is wrong."""
        known = {"effect", "path", "method", "nth", "times", "status", "body", "delay_s"}
        unknown = sorted(set(raw) - known)
        if unknown:
            raise ValueError(f"A fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        try:
            effect = Effect(raw.get("effect", "answer"))
            re.compile(raw.get("path", ""))
        except (ValueError, re.error) as error:
            raise ValueError(f"The fault cannot be read: {error}.") from error
        return cls(**{**raw, "effect": effect})

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is about such a request."""
        return (self.method is None or self.method.upper() == method) and re.search(self.path, path) is not None


class ConnectionCut(ConnectionAbortedError):
    """Raised in place of an answer: the server closes the connection without a byte."""


class FaultPlan:
    """The faults that are ordered now, and how often each was matched."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._matches: list[tuple[Fault, int]] = [(fault, 0) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Order one more."""
        with self._lock:
            self._matches.append((fault, 0))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._matches.clear()

    def due(self, method: str, path: str) -> Fault | None:
        """The first fault that this request meets; counts the request for every fault it matches."""
        found: Fault | None = None
        with self._lock:
            for place, (fault, count) in enumerate(self._matches):
                if not fault.matches(method, path):
                    continue
                self._matches[place] = (fault, count + 1)
                if found is None and fault.nth <= count + 1 < fault.nth + fault.times:
                    found = fault
        return found


def error_body(status: int) -> Any:
    """What a real org says with such a status."""
    texts = {
        401: ("INVALID_SESSION_ID", "Session expired or invalid"),
        403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        500: (
            "UNKNOWN_EXCEPTION",
            "An unexpected error occurred. Please include this ErrorId if you contact support: 12345-6789 (-123456)",
        ),
        503: ("SERVER_UNAVAILABLE", "Server is unavailable"),
    }
    code, message = texts.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
    return [{"message": message, "errorCode": code}]
