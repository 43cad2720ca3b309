"""Forecast-category cards of the present moment. Pure: buckets in, cards out (pipeline paper 10.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.deals import LOST, OMITTED, OPEN, WON, Bucket, Total, add_up

COMMIT, MOST_LIKELY, BEST_CASE, PIPELINE = "Commit", "Most Likely", "Best Case", "Pipeline"

OPEN_CATEGORIES = (COMMIT, MOST_LIKELY, BEST_CASE, PIPELINE)

LEVELS = {PIPELINE: 1, BEST_CASE: 2, MOST_LIKELY: 3, COMMIT: 4, "Closed": 4}
"""How many of the four small bars are filled."""

CUMULATIVE, SINGLE = "cumulative", "single"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deals a card counts: statuses, and for open ones the categories (empty: all but Omitted)."""

    status: tuple[str, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One cell of the strip: its key, what it counts, and the sum."""

    key: str
    selection: Selection
    total: Total


def selections(mode: str) -> dict[str, Selection]:
    """What each card counts, in the order of the strip.

    Cumulative cards add everything that is more certain: Commit holds Closed Won, and so on down.
    """
    ends = {"closed_won": Selection((WON,)), "closed_lost": Selection((LOST,))}
    if mode == SINGLE:
        single = {_key(name): Selection((OPEN,), (name,)) for name in OPEN_CATEGORIES}
        return {
            "total": Selection((WON, OPEN)),
            "closed_won": ends["closed_won"],
            **single,
            "closed_lost": ends["closed_lost"],
        }
    held = {_key(name): Selection((WON, OPEN), OPEN_CATEGORIES[: n + 1]) for n, name in enumerate(OPEN_CATEGORIES[:3])}
    return {
        "total": Selection((WON, OPEN)),
        "closed_won": ends["closed_won"],
        **held,
        "open_pipeline": Selection((OPEN,)),
        "closed_lost": ends["closed_lost"],
    }


def cards(buckets: Sequence[Bucket], mode: str) -> tuple[Card, ...]:
    """The strip."""
    return tuple(
        Card(key, selection, add_up([bucket for bucket in buckets if counts(selection, bucket)]))
        for key, selection in selections(mode).items()
    )


def counts(selection: Selection, bucket: Bucket) -> bool:
    """Whether a selection counts the deals of a bucket."""
    if bucket.closed:
        return (WON if bucket.won else LOST) in selection.status
    if OPEN not in selection.status or bucket.category == OMITTED:
        return False
    return not selection.categories or bucket.category in selection.categories


def omitted(buckets: Sequence[Bucket]) -> Total:
    """Open deals that no card counts."""
    return add_up([bucket for bucket in buckets if not bucket.closed and bucket.category == OMITTED])


def _key(category: str) -> str:
    return category.lower().replace(" ", "_")
