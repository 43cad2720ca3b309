"""What only a real connection can show: certificates, cut bodies, silence, compression. One small TLS server on
loopback that misbehaves by path."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from connector.salesforce.auth import PasswordLogin
from connector.salesforce.errors import AnswerLost, UnexpectedAnswer, Unreachable
from connector.salesforce.origin import Profile
from connector.salesforce.transport import SalesforceSession, TransportSettings
from tests.support.salesforce import FIRST_TOKEN, password_login

BOMB = gzip.compress(b'{"x": "' + b"a" * 5_000_000 + b'"}')
FINE = b'{"fine": true}'


class Misbehaving(BaseHTTPRequestHandler):
    """Answers by the last part of the path."""

    protocol_version = "HTTP/1.1"
    server: MisbehavingServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.path.rpartition("/")[2]:
            case "token":
                reply = {"access_token": FIRST_TOKEN, "instance_url": self.server.origin, "issued_at": "1767614400123"}
                self._answer(json.dumps(reply).encode())
            case "fine":
                self._answer(FINE)
            case "zipped":
                self._answer(gzip.compress(FINE), encoding="gzip")
            case "bomb":
                self._answer(BOMB, encoding="gzip")
            case "cut":
                self._answer(FINE, announced=len(FINE) + 100)
            case "silent":
                self.server.released.wait(5)
            case _:
                assert body is not None
                self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes, *, announced: int | None = None, encoding: str | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class MisbehavingServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, certificate: trustme.LeafCert) -> None:
        super().__init__(("127.0.0.1", 0), Misbehaving)
        self.asked: list[str] = []
        self.released = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up; that is what is tested."""


@dataclass
class Site:
    server: MisbehavingServer
    ca_file: str
    pauses: list[float]

    def session(self, **settings: object) -> SalesforceSession:
        login: PasswordLogin = password_login(login_url=self.server.origin)
        known: dict[str, object] = {"profile": Profile.PLAYGROUND, "ca_file": self.ca_file, "read_timeout_s": 5.0}
        return SalesforceSession(login, TransportSettings(**{**known, **settings}), sleep=self.pauses.append)  # type: ignore[arg-type]

    def url(self, name: str) -> str:
        return f"{self.server.origin}/services/data/{name}"

    def times_asked(self, name: str) -> int:
        return sum(path.endswith(name) for path in self.server.asked)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA, tmp_path: Path) -> Iterator[Site]:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    server = MisbehavingServer(authority.issue_cert("127.0.0.1"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield Site(server, str(ca_file), [])
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_the_ca_file_is_used_and_the_environments_is_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain requests REQUESTS_CA_BUNDLE wins over the session's own setting."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at-all.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with site.session() as session:
        assert session.request("GET", site.url("fine")).json() == {"fine": True}


def test_an_unknown_certificate_stops_at_once_and_names_the_setting(site: Site) -> None:
    with site.session(ca_file=None) as session, pytest.raises(Unreachable, match="certificate") as caught:
        session.request("GET", site.url("fine"))
    assert "ca_file" in caught.value.advice
    assert site.server.asked == []
    assert site.pauses == []


def test_a_server_that_is_not_there_is_tried_five_times(site: Site) -> None:
    site.server.shutdown()
    site.server.server_close()
    with site.session() as session, pytest.raises(Unreachable, match="Nothing was sent"):
        session.request("GET", site.url("fine"))
    assert len(site.pauses) == 4


def test_compressed_answers_are_read(site: Site) -> None:
    with site.session() as session:
        assert session.request("GET", site.url("zipped")).json() == {"fine": True}


def test_an_answer_that_swells_beyond_the_limit_is_dropped(site: Site) -> None:
    with site.session(answer_size_max=1_000_000) as session, pytest.raises(UnexpectedAnswer, match="larger than"):
        session.request("GET", site.url("bomb"))


@pytest.mark.parametrize("fault", ["cut", "gone"])
def test_a_read_whose_answer_breaks_off_is_tried_again(site: Site, fault: str) -> None:
    with site.session() as session, pytest.raises(Unreachable, match="No whole answer"):
        session.request("GET", site.url(fault))
    assert site.times_asked(fault) == 5


@pytest.mark.parametrize("fault", ["cut", "gone", "silent"])
def test_a_write_whose_answer_breaks_off_is_sent_once(site: Site, fault: str) -> None:
    with site.session(read_timeout_s=0.2) as session, pytest.raises(AnswerLost):
        session.request("POST", site.url(fault), data=b"{}")
    assert site.times_asked(fault) == 1


def test_silence_ends_after_the_read_timeout(site: Site) -> None:
    """simple-salesforce sets no time-out at all and would wait for ever."""
    with site.session(read_timeout_s=0.05) as session, pytest.raises(Unreachable):
        session.request("GET", site.url("silent"))
    assert site.times_asked("silent") == 5
