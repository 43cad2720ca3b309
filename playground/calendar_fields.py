"""Fields that the calendar moves, without anybody's doing and without a new stamp: ages in days, overdue tasks."""

from __future__ import annotations

from playground.store import Store

_VALUES = {
    "AgeInDays": "CAST(julianday(?1) - julianday(substr(CreatedDate, 1, 10)) AS INTEGER)",
    "LastActivityInDays": "CAST(julianday(?1) - julianday(LastActivityDate) AS INTEGER)",
    "LastStageChangeInDays": (
        "CAST(julianday(?1) - julianday(substr(coalesce(LastStageChangeDate, CreatedDate), 1, 10)) AS INTEGER)"
    ),
    "HasOverdueTask": (
        "EXISTS (SELECT 1 FROM Task WHERE Task.WhatId = Opportunity.Id AND NOT Task.IsDeleted AND NOT Task.IsClosed "
        "AND Task.ActivityDate < ?1)"
    ),
}
_DAY = "calendar_day"


def refresh(store: Store, today: str) -> None:
    """Bring them up to ``today`` (``2026-01-02``, in the org's time zone), inside a transaction.

    Rows that are right already are not written, and none is looked at when the records were brought up to that day
    before: with a million opportunities that is the difference between a start of seconds and of a minute.
    """
    if store.fact(_DAY) == today:
        return
    sets = ", ".join(f"{name} = {value}" for name, value in _VALUES.items())
    differs = " OR ".join(f"{name} IS NOT {value}" for name, value in _VALUES.items())
    store.execute(f"UPDATE Opportunity SET {sets} WHERE {differs}", (today,))
    store.set_fact(_DAY, today)
