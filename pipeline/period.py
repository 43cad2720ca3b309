"""Periods of close dates, by name, in the org's fiscal year. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

ANY = "any"
PERIODS = (ANY, "this_month", "this_quarter", "next_quarter", "this_year")


@dataclass(frozen=True, slots=True)
class Period:
    """Close dates from ``first`` to ``last``, both inclusive; None means without end."""

    name: str
    first: date | None = None
    last: date | None = None


def period(name: str, today: date, fiscal_start_month: int = 1) -> Period:
    """A period by its name; an unknown name is any date."""
    begins = (fiscal_start_month - 1) % 12
    this_quarter = (today.month - 1 - begins) // 3 * 3 + begins
    match name:
        case "this_month":
            return _months(name, today.year, today.month - 1, 1)
        case "this_quarter":
            return _months(name, today.year, this_quarter, 3)
        case "next_quarter":
            return _months(name, today.year, this_quarter + 3, 3)
        case "this_year":
            year = today.year if today.month > begins else today.year - 1
            return _months(name, year, begins, 12)
        case _:
            return Period(ANY)


def _months(name: str, year: int, month: int, count: int) -> Period:
    """``count`` months from a month counted from 0, which may lie outside the year."""
    first_year, first_month = year + month // 12, month % 12 + 1
    end = month + count - 1
    last_year, last_month = year + end // 12, end % 12 + 1
    return Period(
        name,
        date(first_year, first_month, 1),
        date(last_year, last_month, monthrange(last_year, last_month)[1]),
    )
