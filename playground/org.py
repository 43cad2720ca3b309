"""The playground org: its state, its clock, its sessions. The public face for Python; HTTP is in :mod:`playground.app`.

    org = Org.in_memory(seed=7)
    account_id = org.create("Account", {"Name": "Get Cloudy North"})

An org is safe to use from several threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playground import auth, calendar_fields, dml, errors, values
from playground.catalogue import load_schema
from playground.faults import Fault, FaultPlan
from playground.locators import Locators
from playground.login import tables
from playground.schema import ObjectType, Schema
from playground.seed import INTEGRATION_USERNAME, build
from playground.settings import Settings
from playground.store import Row, Store
from playground.work import Work

Clock = Callable[[], datetime]

DEFAULT_SEED = 7
DATABASE_NAME = "org.sqlite"
DEFAULT_NAME = "playground"
_SHIFT = "clock_shift_s"


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


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
        self.locators = Locators(self.settings)
        self._clock = clock
        self._shift = timedelta(seconds=float(store.fact(_SHIFT) or 0))
        self._held: list[datetime] = []
        self._held_lock = threading.Lock()
        self._calendar_day = ""
        tables.prepare(store)
        self._refresh_calendar_fields()

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
        rows = self.store.select("User", "Username = ? AND IsActive", (INTEGRATION_USERNAME,))
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
        """The org's time, in whole seconds: the clock and the shift ordered through the side door."""
        return (self._clock() + self._shift).astimezone(UTC).replace(microsecond=0)

    def shift_clock(self, by: timedelta) -> None:
        """Move the org's time, in addition to earlier shifts; it survives a restart."""
        self._shift += by
        with self.store.transaction():
            self.store.set_fact(_SHIFT, str(self._shift.total_seconds()))
        self._refresh_calendar_fields()

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
        return Work(self.store, self.settings, user_id or self.default_user_id, now or self.now())

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
        """Begin anew as the seed says; sessions, faults and the clock's shift are kept."""
        chosen = int(self.store.fact("seed") or DEFAULT_SEED) if seed is None else seed
        self.locators.close_all()
        with self.store.transaction():
            self.store.empty()
            _fill(self.store, chosen, self.now())
        self._calendar_day = ""
        self._refresh_calendar_fields()

    @contextmanager
    def long_transaction(self) -> Iterator[Work]:
        """A transaction that began now and commits when the block ends: its rows carry the stamp of its beginning.

        Until then ``latestDateCovered`` stays at its beginning, as a real org's does. What the block does to the org
        should come at its end; others are not kept waiting.
        """
        began = self.now()
        with self._held_lock:
            self._held.append(began)
        try:
            yield self.work(now=began)
        finally:
            with self._held_lock:
                self._held.remove(began)

    def covered_until(self) -> datetime:
        """The latest moment up to which all committed rows can be seen: the current minute, or the oldest open work."""
        with self._held_lock:
            oldest = min([self.now(), *self._held])
        return oldest.replace(second=0, microsecond=0)

    def count_call(self) -> int:
        """Count one API call and return how many were made in the last 24 hours, this one included."""
        now = self.now()
        with self.store.transaction():
            self.store.execute(
                "INSERT INTO _calls (hour, calls) VALUES (?, 1) ON CONFLICT (hour) DO UPDATE SET calls = calls + 1",
                (values.stamp(now)[:13],),
            )
            return self.calls_made()

    def calls_made(self) -> int:
        """API calls of the last 24 hours."""
        since = values.stamp(self.now() - timedelta(hours=24))[:13]
        return int(self.store.execute("SELECT total(calls) FROM _calls WHERE hour > ?", (since,))[0][0])

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
        """What time itself changes, before a request is answered."""
        self._refresh_calendar_fields()

    def _refresh_calendar_fields(self) -> None:
        today = self.work().today()
        if today != self._calendar_day:
            with self.store.transaction():
                calendar_fields.refresh(self.store, today)
            self._calendar_day = today


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
