"""From an order to rows in the database, a piece at a time.

Deals come in the order in which they were made, so ids rise with time as in a real org. Rows go in by the thousand,
without a journal; indexes are built at the end. Pieces are made in processes of their own, as many as there are
processors.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playground.catalogue import load_schema
from playground.generate import pieces
from playground.generate.order import Order
from playground.generate.pieces import Piece, World, values_of
from playground.generate.seasons import moments_of, spread
from playground.ids import running_number
from playground.seed.activities import Activities, summary
from playground.seed.moments import QUIET_BEFORE_NOW
from playground.seed.products import build_products
from playground.seed.rows import Row, RowMaker
from playground.seed.scenario import chance
from playground.store import FIRST_RUNNING_NUMBER, Store, quoted

Progress = Callable[[str], None]

YEARS = timedelta(days=1_460)
"""How far back the oldest deal lies."""
MOST_PROCESSES = 3
WORTH_A_PROCESS = 10_000
"""Fewer opportunities than this are made here: a process takes a while to start."""
_ACCOUNTS_AT_ONCE = 1_000
_VISITED = 0.25
"""The share of accounts with an activity that belongs to no deal."""
_TELL_EVERY = 200
_ORDER_FACT = "generated"


class AlreadyFilled(Exception):
    """The org is there already, and is not the one that was ordered."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message} {advice}")
        self.message = message
        self.advice = advice


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

    None when it is there already, of the same order and seed. Raise :class:`AlreadyFilled` when another org is,
    :class:`playground.store.StoreUnusable` when the file cannot be made."""
    if path.exists():
        _expect_same(path, order, seed)
        return None
    growing = path.with_name(f"{path.name}.growing")
    _forget(growing)
    try:
        store = Store.open(growing, load_schema())
        try:
            made = fill(store, order, seed, now, progress, usual_processes(order))
        finally:
            store.close()
        growing.replace(path)
    finally:
        _forget(growing)
    return made


def usual_processes(order: Order) -> int:
    """How many processes make the pieces of an order; 0 is this one alone."""
    return min(MOST_PROCESSES, os.cpu_count() or 1) if order.opportunities >= WORTH_A_PROCESS else 0


def fill(store: Store, order: Order, seed: int, now: datetime, progress: Progress, processes: int = 0) -> Made:
    """Fill an empty store. Until it is done, the file is worth nothing: nothing is written twice."""
    if now.tzinfo is None:
        raise ValueError("The time of the org needs a time zone.")
    now = now.astimezone(UTC).replace(microsecond=0)
    world = World.of(order, seed, now)
    with store.reading() as connection, _set_wise(connection, store, progress):
        made = _Filling(connection, world, progress).run(processes)
    with store.transaction():
        store.set_fact(_ORDER_FACT, str(order))
        store.set_fact("seed", str(seed))
    return made


class _Filling:
    def __init__(self, connection: sqlite3.Connection, world: World, progress: Progress) -> None:
        self._connection = connection
        self._world = world
        self._progress = progress
        self._rng = chance(world.seed, "customers")
        self._made = Made({item.name: 0 for item in load_schema().objects})
        self._statements = {
            item.name: _insertion(item.name, [each.name for each in item.fields if each.stored])
            for item in load_schema().objects
        }

    def run(self, processes: int) -> Made:
        cast = self._world.workforce.cast
        for name, rows in {**cast.rows, **build_products(self._world.now, cast)}.items():
            self._insert_rows(name, rows)
        tasks = _tasks(self._world)
        for number, piece in enumerate(_side_by_side(self._world, tasks, processes) if processes else self._all(tasks)):
            for name, values in piece.rows.items():
                self._insert(name, values)
            for record_id, day in piece.last.items():
                self._world.book.note_activity(record_id, day)
            if number % _TELL_EVERY == _TELL_EVERY - 1:
                self._progress(
                    f"{self._made.rows['Opportunity']:,} of {self._world.order.opportunities:,} opportunities ..."
                )
        self._make_customers()
        self._write_sequences()
        return self._made

    def _all(self, tasks: Iterable[pieces.Task]) -> Iterator[Piece]:
        return (pieces.make(self._world, task) for task in tasks)

    def _make_customers(self) -> None:
        """Accounts, contacts and visits: last, because now it is known what was done for them."""
        world, numbers = self._world, -(-self._world.order.opportunities // pieces.DEALS) * pieces.DEALS
        accounts, contacts = RowMaker("Account"), RowMaker("Contact")
        visits = Activities(
            chance(world.seed, "visits"),
            world.now,
            world.workforce.cast,
            tasks=RowMaker("Task", made=numbers * pieces.ROOM["Task"]),
            events=RowMaker("Event", made=numbers * pieces.ROOM["Event"]),
        )
        for first in range(0, world.order.accounts, _ACCOUNTS_AT_ONCE):
            world.book.rows(accounts, contacts, first, min(first + _ACCOUNTS_AT_ONCE, world.order.accounts))
            self._visit(visits, accounts.rows, contacts.rows)
            for maker in (accounts, contacts):
                for row in maker.rows:
                    world.bulk[maker.object_name].apply(self._rng, row)
            for maker in (accounts, contacts, visits.tasks, visits.events):
                self._insert_rows(maker.object_name, maker.take())

    def _visit(self, visits: Activities, accounts: Sequence[Row], contacts: Sequence[Row]) -> None:
        people: dict[str, list[Row]] = {}
        for row in contacts:
            people.setdefault(str(row["AccountId"]), []).append(row)
        for row in accounts:
            if self._rng.random() < _VISITED:
                visits.about_account(row, people.get(str(row["Id"]), []))
        known = summary(self._world.now, visits)
        for row in (*accounts, *contacts):
            last = known.last.get(str(row["Id"]))
            if last:
                row["LastActivityDate"] = max(last, str(row["LastActivityDate"] or ""))

    def _insert_rows(self, object_name: str, rows: Sequence[Row]) -> None:
        self._insert(object_name, [values_of(row) for row in rows])

    def _insert(self, object_name: str, values: Sequence[pieces.Values]) -> None:
        self._connection.executemany(self._statements[object_name], values)
        self._made.rows[object_name] += len(values)

    def _write_sequences(self) -> None:
        """Ids given from now on are larger than those of all rows."""
        for item in load_schema().objects:
            largest = self._connection.execute(f"SELECT max(Id) FROM {quoted(item.name)}").fetchone()[0]
            if largest and running_number(largest) >= FIRST_RUNNING_NUMBER:
                self._connection.execute(
                    "INSERT OR REPLACE INTO _sequence (prefix, last) VALUES (?, ?)",
                    (item.key_prefix, running_number(largest)),
                )


def _tasks(world: World) -> Iterator[pieces.Task]:
    created: list[int] = []
    number = 0
    for moment in _creations(world):
        created.append(int(moment.timestamp()))
        if len(created) == pieces.DEALS:
            yield pieces.Task(number, created)
            created, number = [], number + 1
    if created:
        yield pieces.Task(number, created)


def _creations(world: World) -> Iterator[datetime]:
    latest = world.now - QUIET_BEFORE_NOW - timedelta(minutes=5)
    rng = chance(world.seed, "creations")
    for day, number in spread(world.order.opportunities, (world.now - YEARS).date(), latest.date()):
        yield from moments_of(rng, day, number, latest)


def _side_by_side(world: World, tasks: Iterator[pieces.Task], processes: int) -> Iterator[Piece]:
    """Make pieces in other processes, never more ahead than there is memory for; they come in order."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin_process, (world.order, world.seed, world.now)) as pool:
        ahead: deque[Future[Piece]] = deque()
        try:
            for task in tasks:
                ahead.append(pool.submit(_make_in_process, task))
                if len(ahead) > processes:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BaseException:
            for each in ahead:
                each.cancel()
            raise


_world_of_process: list[World] = []


def _begin_process(order: Order, seed: int, now: datetime) -> None:
    # Ctrl-C in a terminal reaches all processes; the one that was started ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _world_of_process.append(World.of(order, seed, now))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _make_in_process(task: pieces.Task) -> Piece:
    return pieces.make(_world_of_process[0], task)


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
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")
    progress("Building indexes ...")
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute(f"PRAGMA journal_mode = {before['journal_mode']}")
    connection.execute(f"PRAGMA synchronous = {before['synchronous']}")


def _insertion(object_name: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {quoted(object_name)} ({', '.join(map(quoted, columns))}) VALUES ({marks})"


def _expect_same(path: Path, order: Order, seed: int) -> None:
    store = Store.open(path, load_schema())
    try:
        found = (store.fact(_ORDER_FACT), store.fact("seed"))
    finally:
        store.close()
    if found != (str(order), str(seed)):
        raise AlreadyFilled(
            f"{path} holds another org than the one that is to be generated.",
            "Nothing was changed. Start with --fresh to replace it, or choose another folder with --dir.",
        )


def _forget(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
