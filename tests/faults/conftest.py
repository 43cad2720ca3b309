"""The faults of the client's own side, as fixtures: a full disk, a second worker, a killed process, a wrong clock.

Faults that a server causes are switches of the playground (docs/faults.md has all 75).
"""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from connector.salesforce.auth import RefreshTokenLogin
from connector.salesforce.origin import Profile
from connector.salesforce.transport import SalesforceSession, TransportSettings
from connector.sync.engine import Engine, EngineSettings
from connector.sync.report import RunReport
from local_store.database import read
from local_store.journal import SqlJournal
from local_store.ledger import SqlLedger
from local_store.lock import LEASE, RunLock
from local_store.records import Records
from local_store.store import Store
from mapping.fields import ObjectMapping
from mapping.record import RecordId
from playground import auth
from playground.adapter import PlaygroundAdapter
from playground.fault_catalogue import order
from tests.support.playground import ORIGIN, PlaygroundSite, playground_site

WRITTEN = ("Account", "Contact")
EVERYTHING = frozenset({"create", "update", "delete"})
LOCAL_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Mirror:
    """A mirror in a real file, of a playground org in this process."""

    site: PlaygroundSite
    path: Path
    store: Store
    objects: tuple[ObjectMapping, ...]

    def run(self, **settings: Any) -> RunReport:
        """One sync, ten minutes after whatever was before."""
        self.site.clock.pass_(minutes=10)
        lock = RunLock(self.store)
        wanted = EngineSettings(permissions=dict.fromkeys(WRITTEN, EVERYTHING), **settings)
        ledger, journal = SqlLedger(self.store, lock), SqlJournal(self.store, lock)
        replica = self.site.replica(self.objects)
        return Engine(replica, ledger, self.objects, wanted, journal, self.site.clock).run()

    @property
    def records(self) -> Records:
        """The rows, as a person works on them."""
        return Records(self.store)

    def account(self) -> RecordId:
        """Some account that is on both sides."""
        with read(self.store.engine) as connection:
            return RecordId(connection.exec_driver_sql("SELECT min(id) FROM account").scalar_one())

    def reopen(self) -> None:
        """Close the database and open it again, as another process does."""
        self.store.close()
        self.store = Store.open(f"sqlite:///{self.path}", self.site.clock)

    def writes_sent(self) -> int:
        """How many requests that change something have left this machine."""
        return sum(request.method in ("PATCH", "POST", "DELETE") for request in self.site.adapter.sent)

    def account_there(self, id: RecordId) -> Mapping[str, Any]:
        """The account as the org has it."""
        row = self.site.org.record("Account", id)
        assert row is not None
        return row

    def count(self, name: str) -> int:
        """How many accounts of that name the org has."""
        return len(self.site.org.store.select("Account", "Name = ? AND NOT IsDeleted", (name,)))


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror that has been synced once."""
    site = playground_site()
    path = tmp_path / "mirror.db"
    store = Store.open(f"sqlite:///{path}", site.clock)
    for mapping in site.mappings(WRITTEN):
        store.ensure_object(mapping)
    made = Mirror(site, path, store, tuple(store.objects[name] for name in WRITTEN))
    made.run()
    yield made
    made.store.close()
    site.close()


@pytest.fixture
def two_refreshers(mirror: Mirror) -> Iterator[tuple[SalesforceSession, SalesforceSession]]:
    """F6: two processes that have the same refresh token, of an app whose tokens serve once."""
    org = mirror.site.org
    order(org, {"fault": "F5-refresh-tokens-rotate"})
    login = RefreshTokenLogin(
        ORIGIN, org.settings.client_id, auth.refresh_token(org, org.default_user_id), org.settings.client_secret
    )
    with ExitStack() as exits:
        made = []
        for _ in range(2):
            settings = TransportSettings(profile=Profile.PLAYGROUND)
            session = exits.enter_context(closing(SalesforceSession(login, settings, sleep=lambda _seconds: None)))
            session.mount(ORIGIN, PlaygroundAdapter(org))
            made.append(session)
        yield made[0], made[1]


@pytest.fixture
def no_name_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """F13: no host name has an address."""

    def resolve(host: str, *_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {host}")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
def full_disk(mirror: Mirror) -> Callable[[], AbstractContextManager[None]]:
    """F65: inside the block the database cannot grow by a single page."""

    @contextmanager
    def full() -> Iterator[None]:
        def limit(connection: sqlite3.Connection, *_: object) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")

        mirror.store.engine.dispose()
        event.listen(mirror.store.engine, "connect", limit)
        try:
            yield
        finally:
            event.remove(mirror.store.engine, "connect", limit)
            mirror.store.engine.dispose()

    return full


@pytest.fixture
def busy_database(mirror: Mirror) -> Callable[[], AbstractContextManager[None]]:
    """F65: inside the block another program keeps a transaction open, and nobody has the patience to wait."""

    @contextmanager
    def busy() -> Iterator[None]:
        def impatient(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute("PRAGMA busy_timeout = 0")

        mirror.store.engine.dispose()
        event.listen(mirror.store.engine, "connect", impatient)
        other = sqlite3.connect(mirror.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
            event.remove(mirror.store.engine, "connect", impatient)
            mirror.store.engine.dispose()

    return busy


@pytest.fixture
def damaged_database(mirror: Mirror) -> Path:
    """F66: all but the first page of the file is rubbish."""
    mirror.store.close()
    whole = mirror.path.read_bytes()
    mirror.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    return mirror.path


@pytest.fixture
def older_backup(mirror: Mirror, tmp_path: Path) -> Callable[[], None]:
    """F67: a backup was taken now; called, it replaces the database."""
    backup = tmp_path / "backup.db"
    source, target = sqlite3.connect(mirror.path), sqlite3.connect(backup)
    source.backup(target)
    target.close()
    source.close()

    def restore() -> None:
        mirror.store.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{mirror.path}{ending}").unlink(missing_ok=True)
        shutil.copy(backup, mirror.path)
        mirror.reopen()

    return restore


@pytest.fixture
def emptied_table(mirror: Mirror) -> str:
    """F68: somebody emptied a table with a tool of their own. Answers the object's name."""
    connection = sqlite3.connect(mirror.path, isolation_level=None)
    connection.execute("DELETE FROM contact")
    connection.close()
    return "Contact"


@pytest.fixture
def second_worker(mirror: Mirror) -> Iterator[RunLock]:
    """F69: another process has the run's lock."""
    lock = RunLock(mirror.store, timedelta(hours=1))
    lock.acquire("another machine's schedule")
    yield lock
    lock.release()


@pytest.fixture
def lost_lease(mirror: Mirror) -> Iterator[list[int]]:
    """F69: while a request is under way, the lease runs out and another worker takes the lock. Answers the requests."""
    stolen: list[int] = []

    def steal(_request: object) -> None:
        if not stolen:
            mirror.site.clock.pass_(seconds=LEASE.total_seconds() + 1)
            RunLock(mirror.store).acquire("the other worker")
        stolen.append(1)

    mirror.site.adapter.meddle = steal
    yield stolen
    mirror.site.adapter.meddle = None


_KILLED = """
import os, signal, sys
from local_store.database import write
from local_store.store import Store

with Store.open(sys.argv[1]) as store, write(store.engine) as connection:
    connection.exec_driver_sql("UPDATE account SET name = 'half a change'")
    connection.exec_driver_sql("DELETE FROM contact")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed_process(mirror: Mirror) -> Callable[[], int]:
    """F70: called, a process is killed in the midst of a transaction on the mirror. Answers its exit code."""

    def kill() -> int:
        if not hasattr(signal, "SIGKILL"):
            pytest.skip("This system has no kill -9.")
        command = [sys.executable, "-c", _KILLED, f"sqlite:///{mirror.path}"]
        root = Path(__file__).resolve().parents[2]
        return subprocess.run(command, cwd=root, capture_output=True, timeout=60).returncode

    return kill


@pytest.fixture
def killed_after_sending(mirror: Mirror) -> Iterator[list[str]]:
    """F70: the process dies once, when its create has reached the org, before it hears of it. Answers that create."""
    send, last_words = mirror.site.adapter.send, list[str]()

    def die(request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        answer = send(request, *arguments, **options)
        if not last_words and mirror.count("Made here"):
            last_words.append(str(request.url))
            raise KeyboardInterrupt
        return answer

    mirror.site.adapter.send = die  # type: ignore[method-assign]
    yield last_words
    mirror.site.adapter.send = send  # type: ignore[method-assign]


@pytest.fixture
def lost_transaction(mirror: Mirror) -> Callable[[], AbstractContextManager[list[str]]]:
    """F71: the database gives up the next transaction that writes: a deadlock, a failover. Answers what it gave up."""

    @contextmanager
    def lost() -> Iterator[list[str]]:
        given_up: list[str] = []

        def give_up(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not given_up and statement.lstrip().upper().startswith(LOCAL_WRITES):
                given_up.append(statement)
                raise OperationalError(statement, {}, sqlite3.OperationalError("deadlock detected"))

        event.listen(mirror.store.engine, "before_cursor_execute", give_up)
        try:
            yield given_up
        finally:
            event.remove(mirror.store.engine, "before_cursor_execute", give_up)

    return lost


@pytest.fixture
def edited_mapping(mirror: Mirror) -> Iterator[Callable[[], ObjectMapping]]:
    """F73: while a run is under way, somebody takes a field out of the mapping. Answers the mapping as edited."""
    account = mirror.objects[0]
    without_phone = replace(account, fields=tuple(each for each in account.fields if each.name != "Phone"))

    def edit(_request: object) -> None:
        mirror.objects = (without_phone, *mirror.objects[1:])

    mirror.site.adapter.meddle = edit
    yield lambda: without_phone
    mirror.site.adapter.meddle = None


@pytest.fixture
def wrong_clock(mirror: Mirror) -> Iterator[timedelta]:
    """F59: this machine's clock, but not the org's, is ten years ahead. Answers how much."""
    ahead, right = timedelta(days=3650), mirror.site.clock
    mirror.store.clock = lambda: right() + ahead
    yield ahead
    mirror.store.clock = right
