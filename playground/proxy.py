"""A CONNECT proxy: programs that insist on ``login.salesforce.com`` reach the playground without being changed.

It answers for Salesforce's log-in hosts, for every My Domain and for the playground's own names, and joins each such
connection to the playground, whose certificate for the host completes the handshake. It never connects to anything
else: every other host is refused.
"""

from __future__ import annotations

import re
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from playground import hosts

_HEAD_BYTES_MAX = 16 * 1024
_HEAD_TIMEOUT_S = 30.0
_IDLE_TIMEOUT_S = 600.0
_CHUNK = 64 * 1024
_HTTPS = 443
_CONNECT = re.compile(rb"CONNECT \[?([^\s\]]+?)\]?:(\d{1,5}) HTTP/1\.[01]\r?\n")


class Proxy(socketserver.ThreadingTCPServer):
    """Runs from ``with`` to the end of the block, in threads of its own.

    ``target`` is where the playground listens; ``further_ports`` tells the other ports it has at the moment.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        listener: socket.socket,
        target: tuple[str, int],
        further_ports: Callable[[], Collection[int]] = tuple,
    ) -> None:
        super().__init__(listener.getsockname(), _Connection, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self._target = target
        self._further_ports = further_ports
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="proxy")

    @property
    def url(self) -> str:
        """What ``HTTPS_PROXY`` is set to."""
        host, port = self.socket.getsockname()
        return f"http://{host}:{port}"

    def target_of(self, host: str, port: int) -> tuple[str, int] | None:
        """Where on this machine a host and port lead; None when they are refused."""
        if port == _HTTPS:
            return self._target if hosts.is_salesforce(host) else None
        own = hosts.is_ours(host) and port in (self._target[1], *self._further_ports())
        return (self._target[0], port) if own else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is its client's business."""


class _Connection(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        client: socket.socket = self.request
        client.settimeout(_HEAD_TIMEOUT_S)
        head, early = _head(client)
        asked = _CONNECT.match(head)
        if asked is None:
            _refuse(
                client, "405 Method Not Allowed", "This proxy knows CONNECT alone: set HTTPS_PROXY, not HTTP_PROXY."
            )
            return
        host, port = asked[1].decode("latin-1"), int(asked[2])
        place = self.server.target_of(host, port)
        if place is None:
            _refuse(
                client,
                "403 Forbidden",
                f"The playground's proxy does not connect to {host}:{port}. It answers for login.salesforce.com, "
                "test.salesforce.com and hosts below my.salesforce.com, on port 443.",
            )
            return
        with socket.create_connection(place, timeout=_HEAD_TIMEOUT_S) as target:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            target.sendall(early)
            _join(client, target)


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    """A request's head with its empty line, and what came after it already."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = client.recv(_CHUNK)
        received += chunk
        if not chunk or len(received) > _HEAD_BYTES_MAX:
            return b"", b""
    head, _, early = received.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", early


def _refuse(client: socket.socket, status: str, text: str) -> None:
    content = (text + "\n").encode("utf-8")
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(content)}\r\n"
        "Connection: close\r\n\r\n"
    )
    with suppress(OSError):
        client.sendall(head.encode("latin-1", "replace") + content)


def _join(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until both sides said all, one breaks, or nothing is said for long."""
    for end in (one, other):
        end.settimeout(_IDLE_TIMEOUT_S)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    across = {one: other, other: one}
    while across:
        ready, _, _ = select.select(list(across), [], [], _IDLE_TIMEOUT_S)
        if not ready:
            return
        for end in ready:
            chunk = end.recv(_CHUNK)
            if chunk:
                across[end].sendall(chunk)
            else:
                with suppress(OSError):
                    across.pop(end).shutdown(socket.SHUT_WR)
