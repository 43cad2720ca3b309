"""Puts the scenario together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from playground.catalogue import OBJECT_ORDER
from playground.seed.activities import Activities, derive_from_activities
from playground.seed.cast import build_cast
from playground.seed.customers import build_customers
from playground.seed.deal_rows import DealRows
from playground.seed.products import build_products
from playground.seed.random_deals import random_deals
from playground.seed.rows import Row
from playground.seed.written_deals import written_deals


@dataclass(frozen=True)
class Dataset:
    """Complete rows of every object, in the storage convention of :mod:`playground.schema`.

    ``rows`` is ordered: parents before children."""

    seed: int
    now: datetime
    rows: Mapping[str, list[Row]] = field(repr=False)


def build(seed: int, now: datetime) -> Dataset:
    """The scenario as it stands at ``now`` (aware), the same for the same arguments.

    Every stamp lies at least an hour before ``now``."""
    if now.tzinfo is None:
        raise ValueError("The time of the scenario needs a time zone.")
    now = now.astimezone(UTC).replace(microsecond=0)
    cast = build_cast(now)
    customers = build_customers(chance(seed, "customers"), now, cast)
    written = written_deals(chance(seed, "written deals"), now, customers)
    taken = {deal.name for deal in written}
    deals = [*written, *random_deals(chance(seed, "random deals"), now, customers, taken)]
    deals.sort(key=lambda deal: (deal.created, deal.name))
    account_ids = {name: str(row["Id"]) for name, row in customers.account_by_name.items()}
    deal_rows = DealRows(chance(seed, "deal rows"), now, cast, account_ids, customers.contact_since)
    activities = Activities(chance(seed, "activities"), now, cast)
    for deal in deals:
        activities.about_deal(deal, deal_rows.add(deal))
    for name, account in customers.account_by_name.items():
        activities.about_account(account, customers.contacts_of[name])
    derive_from_activities(now, activities, deal_rows.opportunities.rows, customers)
    rows = {
        **cast.rows,
        **build_products(now, cast),
        "Account": customers.accounts,
        "Contact": customers.contacts,
        "Opportunity": deal_rows.opportunities.rows,
        "OpportunityContactRole": deal_rows.roles.rows,
        "Lead": [],
        "OpportunityLineItem": [],
        "OpportunityHistory": deal_rows.history.rows,
        "OpportunityFieldHistory": deal_rows.field_history.rows,
        "Task": activities.tasks.rows,
        "Event": activities.events.rows,
    }
    return Dataset(seed, now, {name: rows[name] for name in OBJECT_ORDER})


def chance(seed: int, part: str) -> Random:
    """Chance for one part of the scenario, so that a change in one part leaves the others as they are."""
    return Random(f"{seed}: {part}")  # noqa: S311 - a scenario, not a secret
