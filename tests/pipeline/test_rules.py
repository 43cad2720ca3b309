"""The pure parts: periods, drafts, paths."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.stages import OrgStage
from pipeline.drafts import changed, with_stage
from pipeline.path import BEEN, NOT_YET, NOW, SKIPPED, Visit, steps
from pipeline.period import ANY, PERIODS, period

STAGES = (
    OrgStage("Prospecting", "Prospecting", True, False, False, Decimal(10), "Pipeline", 1),
    OrgStage("Qualification", "Qualification", True, False, False, Decimal(10), "Pipeline", 2),
    OrgStage("Quote", "Quote", True, False, False, Decimal(75), "Commit", 3),
    OrgStage("Old", "Old", False, False, False, Decimal(5), "Pipeline", 4),
    OrgStage("Won", "Won", True, True, True, Decimal(100), "Closed", 5),
    OrgStage("Lost", "Lost", True, True, False, Decimal(0), "Omitted", 6),
)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "start_month", "first", "last"),
    [
        ("this_month", 1, date(2026, 11, 1), date(2026, 11, 30)),
        ("this_quarter", 1, date(2026, 10, 1), date(2026, 12, 31)),
        ("next_quarter", 1, date(2027, 1, 1), date(2027, 3, 31)),
        ("this_year", 1, date(2026, 1, 1), date(2026, 12, 31)),
        ("this_quarter", 2, date(2026, 11, 1), date(2027, 1, 31)),
        ("this_year", 2, date(2026, 2, 1), date(2027, 1, 31)),
        ("this_year", 12, date(2025, 12, 1), date(2026, 11, 30)),
        ("any", 1, None, None),
        ("made up", 1, None, None),
    ],
)
def test_a_period_has_exact_dates(name: str, start_month: int, first: date | None, last: date | None) -> None:
    found = period(name, date(2026, 11, 23), start_month)
    assert (found.first, found.last) == (first, last)


@given(
    day=st.dates(date(1990, 1, 1), date(2100, 12, 31)),
    month=st.integers(1, 12),
    name=st.sampled_from([name for name in PERIODS if name not in (ANY, "next_quarter")]),
)
def test_today_is_in_every_period_that_is_called_this(day: date, month: int, name: str) -> None:
    found = period(name, day, month)
    assert found.first is not None
    assert found.last is not None
    assert found.first <= day <= found.last
    assert found.first.day == 1


@given(day=st.dates(date(1990, 1, 1), date(2100, 12, 31)), month=st.integers(1, 12))
def test_the_next_quarter_begins_the_day_after_this_one(day: date, month: int) -> None:
    this, following = period("this_quarter", day, month), period("next_quarter", day, month)
    assert this.last is not None
    assert following.first == this.last + timedelta(days=1)


def test_a_probability_follows_the_stage_unless_it_is_given() -> None:
    assert with_stage(STAGES[2], None)["Probability"] == Decimal(75)
    assert with_stage(STAGES[2], Decimal(35)) == {
        "StageName": "Quote",
        "Probability": Decimal(35),
        "ForecastCategoryName": "Commit",
    }


def test_only_what_differs_is_an_edit() -> None:
    assert changed({"Name": "a", "Amount": Decimal("10.00")}, {"Name": "a", "Amount": Decimal(10)}) == {}
    assert changed({"Name": "a"}, {"Name": "b", "NextStep": None}) == {"Name": "b"}


def test_a_path_tells_been_skipped_now_and_not_yet() -> None:
    entered = (
        Visit(NOON - timedelta(days=30), "Prospecting"),
        Visit(NOON - timedelta(days=10), "Quote"),
        Visit(NOON - timedelta(days=6), "Prospecting"),
        Visit(NOON - timedelta(days=2), "Quote"),
    )
    found = {step.stage: step for step in steps(STAGES, entered, "Quote", NOON)}
    assert (found["Prospecting"].state, found["Prospecting"].days, found["Prospecting"].visits) == (BEEN, 24, 2)
    assert (found["Qualification"].state, found["Qualification"].days) == (SKIPPED, None)
    assert (found["Quote"].state, found["Quote"].days, found["Quote"].visits) == (NOW, 6, 2)
    assert found["Won"].state == NOT_YET
    assert "Old" not in found, "a stage that is switched off is shown only to deals that were in it"


def test_a_deal_lost_early_skipped_nothing_after_it() -> None:
    entered = (Visit(NOON - timedelta(days=9), "Prospecting"), Visit(NOON - timedelta(days=1), "Lost"))
    found = {step.stage: step for step in steps(STAGES, entered, "Lost", NOON)}
    assert found["Lost"].state == NOW
    assert found["Lost"].days is None
    assert found["Qualification"].state == NOT_YET
    assert found["Won"].state == NOT_YET
