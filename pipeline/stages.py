"""The org's stages as the mirror has them, and the deals in each: by org stage, by local stage, beside the mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy import select

from local_store.database import read
from local_store.store import Store
from mapping.stages import OrgStage, StageMapping, StageReport, StageUse, report
from pipeline.deals import Bucket, DealFilter, Total, add_up, totals
from pipeline.source import column, require_loaded


@dataclass(frozen=True, slots=True)
class StageLine:
    """One line of the stage list. ``key`` is an API name or a local stage's key, ``""`` for what is not mapped.

    ``stages`` are the org stages that the line counts.
    """

    key: str
    outcome: str
    total: Total
    stages: frozenset[str] = field(default_factory=frozenset)


def org_stages(store: Store) -> tuple[OrgStage, ...]:
    """The org's stages in its own order."""
    require_loaded(store)
    rows = store.live("OpportunityStage")

    def of(name: str) -> object:
        return column(store, "OpportunityStage", rows, name)

    names = ("ApiName", "MasterLabel", "IsActive", "IsClosed", "IsWon", "DefaultProbability", "ForecastCategoryName")
    query = select(*(of(name) for name in names), of("SortOrder")).where(of("ApiName").is_not(None))  # type: ignore
    with read(store.engine) as connection:
        found = connection.execute(query).all()
    return tuple(
        sorted(
            (
                OrgStage(
                    api_name=row[0],
                    label=row[1] or row[0],
                    active=bool(row[2]),
                    closed=bool(row[3]),
                    won=bool(row[4]),
                    probability=row[5],
                    forecast_category=row[6],
                    sort_order=row[7] or 0,
                )
                for row in found
            ),
            key=lambda stage: (stage.sort_order, stage.api_name),
        )
    )


def uses(buckets: Sequence[Bucket]) -> Mapping[str, StageUse]:
    """How many deals stand in each stage."""
    found: dict[str, StageUse] = {}
    for bucket in buckets:
        use = found.get(bucket.stage, StageUse())
        if bucket.closed:
            found[bucket.stage] = replace(use, closed_count=use.closed_count + bucket.count)
            continue
        amounts = dict(use.open_amount)
        amounts[bucket.currency] = amounts.get(bucket.currency, Decimal(0)) + bucket.amount
        found[bucket.stage] = replace(use, open_count=use.open_count + bucket.count, open_amount=amounts)
    return found


def stage_report(store: Store, mapping: StageMapping) -> StageReport:
    """Every org stage with its local stage and its deals, and what needs a person."""
    return report(mapping, org_stages(store), uses(totals(store, DealFilter())))


def by_org_stage(buckets: Sequence[Bucket], stages: Sequence[OrgStage]) -> tuple[StageLine, ...]:
    """The deals by org stage, in the org's order; stages that only the data know come last."""
    known = {stage.api_name: stage.outcome.value for stage in stages}
    used = {bucket.stage for bucket in buckets}
    shown = [stage.api_name for stage in stages if stage.active or stage.api_name in used]
    return tuple(
        StageLine(name, known.get(name, "open"), _sum(buckets, {name}), frozenset({name}))
        for name in [*shown, *sorted(used - known.keys())]
    )


def by_local_stage(
    buckets: Sequence[Bucket], stages: Sequence[OrgStage], mapping: StageMapping
) -> tuple[StageLine, ...]:
    """The deals by local stage, in the mapping's order, and what no local stage stands for."""
    names = {stage.api_name for stage in stages} | {bucket.stage for bucket in buckets}
    local = {name: mapping.local_stage(name) for name in names}
    lines = []
    for stage in mapping.stages:
        members = frozenset(name for name, found in local.items() if found is not None and found.key == stage.key)
        lines.append(StageLine(stage.key, stage.outcome.value, _sum(buckets, members), members))
    unmapped = frozenset(name for name, found in local.items() if found is None)
    if any(bucket.stage in unmapped for bucket in buckets):
        lines.append(StageLine("", "open", _sum(buckets, unmapped), unmapped))
    return tuple(lines)


def _sum(buckets: Sequence[Bucket], names: frozenset[str] | set[str]) -> Total:
    return add_up([bucket for bucket in buckets if bucket.stage in names])
