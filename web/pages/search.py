"""The search in the head of every page: deals, accounts and contacts by name, any record by its Id."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from local_store.records import Records
from pipeline import deals, people
from pipeline.deals import DealFilter, Order
from web.context import store
from web.pages.pipeline import today
from web.twin import page

blueprint = Blueprint("search", __name__, url_prefix="/search")

SHOWN = 10

PAGES = (("Opportunity", "opportunities.show"), ("Account", "accounts.show"), ("Contact", "contacts.show"))


@blueprint.get("")
def index() -> AnyResponse:
    """What was found."""
    text = request.args.get("q", "").strip()[:200]
    by_id = _by_id(text)
    if by_id is not None:
        return redirect(by_id)
    found_deals = deals.page(store(), DealFilter(text=text), Order("amount", True), 0, SHOWN) if text else None
    accounts = people.accounts(store(), text, Order("name", False), 0, SHOWN) if text else None
    contacts = people.contacts(store(), text, Order("name", False), 0, SHOWN) if text else None
    return page(
        "search/index.html",
        query_text=text,
        deals=found_deals.deals if found_deals else (),
        deal_count=found_deals.total.count if found_deals else 0,
        accounts=accounts.items if accounts else (),
        account_count=accounts.total if accounts else 0,
        contacts=contacts.items if contacts else (),
        contact_count=contacts.total if contacts else 0,
        today=today(),
    )


def _by_id(text: str) -> str | None:
    if len(text) not in (15, 18) and not text.startswith("local-"):
        return None
    if not text.replace("-", "").isalnum():
        return None
    present = Records(store()).resolve(text)
    for object_name, endpoint in PAGES:
        if object_name in store().objects and Records(store()).get(object_name, present) is not None:
            return url_for(endpoint, record_id=present)
    return None
