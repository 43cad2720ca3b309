"""Serves a WSGI application over HTTPS on loopback: threads, keep-alive, no log lines, no name look-ups.

The TLS handshake happens in the connection's own thread, so that a client that connects and says nothing keeps
nobody else waiting.
"""

from __future__ import annotations

import socket
import ssl
import sys
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = "127.0.0.1"
_IDLE_TIMEOUT_S = 120.0
_BACKLOG = 128


class PortInUse(Exception):
    """Another program listens on the port."""


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this every answer waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    timeout = _IDLE_TIMEOUT_S

    def handle(self) -> None:
        try:
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
            super().handle()
        except (OSError, ssl.SSLError):
            self.close_connection = True

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        del error, environ
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: a person watches the terminal, and every sync would fill it."""

    def version_string(self) -> str:
        return "playground"

    def send_header(self, keyword: str, value: str) -> None:
        # The org states the time itself; two Date headers would be one too many.
        if keyword == "Date" and any(line.startswith(b"Date:") for line in getattr(self, "_headers_buffer", ())):
            return
        super().send_header(keyword, value)


class _Server(ThreadedWSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is its client's business."""
        if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raise :class:`PortInUse`."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUse(f"Port {port} cannot be used: {error.strerror}.") from error
    return listener


def make_server(app: WSGIApplication, listener: socket.socket, context: ssl.SSLContext) -> BaseWSGIServer:
    """A server on that socket; ``serve_forever`` runs it, ``shutdown`` ends it, ``server_close`` frees the port."""
    port = int(listener.getsockname()[1])
    server = _Server(LOOPBACK, port, app, handler=_Handler, fd=listener.fileno())
    listener.close()
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.ssl_context = context
    return server
