"""Fields that the calendar moves, without anybody's doing and without a new stamp: ages in days, overdue tasks."""

from __future__ import annotations

from playground.store import Store

_AGES = """
UPDATE Opportunity SET
    AgeInDays = CAST(julianday(?1) - julianday(substr(CreatedDate, 1, 10)) AS INTEGER),
    LastActivityInDays = CAST(julianday(?1) - julianday(LastActivityDate) AS INTEGER),
    LastStageChangeInDays =
        CAST(julianday(?1) - julianday(substr(coalesce(LastStageChangeDate, CreatedDate), 1, 10)) AS INTEGER)
"""
_OVERDUE = """
UPDATE Opportunity SET HasOverdueTask = EXISTS (
    SELECT 1 FROM Task
    WHERE Task.WhatId = Opportunity.Id AND NOT Task.IsDeleted AND NOT Task.IsClosed AND Task.ActivityDate < ?1
)
"""


def refresh(store: Store, today: str) -> None:
    """Bring them up to ``today`` (``2026-01-02``, in the org's time zone)."""
    for statement in (_AGES, _OVERDUE):
        store.execute(statement, (today,))
