"""``python -m playground --port 0 --dir D``: runs a playground org until it is stopped.

``D/playground.json`` is written once the org answers, for scripts: address, CA file, user and client credentials and
an access token. Exit codes: 0 stopped as asked, 1 ``--env`` and nothing runs, 2 wrong usage, 3 port in use, 4 folder or
disk unusable, 5 database unusable, 6 ``--strict`` and something was asked for that the playground does not have.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from playground import command_line, environment, folder, generate, server, tls
from playground.details import details
from playground.environment import INFO_NAME
from playground.login import apps, certificates
from playground.org import DATABASE_NAME, Org
from playground.orgs import FOLDER as ORGS_FOLDER
from playground.orgs import Orgs, OrgsApp
from playground.proxy import Proxy
from playground.serving import Serving
from playground.store import StoreUnusable

APPS_NAME = "connected-apps.json"
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
    if options.http and options.proxy is not None:
        return _fail(EXIT_WRONG_USAGE, "The proxy leads to HTTPS alone.", "Leave out --http or --proxy.")
    with ExitStack() as exits:
        try:
            listener = exits.enter_context(server.listen(options.port))
            side = None if options.proxy is None else exits.enter_context(server.listen(options.proxy))
        except server.PortInUse as error:
            return _fail(EXIT_PORT_IN_USE, str(error), "Choose another with --port or --proxy; 0 takes any free one.")
        if options.fresh:
            _remove_databases(directory)
        context, ca_file = (None, None) if options.http else tls.server_context(directory)
        try:
            if options.generate:
                _generate(directory, options)
            org = exits.enter_context(Org.open(directory, options.seed, command_line.clock(options)))
            org.base_url = f"{'http' if options.http else 'https'}://{server.LOOPBACK}:{listener.getsockname()[1]}"
            orgs = exits.enter_context(Orgs(org, directory, listen=Serving.of_org(context), ca_file=ca_file))
        except (StoreUnusable, generate.AlreadyFilled) as error:
            return _fail(EXIT_DATABASE_UNUSABLE, error.message, error.advice)
        except KeyboardInterrupt:
            return 0
        try:
            command_line.prepare(org, options)
            app_key = _prepare_apps(org, directory)
        except (ValueError, TypeError, OSError) as error:
            return _fail(EXIT_WRONG_USAGE, str(error), "Nothing was started; see docs/playground.md.")
        org.journal.tells_unknown = True
        running = exits.enter_context(
            Serving(OrgsApp(orgs), context, org.faults.due_at_connection, listener),
        )
        proxy = exits.enter_context(Proxy(side, (server.LOOPBACK, running.port), orgs.ports)) if side else None
        told = details(org, org.base_url, ca_file) | {"app_key_file": str(app_key), "proxy": proxy and proxy.url}
        _serve(directory, told)
        if options.strict and not org.journal.knows_all:
            return _fail(EXIT_UNKNOWN_RESOURCES, *_told_unknown(org))
        return 0


def _prepare_apps(org: Org, directory: Path) -> Path:
    """Register the apps of the folder; answer the private key of the org's own one."""
    if (directory / APPS_NAME).is_file():
        apps.register_file(org, directory / APPS_NAME)
    apps.certify_default(org, certificates.app_certificate(directory))
    return (directory / certificates.KEY_NAME).resolve()


def _generate(directory: Path, options: argparse.Namespace) -> None:
    """Make the org that ``--generate`` orders, unless it is there. KeyboardInterrupt when it is asked to stop."""
    usual = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        now = options.clock_fixed or command_line.clock(options)()
        made = generate.make_file(directory / DATABASE_NAME, options.generate, options.seed, now, _say)
        if made:
            _say(f"Made {made.total:,} rows.")
    finally:
        signal.signal(signal.SIGTERM, usual)


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


def _serve(directory: Path, told: Mapping[str, Any]) -> None:
    """Tell where the playground is, and wait until it is to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        folder.write_private(directory / INFO_NAME, (json.dumps(told, indent=2) + "\n").encode("utf-8"))
        _say(f"Playground org at {told['url']} (details in {directory / INFO_NAME}). Stop it with Ctrl-C.")
        # Waiting in slices lets Windows deliver the signal.
        while not stop.wait(0.5):
            pass
    finally:
        with suppress(OSError):
            (directory / INFO_NAME).unlink(missing_ok=True)


def _remove_databases(directory: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        (directory / f"{DATABASE_NAME}{ending}").unlink(missing_ok=True)
    if (directory / ORGS_FOLDER).is_dir():
        shutil.rmtree(directory / ORGS_FOLDER)


def _fail(code: int, message: str, advice: str) -> int:
    sys.stderr.write(f"{message}\n{advice}\n")
    return code


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
