"""Contacts: the list, and one with the deals it plays a part in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from pipeline import people
from pipeline.deals import Order
from pipeline.record_state import standing
from pipeline.sync_state import causes, open_conflicts
from web import listing, sides
from web.context import services, store
from web.pages.opportunities import present
from web.twin import page

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")

FIGURES = frozenset({"roles"})


@blueprint.get("")
def index() -> Response:
    """The list of contacts."""
    order = listing.order(people.CONTACT_SORTS, Order("name", False))
    text = request.args.get("q", "").strip()
    account_id = request.args.get("account", "")
    found = people.contacts(store(), text, order, listing.offset(), account_id=account_id)
    account = people.account(store(), account_id) if account_id else None
    return page(
        "contacts/index.html",
        contacts=found.items,
        total=found.total,
        text=text,
        account=account,
        sort=listing.sort(order, FIGURES),
        paging=listing.paging(found.offset, len(found.items), found.total, found.size),
    )


@blueprint.get("/<record_id>")
def show(record_id: str) -> AnyResponse:
    """One contact."""
    found = present("Contact", record_id)
    if not isinstance(found, str):
        return found
    contact = people.contact(store(), found)
    if contact is None:
        abort(404)
    stands = standing(store(), "Contact", contact.id)
    return page(
        "contacts/show.html",
        contact=contact,
        state=sides.shown_state(stands.state),
        record_url=sides.record_url(contact.id),
        waiting=sides.waiting_rows("Contact", stands),
        conflicts=sides.conflict_rows(open_conflicts(store(), "Contact", contact.id)),
        refused=causes(store(), "Contact", contact.id),
        roles=people.contact_roles(store(), contact_id=contact.id),
        sending=services().running() is not None,
    )
