"""The playground org as a child process: started, waited for, and stopped, on every system.

It is a separate program on purpose (``python -m playground``); nothing of it is imported here.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from forcemirror.errors import ServerNotStarted

FACTS_FILE = "playground.json"
LOG_FILE = "playground.log"
START_WAIT_S = 60.0
STOP_WAIT_S = 10.0
LOOK_EVERY_S = 0.05
DISK_ROOM_MIN = 65_536


@dataclass(frozen=True, slots=True)
class PlaygroundFacts:
    """What a running playground tells about itself in ``playground.json``."""

    url: str
    ca_file: Path
    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str

    @classmethod
    def read(cls, folder: Path) -> PlaygroundFacts:
        """Read the file in a playground's folder. Raises ``ServerNotStarted`` without a whole one."""
        path = folder / FACTS_FILE
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                url=told["url"],
                ca_file=(folder / told["ca_file"]).resolve(),
                username=told["username"],
                password=told["password"],
                security_token=told["security_token"],
                client_id=told["client_id"],
                client_secret=told["client_secret"],
            )
        except (OSError, ValueError, KeyError) as error:
            raise ServerNotStarted(
                "No running playground is described in {path}.",
                "Start one: forcemirror playground --dir {folder}",
                path=path,
                folder=folder,
            ) from error


class Playground:
    """A playground process of ours."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self.folder = folder

    @classmethod
    def start(cls, folder: Path, port: int, options: Sequence[str] = ()) -> Playground:
        """Start a playground on a port and wait until it answers. Raises ``ServerNotStarted``."""
        _make(folder)
        # A file left by an earlier process would look like an answer of this one.
        (folder / FACTS_FILE).unlink(missing_ok=True)
        with (folder / LOG_FILE).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
                command(folder, port, options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **_apart(),
            )
        playground = cls(process, folder)
        try:
            playground._wait()
        except BaseException:
            playground.stop()
            raise
        return playground

    @property
    def facts(self) -> PlaygroundFacts:
        """Address and credentials."""
        return PlaygroundFacts.read(self.folder)

    def stop(self) -> None:
        """End the process and wait for it."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_WAIT_S
        while not (self.folder / FACTS_FILE).exists():
            if self._process.poll() is not None:
                raise ServerNotStarted(
                    "The playground stopped before it answered: {why}",
                    "Everything it said is in {log}.",
                    why=_last_words(self.folder / LOG_FILE),
                    log=self.folder / LOG_FILE,
                )
            if time.monotonic() > deadline:
                raise ServerNotStarted("The playground did not answer within {seconds} s.", seconds=int(START_WAIT_S))
            time.sleep(LOOK_EVERY_S)


def command(folder: Path, port: int, options: Sequence[str] = ()) -> list[str]:
    """The command line of a playground process."""
    return [sys.executable, "-m", "playground", "--port", str(port), "--dir", str(folder), *options]


def ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process politely. On Windows only the terminal can: it has told the child of Ctrl-C already."""
    if os.name != "nt":
        process.terminate()


def check_port(host: str, port: int) -> None:
    """Raise ``ServerNotStarted`` when a port cannot be listened on, before anything else is begun."""
    if port == 0:
        return
    with socket.socket() as probe:
        if os.name == "posix":
            # As servers do it: a port that was used a moment ago is free. On Windows this option means stealing.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerNotStarted(
                "Cannot listen on {host}:{port}: {why}.",
                "Another program may be using the port. Choose one with --port; 0 picks a free one.",
                host=host,
                port=port,
                why=error.strerror or error,
            ) from error


def _apart() -> dict[str, Any]:
    """Keep the terminal's Ctrl-C from the child: we end it ourselves, after our own work is put away."""
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LOG_FILE).touch()
    except OSError as error:
        raise ServerNotStarted(
            "Cannot keep the playground in {folder}: {why}.",
            "Choose a folder that you may write to, with --dir.",
            folder=folder,
            why=error.strerror or error,
        ) from error


def _last_words(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if lines:
        return " ".join(lines[-2:])
    # A full disk takes the last words too.
    is_full = shutil.disk_usage(path.parent).free < DISK_ROOM_MIN
    return f"the disk that holds {path.parent} is full" if is_full else "it said nothing"
