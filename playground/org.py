"""The playground org: its state, its clock, its sessions. The public face for Python; HTTP is in :mod:`playground.app`.

    org = Org.in_memory(seed=7)
    account_id = org.create("Account", {"Name": "Get Cloudy North"})

An org is safe to use from several threads.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playground import (
    access,
    auth,
    calendar_fields,
    currencies,
    dml,
    errors,
    naming,
    quotas,
    recycle_bin,
    sales_processes,
    schema_changes,
    snapshots,
    stages,
    values,
    visibility,
)
from playground.automation import Automation
from playground.catalogue import load_schema
from playground.clock import Clock, OrgClock, system_clock
from playground.faults import Fault, FaultPlan
from playground.held import HeldTransaction, HeldTransactions, Write
from playground.journal import RequestJournal
from playground.latency import Latencies
from playground.locators import Locators
from playground.login import tables
from playground.schema import ObjectType, Schema
from playground.seed import INTEGRATION_USERNAME, build
from playground.settings import Settings
from playground.store import Row, Store
from playground.work import Work

DEFAULT_SEED = 7
DATABASE_NAME = "org.sqlite"
DEFAULT_NAME = "playground"
_CHANGES = "schema_changes"
_CHANGED_AT = "schema_changed_at"


class Org:
    """One org. ``base_url`` is what links point to when no request says otherwise."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock = system_clock,
        settings: Settings | None = None,
        faults: Iterable[Fault] = (),
        base_url: str = "https://playground.test",
    ) -> None:
        self.store = store
        self.settings = settings or Settings()
        self.faults = FaultPlan(faults)
        self.base_url = base_url
        self.locators = Locators(lambda: self.settings)
        self.clock = OrgClock(clock, store)
        self.quotas = quotas.Quotas(store, self.now, self._allowances)
        self.long_requests = quotas.LongRequests(time.monotonic)
        self.automation = Automation()
        self.access = access.Access()
        self.held = HeldTransactions()
        self.latencies = Latencies()
        self.journal = RequestJournal()
        self.snapshots = snapshots.Snapshots(store)
        self.sleep: Callable[[float], None] = time.sleep
        """How latency and late answers wait."""
        self.after_reset: dict[str, Callable[[], object]] = {}
        """What is to be done anew whenever the scenario was put back."""
        self._calendar_day = ""
        self._expired_at = ""
        tables.prepare(store)
        store.visible_at = self._visible_at
        self._make_schema()
        self.let_time_work()

    @classmethod
    def in_memory(cls, seed: int = DEFAULT_SEED, clock: Clock = system_clock, **knobs: Any) -> Org:
        """A seeded org that is gone when it is closed. Cheap: a seed is built once per hour of its clock."""
        image = _seeded_image(seed, clock().replace(minute=0, second=0, microsecond=0))
        return cls(Store.from_image(image, load_schema()), clock=clock, **knobs)

    @classmethod
    def open(cls, directory: Path, seed: int = DEFAULT_SEED, clock: Clock = system_clock, **knobs: Any) -> Org:
        """The org kept in ``directory``; seeded when it is new. Raise :class:`playground.store.StoreUnusable`."""
        store = Store.open(directory / DATABASE_NAME, load_schema())
        try:
            if store.fact("seed") is None:
                _fill(store, seed, clock())
            return cls(store, clock=clock, **knobs)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Close the database and all locators. Idempotent."""
        self.locators.close_all()
        self.snapshots.close()
        self.store.close()

    def __enter__(self) -> Org:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def schema(self) -> Schema:
        """The org's objects."""
        return self.store.schema

    @property
    def name(self) -> str:
        """The org's My Domain: the first part of its host name."""
        return self.store.fact("my_domain") or DEFAULT_NAME

    @property
    def organization_id(self) -> str:
        """The org's 18-character id."""
        return str(self.organization()["Id"])

    def organization(self) -> Row:
        """The org's own row."""
        return self.store.select("Organization", "1 LIMIT 1")[0]

    @property
    def default_user_id(self) -> str:
        """Who the demo logs in as: the integration user, else the org's first active user."""
        names = (INTEGRATION_USERNAME, f"{INTEGRATION_USERNAME}.{self.name}")
        rows = self.store.select("User", "Username IN (?, ?) AND IsActive", names)
        if rows:
            return str(rows[0]["Id"])
        return str(self.store.select("User", "IsActive ORDER BY Id LIMIT 1")[0]["Id"])

    def user_id(self, username: str) -> str:
        """The id of a user by user name; raise KeyError when there is none."""
        rows = self.store.select("User", "Username = ? COLLATE NOCASE", (username,))
        if not rows:
            raise KeyError(f"No user has the user name {username!r}.")
        return str(rows[0]["Id"])

    def user(self, user_id: str) -> Row:
        """A user's row; KeyError when there is none."""
        row = self.store.get("User", user_id)
        if row is None:
            raise KeyError(f"No user has the id {user_id}.")
        return row

    def now(self) -> datetime:
        """The org's time, in whole seconds."""
        return self.clock.now()

    def shift_clock(self, by: timedelta) -> None:
        """Move the org's time, in addition to earlier shifts; it survives a restart."""
        self.clock.shift(by)
        self.let_time_work()

    def zone(self, name: str | None = None) -> ZoneInfo:
        """A time zone by name; the org's own by default."""
        return ZoneInfo(str(name or self.organization()["TimeZoneSidKey"] or "UTC"))

    def object_type(self, name: str) -> ObjectType:
        """An object by name, in any case; NOT_FOUND when the org has none."""
        found = self.schema.by_lower_name.get(name.lower())
        if found is None:
            raise errors.NotFound
        return found

    def work(self, user_id: str | None = None, now: datetime | None = None) -> Work:
        """A piece of work of that user, stamped now."""
        return Work(
            store=self.store,
            settings=self.settings,
            user_id=user_id or self.default_user_id,
            now=now or self.now(),
            automation=self.automation,
            access=self.access,
            faults=self.faults,
            held=self.held,
        )

    def create(self, object_name: str, fields: Mapping[str, Any], user_id: str | None = None) -> str:
        """Insert a record as that user and return its id."""
        with self.store.transaction():
            return dml.create(self.work(user_id), self.object_type(object_name), fields)

    def update(self, object_name: str, record_id: str, fields: Mapping[str, Any], user_id: str | None = None) -> None:
        """Change a record as that user."""
        with self.store.transaction():
            dml.update(self.work(user_id), self.object_type(object_name), record_id, fields)

    def delete(self, object_name: str, record_id: str, user_id: str | None = None) -> None:
        """Delete a record as that user."""
        with self.store.transaction():
            dml.delete(self.work(user_id), self.object_type(object_name), record_id)

    def undelete(self, object_name: str, record_id: str, user_id: str | None = None) -> None:
        """Bring a record back from the recycle bin. REST has no call for it, so it is here."""
        with self.store.transaction():
            dml.undelete(self.work(user_id), self.object_type(object_name), record_id)

    def purge(self, object_name: str, record_id: str) -> None:
        """Take a deleted record out of the recycle bin for good, with all that went there with it."""
        with self.store.transaction():
            dml.purge(self.work(), self.object_type(object_name), record_id)

    def record(self, object_name: str, record_id: str) -> Row | None:
        """A row in stored form, deleted or not."""
        return self.store.get(object_name, record_id)

    def reset(self, seed: int | None = None) -> None:
        """Begin anew as the seed says; sessions, use of quotas, what was ordered and the clock are kept."""
        chosen = int(self.store.fact("seed") or DEFAULT_SEED) if seed is None else seed
        image = _seeded_image(chosen, self.now().replace(minute=0, second=0, microsecond=0))
        self.locators.close_all()
        with Store.from_image(image, load_schema()) as fresh, fresh.reading() as source:
            snapshots.put_in_place(self.store, source)
        self._records_replaced()
        for act in self.after_reset.values():
            act()

    def clear_orders(self) -> None:
        """Forget all that was ordered of it: faults, automation, access, latency, held transactions."""
        self.faults.clear()
        self.automation.clear()
        self.access.clear()
        self.latencies.clear()
        self.held.clear()
        self.long_requests.of_others = 0

    def restore(self, name: str) -> None:
        """Go back to a snapshot; KeyError when there is none of that name."""
        self.locators.close_all()
        self.snapshots.restore(name)
        self._records_replaced()

    def clone(self, directory: Path | None = None) -> Org:
        """Another org that begins as this one is now: in memory, or kept in a directory that has none yet.

        What was ordered of this one (faults, automation, access, latency) is not ordered of the other.
        """
        if directory is None:
            store = Store(self.store.copy(), self.store.schema, None)
        else:
            directory.mkdir(parents=True, exist_ok=True)
            path = directory / DATABASE_NAME
            if path.exists():
                raise ValueError(f"{directory} has an org already.")
            self.store.write_copy(path)
            store = Store.open(path, load_schema())
        try:
            return Org(store, clock=self.clock.source, settings=self.settings, base_url=self.base_url)
        except BaseException:
            store.close()
            raise

    def change_schema(self, change: Mapping[str, Any]) -> None:
        """Add or change fields (see :mod:`playground.schema_changes`); it survives a restart."""
        changes = [*self.schema_changes(), dict(change)]
        with self.store.transaction():
            self.store.change_schema(schema_changes.apply(self.schema, change))
            self.store.set_fact(_CHANGES, json.dumps(changes))
            if "currencies" in change:
                currencies.put_rows(self.work(), change["currencies"])
        self.note_schema_change()

    def schema_changes(self) -> list[dict[str, Any]]:
        """What was changed so far, in order."""
        made: list[dict[str, Any]] = json.loads(self.store.fact(_CHANGES) or "[]")
        return made

    def refresh_stages(self) -> None:
        """Let describes show the stages as they are now."""
        self._make_schema()
        self.note_schema_change()

    def note_schema_change(self) -> None:
        """Let describes be newer than any that a client has seen."""
        with self.store.transaction():
            self.store.set_fact(_CHANGED_AT, values.stamp(self.now()))

    def schema_changed_at(self) -> datetime:
        """When describes last changed."""
        return values.moment(self.store.fact(_CHANGED_AT) or str(self.organization()["CreatedDate"]))

    def view(self, user_id: str) -> AbstractContextManager[sqlite3.Connection]:
        """A connection on which that user's queries run: without what is hidden, or committed too late to be seen.

        Nobody else reads or writes until the block ends; nothing may be written through it.
        """
        return visibility.view(self.store, values.stamp(self.now()), self.access.hidden_records(user_id))

    def snapshot_for(self, user_id: str) -> sqlite3.Connection:
        """A separate connection that goes on seeing what :meth:`view` shows now. The caller closes it."""
        return visibility.snapshot(self.store, values.stamp(self.now()), self.access.hidden_records(user_id))

    @contextmanager
    def long_transaction(self) -> Iterator[Work]:
        """A transaction that began now and commits when the block ends: its rows carry the stamp of its beginning.

        Until then ``latestDateCovered`` stays at its beginning, as a real org's does. What the block does to the org
        should come at its end; others are not kept waiting.
        """
        held = self.held.begin(self.now(), self.default_user_id)
        try:
            yield self.work(now=held.began)
        finally:
            with suppress(KeyError):
                self.held.end(held.number)

    def hold(self, writes: Iterable[Write], user_id: str | None = None) -> HeldTransaction:
        """Open a transaction that will make these writes when it is committed (see :mod:`playground.held`)."""
        return self.held.begin(self.now(), user_id or self.default_user_id, tuple(writes))

    def commit_held(self, number: int) -> list[str]:
        """Make the writes of an open transaction, stamped with its beginning; answer the ids, in order."""
        held = self.held.end(number)
        work = self.work(held.user_id, held.began)
        with self.store.transaction():
            return [self._make(work, write) for write in held.writes]

    def _make(self, work: Work, write: Write) -> str:
        object_type = self.object_type(write.object_name)
        if write.verb == "create":
            return dml.create(work, object_type, write.fields)
        if write.verb == "update":
            dml.update(work, object_type, str(write.record_id), write.fields)
        else:
            dml.delete(work, object_type, str(write.record_id))
        return str(write.record_id)

    def covered_until(self) -> datetime:
        """The latest moment up to which all committed rows can be seen: the current minute, or the oldest open work.

        A visibility delay is not looked at: that rows show late although all was covered is what it is for.
        """
        oldest = min([self.now(), *(held.began for held in self.held.open())])
        return oldest.replace(second=0, microsecond=0)

    def count_call(self) -> int:
        """Count one API call and return how many were made in the last 24 hours, this one included."""
        self.quotas.add(quotas.API_REQUESTS, 1)
        return self.calls_made()

    def calls_made(self) -> int:
        """API calls of the last 24 hours."""
        return self.quotas.used(quotas.API_REQUESTS)

    def login(self, username: str | None = None) -> auth.Session:
        """A session without asking for a password, for tests and for the file that scripts read."""
        return auth.open_session(self, self.user_id(username) if username else self.default_user_id)

    def expire_sessions(self) -> None:
        """End every session; refresh tokens stay."""
        with self.store.transaction():
            self.store.execute("DELETE FROM _session")
        self.locators.close_all()

    def close_locators(self, token: str) -> None:
        """Forget the query locators of a session."""
        self.locators.close_of(token)

    def begin_request(self) -> None:
        """What happens before a request is answered; raises when too many long ones run."""
        self.let_time_work()
        settings = self.settings
        if self.long_requests.running(settings.long_request_s) >= settings.concurrent_long_requests:
            raise errors.RequestLimitExceeded("ConcurrentPerOrgLongTxn Limit exceeded.")

    def let_time_work(self) -> None:
        """What time itself changes: ages in days, rows that can be seen now, the recycle bin."""
        now = self.now()
        visibility.forget_seen(self.store, values.stamp(now))
        today = self.work().today()
        if today != self._calendar_day:
            with self.store.transaction():
                calendar_fields.refresh(self.store, today)
            self._calendar_day = today
        hour = values.stamp(now)[:13]
        if hour != self._expired_at:
            recycle_bin.expire(self.store, now, self.settings.recycle_bin_days)
            self._expired_at = hour

    def _records_replaced(self) -> None:
        naming.apply(self.store)
        self._calendar_day = self._expired_at = ""
        self._make_schema()
        self._put_currencies()
        self.let_time_work()

    def _put_currencies(self) -> None:
        """Let the org have the currencies that were switched on, also where its records come from before that."""
        with self.store.transaction():
            for change in self.schema_changes():
                if "currencies" in change and not self.store.select("CurrencyType", "1 LIMIT 1"):
                    currencies.put_rows(self.work(), change["currencies"])

    def _make_schema(self) -> None:
        """The catalogue with the org's own stages, and over that what was changed."""
        schema = stages.with_stages(load_schema(), self.store)
        for change in self.schema_changes():
            schema = schema_changes.apply(schema, change)
        self.store.change_schema(schema)

    def _allowances(self) -> dict[str, int]:
        settings = self.settings
        return {
            quotas.API_REQUESTS: settings.daily_api_calls,
            quotas.BULK_BATCHES: settings.daily_bulk_batches,
            quotas.BULK_QUERY_JOBS: settings.daily_bulk_query_jobs,
            quotas.BULK_QUERY_MB: settings.daily_bulk_query_mb,
        }

    def _visible_at(self) -> str | None:
        delay = self.settings.visibility_delay_s
        return values.stamp(self.now() + timedelta(seconds=delay)) if delay else None


@lru_cache(maxsize=4)
def _seeded_image(seed: int, now: datetime) -> bytes:
    store = Store.in_memory(load_schema())
    try:
        _fill(store, seed, now)
        return store.image()
    finally:
        store.close()


def _fill(store: Store, seed: int, now: datetime) -> None:
    dataset = build(seed, now)
    with store.transaction():
        for name, items in dataset.rows.items():
            store.insert_all(name, items)
        store.set_fact("seed", str(seed))
        sales_processes.seed(store)
