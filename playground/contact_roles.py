"""Contact roles: an opportunity has one primary contact, and IsPrimary says whether a row names it.

Observed behaviour is per contact, not per row (salesforce-api.md 11.2). The opportunity's ContactId is the one place
where the primary contact is stored; ``IsPrimary`` of its rows is kept equal to ``ContactId = opportunity.ContactId``.
"""

from __future__ import annotations

from collections.abc import Collection

from playground.store import Row
from playground.work import Work


def settle_primary(work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """Make the opportunity's primary contact follow the row that was just saved, and all its rows after it.

    A new row of the contact that is primary already becomes primary too, whatever was sent.
    """
    opportunity = work.store.get("Opportunity", new["OpportunityId"])
    if opportunity is None:
        return
    primary = opportunity["ContactId"]
    if new["IsPrimary"]:
        primary = new["ContactId"]
    elif old is not None and old["IsPrimary"]:
        primary = None
    set_primary(work, opportunity, primary)


def forget(work: Work, role: Row) -> None:
    """After a role was taken away: when its contact was the primary one, there is none now."""
    opportunity = work.store.get("Opportunity", role["OpportunityId"])
    if opportunity and role["IsPrimary"]:
        set_primary(work, opportunity, None)


def set_primary(work: Work, opportunity: Row, contact_id: str | None) -> None:
    """Store the primary contact and flip the rows that now read differently."""
    if opportunity["ContactId"] != contact_id:
        changes: Row = {"ContactId": contact_id}
        if work.settings.primary_contact_stamps_opportunity:
            changes["SystemModstamp"] = work.stamp
        work.store.update("Opportunity", opportunity["Id"], changes)
    for row in work.store.select("OpportunityContactRole", "OpportunityId = ? AND NOT IsDeleted", (opportunity["Id"],)):
        is_primary = int(contact_id is not None and row["ContactId"] == contact_id)
        if row["IsPrimary"] == is_primary:
            continue
        flipped: Row = {"IsPrimary": is_primary}
        if work.settings.flipped_roles_get_new_stamp:
            flipped["SystemModstamp"] = work.stamp
        work.store.update("OpportunityContactRole", row["Id"], flipped)
