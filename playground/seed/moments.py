"""Dates and times of the scenario: everything falls in working hours (UTC), in the past, on whole seconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

OPENS, CLOSES = 8, 18
"""Working hours, UTC: the first hour of work, and the hour at which work has stopped."""

QUIET_BEFORE_NOW = timedelta(minutes=90)
"""Nothing in the scenario happened later than this before ``now``, so that no stamp is younger than an hour."""


ORG_TIME_ZONE = ZoneInfo("Europe/London")


def org_today(now: datetime) -> date:
    """Which day it is in the org's time zone."""
    return now.astimezone(ORG_TIME_ZONE).date()


@lru_cache(maxsize=512)
def stamp(moment: datetime) -> str:
    """As the playground stores a datetime: ``2026-01-02T03:04:05.000Z``."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}.000Z"


def work_moment(rng: Random, around: datetime, latest: datetime) -> datetime:
    """A moment of work on the day of ``around``, or on the last working day before it, not after ``latest``."""
    day = around.date()
    while True:
        while day.weekday() >= 5:
            day -= timedelta(days=1)
        moment = _in_hours(rng, day)
        if moment <= latest:
            return moment
        day -= timedelta(days=1)


def work_moment_between(rng: Random, first: datetime, last: datetime) -> datetime:
    """A moment in working hours between two times; outside them only if the span has next to none.

    ``first`` itself if the span is empty."""
    span = (last - first).total_seconds()
    if span <= 0:
        return first.replace(microsecond=0)
    for _ in range(200):
        moment = (first + timedelta(seconds=rng.random() * span)).replace(microsecond=0)
        if moment >= first and moment.weekday() < 5 and OPENS <= moment.hour < CLOSES:
            return moment
    return (first + timedelta(seconds=span / 2)).replace(microsecond=0)


def in_order(moments: Iterable[datetime]) -> list[datetime]:
    """The same moments, ascending, each at least a minute after the one before."""
    ordered: list[datetime] = []
    for moment in sorted(moments):
        if ordered and moment < ordered[-1] + timedelta(minutes=1):
            moment = ordered[-1] + timedelta(minutes=1)
        ordered.append(moment)
    return ordered


def working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def next_quarter_start(day: date) -> date:
    """The first day of the quarter after."""
    return quarter_start(quarter_start(day) + timedelta(days=95))


def day_between(rng: Random, first: date, last: date) -> date:
    """Some day from first to last, both included; ``first`` if the span is empty."""
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def _in_hours(rng: Random, day: date) -> datetime:
    seconds = rng.randint(OPENS * 3600, CLOSES * 3600 - 1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
