"""What tasks and events tell about their parents: last activity, open activity, overdue task.

These fields of Account, Contact and Opportunity move without a new stamp (salesforce-api.md 11.1).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from playground.store import Row, Store, quoted
from playground.work import Work

_PARENTS = (("WhatId", "Opportunity"), ("WhatId", "Account"), ("WhoId", "Contact"))


def account_of(work: Work, activity: Row) -> str | None:
    """The account a task or event belongs to: that of what it is about, else that of the contact."""
    what = activity.get("WhatId")
    if what and work.store.get("Account", what):
        return str(what)
    opportunity = work.store.get("Opportunity", what) if what else None
    if opportunity:
        return opportunity["AccountId"]  # type: ignore[no-any-return]
    contact = work.store.get("Contact", activity["WhoId"]) if activity.get("WhoId") else None
    return contact["AccountId"] if contact else None


def follow(work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """Bring the summary of every parent up to date, the old parents and the new."""
    today = work.today()
    for field, parent in _PARENTS:
        for record_id in {row.get(field) for row in (old, new) if row} - {None}:
            summarise(work.store, parent, str(record_id), field, today)


def summarise(store: Store, parent: str, record_id: str, field: str, today: str) -> None:
    """Recompute the activity fields of one parent; nothing happens when it is another object's id."""
    row = store.get(parent, record_id)
    if row is None:
        return
    last = store.execute(
        f"SELECT max(day) FROM (SELECT ActivityDate AS day FROM Event WHERE {quoted(field)} = ?1 AND NOT IsDeleted "
        f"UNION ALL SELECT ActivityDate FROM Task WHERE {quoted(field)} = ?1 AND NOT IsDeleted AND IsClosed)",
        (record_id,),
    )[0][0]
    changes: Row = {"LastActivityDate": last}
    if parent == "Opportunity":
        tasks = f"SELECT count(*) FROM Task WHERE {quoted(field)} = ? AND NOT IsDeleted AND NOT IsClosed"
        events = f"SELECT count(*) FROM Event WHERE {quoted(field)} = ? AND NOT IsDeleted AND ActivityDate >= ?"
        overdue = store.execute(f"{tasks} AND ActivityDate < ?", (record_id, today))[0][0]
        changes["HasOpenActivity"] = int(
            bool(store.execute(tasks, (record_id,))[0][0] or store.execute(events, (record_id, today))[0][0])
        )
        changes["HasOverdueTask"] = int(bool(overdue))
        changes["LastActivityInDays"] = (date.fromisoformat(today) - date.fromisoformat(last)).days if last else None
    store.update(parent, record_id, changes)
