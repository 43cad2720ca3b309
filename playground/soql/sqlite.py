"""What SQLite lacks and SOQL needs, as functions that are added to a connection."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def prepare_connection(connection: sqlite3.Connection) -> None:
    """Add ``soql_upper(text)`` and ``soql_local(datetime, zone)``, if the connection does not have them yet."""
    try:
        connection.execute("SELECT soql_upper(NULL), soql_local(NULL, NULL)").fetchone()
    except sqlite3.OperationalError:
        connection.create_function("soql_upper", 1, _upper_or_null, deterministic=True)
        connection.create_function("soql_local", 2, _local, deterministic=True)


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
