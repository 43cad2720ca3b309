"""From an order to rows in the database, a piece at a time.

Deals come in the order in which they were made, so ids rise with time as in a real org. Rows go in by the thousand;
indexes are built at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from playground.catalogue import load_schema
from playground.generate import lives
from playground.generate.book import Book
from playground.generate.bulk_changes import BulkChanges
from playground.generate.companies import name_of
from playground.generate.order import Order
from playground.generate.seasons import moments_of, spread
from playground.generate.workforce import Rep, Workforce
from playground.seed.activities import Activities, summary
from playground.seed.deal_rows import DealRows
from playground.seed.moments import QUIET_BEFORE_NOW
from playground.seed.rows import Row, RowMaker
from playground.seed.scenario import chance
from playground.store import FIRST_RUNNING_NUMBER, Store, quoted

Progress = Callable[[str], None]

YEARS = timedelta(days=1_460)
"""How far back the oldest deal lies."""
_DEALS_AT_ONCE = 2_000
_ACCOUNTS_AT_ONCE = 2_000
_VISITED = 0.25
"""The share of accounts with an activity that belongs to no deal."""
_TELL_EVERY = 100_000
_ORDER_FACT = "generated"


class AlreadyFilled(Exception):
    """The org is there already, and is not the one that was ordered."""


@dataclass
class Made:
    """How many rows of each object there are now."""

    rows: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Rows of all objects."""
        return sum(self.rows.values())


def make_file(path: Path, order: Order, seed: int, now: datetime, progress: Progress) -> Made | None:
    """Make the database file of a generated org. It appears whole or not at all.

    None when it is there already, of the same order and seed. Raise :class:`AlreadyFilled` when another org is."""
    if path.exists():
        _expect_same(path, order, seed)
        return None
    growing = path.with_name(f"{path.name}.growing")
    _forget(growing)
    try:
        store = Store.open(growing, load_schema())
        try:
            made = fill(store, order, seed, now, progress)
        finally:
            store.close()
        growing.replace(path)
    finally:
        _forget(growing)
    return made


def fill(store: Store, order: Order, seed: int, now: datetime, progress: Progress) -> Made:
    """Fill an empty store. While it lasts, a crash of the machine can damage the file."""
    if now.tzinfo is None:
        raise ValueError("The time of the org needs a time zone.")
    now = now.astimezone(UTC).replace(microsecond=0)
    with store.reading() as connection, _set_wise(connection, store, progress):
        made = _Filling(connection, order, seed, now, progress).run()
        _write_sequences(connection, made)
    with store.transaction():
        store.set_fact(_ORDER_FACT, str(order))
        store.set_fact("seed", str(seed))
    return made


class _Filling:
    def __init__(
        self, connection: sqlite3.Connection, order: Order, seed: int, now: datetime, progress: Progress
    ) -> None:
        self._connection = connection
        self._order = order
        self._now = now
        self._progress = progress
        self._rng = chance(seed, "lives")
        self._workforce = Workforce(chance(seed, "workforce"), now, order.opportunities)
        cast = self._workforce.cast
        self._book = Book(chance(seed, "book"), now, order, self._workforce)
        self._account_ids: dict[str, str] = {}
        self._contact_since: dict[str, datetime] = {}
        self._deals = DealRows(chance(seed, "deal rows"), now, cast, self._account_ids, self._contact_since)
        self._activities = Activities(chance(seed, "activities"), now, cast)
        jobs: Callable[[str], Random] = lambda name: chance(seed, f"bulk changes of {name}")  # noqa: E731
        self._bulk = {name: BulkChanges(jobs(name), now, cast.system) for name in ("Account", "Contact", "Opportunity")}
        self._made = Made({item.name: 0 for item in load_schema().objects})

    def run(self) -> Made:
        for name, rows in self._workforce.cast.rows.items():
            self._insert(name, rows)
        self._make_deals()
        self._make_customers()
        return self._made

    def _make_deals(self) -> None:
        waiting = 0
        for at in self._creations():
            self._make_deal(at)
            waiting += 1
            if waiting == _DEALS_AT_ONCE:
                self._write_deals()
                waiting = 0
        self._write_deals()

    def _creations(self) -> Iterator[datetime]:
        latest = self._now - QUIET_BEFORE_NOW - timedelta(minutes=5)
        days = spread(self._order.opportunities, (self._now - YEARS).date(), latest.date())
        rng = self._rng
        for day, number in days:
            yield from moments_of(rng, day, number, latest)

    def _make_deal(self, at: datetime) -> None:
        account = self._book.choose(at)
        created = max(at, self._book.since(account))
        rep, heir = self._reps(account, created)
        name = name_of(account)
        contacts = self._book.contacts(account, created + timedelta(days=20))
        buyer = lives.Buyer(name, tuple(each for each, _ in contacts), self._book.bought_before(account, created))
        deal = lives.deal(self._rng, self._now, created, rep, heir, buyer)
        if deal.last.stage == "Closed Won":
            self._book.note_won(account, deal.entered_stage)
        self._account_ids[name] = self._book.account_id(account)
        self._contact_since.update(contacts)
        self._activities.about_deal(deal, self._deals.add(deal))

    def _reps(self, account: int, at: datetime) -> tuple[Rep, Rep]:
        """Who begins a deal with that account at that time, and who takes over from somebody who left."""
        reps = self._workforce.reps
        rep = reps[self._book.owner(account)]
        heir = reps[self._workforce.someone(self._rng, self._now)]
        return (heir, heir) if rep.left and rep.left <= at else (rep, heir)

    def _write_deals(self) -> None:
        opportunities = self._deals.opportunities.take()
        known = summary(self._now, self._activities)
        for row in opportunities:
            known.set_on_opportunity(row)
            self._bulk["Opportunity"].apply(row)
        for record_id, day in known.last.items():
            self._book.note_activity(record_id, day)
        self._insert("Opportunity", opportunities)
        self._insert("OpportunityContactRole", self._deals.roles.take())
        self._insert("OpportunityHistory", self._deals.history.take())
        self._insert("OpportunityFieldHistory", self._deals.field_history.take())
        self._write_activities()
        self._account_ids.clear()
        self._contact_since.clear()
        if self._made.rows["Opportunity"] % _TELL_EVERY == 0 and self._made.rows["Opportunity"]:
            self._progress(f"{self._made.rows['Opportunity']:,} of {self._order.opportunities:,} opportunities ...")

    def _write_activities(self) -> None:
        self._insert("Task", self._activities.tasks.take())
        self._insert("Event", self._activities.events.take())

    def _make_customers(self) -> None:
        accounts, contacts = RowMaker("Account"), RowMaker("Contact")
        for first in range(0, self._book.size, _ACCOUNTS_AT_ONCE):
            self._book.rows(accounts, contacts, first, min(first + _ACCOUNTS_AT_ONCE, self._book.size))
            people: dict[str, list[Row]] = {}
            for row in contacts.rows:
                people.setdefault(str(row["AccountId"]), []).append(row)
            for row in accounts.rows:
                if self._rng.random() < _VISITED:
                    self._activities.about_account(row, people.get(str(row["Id"]), []))
            self._note_visits(accounts.rows, contacts.rows)
            for maker in (accounts, contacts):
                for row in maker.rows:
                    self._bulk[maker.object_name].apply(row)
                self._insert(maker.object_name, maker.take())

    def _note_visits(self, accounts: Iterable[Row], contacts: Iterable[Row]) -> None:
        known = summary(self._now, self._activities)
        for row in (*accounts, *contacts):
            last = known.last.get(str(row["Id"]))
            if last:
                row["LastActivityDate"] = max(last, str(row["LastActivityDate"] or ""))
        self._write_activities()

    def _insert(self, object_name: str, rows: list[Row]) -> None:
        """Rows name all stored fields in the catalogue's order: they are made from a blank of it."""
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            names = ", ".join(map(quoted, rows[0]))
            self._connection.executemany(
                f"INSERT INTO {quoted(object_name)} ({names}) VALUES ({marks})", (tuple(row.values()) for row in rows)
            )
            self._made.rows[object_name] += len(rows)


@contextmanager
def _set_wise(connection: sqlite3.Connection, store: Store, progress: Progress) -> Iterator[None]:
    """One transaction without a journal; indexes are taken away before and built again after."""
    names = ", ".join(f"'{item.name}'" for item in store.schema.objects)
    indexes: list[tuple[str, str]] = connection.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({names})"
    ).fetchall()
    before = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {quoted(name)}")
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")
    progress("Building indexes ...")
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("ANALYZE")
    connection.execute(f"PRAGMA journal_mode = {before['journal_mode']}")
    connection.execute(f"PRAGMA synchronous = {before['synchronous']}")


def _write_sequences(connection: sqlite3.Connection, made: Made) -> None:
    """Ids given from now on are larger than those of all rows."""
    prefixes: Mapping[str, str] = {item.name: item.key_prefix for item in load_schema().objects}
    connection.executemany(
        "INSERT OR REPLACE INTO _sequence (prefix, last) VALUES (?, ?)",
        [(prefixes[name], number) for name, number in made.rows.items() if number >= FIRST_RUNNING_NUMBER],
    )


def _expect_same(path: Path, order: Order, seed: int) -> None:
    store = Store.open(path, load_schema())
    try:
        found = (store.fact(_ORDER_FACT), store.fact("seed"))
    finally:
        store.close()
    if found != (str(order), str(seed)):
        raise AlreadyFilled(f"{path} holds another org than the one that is to be generated.")


def _forget(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
