"""The pipeline: forecast categories and stages of this moment, each number with its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, g, request, url_for

from pipeline import deals, forecast, people
from pipeline import stages as stage_lines
from pipeline.deals import Bucket, DealFilter, Total
from pipeline.period import ANY, PERIODS, Period, period
from pipeline.stages import StageLine
from web import vocabulary
from web.context import services, store
from web.formats import day
from web.listing import address
from web.twin import page
from web.words import gettext, pgettext

blueprint = Blueprint("pipeline", __name__, url_prefix="/pipeline")

ORG, LOCAL = "org", "local"


@dataclass(frozen=True, slots=True)
class CardView:
    """A cell of the strip."""

    key: str
    label: str
    total: Total
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class BarView:
    """A line of the stage list; ``width`` of the widest is 100."""

    key: str
    label: str
    api: str
    outcome: str
    total: Total
    width: float
    href: str


@blueprint.get("")
def index() -> Response:
    """The pipeline by forecast category and by stage."""
    chosen = chosen_period()
    owner = request.args.get("owner", "")
    mode = request.args.get("cards", forecast.CUMULATIVE)
    kind = LOCAL if request.args.get("stages") == LOCAL else ORG
    buckets = deals.totals(store(), DealFilter(owner=owner, first=chosen.first, last=chosen.last))
    lines = _lines(kind, buckets)
    open_lines = [line for line in lines if line.outcome == deals.OPEN]
    counted = [b for b in buckets if forecast.counts(forecast.Selection((deals.OPEN,)), b)]
    overdue = deals.totals(store(), DealFilter(owner=owner, first=chosen.first, last=chosen.last, overdue_on=today()))
    return page(
        "pipeline/index.html",
        period=chosen,
        owner=owner,
        mode=mode if mode == forecast.SINGLE else forecast.CUMULATIVE,
        kind=kind,
        open=deals.add_up(counted),
        overdue=deals.add_up(overdue),
        omitted=forecast.omitted(buckets),
        cards=[_card(card, chosen, owner) for card in forecast.cards(buckets, mode)],
        open_stages=_bars(open_lines, chosen, owner),
        closed_stages=_bars([line for line in lines if line.outcome != deals.OPEN], chosen, owner),
        links={
            "open": list_href(chosen, owner, status=[deals.OPEN], counted="1"),
            "overdue": list_href(chosen, owner, overdue="1"),
            "omitted": list_href(chosen, owner, status=[deals.OPEN], category=[deals.OMITTED]),
            "no_amount": list_href(chosen, owner, status=[deals.OPEN], counted="1", amount="none"),
        },
        periods=period_options(),
        owners=[{"value": value, "text": text} for value, text in people.owners(store())],
        kinds=[
            {"text": gettext("Org stages"), "href": address(stages=ORG), "current": kind == ORG},
            {"text": gettext("Local stages"), "href": address(stages=LOCAL), "current": kind == LOCAL},
        ],
        modes=[
            {"text": gettext("Cumulative"), "href": address(cards=""), "current": mode != forecast.SINGLE},
            {"text": gettext("Single"), "href": address(cards=forecast.SINGLE), "current": mode == forecast.SINGLE},
        ],
    )


def today() -> date:
    """The day in the org's time zone."""
    found: date = g.now.astimezone(g.zone).date()
    return found


def chosen_period() -> Period:
    """The period of close dates that the address asks for."""
    return period(request.args.get("period", ANY), today())


def period_options() -> list[dict[str, str]]:
    """The periods to choose from, with their exact dates."""
    words = {
        ANY: gettext("Any date"),
        "this_month": gettext("This month"),
        "this_quarter": gettext("This quarter"),
        "next_quarter": gettext("Next quarter"),
        "this_year": gettext("This year"),
    }
    found = []
    for name in PERIODS:
        span = period(name, today())
        dates = f" · {day(span.first)} – {day(span.last)}" if span.first else ""
        found.append({"value": name, "text": words[name] + dates})
    return found


def list_href(chosen: Period, owner: str, **query: str | list[str]) -> str:
    """The list behind a number: the same period and owner, and what the number counts."""
    wanted: dict[str, str | list[str]] = dict(query)
    if chosen.first:
        wanted["period"] = chosen.name
    if owner:
        wanted["owner"] = owner
    return url_for("opportunities.index", **wanted)  # type: ignore[arg-type]


def card_label(key: str) -> str:
    """The label of a forecast card."""
    return {
        "total": gettext("Total"),
        "closed_won": pgettext("card", "Closed Won"),
        "commit": pgettext("category", "Commit"),
        "most_likely": pgettext("category", "Most Likely"),
        "best_case": pgettext("category", "Best Case"),
        "pipeline": pgettext("category", "Pipeline"),
        "open_pipeline": gettext("Open Pipeline"),
        "closed_lost": pgettext("card", "Closed Lost"),
    }[key]


def _card(card: forecast.Card, chosen: Period, owner: str) -> CardView:
    href = list_href(
        chosen,
        owner,
        status=list(card.selection.status),
        category=list(card.selection.categories),
        counted="1",
    )
    return CardView(card.key, card_label(card.key), card.total, href, card.key == "open_pipeline")


def _lines(kind: str, buckets: tuple[Bucket, ...]) -> tuple[StageLine, ...]:
    stages = stage_lines.org_stages(store())
    if kind == LOCAL:
        return stage_lines.by_local_stage(buckets, stages, services().stage_mapping())
    return stage_lines.by_org_stage(buckets, stages)


def _bars(lines: list[StageLine], chosen: Period, owner: str) -> list[BarView]:
    widest = max((_figure(line) for line in lines), default=0)
    return [_bar(line, widest, chosen, owner) for line in lines]


def _figure(line: StageLine) -> float:
    return float(sum(line.total.amounts.values()))


def _bar(line: StageLine, widest: float, chosen: Period, owner: str) -> BarView:
    name = _line_name(line)
    # A bar of something is never thinner than what the eye can see.
    width = max(0.8, round(100 * _figure(line) / widest, 2)) if widest and line.total.count else 0
    href = list_href(chosen, owner, stage=sorted(line.stages))
    return BarView(line.key, name.label, name.api, line.outcome, line.total, width, href)


def _line_name(line: StageLine) -> vocabulary.Name:
    if len(line.stages) == 1 and line.key in line.stages:
        return vocabulary.stage(store(), line.key)
    local = services().stage_mapping().by_key.get(line.key)
    if local is None:
        return vocabulary.Name(gettext("Not mapped"), ", ".join(sorted(line.stages)))
    label = local.name(g.language)
    return vocabulary.Name(label, label)
