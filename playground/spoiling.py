"""Stands before the application and spoils what was ordered to be spoilt; also latency and the journal of requests.

Faults that concern bytes on the wire (a body cut short, dripping, endless) are handed on as a :class:`Wire` in
``environ["playground.wire"]``, for the server or the in-process adapter to carry out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from playground import fault_events, rewriting, values
from playground.fault_events import Request
from playground.faults import ConnectionCut, Effect, Fault
from playground.journal import Entry
from playground.org import Org

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SIDE_DOOR = "/__playground__"


class Spoiled:
    """A WSGI application whose answers suffer the org's faults."""

    def __init__(self, inner: WSGIApplication, org: Org) -> None:
        self._inner = inner
        self._org = org

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, target = str(environ["REQUEST_METHOD"]), _target(environ)
        if target.startswith(SIDE_DOOR):
            return self._inner(environ, start_response)
        org, statuses = self._org, list[int]()

        def noted_start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            statuses.append(int(status[:3]))
            return start_response(status, headers, exc_info)

        try:
            with org.long_requests.one(), org.faults.during(method, target, _headers(environ)):
                return self._answered(environ, noted_start, method, target)
        finally:
            status = statuses[-1] if statuses else 0
            org.journal.add(Entry(method, target, status, values.stamp(org.now())))

    def _answered(
        self, environ: WSGIEnvironment, start_response: StartResponse, method: str, target: str
    ) -> Iterable[bytes]:
        org = self._org
        waiting = org.latencies.of(method, target)
        if waiting:
            org.sleep(waiting)
        rewritings = []
        for fault in org.faults.due(method, target):
            if fault.effect is Effect.ACT:
                org.faults.undo_later(fault_events.happen(org, fault, _request(environ, method, target)))
            elif fault.effect is Effect.DELAY:
                org.sleep(fault.delay_s)
            elif fault.effect is Effect.REWRITE:
                rewritings.append(fault)
            elif fault.effect is Effect.ANSWER:
                environ["playground.fault"] = fault
                break
            else:
                if fault.effect is Effect.DROP_AFTER:
                    list(self._inner(environ, _ignore_start))
                raise ConnectionCut("The playground was asked to cut this connection.")
        if not rewritings:
            return self._inner(environ, start_response)
        return self._rewritten(environ, start_response, rewritings)

    def _rewritten(
        self, environ: WSGIEnvironment, start_response: StartResponse, faults: list[Fault]
    ) -> Iterable[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            del exc_info
            started[:] = [status, headers]
            return lambda _chunk: None

        content = b"".join(self._inner(environ, start))
        answer = rewriting.Rewritable(str(started[0]), dict(started[1]), content)
        for fault in faults:
            answer = rewriting.rewritten(answer, fault)
        environ["playground.wire"] = answer.wire
        start_response(answer.status, list(answer.headers.items()))
        return [answer.content]


def _target(environ: WSGIEnvironment) -> str:
    return str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", ""))


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    return {
        name[5:].lower().replace("_", "-"): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }


def _request(environ: WSGIEnvironment, method: str, target: str) -> Request:
    content = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(content)
    return Request(method, target, content)


def _ignore_start(*_arguments: object) -> Callable[[bytes], object]:
    return lambda _chunk: None
