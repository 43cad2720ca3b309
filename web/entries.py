"""The timeline of a deal in words, grouped by day, week and month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from flask import g

from mapping.record import Value
from pipeline.record_state import RecordState
from pipeline.timeline import Change, Source
from web import vocabulary
from web.context import store
from web.formats import MONTHS, clock, is_chinese, short_day, zone
from web.sides import shown
from web.words import gettext

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    when: str
    title: str
    old: str | None
    new: str | None
    text: str
    who: str
    source: str
    sign: str
    tone: str


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of a day, a week or a month."""

    title: str
    entries: list[Entry] = field(default_factory=list)


def groups(changes: Iterable[Change]) -> list[Group]:
    """The timeline, newest first."""
    found: list[Group] = []
    today = g.now.astimezone(zone()).date()
    for change in changes:
        title, when = _place(change.at, today)
        if not found or found[-1].title != title:
            found.append(Group(title))
        found[-1].entries.append(_entry(change, when))
    return found


def _place(at: datetime, today: date) -> tuple[str, str]:
    there = at.astimezone(zone())
    day, monday = there.date(), today - timedelta(days=today.weekday())
    weekday = (WEEKDAYS_ZH if is_chinese() else WEEKDAYS)[day.weekday()]
    if day >= today:
        return gettext("Today"), clock(at)
    if day >= monday:
        return gettext("This week"), f"{weekday} {clock(at)}"
    if day >= monday - timedelta(days=7):
        return gettext("Last week"), f"{weekday} {clock(at)}"
    if is_chinese():
        return f"{day.year}年{day.month}月", short_day(day)
    return f"{MONTHS[day.month - 1]} {day.year}", short_day(day)


def _entry(change: Change, when: str) -> Entry:
    sign, tone = _look(change)
    if change.created:
        title, old, new = gettext("Created"), None, None
    else:
        title = vocabulary.field(store(), "Opportunity", change.field)
        old, new = (shown("Opportunity", change.field, value).text for value in (change.old, change.new))
    return Entry(
        at=change.at,
        when=when,
        title=title,
        old=old,
        new=new,
        text=change.text,
        who=change.who or "",
        source=_source(change),
        sign=sign,
        tone=tone,
    )


def _source(change: Change) -> str:
    if change.source is Source.HERE:
        here = gettext("in your database")
        waits = gettext("in conflict") if change.state is RecordState.CONFLICT else gettext("waiting to be sent")
        return f"{here} · {waits}"
    if change.source is Source.FIELD_HISTORY:
        return gettext("field history")
    return gettext("opportunity history")


def _look(change: Change) -> tuple[str, str]:
    if change.created:
        return "plus", ""
    if change.state is RecordState.CONFLICT:
        return "conflict", "warn"
    if change.source is Source.HERE:
        return "pencil", "acc"
    way = _way(change.field, change.old, change.new)
    if change.field == "StageName":
        return {1: ("forward", "up"), -1: ("back", "down")}.get(way, ("right", ""))
    return {1: ("up", "up"), -1: ("down", "down")}.get(way, ("pencil", ""))


def _way(name: str, old: Value, new: Value) -> int:
    """1 for more, nearer or forward; -1 for less, later or back."""
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        return (new > old) - (new < old)
    if isinstance(old, date) and isinstance(new, date) and name == "CloseDate":
        return (new < old) - (new > old)
    if name == "StageName":
        mapping = store().objects["Opportunity"].by_name.get("StageName")
        order = [item.value for item in mapping.picklist] if mapping else []
        if old in order and new in order:
            return 1 if order.index(str(new)) > order.index(str(old)) else -1
    return 0
