"""A piece of the work: some deals that follow each other in time, made into rows.

A piece depends on the order, the seed, the time and its number, not on other pieces, so that several processes can
make them side by side and the org is the same however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from playground.generate import lives
from playground.generate.book import Book
from playground.generate.bulk_changes import BulkChanges
from playground.generate.companies import name_of
from playground.generate.order import Order
from playground.generate.workforce import Rep, Workforce
from playground.seed.activities import Activities, summary
from playground.seed.deal_rows import DealRows
from playground.seed.rows import Row, RowMaker, Value
from playground.seed.scenario import chance

DEALS = 500
"""The deals of a piece."""

ROOM: Mapping[str, int] = {
    "Opportunity": 1,
    "OpportunityContactRole": 8,
    "OpportunityHistory": 40,
    "OpportunityFieldHistory": 120,
    "Task": 16,
    "Event": 16,
}
"""How many ids are set aside per deal: more than a deal can have. What is not used is missing, as in a real org."""

_OLD_FRIEND = timedelta(days=270)
"""An account that has been there for so long has mostly bought before."""

Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What a piece is: its number, from 0 on, and when its deals were made, in seconds of the epoch."""

    number: int
    created: Sequence[int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows by object, and the day of the last activity of every account and contact that had one."""

    rows: Mapping[str, list[Values]]
    last: Mapping[str, str]


@dataclass(frozen=True)
class World:
    """What all pieces share. It is the same in every process, being made from the same three things."""

    order: Order
    seed: int
    now: datetime
    workforce: Workforce
    book: Book
    bulk: Mapping[str, BulkChanges]

    @classmethod
    def of(cls, order: Order, seed: int, now: datetime) -> World:
        """The world of an order."""
        workforce = Workforce(chance(seed, "workforce"), now, order.opportunities)
        sizes = {"Account": order.accounts, "Contact": order.contacts, "Opportunity": order.opportunities}
        bulk = {
            name: BulkChanges(chance(seed, f"jobs over {name}"), now, workforce.cast.system, size)
            for name, size in sizes.items()
        }
        return cls(order, seed, now, workforce, Book(chance(seed, "book"), now, order, workforce), bulk)


def make(world: World, task: Task) -> Piece:
    """The rows of a piece."""
    return _Making(world, task).run()


def values_of(row: Row) -> Values:
    """A row without its names: rows have all stored fields in the catalogue's order."""
    return tuple(row.values())


class _Making:
    def __init__(self, world: World, task: Task) -> None:
        self._world = world
        self._task = task
        self._rng = self._chance("lives")
        self._account_ids: dict[str, str] = {}
        self._contact_since: dict[str, datetime] = {}
        cast = world.workforce.cast
        self._deals = DealRows(
            self._chance("rows"),
            world.now,
            cast,
            self._account_ids,
            self._contact_since,
            opportunities=self._maker("Opportunity"),
            roles=self._maker("OpportunityContactRole"),
            history=self._maker("OpportunityHistory"),
            field_history=self._maker("OpportunityFieldHistory"),
        )
        self._activities = Activities(
            self._chance("activities"), world.now, cast, tasks=self._maker("Task"), events=self._maker("Event")
        )

    def run(self) -> Piece:
        """Tell all lives, then what follows from them."""
        for at in self._task.created:
            self._deal(datetime.fromtimestamp(at, UTC))
        known = summary(self._world.now, self._activities)
        bulk = self._world.bulk["Opportunity"]
        for row in self._deals.opportunities.rows:
            known.set_on_opportunity(row)
            bulk.apply(self._rng, row)
        makers = (
            self._deals.opportunities,
            self._deals.roles,
            self._deals.history,
            self._deals.field_history,
            self._activities.tasks,
            self._activities.events,
        )
        customers = {name: day for name, day in known.last.items() if Book.knows(name)}
        return Piece({maker.object_name: [values_of(row) for row in maker.take()] for maker in makers}, customers)

    def _deal(self, at: datetime) -> None:
        book, rng = self._world.book, self._rng
        account = book.choose(rng, at)
        since = book.since(account)
        created = max(at, since)
        rep, heir = self._reps(account, created)
        contacts = book.contacts(account, created + timedelta(days=20))
        returning = rng.random() < (0.65 if created - since > _OLD_FRIEND else 0.05)
        name = name_of(account)
        buyer = lives.Buyer(name, tuple(each for each, _ in contacts), returning)
        self._account_ids[name] = book.account_id(account)
        self._contact_since.update(contacts)
        deal = lives.deal(rng, self._world.now, created, rep, heir, buyer)
        self._activities.about_deal(deal, self._deals.add(deal))

    def _reps(self, account: int, at: datetime) -> tuple[Rep, Rep]:
        """Who begins a deal with that account at that time, and who takes over from somebody who left."""
        reps = self._world.workforce.reps
        rep = reps[self._world.book.owner(account)]
        heir = reps[self._world.workforce.someone(self._rng, self._world.now)]
        return (heir, heir) if rep.left and rep.left <= at else (rep, heir)

    def _maker(self, name: str) -> RowMaker:
        return RowMaker(name, made=self._task.number * DEALS * ROOM[name])

    def _chance(self, part: str) -> Random:
        return chance(self._world.seed, f"piece {self._task.number}: {part}")
