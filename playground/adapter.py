"""Drives the playground in-process: a ``requests`` adapter, no socket, no port, no waiting.

session = requests.Session()
session.mount("https://playground.test", PlaygroundAdapter(org))
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from playground import wsgi
from playground.app import create_app
from playground.org import Org


class PlaygroundAdapter(HTTPAdapter):
    """Answers every request with the org, whatever host it is for."""

    def __init__(self, org: Org) -> None:
        super().__init__()
        self.org = org
        self._app = create_app(org)

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
        raw = HTTPResponse(
            body=io.BytesIO(answer.content),
            headers=HTTPHeaderDict(answer.headers),
            status=answer.status,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        response = self.build_response(request, raw)
        if not stream:
            _ = response.content
        return response
