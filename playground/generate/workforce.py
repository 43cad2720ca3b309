"""The sales people of a generated org: the more there is to sell, the more there are, each with ways of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from playground.seed.cast import ORG_AGE, PEOPLE, SINCE_LEAVING, Cast, Person, build_cast
from playground.seed.names import FIRST_NAMES, LAST_NAMES

OPPORTUNITIES_PER_REP = 2_500
MOST_REPS = 600
_LEFT = 0.08
"""The share of those who have left."""
_TEAMS = (("Sales Rep North", "hannah"), ("Sales Rep South", "daniel"))


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales person, ``key`` as in the cast."""

    key: str
    joined: datetime
    left: datetime | None
    wins: float
    """The share of deals won."""
    size: float
    """How large the deals are, compared with others'."""
    pace: float
    """How long the deals take, compared with others'."""
    diligence: float
    """How often a close date is moved before it has passed."""


class Workforce:
    """All reps, in the order in which they joined."""

    def __init__(self, rng: Random, now: datetime, opportunities: int) -> None:
        people = (*PEOPLE, *_more_people(rng, opportunities // OPPORTUNITIES_PER_REP))
        self.cast: Cast = build_cast(now, people)
        joined = {str(row["Id"]): datetime.fromisoformat(str(row["CreatedDate"])) for row in self.cast.rows["User"]}
        self.reps = [
            _rep(rng, person, joined[self.cast.user_ids[person.key]], now)
            for person in people
            if (person.role or "").startswith("Sales Rep")
        ]

    def someone(self, rng: Random, at: datetime) -> int:
        """The number of a rep who works here at that time; the first one when nobody does yet."""
        there = self._joined_by(at)
        for _ in range(20):
            number = rng.randrange(there)
            left = self.reps[number].left
            if left is None or left > at:
                return number
        return 0

    def _joined_by(self, at: datetime) -> int:
        low, high = 0, len(self.reps)
        while low < high:
            middle = (low + high) // 2
            if self.reps[middle].joined <= at:
                low = middle + 1
            else:
                high = middle
        return max(1, low)


def _more_people(rng: Random, number: int) -> list[Person]:
    taken = {person.name for person in PEOPLE}
    pairs = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES if f"{first} {last}" not in taken]
    people = []
    for index, (first, last) in enumerate(rng.sample(pairs, min(number, MOST_REPS))):
        role, manager = _TEAMS[index % len(_TEAMS)]
        active = rng.random() >= _LEFT
        people.append(Person(f"rep{index}", first, last, "Account executive", role, manager, active=active))
    return people


def _rep(rng: Random, person: Person, joined: datetime, now: datetime) -> Rep:
    return Rep(
        key=person.key,
        joined=joined,
        left=None if person.active else max(joined + timedelta(days=1), now - SINCE_LEAVING),
        wins=min(0.6, max(0.08, rng.gauss(0.3, 0.09))),
        size=rng.lognormvariate(0.0, 0.4),
        pace=min(2.0, max(0.5, rng.gauss(1.0, 0.25))),
        diligence=min(0.98, max(0.4, rng.gauss(0.82, 0.15))),
    )


def opened(now: datetime) -> datetime:
    """When the org was set up."""
    return (now - ORG_AGE).replace(hour=9, minute=0, second=0, microsecond=0)
