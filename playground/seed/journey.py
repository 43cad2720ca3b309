"""The life of one deal: what it began as, and every save since, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from playground.seed.moments import in_order
from playground.seed.stages import STAGE_BY_NAME


@dataclass(frozen=True, slots=True)
class State:
    """What a deal looks like between two saves. ``owner`` is a key of the cast's people."""

    stage: str
    amount: float | None
    close: date
    owner: str
    probability: int
    forecast: str
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A save to come: the fields of :class:`State` that it sets."""

    at: datetime
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Save:
    """A save that changed something: what the deal was, and what it became."""

    at: datetime
    by: str
    before: State
    after: State


@dataclass(frozen=True, slots=True)
class Role:
    """A contact role to be. ``contact`` is an id."""

    contact: str
    role: str | None
    primary: bool


@dataclass(frozen=True, slots=True)
class Deal:
    """All that the rows of an opportunity are made from."""

    account: str
    quantity: int
    product: str
    created: datetime
    first: State
    saves: tuple[Save, ...]
    roles: tuple[Role, ...]
    priority: bool = False
    quiet_days: int = 0
    """No activity in the last so many days."""
    returning: bool = False
    """Whether the account bought before."""

    @property
    def name(self) -> str:
        return f"{self.account} - {self.quantity:,} {self.product}"

    @property
    def last(self) -> State:
        return self.saves[-1].after if self.saves else self.first

    @property
    def entered_stage(self) -> datetime:
        """When the current stage was set; the creation if it never changed."""
        moves = [save.at for save in self.saves if save.before.stage != save.after.stage]
        return moves[-1] if moves else self.created


def opening(stage: str, amount: float | None, close: date, owner: str, next_step: str | None = None) -> State:
    """A deal as its first save leaves it: the stage sets probability and forecast category."""
    known = STAGE_BY_NAME[stage]
    return State(stage, amount, close, owner, known.probability, known.forecast, next_step)


def after_save(before: State, changes: Mapping[str, Any]) -> State:
    """The state after one save. A new stage sets probability and forecast category unless the save sets them too."""
    derived: dict[str, Any] = {}
    stage = changes.get("stage", before.stage)
    if stage != before.stage:
        known = STAGE_BY_NAME[stage]
        derived = {"probability": known.probability, "forecast": known.forecast}
    return replace(before, **{**derived, **changes})


def live(first: State, created: datetime, steps: Sequence[Step]) -> tuple[Save, ...]:
    """Play the steps in the order given, at their times put in order; saves that change nothing did not happen."""
    saves: list[Save] = []
    state = first
    moments = in_order([created, *(step.at for step in steps)])[1:]
    for at, step in zip(moments, steps, strict=True):
        after = after_save(state, step.changes)
        if after != state:
            saves.append(Save(at, state.owner, state, after))
            state = after
    return tuple(saves)


def by_time(steps: Iterable[Step]) -> list[Step]:
    """The steps in the order in which they happen."""
    return sorted(steps, key=lambda step: step.at)
