"""Salesforce JSON to canonical values and back, and when two values are the same.

The laws, for every type: canonical, JSON, canonical gives back what went in; ``canonical`` applied twice is the same as
once; values that Salesforce would store alike are ``equal`` (invariants 21 and 33 of the reliability paper).
Pure. JSON must be parsed with ``parse_float=Decimal``, so that no money ever passes through binary floating point.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from mapping.fields import FieldMapping
from mapping.record import Record, Value, is_provisional

Json = str | int | float | bool | Decimal | None
"""A scalar as ``json`` hands it over or takes it."""

NUMBERS = frozenset({"currency", "double", "percent"})
WHOLE_NUMBERS = frozenset({"int", "long"})
IDS = frozenset({"id", "reference"})

ID_15 = re.compile(r"[0-9A-Za-z]{15}\Z")
ID_SUFFIX_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
LINE_ENDS = re.compile(r"\r\n?")
OFFSET = re.compile(r"([+-]\d\d):?(\d\d)\Z")


Moment = TypeVar("Moment", datetime, time)


class NotCanonical(ValueError):
    """A value that its field cannot hold. The record is quarantined, the value never altered (design decision 11)."""

    def __init__(self, field: str, raw: object, wanted: str) -> None:
        super().__init__(f"{field} should be {wanted}, but is {raw!r}")
        self.field = field
        self.raw = raw
        self.wanted = wanted


def from_json(field: FieldMapping, raw: Json) -> Value:
    """Read one value of a Salesforce answer. Raises ``NotCanonical``."""
    return canonical(field, raw)


def to_json(field: FieldMapping, value: Value) -> str | int | float | bool | None:
    """Write one canonical value for a request body. A number goes out exactly: as text where a float would round it."""
    value = canonical(field, value)
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        case time():
            return value.isoformat(timespec="milliseconds") + "Z"
        case date():
            return value.isoformat()
        case Decimal():
            return _number_to_json(value)
        case _:
            return value


def canonical(field: FieldMapping, value: Json | Value) -> Value:
    """Bring a value from anywhere (JSON, a form, a database column) to canonical form. Raises ``NotCanonical``."""
    if value is None or value == "":
        return None
    return _READERS.get(field.type, _text)(field, value)


def equal(field: FieldMapping, left: Value, right: Value) -> bool:
    """Tell whether Salesforce would hold the two values alike.

    Salesforce trims text on both ends and keeps no difference between kinds of line ends; 10 and 10.00 are one number;
    datetimes are compared as instants.
    """
    return left == right or _comparable(field, left) == _comparable(field, right)


def same(fields: Mapping[str, FieldMapping], left: Record, right: Record) -> bool:
    """Tell whether two records agree in every field that both hold."""
    return all(equal(fields[name], left[name], right[name]) for name in left.keys() & right.keys() & fields.keys())


def id_18(record_id: str) -> str:
    """Complete a 15-character id to the 18 characters by which ids are compared (invariant 34)."""
    if not ID_15.match(record_id):
        return record_id
    chunks = (record_id[start : start + 5] for start in (0, 5, 10))
    upper = (sum(1 << place for place, letter in enumerate(chunk) if letter.isupper()) for chunk in chunks)
    return record_id + "".join(ID_SUFFIX_ALPHABET[index] for index in upper)


def _number_to_json(value: Decimal) -> str | int | float:
    if value == value.to_integral_value():
        return int(value)
    rounded = float(value)
    return rounded if Decimal(repr(rounded)) == value else format(value, "f")


def _comparable(field: FieldMapping, value: Value) -> Value:
    value = canonical(field, value)
    if isinstance(value, str) and field.type not in IDS:
        return LINE_ENDS.sub("\n", value).strip() or None
    return value


def _text(field: FieldMapping, value: Json | Value) -> Value:
    if not isinstance(value, str):
        raise NotCanonical(field.name, value, "text")
    return value


def _id(field: FieldMapping, value: Json | Value) -> Value:
    if not isinstance(value, str):
        raise NotCanonical(field.name, value, "an id")
    return value if is_provisional(value) else id_18(value)


def _boolean(field: FieldMapping, value: Json | Value) -> Value:
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return value == "true"
    if isinstance(value, int) and value in {0, 1}:
        return value == 1
    raise NotCanonical(field.name, value, "true or false")


def _number(field: FieldMapping, value: Json | Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise NotCanonical(field.name, value, "a number")
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        raise NotCanonical(field.name, value, "a number") from None
    if not number.is_finite():
        raise NotCanonical(field.name, value, "a finite number")
    return number


def _whole_number(field: FieldMapping, value: Json | Value) -> Value:
    number = _number(field, value)
    if not isinstance(number, Decimal) or number != number.to_integral_value():
        raise NotCanonical(field.name, value, "a whole number")
    return int(number)


def _date(field: FieldMapping, value: Json | Value) -> Value:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise NotCanonical(field.name, value, "a date like 2026-01-31") from None


def _datetime(field: FieldMapping, value: Json | Value) -> Value:
    moment = value if isinstance(value, datetime) else _parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise NotCanonical(field.name, value, "a date and time with its offset, like 2026-01-31T10:00:00.000Z")
    return _to_milliseconds(moment.astimezone(UTC))


def _parse_datetime(value: Json | Value) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(OFFSET.sub(r"\1:\2", value))
    except ValueError:
        return None


def _time(field: FieldMapping, value: Json | Value) -> Value:
    if isinstance(value, time):
        return _to_milliseconds(value)
    try:
        return _to_milliseconds(time.fromisoformat(value.removesuffix("Z") if isinstance(value, str) else ""))
    except ValueError:
        raise NotCanonical(field.name, value, "a time like 10:00:00.000Z") from None


def _to_milliseconds(moment: Moment) -> Moment:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_READERS: dict[str, Callable[[FieldMapping, Json | Value], Value]] = {
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(WHOLE_NUMBERS, _whole_number),
    **dict.fromkeys(IDS, _id),
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
}
