"""Numbers, dates and durations as people read them, in the page's language. Filters of the templates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_symbol
from flask import Flask, g

from web.words import gettext, ngettext

NO_BREAK = "\u00a0"
MINUS = "−"

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

MINUTE, HOUR, DAY = 60, 3600, 86400


def is_chinese() -> bool:
    """Whether the page is in Chinese."""
    return bool(g.get("language") == "zh_CN")


def count(value: int) -> str:
    """A count with groups of thousands: ``13,725``."""
    return f"{value:,}".replace("-", MINUS)


def money(amount: Decimal | None, currency: str = "") -> str:
    """An amount in full: ``$4,200``, ``$4,200.50``. Nothing known is a dash."""
    if amount is None:
        return "–"
    whole = amount == amount.to_integral_value()
    return _signed_text(amount, _symbol(currency) + (f"{abs(amount):,.0f}" if whole else f"{abs(amount):,.2f}"))


def money_short(amount: Decimal | None, currency: str = "") -> str:
    """An amount for a card: ``$4.34 M``, ``$565 k``; in Chinese ``$433.6万``."""
    if amount is None:
        return "–"
    steps = CHINESE_STEPS if is_chinese() else ENGLISH_STEPS
    for least, unit, word, places, gap in steps:
        if abs(amount) >= least:
            figure = (abs(amount) / unit).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
            return _signed_text(amount, f"{_symbol(currency)}{figure:,}{gap}{word}")
    return money(amount.quantize(Decimal(1), ROUND_HALF_UP), currency)


ENGLISH_STEPS = (
    (Decimal(1_000_000), Decimal(1_000_000), "M", 2, NO_BREAK),
    (Decimal(10_000), Decimal(1_000), "k", 0, NO_BREAK),
)
CHINESE_STEPS = (
    (Decimal(100_000_000), Decimal(100_000_000), "亿", 2, ""),
    (Decimal(10_000), Decimal(10_000), "万", 1, ""),
)


def zero_money(_value: int = 0) -> str:
    """Nothing, in the org's currency."""
    return money(Decimal(0))


def signed(amount: Decimal | int) -> str:
    """A change with its sign: ``+12`` or ``−3``."""
    return f"+{amount:,}" if amount > 0 else f"{amount:,}".replace("-", MINUS)


def _signed_text(amount: Decimal, text: str) -> str:
    return MINUS + text if amount < 0 else text


def _symbol(currency: str) -> str:
    code = currency or g.organization.currency
    if code == g.organization.currency:
        return str(get_currency_symbol(code, locale="en"))
    return f"{code}{NO_BREAK}"


def percent(value: Decimal | int | None) -> str:
    """A percentage without a space: ``20%``."""
    return "–" if value is None else f"{Decimal(value).normalize():f}%"


def zone() -> ZoneInfo:
    """The org's time zone: every day and time on a page is in it."""
    found: ZoneInfo = g.zone
    return found


def day(value: date | datetime | None) -> str:
    """A day: ``18 Dec 2026``, ``2026年12月18日``."""
    if value is None:
        return "–"
    when = value.astimezone(zone()) if isinstance(value, datetime) else value
    if is_chinese():
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day}{NO_BREAK}{MONTHS[when.month - 1]}{NO_BREAK}{when.year}"


def short_day(value: date) -> str:
    """A day without its year: ``18 Dec``, ``12月18日``."""
    return f"{value.month}月{value.day}日" if is_chinese() else f"{value.day}{NO_BREAK}{MONTHS[value.month - 1]}"


def clock(value: datetime) -> str:
    """The time of day: ``09:10``."""
    return f"{value.astimezone(zone()):%H:%M}"


def moment(value: datetime | None) -> str:
    """A moment in full: ``23 Nov 2026 09:04``."""
    return "–" if value is None else f"{day(value)} {clock(value)}"


def iso(value: datetime | date | None) -> str:
    """For machines: ISO 8601, moments in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.isoformat() if value else ""


def when(value: datetime) -> str:
    """A moment as near ones are said: ``08:31`` today, ``16 Nov 08:12`` this year, with the year before."""
    today, there = g.now.astimezone(zone()), value.astimezone(zone())
    if there.date() == today.date():
        return clock(value)
    if there.year == today.year:
        return f"{short_day(there.date())} {clock(value)}"
    return day(value)


def ago(value: datetime) -> str:
    """How long ago: ``4 minutes ago``."""
    seconds = max(0, int((g.now - value).total_seconds()))
    if seconds < MINUTE:
        return gettext("just now")
    if seconds < HOUR:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", seconds // MINUTE)
    if seconds < DAY:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", seconds // HOUR)
    return ngettext("%(num)s day ago", "%(num)s days ago", seconds // DAY)


def data_age(value: datetime) -> str:
    """The age of the data, for the header: ``Data 2 min old``."""
    minutes = max(0, int((g.now - value).total_seconds())) // MINUTE
    if minutes < 1:
        return gettext("Data under a minute old")
    if minutes < 120:
        return gettext("Data %(age)s min old", age=minutes)
    if minutes < 2880:
        return gettext("Data %(age)s h old", age=minutes // 60)
    return gettext("Data %(age)s days old", age=minutes // 1440)


def days(value: int) -> str:
    """A number of days: ``38 d``."""
    return gettext("%(count)s d", count=value)


def took(value: timedelta | None) -> str:
    """How long something took: ``9 s``, ``6 min``."""
    if value is None:
        return "–"
    seconds = value.total_seconds()
    if seconds < 120:
        return gettext("%(count)s s", count=max(1, round(seconds)))
    return gettext("%(count)s min", count=round(seconds / 60))


def initials(name: str) -> str:
    """The initials of a person: ``RA``; of a Chinese name its last two characters."""
    words = name.split()
    if len(words) > 1:
        return (words[0][:1] + words[-1][:1]).upper()
    return name[-2:] if name and ord(name[0]) > 0x2E7F else name[:2].upper()


def is_passed(verdict: str) -> bool:
    """Whether a check passed."""
    return verdict == "passed"


FILTERS = (
    count,
    money,
    money_short,
    zero_money,
    signed,
    percent,
    day,
    short_day,
    clock,
    moment,
    iso,
    when,
    ago,
    data_age,
    days,
    took,
    initials,
    is_passed,
)


def add_to(app: Flask) -> None:
    """Make the filters known to the templates, under the names of the functions."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
