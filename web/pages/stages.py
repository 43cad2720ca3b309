"""The stages page: the org's stages beside the local ones, and what is wrong with the mapping."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, url_for

from mapping.stages import Coverage, StageRow, StageUse
from pipeline import stages as stage_lines
from pipeline.forecast import LEVELS
from web import vocabulary
from web.context import services, store
from web.twin import page
from web.words import gettext

blueprint = Blueprint("stages", __name__, url_prefix="/stages")


@blueprint.get("")
def index() -> Response:
    """The mapping as it is in force."""
    mapping = services().stage_mapping()
    found = stage_lines.stage_report(store(), mapping)
    return page(
        "stages/index.html",
        mapping_name=mapping.name,
        rows=[_row(row) for row in found.rows],
        unmapped=[row.api_name for row in found.unmapped],
        coverage=found.coverage,
        coverage_share=_share(found.coverage),
        amount_share=_amount_share(found.coverage),
        blocking=len(found.blocking),
        findings=[
            {"severity": item.severity.value, "stage": item.stage, "text": finding_text(item.code)}
            for item in found.findings
        ],
        local_stages=[_local(stage, found.rows) for stage in mapping.stages],
    )


def finding_text(code: str) -> str:
    """What a finding means, and what to do."""
    return {
        "unmapped": gettext(
            "has no local stage; its deals are missing from the local pipeline. Add it to the mapping."
        ),
        "orphan": gettext("is on deals but not in the org’s list of stages. Map it, or correct the deals."),
        "inactive": gettext("is switched off in the org, but deals are still in it."),
        "outcome": gettext("is open, won or lost otherwise than its local stage. Map it to one that agrees."),
        "ambiguous": gettext("stands for several org stages, and none or more than one is marked as the way back."),
        "not_in_org": gettext("is in the mapping, but the org has no such stage."),
    }.get(code, code)


def _row(row: StageRow) -> dict[str, Any]:
    codes = {finding.code for finding in row.findings}
    org = row.org
    return {
        "api_name": row.api_name,
        "name": vocabulary.stage(store(), row.api_name),
        "probability": org.probability if org else None,
        "outcome": org.outcome.value if org else "open",
        "category": org.forecast_category if org else None,
        "level": LEVELS.get(org.forecast_category or "", 0) if org else 0,
        "inactive": bool(org and not org.active),
        "in_org": org is not None,
        "unmapped": bool(codes & {"unmapped", "orphan"}) and row.local is None,
        "blocking": any(finding.severity.value == "block" for finding in row.findings),
        "findings": [finding_text(finding.code) for finding in row.findings],
        "use": row.use,
        "local": row.local.name(g.language) if row.local else None,
        "way_back": row.way_back,
        "links": _links(row.api_name, row.use),
    }


def _links(api_name: str, use: StageUse) -> dict[str, str]:
    return {
        "open": url_for("opportunities.index", stage=api_name, status="open"),
        "closed": url_for("opportunities.index", stage=api_name, status=["won", "lost"]),
    }


def _local(stage: Any, rows: tuple[StageRow, ...]) -> dict[str, Any]:
    members = [row for row in rows if row.local is not None and row.local.key == stage.key]
    amounts: dict[str, Any] = {}
    for row in members:
        for currency, amount in row.use.open_amount.items():
            amounts[currency] = amounts.get(currency, 0) + amount
    return {
        "key": stage.key,
        "name": stage.name(g.language),
        "about": stage.about.get(g.language) or stage.about.get("en", ""),
        "outcome": stage.outcome.value,
        "org_stages": [vocabulary.stage(store(), row.api_name).label for row in members],
        "open_count": sum(row.use.open_count for row in members),
        "closed_count": sum(row.use.closed_count for row in members),
        "amounts": amounts,
        "href": url_for("opportunities.index", local=stage.key),
    }


def _share(coverage: Coverage) -> float:
    return round(100 * coverage.mapped / coverage.required, 1) if coverage.required else 100.0


def _amount_share(coverage: Coverage) -> float | None:
    """The mapped share of the open amount; None over several currencies, which are never added up."""
    if len(coverage.amounts) != 1:
        return None
    ((mapped, total),) = coverage.amounts.values()
    return round(float(100 * mapped / total), 1) if total else None
