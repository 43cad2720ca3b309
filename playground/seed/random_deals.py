"""Deals that chance writes: open ones in every stage, won and lost ones over the past year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from playground.seed.customers import Customers
from playground.seed.journey import Deal, Role, Step, by_time, live, opening
from playground.seed.moments import (
    QUIET_BEFORE_NOW,
    day_between,
    in_order,
    next_quarter_start,
    org_today,
    quarter_start,
    work_moment,
    work_moment_between,
    working_day,
)
from playground.seed.names import COMPANIES, GET_CLOUDY_WEST, NEXT_STEPS, PRODUCTS
from playground.seed.stages import OPEN_STAGES

WEEK = timedelta(days=7)

OPEN_BY_STAGE = {
    "Prospecting": 27,
    "Qualification": 29,
    "Needs Analysis": 30,
    "Value Proposition": 24,
    "Id. Decision Makers": 20,
    "Perception Analysis": 18,
    "Proposal/Price Quote": 23,
    "Negotiation/Review": 17,
}
WON, LOST = 61, 44
"""Closed deals, of which these closed in the last week and in the three weeks before it."""
WON_RECENTLY, LOST_RECENTLY = (6, 10), (4, 7)

RECENT = (
    *(("new this week",) * 9),
    *(("new this month",) * 20),
    *(("increased",) * 10),
    *(("decreased",) * 8),
    *(("moved out",) * 8),
    *(("moved in",) * 7),
    *(("advanced",) * 14),
    *(("stepped back",) * 4),
    *(("overdue",) * 13),
)
"""What happened lately to the first so many open deals; to the others, whatever chance brings."""

EXERCISE_QUANTITY = 35
"""Only the learner's own deal is about so many pairs."""

HANDED_OVER = 0.07
"""The share of open deals, among those with no recent event, that another owner began."""

_FITTING = {
    "new this week": OPEN_STAGES[:4],
    "new this month": OPEN_STAGES[:4],
    "advanced": OPEN_STAGES[1:],
    "stepped back": OPEN_STAGES[:-1],
}
"""The stages that a deal with such a recent event can be in, where not every stage can."""

_DAYS_IN_STAGE = (6, 9, 12, 10, 11, 8, 13, 10)
_FORECASTS = {
    "Id. Decision Makers": (("Best Case", 0.22),),
    "Perception Analysis": (("Best Case", 0.35), ("Most Likely", 0.15)),
    "Proposal/Price Quote": (("Best Case", 0.25), ("Most Likely", 0.35), ("Commit", 0.1)),
    "Negotiation/Review": (("Most Likely", 0.15), ("Commit", 0.65)),
}
_ROLES = (
    ("Business User", 5),
    ("Decision Maker", 6),
    ("Economic Buyer", 4),
    ("Economic Decision Maker", 2),
    ("Evaluator", 5),
    ("Executive Sponsor", 2),
    ("Influencer", 5),
    ("Technical Buyer", 2),
    ("Other", 1),
)
_ROLE_NAMES = tuple(name for name, weight in _ROLES for _ in range(weight))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all deals of one run share."""

    rng: Random
    now: datetime
    customers: Customers

    @property
    def latest(self) -> datetime:
        return self.now - QUIET_BEFORE_NOW

    @property
    def today(self) -> date:
        return org_today(self.now)

    def ago(self, days: float) -> datetime:
        return work_moment(self.rng, self.now - timedelta(days=days), self.latest)

    def this_week(self) -> datetime:
        return work_moment_between(self.rng, self.now - WEEK + timedelta(hours=12), self.latest)


@dataclass(frozen=True, slots=True)
class _Order:
    """Who would buy what, from whom, for how much."""

    account: str
    owner: str
    quantity: int
    product: str
    amount: float


def random_deals(rng: Random, now: datetime, customers: Customers, taken: set[str]) -> list[Deal]:
    """About three hundred deals, none of them named as one in ``taken``."""
    frame = _Frame(rng, now, customers)
    names = set(taken)
    deals = [_open_deal(frame, _order(frame, names), stage, event) for stage, event in _open_cases(rng)]
    for outcome, total, recently in (("Closed Won", WON, WON_RECENTLY), ("Closed Lost", LOST, LOST_RECENTLY)):
        for number in range(total):
            deals.append(_closed_deal(frame, _order(frame, names), outcome, _closing_moment(frame, number, recently)))
    return deals


def _open_cases(rng: Random) -> list[tuple[str, str | None]]:
    """Stage and recent event of every open deal. What is new is in an early stage, what moved can have moved."""
    stages = [stage for stage, number in OPEN_BY_STAGE.items() for _ in range(number)]
    rng.shuffle(stages)
    cases: list[tuple[str, str | None]] = []
    for event in RECENT:
        fitting = _FITTING.get(event, OPEN_STAGES)
        stage = next(name for name in stages if name in fitting)
        stages.remove(stage)
        cases.append((stage, event))
    cases.extend((stage, None) for stage in stages)
    return cases


def _order(frame: _Frame, names: set[str]) -> _Order:
    """A new order, under a name that no other deal has."""
    rng = frame.rng
    while True:
        company = rng.choice(COMPANIES)
        if company.name == GET_CLOUDY_WEST:
            continue  # its deals are written by hand: the exercise happens there
        product, price = rng.choice(PRODUCTS)
        amount = min(300_000.0, max(3_000.0, rng.lognormvariate(10.6, 0.95)))
        quantity = max(25, round(amount / price / 5) * 5)
        amount = round(quantity * price * rng.uniform(0.86, 1.0) / 50) * 50.0
        amount = min(300_000.0, max(3_000.0, amount))
        name = f"{company.name} - {quantity:,} {product}"
        if name in names or quantity == EXERCISE_QUANTITY:
            continue
        names.add(name)
        owner = company.owner
        if owner == "sofia" and rng.random() < 0.4:
            owner = "kofi"
        return _Order(company.name, owner, quantity, product, amount + (0.5 if rng.random() < 0.04 else 0.0))


def _open_deal(frame: _Frame, order: _Order, stage: str, event: str | None) -> Deal:
    rng = frame.rng
    path, moments = _stage_moves(frame, stage, event)
    created = moments[0]
    close = _close_date(frame, event)
    first_close, steps = _close_moves(frame, created, close, event)
    amount = None if event is None and rng.random() < 0.07 else order.amount
    first_amount, amount_steps = _amount_moves(frame, created, amount, event)
    steps.extend(amount_steps)
    steps.extend(Step(at, {"stage": name}) for name, at in zip(path[1:], moments[1:], strict=True))
    steps.extend(next_steps(rng, created, frame.latest))
    override = forecast_override(rng, stage)
    if override:
        steps.append(Step(work_moment_between(rng, moments[-1] + timedelta(minutes=5), frame.latest), override))
    first_owner = order.owner
    if event is None and rng.random() < HANDED_OVER:
        first_owner = rng.choice([name for name in ("sofia", "kofi", "jonas", "priya") if name != order.owner])
        handed = work_moment_between(rng, created, max(created, frame.ago(8)))
        steps.append(Step(handed, {"owner": order.owner}))
    first = opening(path[0], first_amount, first_close, first_owner)
    return Deal(
        account=order.account,
        quantity=order.quantity,
        product=order.product,
        created=created,
        first=first,
        saves=live(first, created, by_time(steps)),
        roles=random_roles(rng, frame.customers.contact_ids(order.account), len(path)),
        priority=rng.random() < 0.06,
        quiet_days=rng.choice((0, 0, 0, 0, 16, 24, 40)),
        returning=rng.random() < 0.4,
    )


def _stage_moves(frame: _Frame, stage: str, event: str | None) -> tuple[tuple[str, ...], list[datetime]]:
    """The stages that the deal went through up to ``stage``, and when it entered each; the first is its creation."""
    rng = frame.rng
    if event in ("new this week", "new this month"):
        path: tuple[str, ...] = (stage,)
        if stage != OPEN_STAGES[0] and rng.random() < 0.4:
            path = (OPEN_STAGES[0], stage)
        if event == "new this week":
            created = work_moment_between(rng, frame.now - timedelta(days=6, hours=12), frame.latest)
        else:
            created = work_moment_between(rng, frame.now - timedelta(days=29), frame.now - WEEK)
        return path, in_order([created, *(work_moment_between(rng, created, frame.latest) for _ in path[1:])])
    since = _days_in_current_stage(rng, event)
    if event not in ("advanced", "stepped back"):
        path = path_to(rng, stage)
        return path, in_order(frame.ago(days) for days in _entries(rng, since, path))
    neighbour = OPEN_STAGES[OPEN_STAGES.index(stage) + (-1 if event == "advanced" else 1)]
    path = path_to(rng, neighbour)
    return (*path, stage), in_order([*(frame.ago(days) for days in _entries(rng, since, path)), frame.this_week()])


def _amount_moves(
    frame: _Frame, created: datetime, amount: float | None, event: str | None
) -> tuple[float | None, list[Step]]:
    """The amount that the deal began with, and what led from there to ``amount``."""
    rng = frame.rng
    if amount is not None and event in ("increased", "decreased"):
        return other_amount(rng, amount, event), [Step(frame.this_week(), {"amount": amount})]
    if amount is None or event is not None or rng.random() < 0.55:
        return amount, []
    until = max(created, frame.ago(8))
    before = None if rng.random() < 0.2 else other_amount(rng, amount, rng.choice(("increased", "decreased")))
    return before, [Step(work_moment_between(rng, created, until), {"amount": amount})]


def _closed_deal(frame: _Frame, order: _Order, outcome: str, closed: datetime) -> Deal:
    rng = frame.rng
    reached = "Negotiation/Review" if outcome == "Closed Won" else rng.choice(OPEN_STAGES[1:])
    path = (*path_to(rng, reached), outcome)
    days_ago = (frame.now - closed).total_seconds() / 86400
    entered = _entries(rng, days_ago, path)
    moments = in_order(frame.ago(days) for days in entered[:-1])
    created = moments[0]
    steps = [Step(at, {"stage": name}) for name, at in zip(path[1:-1], moments[1:], strict=True)]
    steps.extend(next_steps(rng, created, closed))
    first_amount = order.amount
    if rng.random() < 0.5:
        first_amount = other_amount(rng, order.amount, rng.choice(("increased", "decreased", "decreased")))
        steps.append(Step(work_moment_between(rng, created, closed), {"amount": order.amount}))
    close = closed.date()
    first_close = close
    if rng.random() < 0.5:
        first_close = working_day(close + timedelta(days=rng.randint(-25, 25)))
        later = working_day(first_close + timedelta(days=rng.randint(5, 35)))
        steps.append(Step(work_moment_between(rng, created, closed), {"close": later}))
    steps = [step for step in by_time(steps) if step.at < closed]
    steps.append(Step(closed, {"stage": outcome, "close": close}))
    owner = "owen" if days_ago > 100 and order.owner in ("sofia", "kofi") and rng.random() < 0.5 else order.owner
    first = opening(path[0], first_amount, first_close, owner)
    return Deal(
        account=order.account,
        quantity=order.quantity,
        product=order.product,
        created=created,
        first=first,
        saves=live(first, created, steps),
        roles=random_roles(rng, frame.customers.contact_ids(order.account), len(path)),
        returning=rng.random() < 0.4,
    )


def random_roles(rng: Random, people: Sequence[str], stages: int) -> tuple[Role, ...]:
    """Contact roles of a deal that has been through so many stages: at most one primary, sometimes nobody at all.

    ``people`` are the ids of the account's contacts."""
    wanted = min(len(people), rng.choice((1, 1, 2, 2, 3)) + (1 if stages > 3 and rng.random() < 0.6 else 0))
    if stages <= 2 and rng.random() < 0.2:
        return ()
    chosen = rng.sample(people, wanted)
    primary = None if rng.random() < 0.03 else chosen[0]
    roles = [Role(person, rng.choice(_ROLE_NAMES), person == primary) for person in chosen]
    if primary is not None and rng.random() < 0.06:
        roles[0] = Role(primary, None, True)
    if len(roles) > 1 and rng.random() < 0.02:
        twice = roles[-1]
        roles.append(Role(twice.contact, "Other" if twice.role != "Other" else "Influencer", False))
    return tuple(roles)


def path_to(rng: Random, stage: str, passes: float = 0.78) -> tuple[str, ...]:
    """The stages a deal went through to get to this one; some are skipped, and not every deal began at the first.

    ``passes`` is how likely it stopped at each of them."""
    before = OPEN_STAGES[: OPEN_STAGES.index(stage)]
    kept = [name for number, name in enumerate(before) if number == 0 or rng.random() < passes]
    if len(kept) > 1 and rng.random() < 0.25:
        kept = kept[1:]
    return (*kept, stage)


def _entries(rng: Random, since: float, path: tuple[str, ...]) -> list[float]:
    """How many days ago each stage of the path was entered, the last one ``since`` days ago."""
    entered = [since]
    for number in range(len(path) - 1, 0, -1):
        entered.insert(0, entered[0] + days_in_stage(rng, number))
    return entered


def days_in_stage(rng: Random, number: int) -> float:
    """How long a deal stays in the ``number``-th stage of its path."""
    return max(1.0, rng.gauss(_DAYS_IN_STAGE[number % 8], 4.0))


def _days_in_current_stage(rng: Random, event: str | None) -> float:
    if event in ("increased", "decreased", "moved out", "moved in", "advanced", "stepped back"):
        return rng.uniform(8, 30)
    if event == "overdue":
        return rng.uniform(15, 60)
    return rng.choice((rng.uniform(0.3, 10), rng.uniform(8, 30), rng.uniform(8, 30), rng.uniform(25, 85)))


def _close_date(frame: _Frame, event: str | None) -> date:
    rng, today = frame.rng, frame.today
    following = next_quarter_start(today)
    after_that = next_quarter_start(following)
    this = (min(today, following - timedelta(days=2)) + timedelta(days=1), following - timedelta(days=1))
    then = (following, after_that - timedelta(days=1))
    late = (after_that, next_quarter_start(after_that) - timedelta(days=1))
    if event == "overdue":
        return working_day(today - timedelta(days=rng.randint(1, 34)))
    if event == "moved in":
        return max(today, working_day(day_between(rng, *this)))
    if event == "moved out":
        return working_day(day_between(rng, following + timedelta(days=4), then[1]))
    span = rng.choices((this, then, late), weights=(55, 34, 11) if event else (50, 36, 14))[0]
    return max(today, working_day(day_between(rng, *span)))


def _close_moves(frame: _Frame, created: datetime, close: date, event: str | None) -> tuple[date, list[Step]]:
    """The close date that the deal began with, and the moves from there to ``close``."""
    rng, today = frame.rng, frame.today
    following = next_quarter_start(today)
    if event == "moved out":
        before = working_day(day_between(rng, today - timedelta(days=5), following))
        before = min(max(before, quarter_start(today)), following - timedelta(days=1))
        return before, [Step(frame.this_week(), {"close": close})]
    if event == "moved in":
        before = working_day(following + timedelta(days=rng.randint(4, 50)))
        return before, [Step(frame.this_week(), {"close": close})]
    if event in ("new this week", "new this month") or rng.random() < 0.45:
        return close, []
    until = frame.ago(8)
    if until <= created:
        return close, []
    pushes = _moments_between(rng, created, until, rng.choice((1, 1, 1, 2, 2, 3)))
    dates = [close]
    for _ in pushes:
        days = rng.randint(6, 32) if rng.random() < 0.8 else -rng.randint(4, 20)
        dates.insert(0, working_day(dates[0] - timedelta(days=days)))
    if dates[0] <= created.date():
        return close, []
    return dates[0], [Step(at, {"close": day}) for at, day in zip(pushes, dates[1:], strict=True)]


def _moments_between(rng: Random, first: datetime, last: datetime, number: int) -> list[datetime]:
    """So many moments of work between two times, ascending."""
    return in_order(work_moment_between(rng, first, last) for _ in range(number))


def other_amount(rng: Random, amount: float, event: str) -> float:
    """An amount from which ``event`` leads to this one."""
    factor = rng.uniform(0.62, 0.92) if event == "increased" else rng.uniform(1.08, 1.35)
    return round(amount * factor / 100) * 100.0


def next_steps(rng: Random, created: datetime, end: datetime) -> list[Step]:
    moments = _moments_between(rng, created, end, rng.choice((0, 1, 1, 1, 2, 2, 3)))
    return [Step(at, {"next_step": rng.choice(NEXT_STEPS)}) for at in moments]


def forecast_override(rng: Random, stage: str) -> dict[str, object] | None:
    """A forecast category set by hand, now and then with a probability set in the same save."""
    dice = rng.random()
    for name, share in _FORECASTS.get(stage, ()):
        if dice < share:
            by_hand: dict[str, object] = {"forecast": name}
            if rng.random() < 0.2:
                by_hand["probability"] = rng.choice((65, 80, 85, 95))
            return by_hand
        dice -= share
    return None


def _closing_moment(frame: _Frame, number: int, recently: tuple[int, int]) -> datetime:
    last_week, before = recently
    if number < last_week:
        return frame.this_week()
    if number < last_week + before:
        return work_moment_between(frame.rng, frame.now - timedelta(days=29), frame.now - WEEK)
    return frame.ago(frame.rng.uniform(30, 420))
