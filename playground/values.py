"""Field values between three forms: JSON of a request, the stored form, and JSON of an answer.

Stored forms are those of :mod:`playground.schema`. Everything here is pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from playground import errors, ids
from playground.schema import Field, ObjectType

NUMBER_TYPES = frozenset({"double", "currency", "percent"})
_EMAIL = re.compile(r"[^@\s,;<>()\[\]\\\"]+@[^@\s,;<>()\[\]\\\"]+\.[^@\s.,;<>()\[\]\\\"]+")
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?")
_INT_MAX = 2**31 - 1


def stored(field: Field, raw: Any) -> Any:
    """The stored form of a value that a request sent. Raise an :class:`errors.ApiError` for what a real org refuses."""
    if field.type == "boolean":
        return _boolean(field, raw)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if field.type in NUMBER_TYPES:
        return _number(field, raw)
    if field.type == "int":
        return _integer(field, raw)
    if field.type == "date":
        return _date(field, raw)
    if field.type == "datetime":
        return _datetime(field, raw)
    if field.type in ("id", "reference"):
        return _id(field, raw)
    return _text(field, raw)


def shown(field: Field, value: Any) -> Any:
    """The JSON form of a stored value."""
    if field.type == "boolean":
        return bool(value)
    if value is None:
        return None
    if field.type == "datetime":
        return str(value).removesuffix("Z") + "+0000"
    if field.type in NUMBER_TYPES:
        return float(value)
    return value


def shown_field(object_type: ObjectType, field: Field, row: Mapping[str, Any]) -> Any:
    """The JSON form of a field of a row, also of an address that is put together from its parts."""
    if field.stored:
        return shown(field, row.get(field.name))
    parts = {
        item.name.removeprefix(field.name.removesuffix("Address")): shown(item, row.get(item.name))
        for item in object_type.fields
        if item.compound == field.name
    }
    if all(value is None for value in parts.values()):
        return None
    names = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
    return {name[0].lower() + name[1:]: parts.get(name) for name in names}


def stamp(moment: datetime) -> str:
    """The stored form of a moment: whole seconds, UTC (salesforce-api.md 11.4)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def moment(text: str) -> datetime:
    """The moment a stored datetime names."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def parse_datetime(text: str) -> datetime | None:
    """A moment from any form the API accepts; without an offset it is UTC. None when it is none."""
    match = _DATETIME.fullmatch(text.strip())
    if not match:
        return None
    day, time, fraction, offset = match.groups()
    if len(time) == len("03:04"):
        time += ":00"
    offset = "+00:00" if offset in (None, "Z") else offset
    if ":" not in offset:
        offset = offset[:3] + ":" + offset[3:]
    microseconds = f".{(fraction or '.0')[1:7].ljust(6, '0')}"
    try:
        return datetime.fromisoformat(f"{day}T{time}{microseconds}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _boolean(field: Field, raw: Any) -> int:
    if raw is None:
        return 0
    if isinstance(raw, bool):
        return int(raw)
    if isinstance(raw, str) and raw.strip().lower() in ("true", "false", "1", "0", ""):
        return int(raw.strip().lower() in ("true", "1"))
    raise _cannot_deserialize(field, raw)


def _number(field: Field, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise _cannot_deserialize(field, raw)
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise _cannot_deserialize(field, raw) from None
    if not number.is_finite():
        raise _cannot_deserialize(field, raw)
    if abs(number) >= Decimal(10) ** (field.precision - field.scale):
        raise errors.NumberOutOfRange(field.label, raw, field.name)
    return float(number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP))


def _integer(field: Field, raw: Any) -> int:
    number = _whole(raw)
    if number is None:
        raise _cannot_deserialize(field, raw)
    if abs(number) > _INT_MAX or (field.digits and abs(number) >= 10**field.digits):
        raise errors.NumberOutOfRange(field.label, raw, field.name)
    return number


def _whole(raw: Any) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    try:
        number = float(raw)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if math.isfinite(number) and number == int(number) else None


def _date(field: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise _cannot_deserialize(field, raw)
    text = raw.strip()
    whole = parse_datetime(text)
    if whole is not None:
        return whole.date().isoformat()
    try:
        if len(text) != len("2026-01-02"):
            raise ValueError(text)  # noqa: TRY301 - the same answer as for any other text that is no date
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _cannot_deserialize(field, raw) from None


def _datetime(field: Field, raw: Any) -> str:
    parsed = parse_datetime(raw) if isinstance(raw, str) else None
    if parsed is None:
        raise _cannot_deserialize(field, raw)
    return stamp(parsed)


def _id(field: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise _cannot_deserialize(field, raw)
    text = raw.strip()
    if not ids.is_id(text):
        raise errors.MalformedId(field.label, raw, field.name)
    return ids.to_18(text[:15])


def _text(field: Field, raw: Any) -> str | None:
    if isinstance(raw, (dict, list)):
        raise _cannot_deserialize(field, raw)
    text = str(raw).lower() if isinstance(raw, bool) else str(raw)
    text = text.strip() if field.type != "textarea" else text.rstrip()
    if field.length and len(text) > field.length:
        raise errors.StringTooLong(field.label, text, field.length, field.name)
    if field.restricted_picklist and field.type == "picklist":
        return _picklist_value(field, text)
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise errors.BadEmail(field.label, text, field.name)
    return text


def _picklist_value(field: Field, text: str) -> str:
    for entry in field.picklist:
        if entry.value.lower() == text.lower():
            return entry.value
    raise errors.BadPicklistValue(field.label, text, field.name)


_TOKENS = {int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", str: "VALUE_STRING"}


def _cannot_deserialize(field: Field, raw: Any) -> errors.ApiError:
    if isinstance(raw, (dict, list)):
        token, shown_value = ("START_OBJECT", "{") if isinstance(raw, dict) else ("START_ARRAY", "[")
    elif isinstance(raw, bool):
        token, shown_value = f"VALUE_{str(raw).upper()}", str(raw).lower()
    else:
        token, shown_value = _TOKENS[type(raw)], str(raw)
    return errors.TypeMismatch(field.type, token, shown_value, field.name)
