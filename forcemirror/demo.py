"""The demo: a playground org, a mirror of it, and the web pages, from nothing to clickable with one command.

Everything is kept in one folder: ``playground/`` is the org, ``project/`` the project. Nothing else is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import platformdirs

from config.settings import FILE_NAME
from connector.sync.report import Progress, RunReport
from forcemirror import connecting, folder_lock, installation
from forcemirror import project as projects
from forcemirror.child import Playground, PlaygroundFacts
from forcemirror.errors import ArrivalMissing, ProjectUnusable, ServerNotStarted
from forcemirror.installation import Installation
from forcemirror.project import Project
from forcemirror.services import InstalledServices
from forcemirror.serving import WebServer
from forcemirror.survey import look
from mapping.record import RecordId
from web import create_app

PLAYGROUND = "playground"
PROJECT = "project"
PORT = 8765
"""Tried first, so that a bookmark of the demo's pages keeps working."""

PAGE_WAIT_S = 30

Say = Callable[..., None]


@dataclass(frozen=True)
class Demo:
    """A demo that is up."""

    playground: PlaygroundFacts
    installation: Installation
    services: InstalledServices
    web: WebServer
    first_run: RunReport


def usual_folder() -> Path:
    """Where a demo is kept when nobody says otherwise."""
    return Path(platformdirs.user_state_dir("forcemirror", appauthor=False)) / "demo"


@contextmanager
def running(folder: Path, port: int | None, say: Say, progress: Callable[[Progress], None]) -> Iterator[Demo]:
    """Have the demo up while the block runs. ``port`` None: the usual one, or a free one where that is taken."""
    _make(folder)
    with ExitStack() as exits:
        try:
            exits.enter_context(folder_lock.only_one(folder))
        except folder_lock.FolderInUse as error:
            raise ServerNotStarted(
                "A demo is running in {folder} already.",
                "Stop it with Ctrl-C in its terminal, or choose another folder with --dir.",
                folder=folder,
            ) from error
        say("Starting the playground org ...")
        playground = exits.enter_context(Playground.start(folder / PLAYGROUND, 0))
        facts = playground.facts
        project = _project(folder / PROJECT, facts)
        found = exits.enter_context(installation.opened(project))
        say("Connecting and syncing ...")
        connect(found)
        report = found.sync(trigger="demo", progress=progress)
        services = InstalledServices(found)
        web = _serve(services, port)
        services.start()
        exits.callback(services.stop)
        yield Demo(facts, found, services, web, report)


def connect(found: Installation) -> None:
    """Look at the org and get the mirror ready, without asking: it is our own playground."""
    settings = found.project.settings
    survey = look(found.client, settings.salesforce_kind, settings.objects)
    connecting.remember(found.store, survey)


def forget(folder: Path) -> None:
    """Remove what a demo keeps in its folder, and nothing else."""
    _make(folder)
    try:
        with folder_lock.only_one(folder):
            for name in (PLAYGROUND, PROJECT):
                if (folder / name).exists():
                    shutil.rmtree(folder / name)
    except folder_lock.FolderInUse as error:
        raise ServerNotStarted(
            "A demo is running in {folder}. Nothing was removed.", "Stop it with Ctrl-C first.", folder=folder
        ) from error
    except OSError as error:
        raise ProjectUnusable("Cannot remove the demo in {folder}: {why}.", folder=folder, why=error) from error


def expect_pages(demo: Demo) -> str:
    """See that the web pages answer, and say where. Raises ``ServerNotStarted``."""
    try:
        with urlopen(demo.web.url, timeout=PAGE_WAIT_S) as answer:  # noqa: S310 - our own address on loopback
            answer.read()
    except OSError as error:
        raise ServerNotStarted("The pages at {url} do not answer: {why}.", url=demo.web.url, why=error) from error
    return demo.web.url


@dataclass(frozen=True)
class Proof:
    """What ``check`` edited and found: the record edited on one side, and how it arrived on the other."""

    sent: RecordId
    received: RecordId
    report: RunReport


def check(demo: Demo) -> Proof:
    """Edit one record on each side, sync, and see that both arrived. Raises ``ArrivalMissing``."""
    found = demo.installation
    rows = found.client.query(
        "SELECT Id FROM Opportunity WHERE IsClosed = false ORDER BY Amount DESC NULLS LAST, Id LIMIT 2"
    ).records
    here, there = (RecordId(row["Id"]) for row in rows)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    mine, theirs = f"Edited in the mirror at {moment}", f"Edited in the org at {moment}"
    found.records.update("Opportunity", here, {"NextStep": mine})
    found.client.update("Opportunity", there, {"NextStep": theirs})
    report = found.sync(trigger="demo check")
    expect(found.client.get("Opportunity", here, ["NextStep"]).get("NextStep"), mine, "Salesforce", here)
    arrived = found.records.get("Opportunity", there) or {}
    expect(arrived.get("NextStep"), theirs, "your database", there)
    return Proof(here, there, report)


def expect(seen: object, expected: str, where: str, record_id: RecordId) -> None:
    """Raise ``ArrivalMissing`` when a side does not hold what was expected."""
    if seen != expected:
        raise ArrivalMissing(
            "Opportunity {id} should hold {expected!r} in {where}, but holds {seen!r}.",
            "Look at: forcemirror status",
            id=record_id,
            expected=expected,
            where=where,
            seen=seen,
        )


def _project(folder: Path, facts: PlaygroundFacts) -> Project:
    project = Project(folder) if (folder / FILE_NAME).exists() else projects.create(folder)
    connecting.use_playground(project, facts)
    project.set("sync.send_on_save", True)
    return project


def _serve(services: InstalledServices, port: int | None) -> WebServer:
    app = create_app(services)
    if port is not None:
        return WebServer(app, "127.0.0.1", port)
    try:
        return WebServer(app, "127.0.0.1", PORT)
    except ServerNotStarted:
        return WebServer(app, "127.0.0.1", 0)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").touch(mode=0o600)
    except OSError as error:
        raise ProjectUnusable(
            "Cannot keep the demo in {folder}: {why}.",
            "Choose a folder that you may write to, with --dir.",
            folder=folder,
            why=error.strerror or error,
        ) from error
