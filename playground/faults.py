"""Faults to order: what goes wrong with the nth request that matches, or with one in ten, or at the next write.

A fault is about requests whose method and path match. It fires from the ``nth`` match on, ``times`` times (0: without
end), each time with its ``probability``; the ``seed`` makes the same draws every time. Ready-made ones with names are
in :mod:`playground.fault_catalogue`; :mod:`playground.spoiling` carries them out.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

from playground import errors

Undo = Callable[[], None]


class Effect(Enum):
    """What a fault does."""

    ANSWER = "answer"
    """Answer ``status`` and ``body`` without doing anything."""
    DROP_BEFORE = "drop_before"
    """Cut the connection before anything is done."""
    DROP_AFTER = "drop_after"
    """Do everything and commit, then cut the connection: the caller cannot know."""
    DELAY = "delay"
    """Wait ``delay_s`` seconds, then answer as always."""
    REWRITE = "rewrite"
    """Do everything, but change the answer on its way, as ``detail`` says."""
    ACT = "act"
    """Something happens in the org before the request is answered, as ``detail`` says."""
    REFUSE = "refuse"
    """The write of a record is refused with ``code`` and ``message``, wherever in a request it stands."""
    REFUSE_CONNECTION = "refuse_connection"
    """Close a connection before the TLS handshake."""
    FOREIGN_CERTIFICATE = "foreign_certificate"
    """Show a certificate that nobody trusts."""


_OF_RECORDS = frozenset({Effect.REFUSE})
_OF_CONNECTIONS = frozenset({Effect.REFUSE_CONNECTION, Effect.FOREIGN_CERTIFICATE})


@dataclass(frozen=True, slots=True)
class Fault:
    effect: Effect
    path: str = ""
    """A regular expression searched for in the path and query; empty matches every request."""
    method: str | None = None
    """A method, or several with ``|`` between them; None is any."""
    nth: int = 1
    times: int = 1
    status: int | None = None
    """None is 503 for answers and 400 for refused writes."""
    body: Any = None
    """JSON to answer; None answers what a real org says with that status."""
    delay_s: float = 0.0
    probability: float = 1.0
    seed: int = 0
    name: str = ""
    """What it is called in the catalogue."""
    detail: str = ""
    """Which rewriting or which event it is."""
    subrequests: bool = False
    """Whether the calls inside a composite are looked at as well."""
    content: str | None = None
    """A body that is not JSON."""
    content_type: str = "text/html;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the answer, in place of the usual ones."""
    object: str | None = None
    operation: str | None = None
    """Of a refused write: create, update or delete; None is any."""
    code: str = "UNKNOWN_EXCEPTION"
    message: str = "An unexpected error occurred."
    error_fields: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """What else a rewriting or an event wants to know."""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Fault:
        """Read a fault as the side door takes it; raise ValueError naming what is wrong."""
        known = {item.name for item in fields(cls)} - {"name", "options"}
        raw = {("times" if name == "count" else name): value for name, value in raw.items()}
        unknown = sorted(set(raw) - known)
        if unknown:
            raise ValueError(f"A fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        try:
            effect = Effect(raw.get("effect", "answer"))
            re.compile(raw.get("path", ""))
        except (ValueError, re.error) as error:
            raise ValueError(f"The fault cannot be read: {error}.") from error
        given = {**raw, "effect": effect}
        if "error_fields" in given:
            given["error_fields"] = tuple(given["error_fields"])
        return cls(**given)

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is about such a request."""
        named = self.method is None or method in self.method.upper().split("|")
        return named and re.search(self.path, path) is not None


class ConnectionCut(ConnectionAbortedError):
    """Raised in place of an answer: the server closes the connection without a byte."""


@dataclass
class _Ordered:
    fault: Fault
    matched: int = 0
    fired: int = 0
    draws: random.Random = field(default_factory=random.Random)

    def met(self) -> bool:
        """Count one more match; whether the fault fires now."""
        self.matched += 1
        if self.matched < self.fault.nth or (self.fault.times and self.fired >= self.fault.times):
            return False
        if self.fault.probability < 1.0 and self.draws.random() >= self.fault.probability:
            return False
        self.fired += 1
        return True


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]


class FaultPlan:
    """The faults that are ordered now, and how often each was matched."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._ordered: list[_Ordered] = []
        self._undos: list[Undo] = []
        self._current = threading.local()
        for item in faults:
            self.add(item)

    def add(self, fault: Fault) -> None:
        """Order one more."""
        with self._lock:
            self._ordered.append(_Ordered(fault, draws=random.Random(fault.seed)))  # noqa: S311 - not for secrets

    def undo_later(self, undo: Undo | None) -> None:
        """Remember how an event is taken back."""
        if undo is not None:
            with self._lock:
                self._undos.append(undo)

    def clear(self) -> None:
        """Forget all, and take back what they switched in the org (not what they did to records)."""
        with self._lock:
            self._ordered.clear()
            undos, self._undos = self._undos, []
        for undo in reversed(undos):
            undo()

    def listed(self) -> list[dict[str, Any]]:
        """What is ordered, and how often it was matched and fired."""
        with self._lock:
            return [
                {
                    "fault": item.fault.name or None,
                    "effect": item.fault.effect.value,
                    "path": item.fault.path,
                    "method": item.fault.method,
                    "matched": item.matched,
                    "fired": item.fired,
                }
                for item in self._ordered
            ]

    def due(self, method: str, path: str) -> tuple[Fault, ...]:
        """The faults that this request meets; counts it for every fault it matches."""
        elsewhere = _OF_RECORDS | _OF_CONNECTIONS
        return self._due(lambda fault: fault.effect not in elsewhere and fault.matches(method, path))

    def due_within(self, method: str, url: str) -> Fault | None:
        """The refusal that a call inside a composite meets."""
        found = self._due(
            lambda fault: fault.subrequests and fault.effect is Effect.ANSWER and fault.matches(method, url)
        )
        return found[0] if found else None

    def due_at_connection(self) -> Fault | None:
        """The fault that a new connection meets."""
        found = self._due(lambda fault: fault.effect in _OF_CONNECTIONS)
        return found[0] if found else None

    @contextmanager
    def during(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[None]:
        """Writes in this thread belong to that request until the block ends. Header names are in lower case."""
        self._current.request = _Request(method, path, headers)
        try:
            yield
        finally:
            self._current.request = None

    def refuse_write(self, operation: str, object_name: str) -> None:
        """Raise what the write of a record is to be refused with; writes outside of requests are let be."""
        request: _Request | None = getattr(self._current, "request", None)
        if request is None or not self._ordered:
            return
        for fault in self._due(lambda item: _is_about(item, request, operation, object_name)):
            raise _refusal(fault)

    def _due(self, wanted: Callable[[Fault], bool]) -> tuple[Fault, ...]:
        if not self._ordered:
            return ()
        with self._lock:
            return tuple([item.fault for item in self._ordered if wanted(item.fault) and item.met()])


def _is_about(fault: Fault, request: _Request, operation: str, object_name: str) -> bool:
    allowed = fault.options.get("unless_header")
    return (
        fault.effect is Effect.REFUSE
        and fault.matches(request.method, request.path)
        and fault.operation in (None, operation)
        and (fault.object is None or fault.object.lower() == object_name.lower())
        and not (allowed and allowed[1] in request.headers.get(allowed[0], "").lower())
    )


def _refusal(fault: Fault) -> errors.ApiError:
    return errors.ApiError(
        fault.message,
        code=fault.code,
        status=fault.status or 400,
        fields=fault.error_fields,
        extra=fault.options.get("extra"),
    )


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
