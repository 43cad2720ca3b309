"""Every component with every state, light and dark: for those who build pages, and for the tests that look at them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g

from web.context import Age
from web.sides import ConflictRow, Shown, SideRow
from web.twin import page

blueprint = Blueprint("states", __name__, url_prefix="/-/states")


@blueprint.get("")
def index() -> Response:
    """The page of components."""
    fresh = Age(g.now - timedelta(minutes=2), g.now + timedelta(minutes=6), False, None, "", "", False)
    failed = Age(g.now - timedelta(hours=3), None, False, g.now, "", "", True)
    once = Age(g.now - timedelta(minutes=1), None, True, None, "", "", False)
    sides = [
        SideRow(
            "Name", Shown("Get Cloudy West - 35 Custom Sneakers"), Shown("Get Cloudy West - 35 Custom Sneakers"), False
        ),
        SideRow("Stage", Shown("Needs Analysis"), Shown("Qualification"), True),
    ]
    conflict = [
        ConflictRow(
            "conflict-1",
            "Stage, Probability",
            True,
            ("Negotiation/Review", "90%"),
            ("Negotiation/Review", "85%"),
            ("Proposal/Price Quote", "75%"),
            g.now,
            None,
        )
    ]
    return page(
        "states/index.html",
        themes=[("light", fresh), ("dark", fresh)],
        ages={"production": fresh, "sandbox": failed, "playground": once},
        sides=sides,
        conflict=conflict,
    )
