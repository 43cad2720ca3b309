"""``python -m playground --port 0 --dir D``: runs a playground org until it is stopped.

``D/playground.json`` is written once the org answers, for scripts: address, CA file, user and client credentials and
an access token. Exit codes: 0 stopped as asked, 2 wrong usage, 3 port in use, 4 folder or disk unusable, 5 database
unusable.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playground import auth, folder, server, tls
from playground.app import create_app
from playground.clock import system_clock
from playground.org import DATABASE_NAME, DEFAULT_SEED, Org
from playground.store import StoreUnusable

INFO_NAME = "playground.json"
EXIT_PORT_IN_USE = 3
EXIT_FOLDER_UNUSABLE = 4
EXIT_DATABASE_UNUSABLE = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; return the exit code."""
    options = _parser().parse_args(arguments)
    directory: Path = options.dir
    try:
        with folder.claim(directory):
            return _run(directory, options)
    except folder.FolderInUse as error:
        return _fail(EXIT_FOLDER_UNUSABLE, str(error), "Stop it first, or choose another folder with --dir.")
    except OSError as error:
        return _fail(
            EXIT_FOLDER_UNUSABLE,
            f"The playground cannot use the folder {directory}: {error.strerror or error}.",
            "Choose one that can be written with --dir, and check that the disk is not full.",
        )


def _run(directory: Path, options: argparse.Namespace) -> int:
    """Serve the folder's org; an OSError is the folder's fault."""
    (directory / INFO_NAME).unlink(missing_ok=True)
    try:
        listener = server.listen(options.port)
    except server.PortInUse as error:
        return _fail(EXIT_PORT_IN_USE, str(error), "Choose another with --port; 0 takes any free one.")
    with listener:
        if options.fresh:
            _remove_database(directory)
        context, ca_file = tls.server_context(directory)
        try:
            org = Org.open(directory, options.seed, _clock(options.clock))
        except StoreUnusable as error:
            return _fail(EXIT_DATABASE_UNUSABLE, error.message, error.advice)
        with org:
            org.base_url = f"https://{server.LOOPBACK}:{listener.getsockname()[1]}"
            return _serve(org, directory, server.Server(create_app(org), listener, context), ca_file)


def _serve(org: Org, directory: Path, running: server.Server, ca_file: Path) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.1}, name="playground")
    thread.start()
    try:
        folder.write_private(directory / INFO_NAME, _info(org, ca_file))
        _say(f"Playground org at {org.base_url} (details in {directory / INFO_NAME}). Stop it with Ctrl-C.")
        # Waiting in slices lets Windows deliver the signal.
        while not stop.wait(0.5):
            pass
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
        with suppress(OSError):
            (directory / INFO_NAME).unlink(missing_ok=True)
    return 0


def _info(org: Org, ca_file: Path) -> bytes:
    user = org.user(org.default_user_id)
    colleagues = [
        row["Username"] for row in org.store.select("User", "IsActive AND Id <> ? ORDER BY Id", (user["Id"],))
    ]
    content: dict[str, Any] = {
        "url": org.base_url,
        "instance_url": org.base_url,
        "ca_file": str(ca_file.resolve()),
        "username": user["Username"],
        "password": org.settings.password,
        "security_token": org.settings.security_token,
        "client_id": org.settings.client_id,
        "client_secret": org.settings.client_secret,
        "access_token": org.login().token,
        "refresh_token": auth.refresh_token(org, str(user["Id"])),
        "organization_id": org.organization_id,
        "api_version": f"{org.settings.latest_version}.0",
        "colleagues": colleagues,
    }
    return (json.dumps(content, indent=2) + "\n").encode("utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playground", description="Run a playground Salesforce org.")
    parser.add_argument("--port", type=_port, default=0, help="port on loopback; 0 (the default) takes a free one")
    parser.add_argument("--dir", type=Path, required=True, help="folder for the org's data and playground.json")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="what a new org is filled with (default 7)")
    parser.add_argument("--fresh", action="store_true", help="forget the org in the folder and begin anew")
    parser.add_argument("--scenario", choices=["sneakers"], default="sneakers", help="the story a new org tells")
    parser.add_argument("--clock", type=_moment, help="the org's time at the start, as 2026-01-02T03:04:05Z")
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{number} is no port")
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(start: datetime | None) -> Any:
    if start is None:
        return system_clock
    ahead: timedelta = start - system_clock()
    return lambda: system_clock() + ahead


def _remove_database(directory: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        (directory / f"{DATABASE_NAME}{ending}").unlink(missing_ok=True)


def _fail(code: int, message: str, advice: str) -> int:
    sys.stderr.write(f"{message}\n{advice}\n")
    return code


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
