"""What an edit in the mirror must carry so that it means the same here as after it arrived in Salesforce. Pure."""

from __future__ import annotations

from decimal import Decimal

from mapping.record import Record
from mapping.stages import OrgStage


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
