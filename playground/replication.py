"""getUpdated and getDeleted (salesforce-api.md 3.6): which ids changed or went away in a span of time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from playground import errors, values, visibility
from playground.schema import ObjectType
from playground.store import quoted
from playground.work import Work


def updated(
    work: Work, object_type: ObjectType, start: str | None, end: str | None, covered: datetime
) -> dict[str, Any]:
    """Ids of live records stamped in the span. ``covered`` is how far the org can vouch for (see Org)."""
    begins, ends = _span(work, object_type, start, end, work.settings.updated_log_days)
    cursor = next(name for name in ("SystemModstamp", "LastModifiedDate", "CreatedDate") if object_type.has(name))
    alive = " AND NOT IsDeleted" if object_type.has("IsDeleted") else ""
    rows = work.store.execute(
        f"SELECT Id FROM {quoted(object_type.name)} WHERE {cursor} >= ? AND {cursor} < ?{alive} ORDER BY {cursor}, Id",
        (values.stamp(begins), values.stamp(ends)),
    )
    return {"ids": [row[0] for row in rows], "latestDateCovered": _shown(min(ends, covered))}


def deleted(
    work: Work, object_type: ObjectType, start: str | None, end: str | None, covered: datetime
) -> dict[str, Any]:
    """Ids of records deleted in the span, also those that are gone for good."""
    begins, ends = _span(work, object_type, start, end, work.settings.deleted_log_days)
    rows = work.store.execute(
        "SELECT id, deleted_at FROM _deletion WHERE object = ? AND deleted_at >= ? AND deleted_at < ? "
        "ORDER BY deleted_at, id",
        (object_type.name, values.stamp(begins), values.stamp(ends)),
    )
    unseen = visibility.unseen_deletions(work.store, work.stamp)
    rows = [row for row in rows if (object_type.name, row[0], row[1]) not in unseen]
    earliest = work.now.replace(second=0, microsecond=0) - timedelta(days=work.settings.deleted_log_days)
    return {
        "deletedRecords": [{"id": row[0], "deletedDate": _shown(values.moment(row[1]))} for row in rows],
        "earliestDateAvailable": _shown(earliest),
        "latestDateCovered": _shown(min(ends, covered)),
    }


def _span(
    work: Work, object_type: ObjectType, start: str | None, end: str | None, days: int
) -> tuple[datetime, datetime]:
    if not object_type.replicateable:
        raise errors.ApiError(f"object type {object_type.name} is not replicable", code="INVALID_TYPE_FOR_OPERATION")
    begins, ends = _minute(start, "start"), _minute(end, "end")
    if ends - begins < timedelta(minutes=1):
        raise errors.ReplicationDateInvalid("endDate must be at least one minute greater than startDate")
    if begins < work.now.replace(second=0, microsecond=0) - timedelta(days=days):
        raise errors.ReplicationDateInvalid(f"startDate before the earliest available date, which is {days} days ago")
    return begins, ends


def _minute(text: str | None, name: str) -> datetime:
    # A "+" that the caller did not escape arrives as a space.
    parsed = values.parse_datetime((text or "").replace(" ", "+"))
    if parsed is None:
        raise errors.ReplicationDateInvalid(f"{name}Date: {text!r} is not a valid date")
    return parsed.replace(second=0, microsecond=0)


def _shown(moment: datetime) -> str:
    return values.stamp(moment).removesuffix("Z") + "+0000"
