"""Serves a WSGI application over HTTPS on loopback: threads, keep-alive, no log lines, no name look-ups.

Doubled slashes reach the application as they were sent. The TLS handshake happens at the first read, in the
connection's own thread, so that a client that connects and says nothing keeps nobody else waiting.
"""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from playground import tls, wsgi
from playground.faults import Effect, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = "127.0.0.1"
_IDLE_TIMEOUT_S = 120.0
_BACKLOG = 128
_FIRST_WORD_TIMEOUT_S = 1.0
_BODY_BYTES_MAX = 200 * 1024 * 1024
_WITHOUT_BODY = frozenset({204, 304})
_log = logging.getLogger(__name__)


class PortInUse(Exception):
    """Another program listens on the port."""


class Server(ThreadingHTTPServer):
    """``serve_forever`` runs it, ``shutdown`` ends it, ``server_close`` frees the port."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        app: WSGIApplication,
        listener: socket.socket,
        context: ssl.SSLContext | None,
        connection_fault: Callable[[], Fault | None] = lambda: None,
    ) -> None:
        """Without a context it speaks plain HTTP. ``connection_fault`` tells what a new connection is to suffer."""
        address = listener.getsockname()
        super().__init__(address, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = address[0], address[1]
        self.app = app
        self.scheme = "http" if context is None else "https"
        self._context = context
        self._connection_fault = connection_fault

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one connection, or close it when that was ordered."""
        connection, address = self.socket.accept()
        fault, context = self._connection_fault(), self._context
        if fault is not None and fault.effect is Effect.REFUSE_CONNECTION:
            # Once the client has begun to speak it sees a reset, in the same way every time.
            connection.settimeout(_FIRST_WORD_TIMEOUT_S)
            with suppress(OSError):
                connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            raise ConnectionAbortedError("The playground was asked to close this connection.")
        if context is None:
            return connection, address
        if fault is not None:
            context = tls.foreign_context()
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is its client's business; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            _log.exception("A connection from %s ended in an error.", client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this every answer waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    timeout = _IDLE_TIMEOUT_S
    server: Server

    def answer(self) -> None:
        """Answer one request; a fault that cuts the connection leaves without a byte."""
        content = self._content()
        if content is None:
            self.close_connection = True
            self.send_error(413)
            return
        host = self.headers.get("Host") or f"{self.server.server_name}:{self.server.server_port}"
        request = wsgi.WsgiRequest(self.command, self.path, host, self.headers.items(), content, self.server.scheme)
        try:
            response = wsgi.answer(self.server.app, request)
        except ConnectionError:
            self.close_connection = True
            return
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815 - http.server's names

    def _send(self, response: wsgi.WsgiResponse) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        with_body = response.status not in _WITHOUT_BODY
        if response.wire.endless is not None and with_body:
            self._send_endless(response.content, response.wire.endless)
            return
        if with_body:
            self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()
        if self.command == "HEAD" or not with_body:
            return
        if response.wire.drip_s:
            self._drip(response.content, response.wire.drip_s)
        else:
            self.wfile.write(response.content[: response.wire.cut_at])
        if response.wire.cut_at is not None:
            self.close_connection = True

    def _send_endless(self, content: bytes, most: int) -> None:
        """The content in chunks, over and over, until the client has enough or so many bytes were sent."""
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = content or b" "
        for _ in range(most // len(chunk)):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.close_connection = True

    def _drip(self, content: bytes, pause_s: float) -> None:
        for place in range(len(content)):
            time.sleep(pause_s)
            self.wfile.write(content[place : place + 1])

    def _content(self) -> bytes | None:
        """The request's body; None when it is too long or cannot be read."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_content()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _BODY_BYTES_MAX:
            return None
        return self.rfile.read(int(length))

    def _chunked_content(self) -> bytes | None:
        content = bytearray()
        while True:
            size_text = self.rfile.readline(64).split(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                return None
            if size < 0 or len(content) + size > _BODY_BYTES_MAX:
                return None
            content += self.rfile.read(size)
            if size > 0:
                self.rfile.readline(4)
                continue
            while self.rfile.readline(65_537).strip():
                pass  # Trailers say nothing to us.
            return bytes(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a person watches the terminal, and every sync would fill it."""


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
