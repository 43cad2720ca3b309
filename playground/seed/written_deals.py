"""Deals that are written by hand, so that a pipeline page always has something of everything to show.

Owen has left, and nobody has taken over his deal. Times are days before ``now``; close dates are days from today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from playground.seed.customers import Customers
from playground.seed.journey import Deal, Role, Step, by_time, live, opening
from playground.seed.moments import QUIET_BEFORE_NOW, in_order, org_today, work_moment
from playground.seed.names import GET_CLOUDY, GET_CLOUDY_EAST, GET_CLOUDY_WEST
from playground.seed.random_deals import random_roles


@dataclass(frozen=True, slots=True)
class Script:
    """One deal. Each list of pairs is (days ago, value), oldest first; the first value is what the deal began with."""

    account: str
    quantity: int
    product: str
    owner: str
    stages: Sequence[tuple[float, str]]
    amounts: Sequence[tuple[float, float | None]]
    closes: Sequence[tuple[float, int]]
    next_steps: Sequence[tuple[float, str | None]] = ()
    forecast: tuple[float, str, int | None] | None = None
    """Days ago, category, and the probability if it was set too."""
    roles: Sequence[tuple[str, str | None]] = ()
    """Contacts by full name, the primary one first; empty: whoever the account has."""
    priority: bool = False
    quiet_days: int = 0
    returning: bool = True


SCRIPTS = (
    Script(
        "Saffron Air", 2030, "Team Kit Shoes", "ada",
        stages=(
            (110, "Prospecting"), (101, "Qualification"), (87, "Needs Analysis"), (75, "Id. Decision Makers"),
            (63, "Needs Analysis"), (54, "Proposal/Price Quote"), (38, "Negotiation/Review"),
        ),
        amounts=((110, 186_000.0), (5, 240_000.0)),
        closes=((110, -31), (45, -18), (21, -3), (7, 7)),
        next_steps=((38, "Quote v3 to procurement"), (6, "Send revised quote")),
        forecast=(37, "Commit", None),
        roles=(("Ruth Alder", "Business User"), ("Sam Ito", "Evaluator")),
        priority=True,
    ),
    Script(
        "Saffron Air", 640, "Recovery Slides", "ada",
        stages=(
            (250, "Qualification"), (238, "Needs Analysis"), (221, "Proposal/Price Quote"), (205, "Closed Won"),
        ),
        amounts=((250, 13_800.0), (210, 15_050.0)),
        closes=((250, -200), (205, -205)),
        roles=(("Ines Duarte", "Decision Maker"), ("Sam Ito", "Evaluator")),
    ),
    Script(
        "Saffron Air", 910, "Staff Trainers", "ada",
        stages=(
            (170, "Prospecting"), (160, "Needs Analysis"), (140, "Id. Decision Makers"),
            (125, "Negotiation/Review"), (101, "Closed Won"),
        ),
        amounts=((170, 58_500.0),),
        closes=((170, -110), (101, -101)),
        roles=(("Ines Duarte", "Decision Maker"), ("Ruth Alder", "Business User")),
    ),
    Script(
        "Halden University", 1375, "Custom Sneakers", "ada",
        stages=((96, "Prospecting"), (83, "Needs Analysis"), (60, "Value Proposition"), (38, "Perception Analysis")),
        amounts=((96, 131_000.0), (6, 162_500.0)),
        closes=((96, 8), (40, 20), (15, 38)),
        next_steps=((9, "Fit day with 6 staff"),),
        forecast=(30, "Most Likely", None),
    ),
    Script(
        "Redstart Athletics", 1005, "Court Shoes", "ada",
        stages=(
            (71, "Qualification"), (58, "Value Proposition"), (29, "Proposal/Price Quote"), (4, "Negotiation/Review"),
        ),
        amounts=((71, 155_000.0), (3, 119_000.0)),
        closes=((71, 11), (29, 23)),
        next_steps=((4, "Legal to confirm terms"),),
        forecast=(3.5, "Commit", None),
    ),
    Script(
        "Two Rivers Council", 885, "Court Shoes", "priya",
        stages=(
            (84, "Prospecting"), (70, "Needs Analysis"), (44, "Id. Decision Makers"), (20, "Perception Analysis"),
            (2, "Id. Decision Makers"),
        ),
        amounts=((84, 104_500.0),),
        closes=((84, -6), (40, 14), (18, 31)),
        next_steps=((12, "Sample box to HQ"),),
        forecast=(1.5, "Best Case", None),
        priority=True,
    ),
    Script(
        "Two Rivers Council", 810, "Trail Runners", "tomas",
        stages=(
            (92, "Prospecting"), (77, "Value Proposition"), (31, "Proposal/Price Quote"), (2, "Negotiation/Review"),
        ),
        amounts=((92, 96_000.0),),
        closes=((92, -20), (60, 12), (33, 53), (3, 28)),
        next_steps=((6, "Send revised quote"),),
        forecast=(1.5, "Commit", None),
    ),
    Script(
        "Maple Row Clinics", 640, "Court Shoes", "priya",
        stages=((64, "Qualification"), (50, "Needs Analysis"), (22, "Id. Decision Makers")),
        amounts=((64, 88_400.0), (3, 76_000.0)),
        closes=((64, -12), (26, 10)),
        forecast=(20, "Best Case", None),
        quiet_days=24,
    ),
    Script(
        "Meridian Cruise Line", 550, "Court Shoes", "ada",
        stages=((40, "Prospecting"), (24, "Needs Analysis"), (9, "Value Proposition")),
        amounts=((40, 64_900.0),),
        closes=((40, 2), (4, 13)),
        next_steps=((8, "Fit day with 6 staff"),),
        forecast=(8, "Best Case", None),
    ),
    Script(
        "Juniper Transit", 545, "Trail Runners", "mei",
        stages=((3, "Qualification"),),
        amounts=((3, 64_800.0),),
        closes=((3, 37),),
        next_steps=((2.5, "Legal to confirm terms"),),
        forecast=(2, "Commit", None),
        returning=False,
    ),
    Script(
        "Northgate Running Club", 505, "Team Kit Shoes", "ada",
        stages=((58, "Prospecting"), (43, "Needs Analysis"), (15, "Proposal/Price Quote")),
        amounts=((58, 48_000.0), (3, 60_000.0)),
        closes=((58, 15),),
        next_steps=((15, "Sample box to HQ"),),
        forecast=(12, "Most Likely", None),
    ),
    Script(
        "Harbour Lane Schools", 1270, "Court Shoes", "jonas",
        stages=((33, "Prospecting"), (12, "Qualification")),
        amounts=((33, 150_000.0),),
        closes=((33, -3),),
        next_steps=((9, "Send revised quote"),),
        returning=False,
    ),
    Script(
        "Lumen Dance Company", 810, "Trail Runners", "tomas",
        stages=((66, "Prospecting"), (41, "Needs Analysis"), (22, "Id. Decision Makers")),
        amounts=((66, 96_000.0),),
        closes=((66, -40), (44, -25), (24, -6)),
        next_steps=((14, "Call about sizes"),),
        forecast=(21, "Best Case", None),
    ),
    Script(
        "Cobalt Festival", 810, "Kids Runners", "mei",
        stages=((79, "Qualification"), (61, "Value Proposition"), (38, "Id. Decision Makers")),
        amounts=((79, 96_000.0),),
        closes=((79, -25), (36, -4)),
        forecast=(35, "Best Case", None),
        quiet_days=24,
    ),
    Script(
        "蓝湾体育用品有限公司", 380, "Staff Trainers", "mei",
        stages=((75, "Prospecting"), (56, "Needs Analysis"), (31, "Proposal/Price Quote")),
        amounts=((75, None), (31, 45_000.0)),
        closes=((75, -3),),
        next_steps=((10, "Legal to confirm terms"),),
        forecast=(30, "Most Likely", None),
    ),
    Script(
        "Silverbirch Housing", 280, "Work Trainers", "owen",
        stages=((149, "Prospecting"), (133, "Qualification")),
        amounts=((149, 21_700.0),),
        closes=((149, -52),),
        next_steps=((128, "Wait for budget round"),),
        returning=False,
        quiet_days=112,
    ),
    Script(
        GET_CLOUDY, 600, "Commuter Sneakers", "jonas",
        stages=((130, "Prospecting"), (118, "Needs Analysis"), (96, "Proposal/Price Quote"), (74, "Closed Won")),
        amounts=((130, 51_000.0), (90, 48_600.0)),
        closes=((130, -80), (74, -74)),
        roles=(("Marcus Tillery", "Decision Maker"), ("Delphine Roux", "Influencer")),
    ),
    Script(
        GET_CLOUDY_WEST, 120, "Anniversary Sneakers", "jonas",
        stages=((160, "Qualification"), (149, "Needs Analysis"), (133, "Closed Lost")),
        amounts=((160, 15_400.0),),
        closes=((160, -120), (133, -133)),
        roles=(("Bente Aldous", "Business User"),),
        returning=False,
    ),
    Script(
        GET_CLOUDY_EAST, 350, "Custom Sneakers", "sofia",
        stages=((28, "Prospecting"), (13, "Needs Analysis")),
        amounts=((28, 38_500.0),),
        closes=((28, 33),),
        roles=(("Lars Jonsson", "Influencer"),),
        returning=False,
    ),
)  # fmt: skip


def written_deals(rng: Random, now: datetime, customers: Customers) -> list[Deal]:
    """The deals of :data:`SCRIPTS`."""
    return [_deal(rng, now, customers, script) for script in SCRIPTS]


def _deal(rng: Random, now: datetime, customers: Customers, script: Script) -> Deal:
    latest = now - QUIET_BEFORE_NOW
    today = org_today(now)

    def at(days: float) -> datetime:
        return work_moment(rng, now - timedelta(days=days), latest)

    moments = in_order(at(days) for days, _ in script.stages)
    created = moments[0]
    steps = [Step(moment, {"stage": name}) for moment, (_, name) in zip(moments[1:], script.stages[1:], strict=True)]
    others = [Step(at(days), {"amount": value}) for days, value in script.amounts[1:]]
    others += [Step(at(days), {"next_step": text}) for days, text in script.next_steps]
    if script.forecast:
        days, category, probability = script.forecast
        by_hand = {"forecast": category} if probability is None else {"forecast": category, "probability": probability}
        others.append(Step(max(at(days), moments[-1] + timedelta(minutes=20)), by_hand))
    for days, offset in script.closes[1:]:
        closing = next((step for step in steps if _closes(step, script) and days == script.stages[-1][0]), None)
        close = {"close": closing.at.date() if closing else today + timedelta(days=offset)}
        if closing:
            steps[-1] = Step(closing.at, {**closing.changes, **close})
        else:
            others.append(Step(at(days), close))
    first = opening(
        script.stages[0][1], script.amounts[0][1], today + timedelta(days=script.closes[0][1]), script.owner
    )
    steps = by_time([*steps, *(Step(max(step.at, created), step.changes) for step in others)])
    return Deal(
        account=script.account,
        quantity=script.quantity,
        product=script.product,
        created=created,
        first=first,
        saves=live(first, created, steps),
        roles=_roles(rng, customers, script),
        priority=script.priority,
        quiet_days=script.quiet_days,
        returning=script.returning,
    )


def _closes(step: Step, script: Script) -> bool:
    """Whether the step is the one that closes the deal."""
    return step.changes.get("stage") == script.stages[-1][1] and str(step.changes["stage"]).startswith("Closed")


def _roles(rng: Random, customers: Customers, script: Script) -> tuple[Role, ...]:
    if not script.roles:
        return random_roles(rng, customers.contact_ids(script.account), len(script.stages) + 3)
    ids = {str(row["Name"]): str(row["Id"]) for row in customers.contacts_of[script.account]}
    return tuple(Role(ids[name], role, number == 0) for number, (name, role) in enumerate(script.roles))
