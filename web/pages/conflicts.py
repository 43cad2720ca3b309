"""Conflicts: all that wait for a person, and settling them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connector.sync.model import Side
from local_store.records import Records
from pipeline import deals, people, sync_state
from pipeline.sync_state import OpenConflict
from web import sides, vocabulary
from web.context import Message, services, store, tell
from web.security import own_path
from web.twin import page
from web.words import gettext, ngettext

blueprint = Blueprint("conflicts", __name__, url_prefix="/sync/conflicts")

SIDES = {"local": Side.LOCAL, "remote": Side.REMOTE}
PREFIX = "conflict-"


@blueprint.get("")
def index() -> Response:
    """Every record with a conflict."""
    found = sync_state.open_conflicts(store())
    by_record: dict[tuple[str, str], list[OpenConflict]] = {}
    for item in found:
        by_record.setdefault((item.object, item.record_id), []).append(item)
    return page(
        "conflicts/index.html",
        records=[_record(name, record_id, items) for (name, record_id), items in by_record.items()],
        count=len(found),
    )


@blueprint.post("/settle")
def settle() -> AnyResponse:
    """Settle the conflicts of a form: as chosen one by one, or all on one side."""
    every = SIDES.get(request.form.get("all", ""))
    listed = [int(value) for value in request.form.getlist("id") if value.isascii() and value.isdigit()]
    chosen = {number: every or SIDES.get(request.form.get(f"{PREFIX}{number}", "")) for number in listed}
    settled = {number: side for number, side in chosen.items() if side is not None}
    target = own_path(request.form.get("next"), url_for("conflicts.index"))
    if not settled:
        tell(Message(gettext("Nothing was settled."), gettext("Choose a side for at least one field."), "warn", "warn"))
        return redirect(target)
    for number, side in settled.items():
        services().settle_conflict(number, side)
    words = ngettext("%(num)s conflict is settled.", "%(num)s conflicts are settled.", len(settled))
    if services().sends_at_once:
        services().request_sync()
        tell(Message(words, gettext("A sync carries it out now."), href=target, link=gettext("Reload")))
    else:
        tell(Message(words, gettext("The next sync carries it out.")))
    return redirect(target)


def _record(name: str, record_id: str, items: list[OpenConflict]) -> dict[str, Any]:
    title, href = record_id, None
    if name == "Opportunity" and (deal := deals.find(store(), record_id)):
        title, href = deal.name, url_for("opportunities.show", record_id=record_id)
    elif name == "Account" and (account := people.account(store(), record_id)):
        title, href = account.name, url_for("accounts.show", record_id=record_id)
    elif name == "Contact" and (contact := people.contact(store(), record_id)):
        title, href = contact.name, url_for("contacts.show", record_id=record_id)
    elif Records(store()).get(name, record_id) is not None:
        title = f"{vocabulary.object_name(name)} {record_id}"
    return {
        "object": name,
        "id": record_id,
        "title": title,
        "href": href,
        "rows": sides.conflict_rows(items),
        "opened_at": min(item.opened_at for item in items),
    }
