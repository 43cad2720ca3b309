"""Relative date literals: which days each of them means (salesforce-api.md, section 8.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from playground.soql.dates import RELATIVE_DATES, days_of, moments_of

TODAY = date(2026, 11, 23)  # a Monday
SUNDAY = 6


@pytest.mark.parametrize(
    ("literal", "first", "last"),
    [
        ("YESTERDAY", "2026-11-22", "2026-11-22"),
        ("TODAY", "2026-11-23", "2026-11-23"),
        ("TOMORROW", "2026-11-24", "2026-11-24"),
        ("LAST_WEEK", "2026-11-15", "2026-11-21"),
        ("THIS_WEEK", "2026-11-22", "2026-11-28"),
        ("NEXT_WEEK", "2026-11-29", "2026-12-05"),
        ("LAST_MONTH", "2026-10-01", "2026-10-31"),
        ("THIS_MONTH", "2026-11-01", "2026-11-30"),
        ("NEXT_MONTH", "2026-12-01", "2026-12-31"),
        ("LAST_QUARTER", "2026-07-01", "2026-09-30"),
        ("THIS_QUARTER", "2026-10-01", "2026-12-31"),
        ("NEXT_QUARTER", "2027-01-01", "2027-03-31"),
        ("LAST_YEAR", "2025-01-01", "2025-12-31"),
        ("THIS_YEAR", "2026-01-01", "2026-12-31"),
        ("NEXT_YEAR", "2027-01-01", "2027-12-31"),
        ("LAST_90_DAYS", "2026-08-25", "2026-11-23"),
        ("NEXT_90_DAYS", "2026-11-24", "2027-02-21"),
        ("LAST_N_DAYS:1", "2026-11-22", "2026-11-23"),
        ("NEXT_N_DAYS:2", "2026-11-24", "2026-11-25"),
        ("N_DAYS_AGO:3", "2026-11-20", "2026-11-20"),
        ("LAST_N_WEEKS:2", "2026-11-08", "2026-11-21"),
        ("NEXT_N_WEEKS:1", "2026-11-29", "2026-12-05"),
        ("N_WEEKS_AGO:2", "2026-11-08", "2026-11-14"),
        ("LAST_N_MONTHS:2", "2026-09-01", "2026-10-31"),
        ("NEXT_N_MONTHS:2", "2026-12-01", "2027-01-31"),
        ("N_MONTHS_AGO:11", "2025-12-01", "2025-12-31"),
        ("LAST_N_QUARTERS:2", "2026-04-01", "2026-09-30"),
        ("NEXT_N_QUARTERS:1", "2027-01-01", "2027-03-31"),
        ("N_QUARTERS_AGO:4", "2025-10-01", "2025-12-31"),
        ("LAST_N_YEARS:2", "2024-01-01", "2025-12-31"),
        ("NEXT_N_YEARS:1", "2027-01-01", "2027-12-31"),
        ("N_YEARS_AGO:1", "2025-01-01", "2025-12-31"),
        # The fiscal year of this table begins in February.
        ("THIS_FISCAL_QUARTER", "2026-11-01", "2027-01-31"),
        ("LAST_FISCAL_QUARTER", "2026-08-01", "2026-10-31"),
        ("NEXT_FISCAL_QUARTER", "2027-02-01", "2027-04-30"),
        ("LAST_N_FISCAL_QUARTERS:2", "2026-05-01", "2026-10-31"),
        ("NEXT_N_FISCAL_QUARTERS:2", "2027-02-01", "2027-07-31"),
        ("N_FISCAL_QUARTERS_AGO:1", "2026-08-01", "2026-10-31"),
        ("THIS_FISCAL_YEAR", "2026-02-01", "2027-01-31"),
        ("LAST_FISCAL_YEAR", "2025-02-01", "2026-01-31"),
        ("NEXT_FISCAL_YEAR", "2027-02-01", "2028-01-31"),
        ("LAST_N_FISCAL_YEARS:2", "2024-02-01", "2026-01-31"),
        ("NEXT_N_FISCAL_YEARS:1", "2027-02-01", "2028-01-31"),
        ("N_FISCAL_YEARS_AGO:2", "2024-02-01", "2025-01-31"),
    ],
)
def test_a_relative_date_names_these_days(literal: str, first: str, last: str) -> None:
    name, _, count = literal.partition(":")
    start, after = days_of(name, int(count or 0), TODAY, first_weekday=SUNDAY, fiscal_start_month=2)

    assert (start, (after - start).days) == (
        date.fromisoformat(first),
        (date.fromisoformat(last) - date.fromisoformat(first)).days + 1,
    )


def test_the_table_above_names_every_literal_there_is() -> None:
    mark = test_a_relative_date_names_these_days.pytestmark[0]  # type: ignore[attr-defined]

    assert {row[0].partition(":")[0] for row in mark.args[1]} == set(RELATIVE_DATES)


def test_a_week_begins_on_monday_where_the_locale_says_so() -> None:
    assert days_of("THIS_WEEK", 0, TODAY, first_weekday=0, fiscal_start_month=1) == (TODAY, date(2026, 11, 30))


def test_a_month_is_counted_from_its_first_day_even_on_the_last_of_a_longer_one() -> None:
    days = days_of("NEXT_MONTH", 0, date(2027, 1, 31), first_weekday=SUNDAY, fiscal_start_month=1)

    assert days == (date(2027, 2, 1), date(2027, 3, 1))


def test_days_begin_at_midnight_in_the_orgs_zone_also_when_clocks_change() -> None:
    days = (date(2026, 10, 25), date(2026, 10, 26))  # 25 hours in London

    assert moments_of(days, ZoneInfo("Europe/London")) == (
        datetime(2026, 10, 24, 23, tzinfo=UTC),
        datetime(2026, 10, 26, 0, tzinfo=UTC),
    )


def test_a_range_outside_the_calendar_raises() -> None:
    with pytest.raises((ValueError, OverflowError)):
        days_of("LAST_N_DAYS", 10**9, TODAY, first_weekday=SUNDAY, fiscal_start_month=1)
    with pytest.raises((ValueError, OverflowError)):
        days_of("NEXT_N_YEARS", 10**5, TODAY, first_weekday=SUNDAY, fiscal_start_month=1)
