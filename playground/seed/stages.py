"""The ten stages of a new org, and what each sets (salesforce-api 10.5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    probability: int
    forecast: str
    """As ``ForecastCategoryName`` has it; among the default stages the API's own token is spelled alike."""
    closed: bool
    won: bool
    description: str


STAGES = (
    Stage("Prospecting", 10, "Pipeline", False, False, "Looking for possible customers and whether they fit"),
    Stage("Qualification", 10, "Pipeline", False, False, "There is a need, and somebody who can decide"),
    Stage("Needs Analysis", 20, "Pipeline", False, False, "Finding out what is wanted, how many and by when"),
    Stage("Value Proposition", 50, "Pipeline", False, False, "Showing how our shoes answer it"),
    Stage("Id. Decision Makers", 60, "Pipeline", False, False, "Meeting everybody who has a say"),
    Stage("Perception Analysis", 70, "Pipeline", False, False, "Hearing how they see us and the others"),
    Stage("Proposal/Price Quote", 75, "Pipeline", False, False, "A written offer is out"),
    Stage("Negotiation/Review", 90, "Pipeline", False, False, "Terms and price are being settled"),
    Stage("Closed Won", 100, "Closed", True, True, "The customer agreed"),
    Stage("Closed Lost", 0, "Omitted", True, False, "No deal"),
)

STAGE_BY_NAME = {stage.name: stage for stage in STAGES}
OPEN_STAGES = tuple(stage.name for stage in STAGES if not stage.closed)

FORECAST_TOKENS = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Most Likely": "MostLikely",
    "Commit": "Forecast",
    "Closed": "Closed",
}
"""``ForecastCategoryName`` to ``ForecastCategory``."""
