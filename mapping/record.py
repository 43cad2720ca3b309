"""The canonical form that both sides are turned into before anything is compared.

A record is a mapping from Salesforce API field names to values. Text is never empty (Salesforce stores an empty
string as null, so does the canonical form); numbers with decimals are ``Decimal``; datetimes are aware and in UTC;
a date carries no time zone (invariants 32 and 33 of the reliability paper).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import NewType

Value = str | Decimal | int | bool | date | datetime | time | None
"""One canonical value. ``bool`` before ``int`` and ``datetime`` before ``date`` when branching on the type."""

Record = Mapping[str, Value]
"""Canonical values by API field name, for example ``{"StageName": "Prospecting", "Amount": Decimal("10")}``."""

RecordId = NewType("RecordId", str)
"""The primary key of a mirror row: an 18-character Salesforce id, or a provisional id ``local-<base32>`` given to a
row that was made here and that Salesforce has not confirmed yet."""

PROVISIONAL_PREFIX = "local-"


def is_provisional(record_id: str) -> bool:
    """Tell whether an id was made here and is not a Salesforce id yet."""
    return record_id.startswith(PROVISIONAL_PREFIX)
