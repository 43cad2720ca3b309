"""Relative date literals (salesforce-api.md, section 8.4): each names a range of whole days in the org's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_UNITS = ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
_MONTHS_IN = {"MONTH": 1, "QUARTER": 3, "YEAR": 12, "FISCAL_QUARTER": 3, "FISCAL_YEAR": 12}
_SINGLE_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}


def _literals() -> dict[str, bool]:
    plain = [*_SINGLE_DAYS, "LAST_90_DAYS", "NEXT_90_DAYS"]
    plain += [f"{when}_{unit}" for when in ("LAST", "THIS", "NEXT") for unit in _UNITS]
    counted = [name for unit in ("DAY", *_UNITS) for name in (f"LAST_N_{unit}S", f"NEXT_N_{unit}S", f"N_{unit}S_AGO")]
    return dict.fromkeys(plain, False) | dict.fromkeys(counted, True)


RELATIVE_DATES = _literals()
"""Every literal's name, and whether it takes a count (``LAST_N_DAYS:7``)."""


def days_of(name: str, count: int, today: date, *, first_weekday: int, fiscal_start_month: int) -> tuple[date, date]:
    """First day of the range, and the day after its last. ``first_weekday`` is 0 for Monday to 6 for Sunday.

    Raise OverflowError or ValueError when the range leaves the calendar.
    """
    if name in _SINGLE_DAYS:
        day = today + timedelta(days=_SINGLE_DAYS[name])
        return day, day + timedelta(days=1)
    if name.endswith("_90_DAYS"):
        name, count = name.replace("_90_", "_N_"), 90
    first, last = _steps(name, count)
    unit = name.removeprefix("LAST_").removeprefix("NEXT_").removeprefix("THIS_").removeprefix("N_")
    unit = unit.removesuffix("_AGO").removesuffix("S")
    if unit == "DAY":
        return _day_range(name, count, today)
    start = _start_of(unit, today, first_weekday, fiscal_start_month)
    return _shifted(unit, start, first), _shifted(unit, start, last)


def moments_of(days: tuple[date, date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the range and the first after it, in UTC."""
    first, after = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days)
    return first, after


def _steps(name: str, count: int) -> tuple[int, int]:
    """Where the range begins and ends, in units from the current one."""
    if name.endswith("_AGO"):
        return -count, 1 - count
    if name.startswith("LAST_N_"):
        return -count, 0
    if name.startswith("NEXT_N_"):
        return 1, count + 1
    before = {"LAST": -1, "THIS": 0, "NEXT": 1}[name.split("_")[0]]
    return before, before + 1


def _day_range(name: str, count: int, today: date) -> tuple[date, date]:
    first, last = _steps(name, count)
    # Unlike every other unit, the last n days include the current one.
    last = 1 if name.startswith("LAST_") else last
    return today + timedelta(days=first), today + timedelta(days=last)


def _start_of(unit: str, day: date, first_weekday: int, fiscal_start_month: int) -> date:
    if unit == "WEEK":
        return day - timedelta(days=(day.weekday() - first_weekday) % 7)
    first_month = fiscal_start_month if unit.startswith("FISCAL_") else 1
    return _shifted("MONTH", day.replace(day=1), -((day.month - first_month) % _MONTHS_IN[unit]))


def _shifted(unit: str, start: date, steps: int) -> date:
    if unit == "WEEK":
        return start + timedelta(days=7 * steps)
    months = start.year * 12 + start.month - 1 + steps * _MONTHS_IN[unit]
    return date(months // 12, months % 12 + 1, 1)
