"""Serve the web pages with waitress: on this machine, until somebody stops it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from waitress.server import create_server

from forcemirror.child import check_port
from forcemirror.errors import ServerNotStarted

THREADS = 8
END_WAIT_S = 5.0


class WebServer:
    """The pages on one address. Made ready at once, so that a port in use is said before anything is printed."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        check_port(host, port)
        try:
            self._server: Any = create_server(app, host=host, port=port, threads=THREADS, ident="forcemirror")
        except OSError as error:
            raise ServerNotStarted(
                "Cannot listen on {host}:{port}: {why}.",
                "Another program may be using the port. Choose one with --port; 0 picks a free one.",
                host=host,
                port=port,
                why=error.strerror or error,
            ) from error
        self.host = host
        self.port: int = self._server.effective_port

    @property
    def url(self) -> str:
        """Where to open the pages."""
        name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{name}:{self.port}/"

    def serve(self) -> None:
        """Answer requests until KeyboardInterrupt, which ends it quietly."""
        try:
            self._server.run()
        except KeyboardInterrupt:
            pass
        finally:
            self._server.close()

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Answer requests from another thread while the block runs."""
        thread = threading.Thread(target=self._server.run, name="forcemirror-web", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.close()
            thread.join(END_WAIT_S)
