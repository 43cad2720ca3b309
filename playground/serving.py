"""A server in a thread of its own: the playground itself, and the extra port of each further org."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from playground import server
from playground.faults import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from playground.org import Org


class Serving:
    """Answers from the moment it is made until it is closed."""

    def __init__(
        self,
        app: WSGIApplication,
        context: ssl.SSLContext | None,
        connection_fault: Callable[[], Fault | None],
        listener: socket.socket,
    ) -> None:
        self._app = app
        self._closed = False
        self._server = server.Server(self._answer, listener, context, connection_fault)
        scheme = "http" if context is None else "https"
        self.port = self._server.server_port
        self.url = f"{scheme}://{server.LOOPBACK}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="playground"
        )
        self._thread.start()

    @staticmethod
    def of_org(context: ssl.SSLContext | None) -> Callable[[Org, WSGIApplication], Serving]:
        """How a further org gets a free port of its own."""
        return lambda org, app: Serving(app, context, org.faults.due_at_connection, server.listen(0))

    def close(self) -> None:
        """Stop answering, also on connections that are open, and free the port. Idempotent."""
        self._closed = True
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._closed:
            raise ConnectionAbortedError("Nobody answers here any longer.")
        return self._app(environ, start_response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
