"""The CONNECT proxy: whom it answers for, with which certificate, and that it leads nowhere else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from playground import hosts, server, tls
from playground.app import create_app
from playground.org import Org
from playground.proxy import Proxy


@pytest.fixture
def running(org: Org, tmp_path: Path) -> Iterator[server.Server]:
    context, _ = tls.server_context(tmp_path)
    made = server.Server(create_app(org), server.listen(0), context)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def proxy(running: server.Server) -> Iterator[Proxy]:
    with Proxy(server.listen(0), (server.LOOPBACK, running.server_port)) as started:
        yield started


@pytest.fixture
def session(proxy: Proxy, tmp_path: Path) -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        opened.verify = str(tmp_path / tls.CA_NAME)
        opened.proxies = {"https": proxy.url, "http": proxy.url}
        yield opened


@pytest.mark.parametrize(
    "host",
    [
        "login.salesforce.com",
        "test.salesforce.com",
        "acme.my.salesforce.com",
        "acme--uat.sandbox.my.salesforce.com",
        "ACME.my.salesforce.com",
    ],
)
def test_it_answers_for_salesforce_hosts_with_their_certificate(session: requests.Session, host: str) -> None:
    answer = session.get(f"https://{host}/services/data")

    assert answer.status_code == 200
    assert answer.json()[-1]["version"] == "67.0"


def test_the_playgrounds_own_address_works_through_it_too(session: requests.Session, running: server.Server) -> None:
    for name in ("127.0.0.1", "localhost"):
        assert session.get(f"https://{name}:{running.server_port}/services/data").status_code == 200


def test_one_connection_carries_many_calls_and_long_bodies(session: requests.Session, org: Org) -> None:
    session.headers["Authorization"] = f"Bearer {org.login().token}"
    root = "https://acme.my.salesforce.com/services/data/v67.0"

    described = [session.get(f"{root}/sobjects/Opportunity/describe").content for _ in range(3)]
    made = session.post(f"{root}/sobjects/Account", json={"Name": "A", "Description": "d" * 30_000})

    assert len(set(described)) == 1
    assert len(described[0]) > 50_000
    assert made.status_code == 201


def say(proxy: Proxy, head: bytes) -> bytes:
    with socket.create_connection(proxy.socket.getsockname(), timeout=10) as plain:
        plain.sendall(head)
        plain.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := plain.recv(4096):
            received += chunk
    return received


@pytest.mark.parametrize(
    "place",
    [
        "example.com:443",
        "login.salesforce.com:80",
        "login.salesforce.com.example.com:443",
        "my.salesforce.com:443",
        ".my.salesforce.com:443",
        "a.b.my.salesforce.com:443",
        "salesforce.com:443",
        "127.0.0.1:22",
        "localhost:443",
        "[::1]:443",
        "169.254.169.254:443",
    ],
)
def test_it_never_connects_to_anything_else(
    proxy: Proxy, place: str, monkeypatch: pytest.MonkeyPatch, running: server.Server
) -> None:
    connected: list[object] = []
    real = socket.create_connection
    with socket.create_connection(proxy.socket.getsockname(), timeout=10) as plain:
        monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a) or real(*a, **k))
        plain.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        answer = plain.recv(4096)

    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"does not connect to" in answer
    assert connected == []


@pytest.mark.parametrize(
    "head",
    [b"GET http://login.salesforce.com/ HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"CONNECT x\r\n\r\n", b"x" * 20_000, b""],
)
def test_it_knows_connect_alone(proxy: Proxy, head: bytes) -> None:
    assert say(proxy, head).startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")


def test_who_does_not_trust_the_authority_is_not_deceived(proxy: Proxy) -> None:
    with socket.create_connection(proxy.socket.getsockname(), timeout=10) as plain:
        plain.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
        with pytest.raises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="login.salesforce.com")


def test_names_of_hosts_are_names_of_orgs() -> None:
    assert hosts.org_name("acme.my.salesforce.com") == hosts.org_name("acme.localhost") == "acme"
    assert hosts.org_name("acme--uat.sandbox.my.salesforce.com") == "acme--uat"
    assert hosts.my_domain("acme--uat") == "acme--uat.sandbox.my.salesforce.com"
    assert hosts.my_domain("acme") == "acme.my.salesforce.com"
    for host in ("login.salesforce.com", "127.0.0.1", "localhost", "my.salesforce.com", "a_b.localhost"):
        assert hosts.org_name(host) is None
    for name in ("", "A", "a.b", "-a", "my-api", "a" * 41, 7):
        with pytest.raises(ValueError, match="cannot be an org's name"):
            hosts.check_name(name)
