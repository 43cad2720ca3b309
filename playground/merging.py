"""Merging records, as people do it in Salesforce: one wins, the others go to the bin and point at it.

REST has no call for it; the side door has (salesforce-api.md 11.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playground import dml, errors
from playground.store import quoted

if TYPE_CHECKING:
    from playground.org import Org

MERGEABLE = ("Account", "Contact")
LOSERS_MAX = 2


def merge(org: Org, object_name: str, winner_id: str, loser_ids: Sequence[str]) -> None:
    """Give everything that points at the losers to the winner, put them into the bin with ``MasterRecordId`` set."""
    object_type = org.object_type(object_name)
    if object_type.name not in MERGEABLE:
        raise errors.ApiError(f"{object_type.name} records cannot be merged", code="INVALID_TYPE_FOR_OPERATION")
    if not 1 <= len(loser_ids) <= LOSERS_MAX:
        raise errors.ApiError(f"A merge takes 1 to {LOSERS_MAX} records into another", code="INVALID_INPUT")
    with org.store.transaction():
        work = org.work()
        winner = dml.live(work, object_type, winner_id)
        for loser_id in loser_ids:
            loser = dml.live(work, object_type, loser_id)
            if loser["Id"] == winner["Id"]:
                raise errors.ApiError("A record cannot be merged with itself", code="INVALID_INPUT")
            for child in work.schema.children.get(object_type.name, ()):
                child_type = work.schema.by_lower_name[child.child.lower()]
                for row in work.store.select(child.child, f"{quoted(child.field)} = ?", (loser["Id"],)):
                    stamp = {"SystemModstamp": work.stamp} if child_type.has("SystemModstamp") else {}
                    work.store.update(child.child, row["Id"], {child.field: winner["Id"]} | stamp)
            stamps = {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp}
            work.store.update(object_type.name, loser["Id"], {"IsDeleted": 1, "MasterRecordId": winner["Id"]} | stamps)
            work.store.log_deletion(object_type.name, loser["Id"], work.stamp, loser["Id"])
        work.store.update(
            object_type.name,
            winner["Id"],
            {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp},
        )
