"""Opportunities: the list, and one with everything about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from local_store.records import Records
from mapping.record import RecordId, is_provisional
from pipeline import deals, path, people, timeline
from pipeline import stages as stage_lines
from pipeline.deals import SORTS, DealFilter, Order
from pipeline.record_state import standing
from pipeline.sync_state import causes, open_conflicts
from web import entries, listing, sides, vocabulary
from web.context import services, store
from web.pages.pipeline import chosen_period, period_options, today
from web.twin import page
from web.words import gettext

blueprint = Blueprint("opportunities", __name__, url_prefix="/opportunities")

FIGURES = frozenset({"amount", "probability", "contacts", "created"})


def wanted() -> DealFilter:
    """The filter in the address."""
    arguments = request.args
    chosen = chosen_period()
    stages = frozenset(arguments.getlist("stage")) - {""}
    local = arguments.get("local", "")
    if local:
        mapping = services().stage_mapping()
        names = {stage.api_name for stage in stage_lines.org_stages(store())}
        stages |= {name for name in names if (found := mapping.local_stage(name)) and found.key == local}
    return DealFilter(
        text=arguments.get("q", "").strip(),
        status=frozenset(arguments.getlist("status")) & frozenset(deals.STATUSES),
        stages=stages or None,
        categories=frozenset(arguments.getlist("category")) - {""},
        counted=arguments.get("counted") == "1",
        owner=arguments.get("owner", ""),
        account=arguments.get("account", ""),
        first=chosen.first,
        last=chosen.last,
        overdue_on=today() if arguments.get("overdue") == "1" else None,
        no_amount=arguments.get("amount") == "none",
        state=arguments.get("state", ""),
    )


@blueprint.get("")
def index() -> Response:
    """The list of opportunities."""
    order = listing.order(SORTS, Order("amount", True))
    found = deals.page(store(), wanted(), order, listing.offset())
    return page(
        "opportunities/index.html",
        deals=found.deals,
        total=found.total,
        sort=listing.sort(order, FIGURES),
        order_text=order_text(order),
        paging=listing.paging(found.offset, len(found.deals), found.total.count, found.size),
        periods=period_options(),
        stages=stage_options(),
        owners=[{"value": value, "text": text} for value, text in people.owners(store())],
        statuses=status_options(),
        chosen=chosen(),
        today=today(),
        sending=services().running() is not None,
    )


def chosen() -> dict[str, Any]:
    """What the filter bar shows as chosen."""
    arguments = request.args
    several = {name: arguments.getlist(name) for name in ("status", "stage", "category")}
    return {
        "q": arguments.get("q", ""),
        "period": chosen_period().name,
        "owner": arguments.get("owner", ""),
        **{name: values[0] if len(values) == 1 else "" for name, values in several.items()},
        "kept": [
            (name, value)
            for name, value in arguments.items(multi=True)
            if name in ("category", "counted", "overdue", "amount", "state", "local", "account", "sort")
            or (name in several and len(several[name]) > 1)
        ],
        "is_filtered": any(name not in ("sort", "offset", "lang", "theme") for name in arguments),
    }


def status_options() -> list[dict[str, str]]:
    """Open, won, lost."""
    return [
        {"value": deals.OPEN, "text": gettext("Open")},
        {"value": deals.WON, "text": gettext("Won")},
        {"value": deals.LOST, "text": gettext("Lost")},
    ]


def stage_options() -> list[dict[str, str]]:
    """The org's stages to filter by."""
    names = [vocabulary.stage(store(), stage.api_name) for stage in stage_lines.org_stages(store())]
    return [{"value": name.api, "text": name.label} for name in names]


def order_text(order: Order) -> str:
    """The order in words."""
    words = {
        "name": gettext("by name"),
        "account": gettext("by account"),
        "owner": gettext("by owner"),
        "amount": gettext("by amount"),
        "close": gettext("by close date"),
        "stage": gettext("by stage"),
        "probability": gettext("by probability"),
        "contacts": gettext("by number of contacts"),
        "created": gettext("by age"),
    }
    way = gettext("highest first") if order.descending else gettext("lowest first")
    return f"{words[order.key]}, {way}" if g.language == "en" else f"{words[order.key]}，{way}"


def present(object_name: str, record_id: str) -> RecordId | AnyResponse:
    """The present id of a record, or a redirect to its page when the address has one of its former ids."""
    found = Records(store()).resolve(record_id)
    if found != record_id:
        endpoint = {"Account": "accounts.show", "Contact": "contacts.show"}.get(object_name, "opportunities.show")
        return redirect(url_for(endpoint, record_id=found))
    return found


def expect(record_id: str) -> deals.Deal:
    """The deal, or a page that says there is none."""
    found = deals.find(store(), record_id)
    if found is None:
        abort(404)
    return found


@blueprint.get("/<record_id>")
def show(record_id: str) -> AnyResponse:
    """One opportunity."""
    found = present("Opportunity", record_id)
    if not isinstance(found, str):
        return found
    deal = expect(found)
    stands = standing(store(), "Opportunity", deal.id)
    conflicts = open_conflicts(store(), "Opportunity", deal.id)
    known_stages = stage_lines.org_stages(store())
    steps = path.steps(known_stages, path.visits(store(), deal.id), deal.stage, g.now)
    local = services().stage_mapping().local_stage(deal.stage)
    changes = timeline.changes(store(), deal.id, stands)
    return page(
        "opportunities/show.html",
        deal=deal,
        state=sides.shown_state(stands.state),
        only_here=is_provisional(deal.id),
        record_url=sides.record_url(deal.id),
        local_stage=local.name(g.language) if local else None,
        waiting=sides.waiting_rows("Opportunity", stands),
        conflicts=sides.conflict_rows(conflicts),
        refused=causes(store(), "Opportunity", deal.id),
        path=[
            {
                "stage": vocabulary.stage(store(), step.stage),
                "state": step.state,
                "days": step.days,
                "visits": step.visits,
            }
            for step in steps
        ],
        roles=people.contact_roles(store(), opportunity_id=deal.id),
        activities=timeline.activities(store(), deal.id, today()),
        timeline=entries.groups(changes),
        sending=services().running() is not None,
        today=today(),
    )
