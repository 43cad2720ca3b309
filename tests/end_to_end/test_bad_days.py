"""What goes wrong on a machine or between two machines: a clear message, a non-zero exit code, nothing half-written."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import forcemirror
from forcemirror.project import Project
from tests.end_to_end.conftest import Org
from tests.support.terminal import Ended, run

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]


def fails_clearly(ended: Ended, *words: str) -> None:
    assert ended.code in {1, 3}, ended
    assert "Traceback" not in ended.err
    assert "incident" not in ended.err
    for word in words:
        assert word in ended.err


def test_a_wrong_password_is_said_and_not_shown(org: Org, acme: Project) -> None:
    ended = run("sync", project=acme.folder, FORCEMIRROR_PASSWORD="not-this-one")
    fails_clearly(ended, "refused the login", "Check user name, password")
    assert "not-this-one" not in ended.err + ended.out
    assert run("status", project=acme.folder).code == 1
    assert run("sync", project=acme.folder).code == 0
    assert run("status", project=acme.folder).code == 0


def test_a_wrong_password_at_the_first_connection_keeps_nothing(org: Org, new: Project) -> None:
    ended = run("connect", "--playground", org.folder, "--yes", project=new.folder, FORCEMIRROR_PASSWORD="wrong")
    fails_clearly(ended, "refused the login")
    assert not (new.state / "mirror.db").exists()


def test_missing_credentials_are_named(new: Project) -> None:
    fails_clearly(run("connect", project=new.folder), "FORCEMIRROR_PASSWORD")


def test_an_unreachable_org_is_said(acme: Project) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        acme.set("salesforce.login_url", f"https://localhost:{nobody.getsockname()[1]}")
        fails_clearly(run("sync", project=acme.folder), "localhost")


def test_a_project_that_was_never_connected_says_so(new: Project) -> None:
    for command in ("sync", "plan", "status"):
        fails_clearly(run(command, project=new.folder), "Run: forcemirror connect")


def test_another_org_under_the_same_login_is_refused(acme: Project) -> None:
    with forcemirror.open(acme.folder) as mirror:
        store = mirror._installation.store
        store.set_organization({**(store.organization() or {}), "id": "00D000000000001AAA"})
    for command in ("sync", "plan"):
        ended = run(command, project=acme.folder)
        fails_clearly(ended, "00D000000000001AAA")
        assert ended.code == 3
    connected = run("connect", "--yes", project=acme.folder)
    fails_clearly(connected, "00D000000000001AAA")
    assert connected.code == 3


def test_settings_of_objects_that_changed_are_not_used_unseen(acme: Project) -> None:
    text = acme.file.read_text(encoding="utf-8")
    acme.file.write_text(f'{text}\n[objects.Account]\nfields.Phone = {{ direction = "pull" }}\n', encoding="utf-8")
    fails_clearly(run("sync", project=acme.folder), "forcemirror connect")
    assert run("connect", "--yes", project=acme.folder).code == 0
    refused = run("sync", project=acme.folder)
    fails_clearly(refused, "--accept-mapping")
    assert refused.code == 3
    assert run("sync", "--accept-mapping", project=acme.folder).code == 0


@pytest.mark.parametrize("command", [("playground", "--dir", "{dir}", "--port", "{port}"), ("web", "--port", "{port}")])
def test_a_port_in_use_is_said(command: tuple[str, ...], acme: Project, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        values = {"dir": tmp_path / "play", "port": taken.getsockname()[1]}
        args = [sys.executable, "-m", "forcemirror", "--project", str(acme.folder)]
        args += [part.format(**values) for part in command]
        ended = subprocess.run(args, capture_output=True, text=True, timeout=60)
    fails_clearly(Ended(ended.returncode, ended.stdout, ended.stderr), str(values["port"]), "--port")


@pytest.mark.parametrize("command", ["sync", "status", "plan", "web"])
def test_a_damaged_database_is_said_and_left_as_it_is(command: str, acme: Project) -> None:
    database = acme.state / "mirror.db"
    damaged = b"This is not a database." * 400
    database.write_bytes(damaged)
    for name in ("mirror.db-wal", "mirror.db-shm"):
        (acme.state / name).unlink(missing_ok=True)
    fails_clearly(run(command, project=acme.folder), "mirror.db")
    assert database.read_bytes() == damaged


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    fails_clearly(run("init", tmp_path / "file" / "acme"), str(tmp_path / "file"))
    fails_clearly(run("demo", "--dir", tmp_path / "file" / "demo"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"


@pytest.mark.parametrize("command", ["sync", "plan", "status", "stages", "practice", "web", "connect"])
def test_a_broken_settings_file_is_told_whole_before_anything_is_done(command: str, acme: Project) -> None:
    acme.file.write_text("[web]\nport = 'no'\nhots = 1\n[sync]\ndeletes_max = -1\n", encoding="utf-8")
    args = (command, "list") if command == "practice" else (command,)
    fails_clearly(run(*args, project=acme.folder), "web.port", "web.hots", "sync.deletes_max", str(acme.file))


def test_a_playground_ends_cleanly_when_asked_to(tmp_path: Path) -> None:
    args = [sys.executable, "-m", "forcemirror", "playground", "--dir", str(tmp_path / "play")]
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert "https://" in told
        assert (tmp_path / "play" / "playground.json").exists()
        process.send_signal(signal.SIGTERM if os.name == "posix" else signal.CTRL_BREAK_EVENT)
        _, said = process.communicate(timeout=30)
        assert (process.returncode, said) == (0, "")
    assert not (tmp_path / "play" / "playground.json").exists()


def test_the_demo_proves_itself(tmp_path: Path) -> None:
    args = [sys.executable, "-m", "forcemirror", "demo", "--check", "--dir", str(tmp_path / "demo")]
    environ = {**os.environ, "LC_ALL": "zh_CN.GB18030", "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(args, capture_output=True, timeout=110, env=environ)
    assert ended.returncode == 0, ended
    # Words in a language that the terminal's encoding lacks are replaced; they never stop anything.
    assert ended.stdout.isascii()
    assert not (tmp_path / "demo" / "playground" / "playground.json").exists()
