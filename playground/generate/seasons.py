"""How work spreads over the years: growth, seasons, quarter ends, weekends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from playground.seed.moments import CLOSES, OPENS, next_quarter_start, working_day

GROWTH_PER_YEAR = 1.35
_SEASON = (0.95, 1.0, 1.15, 1.0, 1.05, 1.1, 0.8, 0.7, 1.2, 1.15, 1.05, 0.75)
"""How busy each month is."""
_MONDAY_TO_FRIDAY = (1.1, 1.1, 1.05, 1.0, 0.75)


def busy(day: date, first: date) -> float:
    """How much is begun on a day, compared with others; nothing on weekends."""
    if day.weekday() >= 5:
        return 0.0
    years = (day - first).days / 365.25
    return float(GROWTH_PER_YEAR**years) * _SEASON[day.month - 1] * _MONDAY_TO_FRIDAY[day.weekday()]


def spread(total: int, first: date, last: date) -> Iterator[tuple[date, int]]:
    """``total`` things over the days from first to last, in order, each day as busy as it is. The sum is exact."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    weights = [busy(day, first) for day in days]
    whole = sum(weights)
    reached, given = 0.0, 0
    for day, weight in zip(days, weights, strict=True):
        reached += weight
        due = round(total * reached / whole) if weight else given
        yield day, due - given
        given = due


def moments_of(rng: Random, day: date, number: int, latest: datetime) -> list[datetime]:
    """So many moments of one day's working hours, ascending, none after ``latest``."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    begins, ends = OPENS * 3600, CLOSES * 3600 - 1
    if midnight.date() == latest.date():
        ends = max(begins, min(ends, int((latest - midnight).total_seconds())))
    seconds = sorted(rng.randint(begins, ends) for _ in range(number))
    return [min(midnight + timedelta(seconds=each), latest) for each in seconds]


def quarter_end(rng: Random, day: date) -> date:
    """One of the last working days of the quarter of ``day``: the closer to its end, the more likely."""
    return working_day(next_quarter_start(day) - timedelta(days=1 + min(20, int(rng.expovariate(0.25)))))


def likely_close(rng: Random, day: date) -> date:
    """A close date that a sales person would write down for about that day: often the end of the quarter or month."""
    dice = rng.random()
    if dice < 0.45:
        return quarter_end(rng, day)
    if dice < 0.65:
        return working_day((day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    return working_day(day)
