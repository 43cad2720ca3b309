"""The stage path of a deal: how long it was in each stage, and how often. Pure but for reading the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from local_store.database import read
from local_store.store import Store
from mapping.stages import OrgStage
from pipeline.source import column

BEEN, SKIPPED, NOW, NOT_YET = "been", "skipped", "now", "not_yet"


@dataclass(frozen=True, slots=True)
class Visit:
    """A deal was in a stage from ``at`` on."""

    at: datetime
    stage: str


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the path. ``days`` is None where the deal has not been there."""

    stage: str
    state: str
    days: int | None
    visits: int


def visits(store: Store, deal_id: str) -> tuple[Visit, ...]:
    """The stages a deal went through, as OpportunityHistory has them."""
    if "OpportunityHistory" not in store.objects:
        return ()
    rows = store.live("OpportunityHistory")
    at, stage = (column(store, "OpportunityHistory", rows, name) for name in ("CreatedDate", "StageName"))
    query = select(at, stage).where(
        column(store, "OpportunityHistory", rows, "OpportunityId") == deal_id, at.is_not(None)
    )
    with read(store.engine) as connection:
        found = connection.execute(query.order_by(at, rows.c.id)).all()
    entered: list[Visit] = []
    for moment, name in found:
        if not entered or entered[-1].stage != name:
            entered.append(Visit(moment, name))
    return tuple(entered)


def steps(stages: Sequence[OrgStage], entered: Sequence[Visit], current: str, now: datetime) -> tuple[Step, ...]:
    """The path over the org's active stages and those the deal has been in."""
    time_in: dict[str, timedelta] = {}
    times: dict[str, int] = {}
    ends = [visit.at for visit in entered[1:]]
    for n, visit in enumerate(entered):
        end = ends[n] if n < len(ends) else now
        time_in[visit.stage] = time_in.get(visit.stage, timedelta()) + (end - visit.at)
        times[visit.stage] = times.get(visit.stage, 0) + 1
    order = {stage.api_name: stage.sort_order for stage in stages}
    shown = [stage for stage in stages if stage.active or stage.api_name in times or stage.api_name == current]
    closed = {stage.api_name for stage in stages if stage.closed}
    return tuple(
        Step(
            stage=stage.api_name,
            state=_state(stage, current, times, order, closed),
            days=_days(stage, time_in, closed),
            visits=times.get(stage.api_name, 0),
        )
        for stage in shown
    )


def _days(stage: OrgStage, time_in: dict[str, timedelta], closed: set[str]) -> int | None:
    # Nothing waits in a closed stage; the days since are no time spent there.
    found = time_in.get(stage.api_name)
    return None if found is None or stage.api_name in closed else max(0, found.days)


def _state(stage: OrgStage, current: str, times: dict[str, int], order: dict[str, int], closed: set[str]) -> str:
    name = stage.api_name
    if name == current:
        return NOW
    if times.get(name):
        return BEEN
    # A deal can be lost from anywhere: only before a stage that is not lost are the unvisited ones skipped.
    reached = max((order.get(seen, 0) for seen in [*times, current] if seen not in closed), default=0)
    return SKIPPED if not stage.closed and stage.sort_order < reached else NOT_YET
