"""What an edit in the mirror must carry so that it means the same here as after it arrived in Salesforce. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mapping.record import Record, Value
from mapping.stages import OrgStage


@dataclass(frozen=True, slots=True)
class Reset:
    """A field that a change of stage sets anew."""

    field: str
    old: Value
    new: Value


def with_stage(stage: OrgStage, probability: Decimal | None) -> Record:
    """The coupled group for a stage. ``probability`` None: it follows the stage, as Salesforce would have it."""
    return {
        "StageName": stage.api_name,
        "Probability": stage.probability if probability is None else probability,
        "ForecastCategoryName": stage.forecast_category,
    }


def changed(before: Record, fields: Record) -> Record:
    """Only what differs from the record as it was: a push carries no more (decision 7)."""
    return {name: value for name, value in fields.items() if before.get(name) != value}


def resets(before: Record, stage: OrgStage) -> tuple[Reset, ...]:
    """What Salesforce sets when a deal moves to a stage, where that differs from what it has."""
    follows = with_stage(stage, None)
    return tuple(
        Reset(name, before.get(name), follows[name])
        for name in ("Probability", "ForecastCategoryName")
        if before.get(name) != follows[name]
    )
