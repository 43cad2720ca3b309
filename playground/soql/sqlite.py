"""What SQLite lacks and SOQL needs, as functions that are added to a connection."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from playground.soql import locales

KEY_END = "\x01"
"""Between a sort key and the value that it is the key of."""
_EARTH_RADIUS = {"mi": 3958.7613, "km": 6371.0088}


def prepare_connection(connection: sqlite3.Connection) -> None:
    """Add the functions that compiled statements use, if the connection does not have them yet."""
    try:
        connection.execute("SELECT soql_upper(NULL)").fetchone()
    except sqlite3.OperationalError:
        connection.create_function("soql_local", 2, _local, deterministic=True)
        connection.create_function("soql_unkeyed", 1, _unkeyed, deterministic=True)
        connection.create_function("soql_distance", 5, _distance, deterministic=True)
        connection.create_function("soql_format", 7, _format, deterministic=True)
        connection.create_function("soql_upper", 1, _upper_or_null, deterministic=True)


def upper(text: str) -> str:
    """Upper case, character by character: no character turns into two, none from outside ASCII into one inside.

    So that for ASCII it is what ``COLLATE NOCASE`` does.
    """
    if text.isascii():
        return text.upper()
    return "".join(map(_upper_character, text))


def _upper_or_null(text: str | None) -> str | None:
    return None if text is None else upper(text)


@lru_cache(maxsize=4096)
def _upper_character(character: str) -> str:
    raised = character.upper()
    if len(raised) > 1 or (raised.isascii() and not character.isascii()):
        return character
    return raised


def _local(stored: str | None, zone: str) -> str | None:
    """A stored datetime on the clocks of ``zone``, in the same form without the ``Z``."""
    if stored is None:
        return None
    return datetime.fromisoformat(stored).astimezone(_zone(zone)).strftime("%Y-%m-%dT%H:%M:%S.000")


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _unkeyed(keyed: str | None) -> str | None:
    """The value of a key and a value with ``KEY_END`` between them."""
    return None if keyed is None else keyed.partition(KEY_END)[2]


def _distance(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float, unit: str
) -> float | None:
    """Along a great circle of the mean earth (haversine)."""
    if latitude is None or longitude is None:
        return None
    here, there = radians(latitude), radians(to_latitude)
    turn = radians(to_longitude - longitude)
    half = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(turn / 2) ** 2
    return 2 * _EARTH_RADIUS[unit] * asin(min(1.0, sqrt(half)))


def _format(
    value: float | str | None, kind: str, scale: int, locale: str, zone: str, code: str | None, named: int
) -> str | None:
    """What FORMAT() makes of a stored value of describe's type ``kind``."""
    if value is None:
        return None
    if isinstance(value, str):
        if kind == "datetime":
            return locales.moment(datetime.fromisoformat(value).astimezone(_zone(zone)), locales.locale_of(locale))
        return locales.day(date.fromisoformat(value[:10]), locales.locale_of(locale)) if kind == "date" else value
    return locales.formatter(kind, scale, locale)(value, code or "", bool(named))
