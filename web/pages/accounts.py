"""Accounts: the list, and one with its contacts and deals."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from pipeline import deals, people
from pipeline.deals import DealFilter, Order
from pipeline.record_state import standing
from pipeline.sync_state import causes, open_conflicts
from web import listing, sides
from web.context import services, store
from web.pages.opportunities import present
from web.pages.pipeline import today
from web.twin import page

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")

FIGURES = frozenset({"contacts", "open", "amount"})
DEALS_SHOWN = 100


@blueprint.get("")
def index() -> Response:
    """The list of accounts."""
    order = listing.order(people.ACCOUNT_SORTS, Order("name", False))
    text = request.args.get("q", "").strip()
    found = people.accounts(store(), text, order, listing.offset())
    return page(
        "accounts/index.html",
        accounts=found.items,
        total=found.total,
        text=text,
        sort=listing.sort(order, FIGURES),
        paging=listing.paging(found.offset, len(found.items), found.total, found.size),
    )


@blueprint.get("/<record_id>")
def show(record_id: str) -> AnyResponse:
    """One account."""
    found = present("Account", record_id)
    if not isinstance(found, str):
        return found
    account = people.account(store(), found)
    if account is None:
        abort(404)
    stands = standing(store(), "Account", account.id)
    its_deals = deals.page(store(), DealFilter(account=account.id), Order("close", True), 0, DEALS_SHOWN)
    contacts = people.contacts(store(), "", Order("name", False), 0, DEALS_SHOWN, account.id)
    return page(
        "accounts/show.html",
        account=account,
        state=sides.shown_state(stands.state),
        record_url=sides.record_url(account.id),
        waiting=sides.waiting_rows("Account", stands),
        conflicts=sides.conflict_rows(open_conflicts(store(), "Account", account.id)),
        refused=causes(store(), "Account", account.id),
        deals=its_deals.deals,
        total=its_deals.total,
        contacts=contacts.items,
        contact_count=contacts.total,
        today=today(),
        sending=services().running() is not None,
    )
