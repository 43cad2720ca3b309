"""Real sockets and real processes: TLS, keep-alive, starting and stopping."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from playground import folder, server, tls
from playground.app import create_app
from playground.faults import Effect, Fault
from playground.org import DATABASE_NAME, Org

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 20.0


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
def session(org: Org, running: server.Server, tmp_path: Path) -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        opened.verify = str(tmp_path / tls.CA_NAME)
        opened.headers["Authorization"] = f"Bearer {org.login().token}"
        yield opened


def url(running: server.Server, path: str = "/services/data/v67.0/limits") -> str:
    return f"https://{server.LOOPBACK}:{running.server_port}{path}"


def test_one_connection_serves_many_calls(session: requests.Session, running: server.Server) -> None:
    for _ in range(5):
        assert session.get(url(running)).status_code == 200
    posted = session.post(url(running, "/services/data/v67.0/sobjects/Account"), json={"Name": "A"})
    assert session.get(url(running, "/nothing")).status_code == 404
    assert session.delete(url(running, posted.headers["Location"])).status_code == 204

    pools = session.get_adapter(url(running)).poolmanager.pools  # type: ignore[attr-defined]
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - it is no mapping


def test_bodies_may_come_in_chunks(session: requests.Session, running: server.Server) -> None:
    chunks = iter([b'{"Name":', b'"In parts"}'])

    answer = session.post(url(running, "/services/data/v67.0/sobjects/Account"), data=chunks)

    assert answer.status_code == 201


def test_who_connects_and_says_nothing_keeps_nobody_waiting(session: requests.Session, running: server.Server) -> None:
    with socket.create_connection((server.LOOPBACK, running.server_port)):
        assert session.get(url(running), timeout=5).status_code == 200


def test_a_client_that_does_not_trust_the_authority_is_no_trouble(
    session: requests.Session, running: server.Server
) -> None:
    with pytest.raises(ssl.SSLError), socket.create_connection((server.LOOPBACK, running.server_port)) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname=server.LOOPBACK)

    assert session.get(url(running)).status_code == 200


def test_a_cut_connection_is_cut_on_the_wire(session: requests.Session, org: Org, running: server.Server) -> None:
    org.faults.add(Fault(Effect.DROP_AFTER, path="Account", method="POST"))

    with pytest.raises(requests.ConnectionError):
        session.post(url(running, "/services/data/v67.0/sobjects/Account"), json={"Name": "A"}, timeout=5)

    assert session.get(url(running)).status_code == 200


def test_several_callers_write_at_once(session: requests.Session, org: Org, running: server.Server) -> None:
    before = org.store.execute("SELECT count(*) FROM Account")[0][0]
    statuses: list[int] = []

    def write() -> None:
        with requests.Session() as own:
            own.trust_env = False
            own.verify = session.verify
            own.headers.update(session.headers)
            for _ in range(5):
                answer = own.post(url(running, "/services/data/v67.0/sobjects/Account"), json={"Name": "A"})
                statuses.append(answer.status_code)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [201] * 20
    assert org.store.execute("SELECT count(*) FROM Account")[0][0] == before + 20


def test_the_authority_is_kept_and_its_key_private(tmp_path: Path) -> None:
    tls.server_context(tmp_path)
    first = (tmp_path / tls.CA_NAME).read_bytes()
    tls.server_context(tmp_path)

    assert (tmp_path / tls.CA_NAME).read_bytes() == first
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "playground", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def playing(directory: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = start("--port", "0", "--dir", str(directory), *arguments)
    try:
        yield process, wait_for_details(process, directory)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=WAIT_S)


def wait_for_details(process: subprocess.Popen[str], directory: Path) -> dict[str, Any]:
    """What ``playground.json`` says, once it is there."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"The playground ended: {process.communicate()}")
        if (directory / "playground.json").exists():
            details: dict[str, Any] = json.loads((directory / "playground.json").read_text(encoding="utf-8"))
            return details
        time.sleep(0.05)
    pytest.fail("The playground did not answer in time.")


@pytest.mark.end_to_end
def test_a_process_tells_how_to_reach_it_keeps_its_org_and_stops_cleanly(tmp_path: Path) -> None:
    with playing(tmp_path / "org") as (process, details):
        assert (tmp_path / "org" / "playground.json").stat().st_mode & 0o077 == 0
        with requests.Session() as caller:
            caller.trust_env = False
            caller.verify = details["ca_file"]
            caller.headers["Authorization"] = f"Bearer {details['access_token']}"
            root = f"{details['url']}/services/data/v{details['api_version']}"
            made = caller.post(f"{root}/sobjects/Account", json={"Name": "Stays"}).json()["id"]
            login = caller.post(
                f"{details['url']}/services/oauth2/token",
                data={
                    "grant_type": "password",
                    "client_id": details["client_id"],
                    "client_secret": details["client_secret"],
                    "username": details["colleagues"][0],
                    "password": details["password"] + details["security_token"],
                },
            )
            assert login.status_code == 200
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=WAIT_S)
        assert (process.returncode, complaints) == (0, "")
        assert not (tmp_path / "org" / "playground.json").exists()

    with Org.open(tmp_path / "org") as org:
        assert (org.record("Account", made) or {})["Name"] == "Stays"


@pytest.mark.end_to_end
def test_fresh_forgets_the_org_and_the_clock_can_be_set(tmp_path: Path) -> None:
    with Org.open(tmp_path) as org:
        org.create("Account", {"Name": "Goes"})

    with playing(tmp_path, "--fresh", "--clock", "2030-01-02T03:04:05Z") as (_, details):
        answer = requests.get(f"{details['url']}/services/data", verify=details["ca_file"], timeout=5)
        assert answer.headers["Date"].startswith("Wed, 02 Jan 2030 03:04:")

    with Org.open(tmp_path) as org:
        assert org.store.select("Account", "Name = 'Goes'") == []


@pytest.mark.end_to_end
def test_what_stands_in_the_way_of_a_start_is_said_with_an_exit_code(tmp_path: Path) -> None:
    taken, lock = server.listen(0), folder.claim(tmp_path / "c")
    in_use = start("--port", str(taken.getsockname()[1]), "--dir", str(tmp_path / "a"))
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    no_folder = start("--port", "0", "--dir", str(tmp_path / "file"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / DATABASE_NAME).write_bytes(b"no database" * 1000)
    damaged = start("--port", "0", "--dir", str(tmp_path / "b"))
    lived_in = start("--port", "0", "--dir", str(tmp_path / "c"))

    ends = []
    for process in (in_use, no_folder, damaged, lived_in):
        _, complaint = process.communicate(timeout=WAIT_S)
        ends.append((process.returncode, complaint))
    taken.close()
    lock.close()

    assert [code for code, _ in ends] == [3, 4, 5, 4]
    assert "Port" in ends[0][1]
    assert "--port" in ends[0][1]
    assert "--dir" in ends[1][1]
    assert "--fresh" in ends[2][1]
    assert "Another playground runs in" in ends[3][1]
    assert not any("Traceback" in complaint for _, complaint in ends)
