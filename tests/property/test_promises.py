"""The promises of the sync core on related records: one is drawn, and perturbed once for each side."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.sync import plan as planner
from mapping.record import Record
from tests.property.promises import PROMISES, Three, examine

TEXT = st.sampled_from([None, "", " ", "a", "a ", "b", "Ä", "a\r\nb", "a\nb"])
ODDS = st.sampled_from([None, Decimal(0), Decimal("0.0"), Decimal(10), Decimal("10.00"), Decimal("10.1")])
RECORDS = st.fixed_dictionaries({"Note": TEXT, "Stage": TEXT, "Odds": ODDS})


@st.composite
def perturbed(draw: st.DrawFn, record: Record) -> Record | None:
    """The record as it was, edited in some fields, or gone."""
    match draw(st.sampled_from(["kept", "edited", "edited", "gone"])):
        case "kept":
            return dict(record)
        case "gone":
            return None
        case _:
            other = draw(RECORDS)
            names = draw(st.sets(st.sampled_from(sorted(record)), min_size=1))
            return {name: other[name] if name in names else held for name, held in record.items()}


@st.composite
def threes(draw: st.DrawFn) -> Three:
    """A base that both sides are perturbed from, sometimes forgotten."""
    origin = draw(RECORDS)
    base = origin if draw(st.integers(0, 4)) else None
    return Three(base, draw(perturbed(origin)), draw(perturbed(origin)))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_the_planner_keeps_its_promise(promise: Callable[[ModuleType, Three], None]) -> None:
    @given(threes())
    @settings(max_examples=300, deadline=None)
    def law(three: Three) -> None:
        promise(planner, three)

    law()


def test_every_promise_holds_in_every_small_case() -> None:
    examine()
