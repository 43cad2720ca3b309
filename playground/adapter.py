"""Drives the playground in-process: a ``requests`` adapter, no socket, no port, no waiting.

session = requests.Session()
session.mount("https://playground.test", PlaygroundAdapter(org))
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from playground import wsgi
from playground.app import create_app
from playground.faults import Effect
from playground.org import Org

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class PlaygroundAdapter(HTTPAdapter):
    """Answers every request with the org, whatever host it is for; or with an application that knows many orgs."""

    def __init__(self, org: Org, app: WSGIApplication | None = None) -> None:
        super().__init__()
        self.org = org
        self._app = app or create_app(org)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer one request. A connection that the org cuts is a ``requests.ConnectionError``."""
        del timeout, verify, cert, proxies
        self._connect(request)
        parts = urlsplit(str(request.url))
        body = request.body or b""
        sent = wsgi.WsgiRequest(
            method=str(request.method),
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            host=parts.netloc,
            headers=[(name, str(value)) for name, value in request.headers.items()],
            content=body.encode("utf-8") if isinstance(body, str) else bytes(body),
        )
        try:
            answer = wsgi.answer(self._app, sent)
        except ConnectionError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        body_sent, headers_sent = _on_the_wire(answer)
        raw = HTTPResponse(
            body=body_sent,
            headers=HTTPHeaderDict(headers_sent),
            status=answer.status,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
            enforce_content_length=answer.wire.cut_at is not None,
        )
        response = self.build_response(request, raw)
        if not stream:
            _ = response.content
        return response

    def _connect(self, request: requests.PreparedRequest) -> None:
        """What a fault of connections does to a request that would open one."""
        fault = self.org.faults.due_at_connection()
        if fault is None:
            return
        if fault.effect is Effect.FOREIGN_CERTIFICATE:
            raise requests.exceptions.SSLError("certificate verify failed: unknown authority", request=request)
        raise requests.ConnectionError("The playground was asked to close this connection.", request=request)


class _Endless(io.RawIOBase):
    """A body that repeats itself until so many bytes were read."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__()
        self._content = content or b" "
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._left, len(self._content))
        buffer[:size] = self._content[:size]
        self._left -= size
        return size


def _on_the_wire(answer: wsgi.WsgiResponse) -> tuple[io.RawIOBase | io.BytesIO, list[tuple[str, str]]]:
    """Body and headers as they arrive. A dripping body arrives at once: here nobody waits."""
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    if answer.wire.endless is not None:
        return _Endless(answer.content, answer.wire.endless), headers
    if answer.wire.cut_at is not None:
        return io.BytesIO(answer.content[: answer.wire.cut_at]), [
            *headers,
            ("Content-Length", str(len(answer.content))),
        ]
    return io.BytesIO(answer.content), list(answer.headers)
