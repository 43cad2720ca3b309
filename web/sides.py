"""The two sides of a record as the pages show them: waiting, conflict, state. Values in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask import g, url_for

from local_store.records import Records
from mapping.record import Record, RecordId, Value, is_provisional
from pipeline import deals, people
from pipeline.record_state import RecordState, Standing
from pipeline.sync_state import OpenConflict
from web import vocabulary
from web.context import services, store
from web.formats import day, moment, money, percent
from web.words import gettext

SENDING = "sending"

STANDARD_ORDER = (
    "Name",
    "FirstName",
    "LastName",
    "AccountId",
    "OpportunityId",
    "ContactId",
    "Amount",
    "CloseDate",
    "StageName",
    "Probability",
    "ForecastCategoryName",
    "NextStep",
    "Role",
    "IsPrimary",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One value in words, with the API value beside it where they differ, and a link for a record."""

    text: str
    api: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class SideRow:
    """One field on both sides."""

    label: str
    here: Shown
    there: Shown
    differs: bool
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One decision: the values of a field, or of the fields of a coupled group, on three sides."""

    name: str
    label: str
    together: bool
    before: tuple[str, ...]
    here: tuple[str, ...]
    there: tuple[str, ...]
    opened_at: datetime
    decision: str | None


def shown_state(state: RecordState) -> str:
    """The state as it is said now: while a sync runs, what waits is being sent."""
    if state in (RecordState.WAITING, RecordState.ONLY_HERE) and services().running() is not None:
        return SENDING
    return state.value


def record_url(record_id: RecordId) -> str | None:
    """The address of a record in Salesforce; None while it is not there, or has no page."""
    pattern = g.organization.record_url
    return None if pattern is None or is_provisional(record_id) else pattern.format(id=record_id)


def shown(object_name: str, field: str, value: Value) -> Shown:
    """A value of a field in words."""
    if value is None:
        return Shown("–")
    if field == "StageName":
        name = vocabulary.stage(store(), str(value))
        return Shown(name.label, name.api if name.api != name.label else "")
    if field == "Role":
        name = vocabulary.role(store(), str(value))
        return Shown(name.label, name.api if name.api != name.label else "")
    if field in ("ForecastCategoryName", "ForecastCategory"):
        return Shown(vocabulary.category(str(value)))
    match value:
        case bool():
            return Shown(gettext("yes") if value else gettext("no"))
        case datetime():
            return Shown(moment(value))
        case date():
            return Shown(day(value))
        case Decimal() | int():
            return Shown(_number(object_name, field, Decimal(value)))
        case str():
            return _reference(object_name, field, value)
    return Shown(str(value))


def _number(object_name: str, field: str, value: Decimal) -> str:
    mapping = store().objects.get(object_name)
    known = mapping.by_name.get(field) if mapping else None
    if known is not None and known.type == "currency":
        return money(value)
    if known is not None and known.type == "percent":
        return percent(value)
    return f"{value.normalize():f}"


def _reference(object_name: str, field: str, value: str) -> Shown:
    match field:
        case "AccountId":
            account = people.account(store(), value)
            return Shown(account.name, href=url_for("accounts.show", record_id=value)) if account else Shown(value)
        case "ContactId":
            contact = people.contact(store(), value)
            return Shown(contact.name, href=url_for("contacts.show", record_id=value)) if contact else Shown(value)
        case "OpportunityId":
            deal = deals.find(store(), value)
            return Shown(deal.name, href=url_for("opportunities.show", record_id=value)) if deal else Shown(value)
        case "OwnerId" | "CreatedById" | "LastModifiedById" if "User" in store().objects:
            user = Records(store()).get("User", value)
            return Shown(str(user.get("Name") or value)) if user else Shown(value)
    return Shown(value)


def waiting_rows(object_name: str, stands: Standing) -> list[SideRow]:
    """What waits to be sent, field by field. Of a record that is only here: what Salesforce will get."""
    rows = [item for item in stands.waiting if not _is_inner(item.field)]
    if stands.there is None:
        rows = [item for item in rows if item.here is not None]
    return [
        SideRow(
            label=vocabulary.field(store(), object_name, item.field),
            here=shown(object_name, item.field, item.here),
            there=shown(object_name, item.field, item.there),
            differs=True,
        )
        for item in sorted(rows, key=lambda item: _place(item.field))
    ]


def two_sides(object_name: str, fields: Sequence[str], stands: Standing) -> list[SideRow]:
    """The given fields on both sides, equal or not."""
    by_name = {item.field: item for item in stands.fields}
    return [
        SideRow(
            label=vocabulary.field(store(), object_name, name),
            here=shown(object_name, name, by_name[name].here),
            there=shown(object_name, name, by_name[name].there),
            differs=by_name[name].differs,
            conflict=by_name[name].conflict,
        )
        for name in fields
        if name in by_name
    ]


def conflict_rows(conflicts: Iterable[OpenConflict]) -> list[ConflictRow]:
    """The decisions of a record's conflicts, one row each."""
    return [_conflict_row(item) for item in conflicts]


def _conflict_row(item: OpenConflict) -> ConflictRow:
    fields = sorted(item.fields, key=_place)

    def values(record: Record | None) -> tuple[str, ...]:
        return tuple(shown(item.object, name, (record or {}).get(name)).text for name in fields)

    if item.deleted_on is not None:
        deleted, kept = gettext("deleted"), gettext("edited")
        sides_said = {"local": kept, "remote": kept, item.deleted_on: deleted}
        return ConflictRow(
            name=f"conflict-{item.id}",
            label=gettext("The record itself"),
            together=False,
            before=(),
            here=(sides_said["local"],),
            there=(sides_said["remote"],),
            opened_at=item.opened_at,
            decision=item.decision,
        )
    separator = "、" if g.language == "zh_CN" else ", "
    return ConflictRow(
        name=f"conflict-{item.id}",
        label=separator.join(vocabulary.field(store(), item.object, name) for name in fields),
        together=len(fields) > 1,
        before=values(item.base),
        here=values(item.local),
        there=values(item.remote),
        opened_at=item.opened_at,
        decision=item.decision,
    )


def _is_inner(field: str) -> bool:
    # The field that carries our provisional id to Salesforce means nothing to a reader.
    return field.startswith("Forcemirror_Id")


def _place(field: str) -> tuple[int, str]:
    return (STANDARD_ORDER.index(field) if field in STANDARD_ORDER else len(STANDARD_ORDER), field)
