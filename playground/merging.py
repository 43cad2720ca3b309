"""Merging records, as people do it in Salesforce: one wins, the others go to the bin and point at it.

REST has no call for it; SOAP and the side door have (salesforce-api.md 11.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playground import contact_roles, dml, errors
from playground.schema import ObjectType
from playground.store import quoted
from playground.work import Work

if TYPE_CHECKING:
    from playground.org import Org

LOSERS_MAX = 2
_NOT_MOVED = frozenset({"MasterRecordId"})
"""What lost an earlier merge goes on naming whom it lost to."""


def merge(org: Org, object_name: str, winner_id: str, loser_ids: Sequence[str]) -> None:
    """Merge as the org's integration user."""
    with org.store.transaction():
        merge_into(org.work(), org.object_type(object_name), winner_id, {}, loser_ids)


def merge_into(
    work: Work, object_type: ObjectType, winner_id: str, changes: Mapping[str, Any], loser_ids: Sequence[str]
) -> list[str]:
    """Give everything that points at the losers to the winner, put them into the bin with ``MasterRecordId`` set.

    ``changes`` are values that the winner takes at once. Return the ids of the records that moved. They get a new
    SystemModstamp. (unsourced) Works inside the caller's transaction.
    """
    if not object_type.mergeable:
        raise errors.ApiError(f"{object_type.name} records cannot be merged", code="INVALID_TYPE_FOR_OPERATION")
    if not 1 <= len(loser_ids) <= LOSERS_MAX:
        raise errors.ApiError(f"A merge takes 1 to {LOSERS_MAX} records into another", code="INVALID_INPUT")
    winner = str(dml.live(work, object_type, winner_id)["Id"])
    losers = [str(dml.live(work, object_type, item)["Id"]) for item in loser_ids]
    if winner in losers or len(set(losers)) < len(losers):
        raise errors.ApiError("A record cannot be merged with itself", code="INVALID_INPUT")
    moved = [record_id for loser in losers for record_id in _hand_over(work, object_type, loser, winner)]
    for loser in losers:
        work.store.update(object_type.name, loser, {"IsDeleted": 1, "MasterRecordId": winner} | _stamps(work))
        work.store.log_deletion(object_type.name, loser, work.stamp, loser)
    dml.update(work, object_type, winner, changes)
    return moved


def _hand_over(work: Work, object_type: ObjectType, loser: str, winner: str) -> list[str]:
    moved: list[str] = []
    opportunities: set[str] = set()
    for child in work.schema.children.get(object_type.name, ()):
        if child.field in _NOT_MOVED:
            continue
        child_type = work.schema.by_lower_name[child.child.lower()]
        stamp = {"SystemModstamp": work.stamp} if child_type.has("SystemModstamp") else {}
        for row in work.store.select(child.child, f"{quoted(child.field)} = ?", (loser,)):
            # Nothing is its own parent: what the winner had in the loser, it has no more.
            owner = None if row["Id"] == winner else winner
            work.store.update(child.child, row["Id"], {child.field: owner} | stamp)
            if row["Id"] not in moved and row["Id"] != winner:
                moved.append(str(row["Id"]))
            if child.child == "Opportunity" and object_type.name == "Contact":
                opportunities.add(str(row["Id"]))
            elif child.child == "OpportunityContactRole" and object_type.name == "Contact":
                opportunities.add(str(row["OpportunityId"]))
    for opportunity_id in sorted(opportunities):
        opportunity = work.store.get("Opportunity", opportunity_id)
        if opportunity:
            contact_roles.set_primary(work, opportunity, opportunity["ContactId"])
    return moved


def _stamps(work: Work) -> dict[str, Any]:
    return {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp}
