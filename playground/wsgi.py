"""Calls a WSGI application with one whole request: what the server and the in-process adapter have in common."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from playground.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_BARE_NAMES = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


@dataclass(frozen=True, slots=True)
class WsgiRequest:
    """``target`` is path and query as they stand on the wire; ``host`` is name and port."""

    method: str
    target: str
    host: str
    headers: Iterable[tuple[str, str]]
    content: bytes
    scheme: str = "https"


@dataclass(frozen=True, slots=True)
class WsgiResponse:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    content: bytes
    wire: Wire = field(default_factory=Wire)
    """What goes wrong with it while it is sent."""


def answer(app: WSGIApplication, request: WsgiRequest) -> WsgiResponse:
    """The application's answer, whole. What it raises passes through."""
    started: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        del exc_info
        started.update(status=status, headers=headers)
        return lambda _chunk: None

    environ = _environ(request)
    chunks = app(environ, start_response)
    try:
        content = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    code, _, reason = str(started["status"]).partition(" ")
    return WsgiResponse(int(code), reason, started["headers"], content, environ.get("playground.wire", Wire()))


def _environ(request: WsgiRequest) -> dict[str, Any]:
    path, _, query = request.target.partition("?")
    host = urlsplit(f"//{request.host}")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": request.target,
        "SERVER_NAME": host.hostname or "localhost",
        "SERVER_PORT": str(host.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        environ[key if key in _BARE_NAMES else f"HTTP_{key}"] = value
    # The body is here whole, however it travelled.
    environ["CONTENT_LENGTH"] = str(len(request.content))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["HTTP_HOST"] = request.host
    return environ
