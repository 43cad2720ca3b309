"""The one place where the concrete parts are put together: a project with its mirror, its org and the engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import make_url

from connector.salesforce.client import SalesforceClient
from connector.salesforce.replica import SalesforceReplica
from connector.sync.engine import Engine, EngineSettings, Preview, ignore
from connector.sync.guard import Limits
from connector.sync.model import Policy, Side
from connector.sync.report import Progress, RunReport
from connector.sync.resolve import Policies
from forcemirror import connecting, connection, credentials, practice
from forcemirror.errors import ProjectUnusable
from forcemirror.organization import Organization
from forcemirror.project import Project
from forcemirror.status import Status, status
from local_store.errors import DatabaseUnusable
from local_store.journal import SqlJournal
from local_store.ledger import SqlLedger
from local_store.lock import RunLock
from local_store.records import Records
from local_store.store import Store
from mapping.exercise import Exercise, Report
from mapping.fields import ObjectMapping


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of the exercise, and when the org was asked."""

    asked_at: datetime
    report: Report


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class Installation:
    """A project, opened. Close it when done; ``opened`` does that."""

    def __init__(self, project: Project, store: Store, environ: Mapping[str, str], exits: ExitStack) -> None:
        self.project = project
        self.store = store
        self.records = Records(store)
        self._environ = environ
        self._exits = exits

    @property
    def organization(self) -> Organization:
        """The org of the mirror, as it was when it was last looked at. Raises ``NotConnected``."""
        return connecting.organization(self.store)

    @property
    def objects(self) -> tuple[ObjectMapping, ...]:
        """The mirrored objects that the settings name and the org showed, parents first."""
        return connecting.mirrored(self.store, self.project.settings.objects)

    @cached_property
    def client(self) -> SalesforceClient:
        """The client of the org. Logs in when it is first used."""
        login = credentials.login(self.project, credentials.read(self.project, self._environ))
        client = connection.client(self.project, login)
        self._exits.callback(client.close)
        return client

    # Syncing

    def sync(
        self, trigger: str, allow_deletes: int | None = None, progress: Callable[[Progress], None] = ignore
    ) -> RunReport:
        """Carry out a run. Raises ``RunFailed`` and its children, ``StoreError`` or the client's errors."""
        return self._engine(trigger, allow_deletes, progress).run()

    def plan(self) -> Preview:
        """What a run would do now. Writes on neither side."""
        return self._engine("plan", None, ignore).preview()

    def accept_mapping(self) -> None:
        """Take the mirrored objects as they are now for what the mirror means."""
        connecting.accept_mapping(self.store, self.objects)

    def status(self) -> Status:
        """How the mirror stands. Asks nothing of the org."""
        return status(self.store)

    def settle_conflict(self, number: int, keep: Side) -> None:
        """Decide about an open conflict; the next run carries it out. Raises ``ConflictClosed``."""
        SqlJournal(self.store, RunLock(self.store)).settle_conflict(number, keep)

    def name_of(self, object_name: str, record_id: str) -> str:
        """What people call a record; empty where it has no name, or is not in the mirror."""
        record = self.records.get(object_name, record_id) if object_name in self.store.objects else None
        name = (record or {}).get("Name")
        return name if isinstance(name, str) else ""

    # Practice

    def attempt_began(self) -> datetime | None:
        """When the attempt began; None before the first, or where older records count as well."""
        if self.project.settings.practice_accept_existing:
            return None
        return practice.attempt_began(self.store)

    def begin_attempt(self) -> int:
        """Begin a new attempt now, by Salesforce's clock.

        On a playground, what earlier attempts made is deleted there, and the mirror hears of it; the answer is how
        many records that were. Elsewhere nothing is ever deleted.
        """
        removed = 0
        if self.organization.kind == "playground":
            # What was made here and not sent yet belongs to the earlier attempt too.
            self.sync(trigger="practice")
            zone = self.organization.time_zone
            removed = practice.remove_earlier(self.project.exercise, self.client, zone, self.attempt_began())
            if removed:
                self.sync(trigger="practice")
        practice.begin_attempt(self.store, self.client.server_time())
        return removed

    def check_practice(self, exercise: Exercise) -> Checked:
        """Sync, then ask the org and judge."""
        self.sync(trigger="practice")
        report = practice.check(exercise, self.client, self.organization.time_zone, self.attempt_began())
        return Checked(self.client.server_time(), report)

    def close(self) -> None:
        """Let go of the database and the connections."""
        self._exits.close()

    def _engine(self, trigger: str, allow_deletes: int | None, progress: Callable[[Progress], None]) -> Engine:
        organization = self.organization
        self._expect_settings_known()
        settings = self.project.settings
        lock = RunLock(self.store)
        return Engine(
            remote=SalesforceReplica(self.client, self.objects),
            ledger=SqlLedger(self.store, lock),
            objects=self.objects,
            settings=EngineSettings(
                organization=organization.id,
                permissions=self.store.permissions(),
                policies=self._policies(),
                limits=Limits(settings.sync_deletes_max, round(settings.sync_deletes_share_max * 100)),
                allowed_deletes=allow_deletes,
                accepted_mapping=self.store.setting(connecting.ACCEPTED_MAPPING),
            ),
            journal=SqlJournal(self.store, lock, trigger),
            clock=utc_now,
            progress=progress,
        )

    def _policies(self) -> Policies:
        objects = self.project.settings.objects
        return Policies(
            objects={item.name: Policy(item.policy) for item in objects},
            fields={
                (item.name, name): Policy(field.policy)
                for item in objects
                for name, field in item.fields.items()
                if field.policy
            },
        )

    def _expect_settings_known(self) -> None:
        """Refuse to go on with settings of objects that the org was not looked at with."""
        if self.store.setting(connecting.SETTINGS_SEEN) != connecting.fingerprint(self.project.settings.objects):
            raise ProjectUnusable(
                "The settings of the mirrored objects in {file} changed since the org was looked at.",
                "Run: forcemirror connect. It looks at the org again and loads nothing by itself.",
                file=self.project.file,
            )


def open_installation(project: Project, environ: Mapping[str, str]) -> Installation:
    """Open a project's mirror. Raises ``DatabaseUnusable`` or ``ConfigurationError``."""
    try:
        project.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectUnusable(
            "Cannot write in {folder}: {why}.", folder=project.folder, why=error.strerror or error
        ) from error
    with ExitStack() as exits:
        store = exits.enter_context(_store(project.database_url))
        return Installation(project, store, environ, exits.pop_all())


def _store(url: str) -> Store:
    try:
        return Store.open(url)
    except DatabaseUnusable as error:
        # A person may have several mirrors: say which one is meant.
        place = make_url(url).render_as_string(hide_password=True)
        raise DatabaseUnusable(f"{error.message} It is {place}.", error.advice) from error


@contextmanager
def opened(project: Project) -> Iterator[Installation]:
    """A project's installation while the block runs, with the environment of this process."""
    found = open_installation(project, os.environ)
    try:
        yield found
    finally:
        found.close()
