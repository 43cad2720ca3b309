"""Sync and status: what happened, what needs a person, what may be written; and *Sync now*."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connector.sync.engine import PARENT_MISSING
from connector.sync.push import NEEDS_CONFIRMATION
from pipeline import sync_state
from pipeline.sync_state import Attention, Counts, Run
from web.context import Message, services, store, tell
from web.security import own_path
from web.services import SyncRequest
from web.twin import page
from web.words import gettext

blueprint = Blueprint("sync", __name__, url_prefix="/sync")

RUNS_SHOWN = 10

OUTCOMES = {
    "done": ("ok", "check"),
    "needs_person": ("warn", "warn"),
    "failed": ("bad", "cross"),
    "interrupted": ("bad", "cross"),
    None: ("", "clock"),
}
"""The colour and the sign of an outcome; one that is not known here is shown as it is called."""

RECORD_PAGES = {"Opportunity": "opportunities.show", "Contact": "contacts.show", "Account": "accounts.show"}

PARTS = (("applied", "in"), ("unchanged", "same"), ("held", "held"), ("quarantined", "out"))


@blueprint.get("")
def index() -> Response:
    """How the mirror is doing."""
    store().refresh()
    needs = sync_state.attention(store())
    runs = sync_state.runs(store(), RUNS_SHOWN)
    return page(
        "sync/index.html",
        needs=needs,
        mood=mood(needs, runs),
        running=services().running(),
        runs=[run_view(run) for run in runs],
        day=_day(runs),
        causes=[cause_view(cause) for cause in sync_state.causes(store())],
        objects=sync_state.objects(store()),
        permissions={name: sorted(verbs) for name, verbs in services().permissions().items()},
    )


@blueprint.post("/now")
def now() -> AnyResponse:
    """Start a run in the background."""
    if services().request_sync() is SyncRequest.ALREADY_RUNNING:
        tell(Message(gettext("A sync is running already."), kind="", sign="clock"))
    else:
        tell(Message(gettext("The sync has begun."), gettext("Reload this page to see how far it is."), sign="play"))
    return redirect(own_path(request.form.get("next"), url_for("sync.index")))


@blueprint.get("/runs/<int:run_id>")
def show_run(run_id: int) -> Response:
    """One run by object."""
    run = sync_state.one_run(store(), run_id)
    if run is None:
        abort(404)
    by_object = [
        {"object": name, "counts": counts, "parts": parts(counts)}
        for name, counts in (run.objects or {}).items()
        if counts != Counts()
    ]
    deeds = [{"deed": deed, "href": record_href(deed.object, deed.id)} for deed in sync_state.deeds(store(), run_id)]
    return page("sync/run.html", run=run_view(run), objects=by_object, deeds=deeds)


@blueprint.get("/waiting")
def waiting() -> Response:
    """Everything that waits to be sent."""
    found = sync_state.waiting(store())
    return page(
        "sync/waiting.html",
        records=[{"record": item, "href": record_href(item.object, item.id, item.change)} for item in found],
        total=sync_state.attention(store()).waiting,
        running=services().running(),
    )


def record_href(object_name: str, record_id: str, change: str = "") -> str | None:
    """The page of a record, where it has one and the record is still there."""
    endpoint = RECORD_PAGES.get(object_name)
    return url_for(endpoint, record_id=record_id) if endpoint and change != "delete" else None


def mood(needs: Attention, runs: tuple[Run, ...]) -> dict[str, str]:
    """The sentence: what a person would say aloud, with its sign."""
    failed = g.freshness.failed_at is not None
    if not runs and g.freshness.synced_at is None:
        return {"kind": "warn", "sign": "clock", "title": gettext("There is no data yet")}
    if failed:
        return {"kind": "bad", "sign": "cross", "title": gettext("Stopped: the last sync failed")}
    if needs.count:
        title = gettext("Working, and %(count)s things need you", count=needs.count)
        if needs.count == 1:
            title = gettext("Working, and one thing needs you")
        return {"kind": "warn", "sign": "warn", "title": title}
    return {"kind": "", "sign": "check", "title": gettext("Working, and nothing needs you")}


def run_view(run: Run) -> dict[str, Any]:
    """A run with its bar and its outcome in words."""
    outcome = "needs_person" if run.outcome == "done" and run.counts.needs_person else run.outcome
    kind, sign = OUTCOMES.get(outcome, ("", "info"))
    red = run.finished_at is not None and not run.counts.adds_up
    return {
        "id": run.id,
        "trigger": trigger_text(run.trigger),
        "started_at": run.started_at,
        "took": run.took,
        "outcome": gettext("does not add up") if red else outcome_text(outcome),
        "kind": "bad" if red else kind,
        "sign": "cross" if red else sign,
        "reason": run.reason,
        "advice": run.advice,
        "counts": run.counts,
        "parts": parts(run.counts),
        "api_calls": run.api_calls,
    }


def outcome_text(outcome: str | None) -> str:
    """The word for how a run ended."""
    return {
        None: gettext("running"),
        "done": gettext("complete"),
        "needs_person": gettext("needs you"),
        "failed": gettext("stopped"),
        "interrupted": gettext("interrupted"),
    }.get(outcome, outcome or "")


def trigger_text(trigger: str) -> str:
    """The word for what began a run."""
    return {
        "command line": gettext("by command"),
        "python": gettext("by a program"),
        "web": gettext("by these pages"),
        "schedule": gettext("by schedule"),
        "practice": gettext("for a check"),
        "demo": gettext("start of the demo"),
        "demo check": gettext("demo check"),
    }.get(trigger, trigger)


def parts(counts: Counts) -> list[dict[str, Any]]:
    """The four parts of what was received, as a bar of 100."""
    start, found = 0.0, []
    for name, kind in PARTS:
        value = getattr(counts, name)
        if value and counts.received:
            width = round(100 * value / counts.received, 2)
            found.append({"kind": kind, "start": round(start, 2), "width": width})
            start += width
    return found


def cause_view(cause: sync_state.Cause) -> dict[str, Any]:
    """One entry of the error inbox."""
    is_deletion = cause.code == NEEDS_CONFIRMATION
    links = [] if is_deletion else [record_href(cause.object, record_id) for record_id in cause.records[:3]]
    return {
        "cause": cause,
        "title": _cause_title(cause),
        "links": [href for href in links if href],
        # A row that was deleted here has no page to go to: what can be done with it stands beside it.
        "deletions": list(cause.records[:3]) if is_deletion else [],
    }


def _cause_title(cause: sync_state.Cause) -> str:
    if cause.kind == "quarantined":
        return gettext("A value does not fit this database")
    return {
        "FIELD_CUSTOM_VALIDATION_EXCEPTION": gettext("A validation rule refused the change"),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": gettext("A picklist value is not allowed"),
        "REQUIRED_FIELD_MISSING": gettext("A required field is missing"),
        "DUPLICATES_DETECTED": gettext("Salesforce found a duplicate"),
        "INSUFFICIENT_ACCESS_OR_READONLY": gettext("The integration user may not do this"),
        "ENTITY_IS_DELETED": gettext("The record is deleted in Salesforce"),
        "STRING_TOO_LONG": gettext("A text is too long"),
        NEEDS_CONFIRMATION: gettext("A deletion takes other records along and waits for your word"),
        PARENT_MISSING: gettext("The record points at one that is gone"),
    }.get(cause.code, gettext("Salesforce refused the change"))


def _day(runs: tuple[Run, ...]) -> dict[str, Any]:
    """The sums of the last 24 hours, over the runs shown."""
    since = g.now - timedelta(hours=24)
    recent = [run for run in runs if run.started_at >= since]
    names = ("received", "applied", "unchanged", "held", "quarantined", "sent", "refused")
    sums = {name: sum(getattr(run.counts, name) for run in recent) for name in names}
    return {**sums, "runs": len(recent), "api_calls": sum(run.api_calls for run in recent)}
