"""How the locales of the org's users write numbers, dates and money, and where their weeks begin.

Only as much as ``FORMAT()`` and ``THIS_WEEK`` need; the forms are those of the JDK's own locale data, which a real org
follows. (unsourced: a real org could not be asked)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

MONDAY, SUNDAY = 0, 6


@dataclass(frozen=True, slots=True)
class Locale:
    """``day`` and ``moment`` are format strings over ``date`` or ``datetime`` attributes; ``hour12`` is 1 to 12."""

    currency: str
    first_weekday: int
    group: str = ","
    decimal: str = "."
    money: str = "{symbol}{number}"
    day: str = "{0.day:02d}/{0.month:02d}/{0.year}"
    moment: str = "{day}, {0.hour:02d}:{0.minute:02d}"


_TWELVE_HOURS = "{day}, {hour12}:{0.minute:02d} {half}"
_DEFAULT = "en_US"
_LOCALES = {
    "en_US": Locale("USD", SUNDAY, day="{0.month}/{0.day}/{0.year}", moment=_TWELVE_HOURS),
    "en_GB": Locale("GBP", MONDAY),
    "en_IE": Locale("EUR", MONDAY),
    "en_AU": Locale("AUD", MONDAY, moment=_TWELVE_HOURS, day="{0.day}/{0.month:02d}/{0.year}"),
    "en_CA": Locale("CAD", SUNDAY, day="{0.year}-{0.month:02d}-{0.day:02d}", moment=_TWELVE_HOURS),
    "de_DE": Locale("EUR", MONDAY, ".", ",", "{number} {symbol}", "{0.day:02d}.{0.month:02d}.{0.year}"),
    "es_ES": Locale("EUR", MONDAY, ".", ",", "{number} {symbol}", "{0.day}/{0.month}/{0.year}"),
    "fr_FR": Locale("EUR", MONDAY, "\u202f", ",", "{number} {symbol}"),
    "it_IT": Locale("EUR", MONDAY, ".", ",", "{number} {symbol}"),
    "nl_NL": Locale("EUR", MONDAY, ".", ",", "{symbol} {number}", "{0.day:02d}-{0.month:02d}-{0.year}"),
    "ja_JP": Locale("JPY", SUNDAY, day="{0.year}/{0.month:02d}/{0.day:02d}"),
    "pt_BR": Locale("BRL", SUNDAY, ".", ",", "{symbol} {number}"),
    "zh_CN": Locale("CNY", MONDAY, day="{0.year}/{0.month}/{0.day}"),
    "zh_TW": Locale("TWD", SUNDAY, day="{0.year}/{0.month}/{0.day}"),
}
_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "CNY": "¥", "JPY": "¥", "BRL": "R$", "AUD": "$", "CAD": "$", "TWD": "$"}
_NO_CENTS = frozenset({"JPY", "KRW"})


def locale_of(name: str) -> Locale:
    """The locale called ``en_GB``; American English for those that are not known here."""
    return _LOCALES.get(name, _LOCALES[_DEFAULT])


def number(value: float, scale: int, locale: Locale) -> str:
    """``1,234.50``."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    plain = f"{rounded:,f}"
    return plain.translate({ord(","): locale.group, ord("."): locale.decimal})


def money(value: float, code: str, locale: Locale, *, named: bool) -> str:
    """``£1,234.50``; where an org has several currencies they are ``named``: ``GBP 1,234.50``."""
    amount = number(abs(value), 0 if code in _NO_CENTS else 2, locale)
    sign = "-" if value < 0 else ""
    if named:
        return f"{code} {sign}{amount}"
    return sign + locale.money.format(symbol=_SYMBOLS.get(code, code), number=amount)


def day(value: date, locale: Locale) -> str:
    """``23/11/2026``."""
    return locale.day.format(value)


def moment(value: datetime, locale: Locale) -> str:
    """``23/11/2026, 20:30``, on the clock that ``value`` is on."""
    half = "AM" if value.hour < 12 else "PM"
    return locale.moment.format(value, day=day(value, locale), hour12=(value.hour + 11) % 12 + 1, half=half)


def formatter(kind: str, scale: int, locale_name: str) -> Callable[[float, str, bool], str]:
    """What writes numbers of describe's type ``kind``: the value, the currency's code, and whether it is named."""
    locale = locale_of(locale_name)
    if kind == "currency":
        return lambda value, code, named: money(value, code, locale, named=named)
    sign = "%" if kind == "percent" else ""
    return lambda value, code, named: number(value, scale, locale) + sign
