"""``python -m playground --port 0 --dir D``: runs a playground org until it is stopped.

``D/playground.json`` is written once the org answers, for scripts: address, CA file, user and client credentials and
an access token. Exit codes: 0 stopped as asked, 1 ``--env`` and nothing runs, 2 wrong usage, 3 port in use, 4 folder or
disk unusable, 5 database unusable, 6 ``--strict`` and something was asked for that the playground does not have.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from playground import auth, command_line, environment, folder, server, tls
from playground.app import create_app
from playground.environment import INFO_NAME
from playground.org import DATABASE_NAME, Org
from playground.store import StoreUnusable

EXIT_NOT_RUNNING = 1
EXIT_WRONG_USAGE = 2
EXIT_PORT_IN_USE = 3
EXIT_FOLDER_UNUSABLE = 4
EXIT_DATABASE_UNUSABLE = 5
EXIT_UNKNOWN_RESOURCES = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; return the exit code."""
    options = command_line.parser().parse_args(arguments)
    directory: Path = options.dir
    if options.env:
        return _print_environment(directory)
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
        context, ca_file = (None, None) if options.http else tls.server_context(directory)
        try:
            org = Org.open(directory, options.seed, command_line.clock(options))
        except StoreUnusable as error:
            return _fail(EXIT_DATABASE_UNUSABLE, error.message, error.advice)
        with org:
            scheme = "http" if options.http else "https"
            org.base_url = f"{scheme}://{server.LOOPBACK}:{listener.getsockname()[1]}"
            try:
                command_line.prepare(org, options)
            except (ValueError, TypeError, OSError) as error:
                return _fail(EXIT_WRONG_USAGE, str(error), "Nothing was started; see docs/playground.md.")
            org.journal.tells_unknown = options.strict
            running = server.Server(create_app(org), listener, context, org.faults.due_at_connection)
            code = _serve(org, directory, running, ca_file)
            if options.strict and not org.journal.knows_all:
                return _fail(EXIT_UNKNOWN_RESOURCES, *_told_unknown(org))
            return code


def _told_unknown(org: Org) -> tuple[str, str]:
    asked = ", ".join(f"{item['method']} {item['path']} ({item['count']})" for item in org.journal.unknown())
    return (
        f"Resources were asked for that the playground does not have: {asked}.",
        "docs/playground.md lists what it has.",
    )


def _print_environment(directory: Path) -> int:
    try:
        sys.stdout.write(environment.exports(directory))
    except environment.NotRunning as error:
        return _fail(EXIT_NOT_RUNNING, str(error), "Start one with: python -m playground --dir FOLDER")
    return 0


def _serve(org: Org, directory: Path, running: server.Server, ca_file: Path | None) -> int:
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


def _info(org: Org, ca_file: Path | None) -> bytes:
    user = org.user(org.default_user_id)
    colleagues = [
        row["Username"] for row in org.store.select("User", "IsActive AND Id <> ? ORDER BY Id", (user["Id"],))
    ]
    content: dict[str, Any] = {
        "url": org.base_url,
        "instance_url": org.base_url,
        "ca_file": str(ca_file.resolve()) if ca_file else None,
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
