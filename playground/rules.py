"""What the org does by itself when a record is saved (salesforce-api.md, section 11).

:func:`before_save` completes the row that is about to be written; :func:`after_save` writes what follows from it.
Opportunities and contact roles have modules of their own; the rest is here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from playground import activities, contact_roles, currencies, errors, line_items, opportunities, values
from playground.store import Row
from playground.work import Work

Before = Callable[[Work, Row | None, Row, Collection[str]], None]
After = Callable[[Work, Row | None, Row, Collection[str]], None]


def before_save(work: Work, object_name: str, old: Row | None, new: Row, sent: Collection[str]) -> None:
    """Complete ``new`` in place. ``old`` is None on create; ``sent`` names the fields the request carried."""
    currencies.complete(work, object_name, old, new, sent)
    rule = _BEFORE.get(object_name)
    if rule:
        rule(work, old, new, sent)


def after_save(work: Work, object_name: str, old: Row | None, new: Row, sent: Collection[str]) -> None:
    """Write what follows from a row that was just written."""
    rule = _AFTER.get(object_name)
    if rule:
        rule(work, old, new, sent)


def person_name(row: Row) -> str:
    """First and last name, as ``Name`` of a person shows them."""
    return " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)


def _name_person(_work: Work, _old: Row | None, new: Row, _sent: Collection[str]) -> None:
    new["Name"] = person_name(new)


def _complete_lead(_work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """A converted lead stays as it is."""
    if old and old["IsConverted"]:
        raise errors.ApiError("cannot reference converted lead", code="CANNOT_UPDATE_CONVERTED_LEAD", fields=[])
    new["Name"] = person_name(new)


def _refuse_circle(work: Work, _old: Row | None, new: Row, _sent: Collection[str]) -> None:
    seen = {new["Id"]}
    parent_id = new.get("ParentId")
    while parent_id:
        if parent_id in seen:
            raise errors.ApiError(
                "attempt to create a circular dependency: ParentId", code="CIRCULAR_DEPENDENCY", fields=["ParentId"]
            )
        seen.add(parent_id)
        parent = work.store.get("Account", parent_id)
        parent_id = parent.get("ParentId") if parent else None


def _complete_task(work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    new["IsClosed"] = int(new.get("Status") == "Completed")
    new["IsHighPriority"] = int(new.get("Priority") == "High")
    new["AccountId"] = activities.account_of(work, new)
    was_closed = bool(old and old["IsClosed"])
    if new["IsClosed"] and not was_closed:
        new["CompletedDateTime"] = work.stamp
    elif not new["IsClosed"]:
        new["CompletedDateTime"] = None


def _complete_event(work: Work, _old: Row | None, new: Row, sent: Collection[str]) -> None:
    new["AccountId"] = activities.account_of(work, new)
    start = new.get("StartDateTime") if "StartDateTime" in sent else new.get("ActivityDateTime")
    start = start or new.get("StartDateTime")
    if start is None:
        if new.get("ActivityDate") is None:
            raise errors.RequiredFieldsMissing(["ActivityDateTime", "DurationInMinutes"])
        start = f"{new['ActivityDate']}T00:00:00.000Z"
    begins = values.moment(start)
    if "EndDateTime" in sent and new.get("EndDateTime"):
        new["DurationInMinutes"] = int((values.moment(new["EndDateTime"]) - begins) / timedelta(minutes=1))
    if new.get("DurationInMinutes") is None:
        raise errors.RequiredFieldsMissing(["DurationInMinutes"])
    ends = begins + timedelta(minutes=int(new["DurationInMinutes"]))
    new.update(
        StartDateTime=start,
        ActivityDateTime=start,
        ActivityDate=start[:10],
        EndDateTime=values.stamp(ends),
        EndDate=ends.date().isoformat(),
    )


_BEFORE: dict[str, Before] = {
    "Account": _refuse_circle,
    "Contact": _name_person,
    "User": _name_person,
    "Lead": _complete_lead,
    "Opportunity": line_items.complete_opportunity,
    "OpportunityLineItem": line_items.complete_item,
    "PricebookEntry": line_items.complete_entry,
    "Task": _complete_task,
    "Event": _complete_event,
}
_AFTER: dict[str, After] = {
    "Opportunity": opportunities.record_change,
    "DatedConversionRate": currencies.follow_dated_rate,
    "OpportunityContactRole": contact_roles.settle_primary,
    "OpportunityLineItem": line_items.follow_items,
    "PricebookEntry": line_items.follow_entry,
    "Product2": line_items.follow_product,
    "Task": activities.follow,
    "Event": activities.follow,
}
