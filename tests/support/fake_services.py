"""The web's services for tests: a real store, synced in this process with a playground org; no socket, no thread.

The org's first sync is done once a test run and copied for every test. Syncs happen when asked, not in the background.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from config import shipped
from config.settings import ObjectSettings
from connector.sync.engine import Engine, EngineSettings
from connector.sync.model import Side
from connector.sync.report import RunReport
from forcemirror import practice
from forcemirror.colleague import PlaygroundColleague
from forcemirror.services import refusing
from local_store import deletions
from local_store.journal import SqlJournal
from local_store.ledger import SqlLedger
from local_store.lock import RunLock
from local_store.records import Records
from local_store.store import Store
from mapping import load
from mapping.exercise import Exercise
from mapping.record import Record, RecordId
from mapping.stages import StageMapping
from tests.support.playground import MIRRORED, PlaygroundSite, playground_site
from web.services import (
    Freshness,
    OrganizationFacts,
    PracticeCheck,
    RunningSync,
    SyncRequest,
)

WRITTEN = ("Account", "Contact", "Opportunity", "OpportunityContactRole")
EVERY_VERB = frozenset({"create", "update", "delete"})

SEED = 7


class FakeServices:
    """Services over one org and one store. Set ``freshness_now`` or ``running_now`` to see the pages of that state."""

    def __init__(self, site: PlaygroundSite, store: Store, *, sends_at_once: bool = True) -> None:
        self.site = site
        self.store = store
        self.sends_at_once = sends_at_once
        self.records = Records(store)
        self.organization_now = OrganizationFacts(
            id=site.org.organization_id, name="Tessel Sneakers", kind="playground", time_zone="Europe/London"
        )
        self.freshness_now: Freshness | None = None
        self.running_now: RunningSync | None = None
        self.permissions_now: Mapping[str, frozenset[str]] = dict.fromkeys(WRITTEN, EVERY_VERB)
        self.mapping_now = load.stage_mapping(shipped.stage_set_texts()["plain_six"], "plain_six.toml")
        self.colleague: PlaygroundColleague | None = PlaygroundColleague(
            site.client, [ObjectSettings(name) for name in MIRRORED]
        )
        self.began: datetime | None = None
        self.checked: PracticeCheck | None = None
        self.synced_at: datetime | None = None

    def now(self) -> datetime:
        return self.site.clock.now

    def organization(self) -> OrganizationFacts:
        return self.organization_now

    def freshness(self) -> Freshness:
        return self.freshness_now or Freshness(synced_at=self.synced_at)

    def sync(self, trigger: str = "web") -> RunReport:
        """Sync now, in this thread."""
        lock = RunLock(self.store)
        mappings = [self.store.objects[name] for name in MIRRORED]
        engine = Engine(
            remote=self.site.replica(mappings),
            ledger=SqlLedger(self.store, lock),
            objects=mappings,
            settings=EngineSettings(permissions=self.permissions_now),
            journal=SqlJournal(self.store, lock, trigger),
            clock=self.now,
        )
        report = engine.run()
        self.synced_at = self.now()
        return report

    def request_sync(self) -> SyncRequest:
        if self.running_now is not None:
            return SyncRequest.ALREADY_RUNNING
        self.sync()
        return SyncRequest.STARTED

    def running(self) -> RunningSync | None:
        return self.running_now

    def permissions(self) -> Mapping[str, frozenset[str]]:
        return self.permissions_now

    def create(self, object_name: str, record: Record) -> RecordId:
        with refusing():
            return self.records.insert(object_name, record)

    def update(self, object_name: str, record_id: RecordId, fields: Record) -> None:
        with refusing():
            self.records.update(object_name, record_id, fields)

    def delete(self, object_name: str, record_id: RecordId) -> None:
        with refusing():
            deletions.confirm(self.store, object_name, record_id)
            self.records.delete(object_name, record_id)

    def goes_along(self, object_name: str, record_id: RecordId) -> Mapping[str, int]:
        """How many mirrored records of each object Salesforce deletes with this one."""
        return Counter(name for name, _ in deletions.goes_along(self.store, object_name, record_id))

    def confirm_deletion(self, object_name: str, record_id: RecordId) -> None:
        """Confirm a deletion that waits because other records go along."""
        with refusing():
            deletions.confirm(self.store, object_name, record_id)

    def take_back(self, object_name: str, record_id: RecordId) -> None:
        with refusing():
            self.records.take_back(object_name, record_id)

    def settle_conflict(self, conflict_id: int, keep: Side) -> None:
        with refusing():
            SqlJournal(self.store, RunLock(self.store)).settle_conflict(conflict_id, keep)

    def stage_mapping(self) -> StageMapping:
        return self.mapping_now

    def exercise(self) -> Exercise:
        return load.exercise(shipped.exercise_texts()["get_cloudy_west"], "get_cloudy_west.toml")

    def attempt_began(self) -> datetime | None:
        return self.began

    def begin_attempt(self) -> None:
        self.began, self.checked = self.now(), None

    def check_practice(self) -> PracticeCheck:
        with refusing():
            self.sync("practice")
            zone = self.organization_now.time_zone
            report = practice.check(self.exercise(), self.site.client, zone, self.began)
        self.checked = PracticeCheck(self.now(), report)
        return self.checked

    def last_check(self) -> PracticeCheck | None:
        return self.checked

    def close(self) -> None:
        """Let go of the store and the org."""
        self.store.close()
        self.site.close()


@cache
def _loaded() -> Path:
    """A mirror after its first sync, as a file to copy."""
    path = Path(mkdtemp(prefix="forcemirror-web-")) / "loaded.db"
    site = playground_site(seed=SEED)
    with Store.open(f"sqlite:///{path}", clock=site.clock) as store:
        for mapping in site.mappings():
            store.ensure_object(mapping)
        fake = FakeServices(site, store)
        fake.sync("demo")
    site.close()
    return path


def loaded_services(folder: Path, *, sends_at_once: bool = True) -> FakeServices:
    """Services of a mirror that has been synced once."""
    path = folder / "mirror.db"
    with sqlite3.connect(_loaded()) as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()
    site = playground_site(seed=SEED)
    fake = FakeServices(site, Store.open(f"sqlite:///{path}", clock=site.clock), sends_at_once=sends_at_once)
    fake.synced_at = fake.now()
    return fake


def empty_services(folder: Path) -> FakeServices:
    """Services of a mirror that has never been synced."""
    site = playground_site(seed=SEED)
    return FakeServices(site, Store.open(f"sqlite:///{folder / 'mirror.db'}", clock=site.clock))
