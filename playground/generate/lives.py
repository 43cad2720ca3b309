"""The life of one generated deal, told forward from its creation: it is won, lost, or nobody touches it any longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from playground.generate.seasons import likely_close, quarter_end
from playground.generate.workforce import Rep
from playground.seed.journey import Deal, Role, Step, by_time, live, opening
from playground.seed.moments import QUIET_BEFORE_NOW, in_order, work_moment, work_moment_between
from playground.seed.names import PRODUCTS
from playground.seed.random_deals import (
    days_in_stage,
    forecast_override,
    next_steps,
    other_amount,
    path_to,
    random_roles,
)
from playground.seed.stages import OPEN_STAGES

_STALLS = 0.08
_PASSES = 0.5
"""How likely a deal stops at a stage on its way: sales people in a hurry skip half of them."""
_CLEANED_UP = 0.8
"""The share of stalled deals that are closed as lost in the end."""
_MOST_PUSHES = 8
_QUIET = timedelta(days=45)
"""A deal whose stage has not moved for so long may be one that nobody works on."""
_SMALLEST, _LARGEST = 1_500.0, 900_000.0


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom a deal is with."""

    name: str
    contacts: tuple[str, ...]
    returning: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a deal goes: the stages with their moments, as far as they have come, and how it ended, if it has."""

    path: tuple[str, ...]
    moments: tuple[datetime, ...]
    outcome: str | None
    ended: datetime | None


def deal(rng: Random, now: datetime, created: datetime, rep: Rep, heir: Rep, buyer: Buyer) -> Deal:
    """A deal that ``rep`` began; ``heir`` takes over what is open when the rep has left."""
    latest = now - QUIET_BEFORE_NOW
    quantity, product, amount = _wanted(rng, rep, returning=buyer.returning)
    plan = _plan(rng, latest, created, rep, returning=buyer.returning)
    end = plan.ended or latest
    first_amount, steps = _amount_moves(rng, created, end, amount)
    first_close, close_moves = _close_moves(rng, rep, created, end)
    steps += close_moves
    steps += [Step(at, {"stage": stage}) for at, stage in zip(plan.moments[1:], plan.path[1:], strict=True)]
    steps += next_steps(rng, created, end)
    override = forecast_override(rng, plan.path[-1])
    if override and plan.moments[-1] < end:
        steps.append(Step(work_moment_between(rng, plan.moments[-1], end), override))
    if rep.left and rep.left < end:
        steps.append(Step(rep.left - timedelta(hours=rng.randint(1, 40)), {"owner": heir.key}))
    steps = [step for step in by_time(steps) if created < step.at < end]
    if plan.ended and plan.outcome:
        steps.append(Step(plan.ended, {"stage": plan.outcome, "close": plan.ended.date()}))
    quiet = latest - plan.moments[-1]
    return Deal(
        account=buyer.name,
        quantity=quantity,
        product=product,
        created=created,
        first=opening(plan.path[0], first_amount, first_close, rep.key),
        saves=live(opening(plan.path[0], first_amount, first_close, rep.key), created, steps),
        roles=_roles(rng, buyer, len(plan.path)),
        priority=plan.ended is None and rng.random() < 0.05,
        quiet_days=quiet.days - 10 if quiet > _QUIET and rng.random() < 0.7 else 0,
        returning=buyer.returning,
    )


def _wanted(rng: Random, rep: Rep, *, returning: bool) -> tuple[int, str, float]:
    """Quantity, product and amount of an order. Who has bought before buys more."""
    product, price = rng.choice(PRODUCTS)
    usual = rng.lognormvariate(10.1, 1.0) * rep.size * (1.4 if returning else 1.0)
    quantity = max(15, round(min(_LARGEST, max(_SMALLEST, usual)) / price / 5) * 5)
    amount = round(quantity * price * rng.uniform(0.84, 1.0) / 50) * 50.0
    return quantity, product, amount + (0.5 if rng.random() < 0.04 else 0.0)


def _plan(rng: Random, latest: datetime, created: datetime, rep: Rep, *, returning: bool) -> Plan:
    wins = rep.wins + (0.18 if returning else 0.0)
    dice = rng.random()
    if dice < wins:
        return _walk(rng, latest, created, rep, OPEN_STAGES[-1], "Closed Won")
    if dice < wins + _STALLS:
        return _stall(rng, latest, _walk(rng, latest, created, rep, rng.choice(OPEN_STAGES), None))
    reached = OPEN_STAGES[int(len(OPEN_STAGES) * rng.random() ** 1.5)]
    return _walk(rng, latest, created, rep, reached, "Closed Lost")


def _walk(rng: Random, latest: datetime, created: datetime, rep: Rep, reached: str, outcome: str | None) -> Plan:
    """Go from stage to stage up to ``reached`` and to the outcome, or as far as there was time."""
    path = path_to(rng, reached, _PASSES)
    if len(path) == 1 and rng.random() < 0.3:
        path = (OPEN_STAGES[0], reached) if reached != OPEN_STAGES[0] else path
    moments = [created]
    for number in range(len(path)):
        at = moments[-1] + timedelta(days=days_in_stage(rng, number) * rep.pace * rng.lognormvariate(0.2, 0.5))
        is_last = number == len(path) - 1
        if is_last and outcome is None:
            break
        day = at.date()
        if is_last and rng.random() < (0.55 if outcome == "Closed Won" else 0.25):
            day = max(day, quarter_end(rng, day))
        moment = max(_at_work(rng, day), moments[-1] + timedelta(minutes=7))
        if moment >= latest:
            return Plan(path[: number + 1], tuple(in_order(moments)), None, None)
        if is_last:
            return Plan(path, tuple(in_order(moments)), outcome, moment)
        moments.append(moment)
    return Plan(path, tuple(in_order(moments)), None, None)


def _stall(rng: Random, latest: datetime, plan: Plan) -> Plan:
    """Nobody touches it any longer, until it is found and closed, or for good."""
    found = _at_work(rng, (plan.moments[-1] + timedelta(days=rng.uniform(120, 420))).date())
    if found >= latest or rng.random() >= _CLEANED_UP:
        return plan
    return Plan(plan.path, plan.moments, "Closed Lost", found)


def _close_moves(rng: Random, rep: Rep, created: datetime, end: datetime) -> tuple[date, list[Step]]:
    """The first close date, and how it was moved until ``end``: pushed again and again, or left to pass."""
    planned = likely_close(rng, (created + timedelta(days=rng.lognormvariate(4.1, 0.5) * rep.pace)).date())
    planned = max(planned, created.date())
    first, last = planned, end.date()
    steps: list[Step] = []
    at = created
    while planned < last and len(steps) < _MOST_PUSHES and rng.random() < rep.diligence:
        at = max(at + timedelta(hours=1), _at_work(rng, planned - timedelta(days=rng.randint(0, 6))))
        if rng.random() < 0.08:
            planned = max(at.date(), planned - timedelta(days=rng.randint(3, 20)))
        else:
            planned = likely_close(rng, max(planned, at.date()) + timedelta(days=rng.randint(10, 55)))
        steps.append(Step(at, {"close": planned}))
    return first, steps


def _amount_moves(rng: Random, created: datetime, end: datetime, amount: float) -> tuple[float | None, list[Step]]:
    dice = rng.random()
    if dice < 0.5 or end <= created:
        return amount, []
    if dice < 0.53:
        return None, []
    first = None if dice < 0.68 else other_amount(rng, amount, "increased" if rng.random() < 0.4 else "decreased")
    return first, [Step(work_moment_between(rng, created, end), {"amount": amount})]


def _roles(rng: Random, buyer: Buyer, stages: int) -> tuple[Role, ...]:
    return random_roles(rng, buyer.contacts, stages) if buyer.contacts else ()


def _at_work(rng: Random, day: date) -> datetime:
    """Some moment of work on that day, or on the Friday before a weekend."""
    around = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    return work_moment(rng, around, around)
