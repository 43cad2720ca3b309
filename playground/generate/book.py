"""The customers of a generated org, by number. What is kept of each fits into a few numbers, so that millions do.

Accounts are numbered in the order in which they were made, contacts by account. An account's row is made only after
all deals, when it is known what was done for it last.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from playground.generate import companies
from playground.generate.order import Order
from playground.generate.seasons import moments_of, spread
from playground.generate.workforce import Workforce, opened
from playground.ids import make_id, running_number
from playground.seed.customers import Named, add_account, add_contact
from playground.seed.moments import QUIET_BEFORE_NOW, work_moment
from playground.seed.names import FIRST_NAMES, LAST_NAMES, TITLES
from playground.seed.rows import Row, RowMaker

_ACCOUNT, _CONTACT = "001", "003"
_BROUGHT_ALONG = 0.15
"""The share of accounts that came from the earlier system, all within minutes."""
_AT_ONCE = 200
"""So many records a bulk load commits at once: they share a stamp."""
_WITH_THE_ACCOUNT = 0.6
"""The share of contacts that are made on the day of their account."""
_NEW_CUSTOMER = 0.4
"""The share of deals with one of the latest accounts."""
_LOYALTY = 2.2
"""How much more often old accounts buy than young ones: the exponent that skews the choice."""


class Book:
    """Who there is, since when, and what happened lately."""

    def __init__(self, rng: Random, now: datetime, order: Order, workforce: Workforce) -> None:
        self._rng = rng
        self._latest = now - QUIET_BEFORE_NOW
        self._workforce = workforce
        self.size = order.accounts
        self._created = array("q", _account_moments(rng, now, order.accounts))
        self._owner = array("H", (workforce.someone(rng, _moment(at)) for at in self._created))
        self._first_contact = array("L", _first_contacts(rng, order))
        self._contact_since = array("q", self._contact_moments())
        self._last_of_account = array("L", bytes(array("L").itemsize * order.accounts))
        self._last_of_contact = array("L", bytes(array("L").itemsize * order.contacts))

    def choose(self, rng: Random, at: datetime) -> int:
        """The number of an account to which something is sold at that time."""
        there = max(1, bisect_right(self._created, int(at.timestamp())))
        if rng.random() < _NEW_CUSTOMER:
            return there - 1 - min(there - 1, int(rng.expovariate(0.05)))
        return int(there * rng.random() ** _LOYALTY)

    def account_id(self, number: int) -> str:
        """The id of an account."""
        return make_id(_ACCOUNT, number + 1)

    def since(self, number: int) -> datetime:
        """When an account was made."""
        return _moment(self._created[number])

    def owner(self, number: int) -> int:
        """The number of the rep who looks after an account."""
        return self._owner[number]

    def contacts(self, number: int, until: datetime) -> list[tuple[str, datetime]]:
        """Ids and creation of an account's contacts that are there at a time."""
        latest = int(until.timestamp())
        return [
            (make_id(_CONTACT, contact + 1), _moment(self._contact_since[contact]))
            for contact in self._numbers_of_contacts(number)
            if self._contact_since[contact] <= latest
        ]

    @staticmethod
    def knows(record_id: str) -> bool:
        """Whether an id is of an account or contact."""
        return record_id.startswith((_ACCOUNT, _CONTACT))

    def note_activity(self, record_id: str, day: str) -> None:
        """Something was done about an account or contact on a day; other ids are passed over."""
        last = {_ACCOUNT: self._last_of_account, _CONTACT: self._last_of_contact}.get(record_id[:3])
        if last is not None:
            number = running_number(record_id) - 1
            last[number] = max(last[number], date.fromisoformat(day).toordinal())

    def rows(self, accounts: RowMaker, contacts: RowMaker, first: int, last: int) -> None:
        """Make the rows of the accounts from ``first`` to before ``last`` and of their contacts."""
        for number in range(first, last):
            account = self._account_row(accounts, number)
            self._contact_rows(contacts, number, account)

    def _account_row(self, accounts: RowMaker, number: int) -> Row:
        created = self.since(number)
        modified = created
        if self._rng.random() < 0.7:
            modified = created + (self._latest - created) * self._rng.random()
        owner = self._workforce.cast.user_ids[self._workforce.reps[self._owner[number]].key]
        moments = (created, modified.replace(microsecond=0))
        row = add_account(self._rng, accounts, number, companies.company(number), None, moments, owner)
        row["LastActivityDate"] = _day(self._last_of_account[number])
        return row

    def _contact_rows(self, contacts: RowMaker, number: int, account: Row) -> None:
        company = companies.company(number)
        superior: str | None = None
        for contact in self._numbers_of_contacts(number):
            person = _person(contact, company.name)
            mailbox = f"{person.first}.{person.last}".lower()
            since = _moment(self._contact_since[contact])
            row = add_contact(self._rng, contacts, company, account, person, mailbox, superior, since)
            row["LastActivityDate"] = _day(self._last_of_contact[contact])
            superior = superior or str(row["Id"])

    def _numbers_of_contacts(self, number: int) -> range:
        return range(self._first_contact[number], self._first_contact[number + 1])

    def _contact_moments(self) -> Iterator[int]:
        rng = self._rng
        for number, created in enumerate(self._created):
            for _ in self._numbers_of_contacts(number):
                if rng.random() < _WITH_THE_ACCOUNT:
                    yield created
                    continue
                since = _moment(created)
                later = work_moment(rng, since + (self._latest - since) * (rng.random() * 0.8), self._latest)
                yield max(created, int(later.timestamp()))


def _account_moments(rng: Random, now: datetime, number: int) -> Iterator[int]:
    brought = max(1, int(number * _BROUGHT_ALONG)) if number else 0
    start = int(opened(now).timestamp()) + 3600
    for index in range(brought):
        yield start + index // _AT_ONCE
    latest = now - QUIET_BEFORE_NOW
    # Loads of millions take hours; who comes by hand comes later.
    begins = _moment(start + brought // _AT_ONCE).date() + timedelta(days=1)
    for day, new in spread(number - brought, begins, _last_working_day(latest)):
        for moment in moments_of(rng, day, new, latest):
            yield int(moment.timestamp())


def _last_working_day(latest: datetime) -> date:
    day = latest.date()
    return day if latest.hour >= 9 else day - timedelta(days=1)


def _first_contacts(rng: Random, order: Order) -> Iterator[int]:
    """Per account the number of its first contact, and at the end the number of all."""
    counts = array("L", bytes(array("L").itemsize * order.accounts))
    for number in range(min(order.accounts, order.contacts)):
        counts[number] = 1
    for _ in range(order.contacts - order.accounts):
        counts[int(order.accounts * rng.random() ** 1.4)] += 1
    reached = 0
    for count in counts:
        yield reached
        reached += count
    yield reached


def _person(number: int, account: str) -> Named:
    title, department = TITLES[(number * 11) % len(TITLES)]
    first = FIRST_NAMES[(number * 37) % len(FIRST_NAMES)]
    last = LAST_NAMES[(number * 29 + number // len(FIRST_NAMES)) % len(LAST_NAMES)]
    return Named(account, first, last, title, department)


@lru_cache(maxsize=4_096)
def _day(ordinal: int) -> str | None:
    return date.fromordinal(ordinal).isoformat() if ordinal else None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
