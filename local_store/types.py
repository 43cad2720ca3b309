"""How values of each describe type are kept in columns, and read back as canonical values.

Reading is tolerant, because anybody may write the mirror with SQL: a datetime with ``T``, ``Z`` or an offset, a boolean
as text, a number as text are understood. What cannot be understood comes back as the text it is, so that the engine can
refuse that record with a reason, instead of failing on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Numeric, Text, Time
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from local_store.errors import ValueNotStorable, ValueTooLong
from mapping.record import Value, is_provisional
from mapping.values import IDS, NUMBERS, WHOLE_NUMBERS, id_18

EXACT_DIGITS = 15
"""Significant decimal digits that survive a binary double (design decision 16)."""

LARGEST_INTEGER = 2**63 - 1

WHOLE_ID = 18
"""Characters of an id that needs no completing."""

STORED_DATETIME = len("2026-01-31 10:00:00.000")

SAFE_EXPONENT = 250
"""Far enough from where doubles end that 15 digits are exact without a look. Beyond that, and where zeros follow the
digits, a closer look is needed: SQLite keeps a large integral double as an integer, with its binary digits."""

Kind = TypeVar("Kind")

Encoder = Callable[[Value], Any]
Decoder = Callable[[Any], Value]


def encode_text(value: Value) -> str | None:
    """Text goes in as it is. The empty text stays what it is, since people compare with it; it is read as null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueNotStorable("The text holds half of a character pair, which no database can hold.") from None
    return text


def decode_text(value: Any) -> Value:
    """Text comes out as it is; empty is null."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return None if value is None or value == "" else str(value)


def decode_id(value: Any) -> Value:
    """An id comes out with 18 characters, however it was written (invariant 34)."""
    if isinstance(value, str) and len(value) == WHOLE_ID:
        return value
    text = decode_text(value)
    return text if not isinstance(text, str) or is_provisional(text) else id_18(text)


def encode_boolean(value: Value) -> int | str | None:
    """False and true are 0 and 1."""
    return value if value is None or isinstance(value, str) else int(bool(value))


def decode_boolean(value: Any) -> Value:
    """0 and 1, and what people write instead of them."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return {"true": True, "t": True, "false": False, "f": False}.get(value.lower(), value)
    return bool(value)


def encode_number(value: Value) -> int | float | str | None:
    """A number goes in exactly or not at all. Raises ``ValueTooLong``."""
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        if isinstance(exponent, int) and len(digits) <= EXACT_DIGITS and -SAFE_EXPONENT < exponent <= 0:
            return float(value)
        return _exactly(value)
    match value:
        case None | "":
            return None
        case str():
            return value
        case bool() | int():
            return _fitting(int(value))
        case _:
            raise ValueNotStorable(f"{value!r} is not a number.")


def decode_number(value: Any) -> Value:
    """A decimal, rounded to the digits that a double keeps, so that no binary noise shows."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(format(value, f".{EXACT_DIGITS}g")) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        return str(value)
    return number if number.is_finite() else str(value)


def decode_whole_number(value: Any) -> Value:
    """An integer, or the decimal that somebody wrote into an integer's place."""
    number = decode_number(value)
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    return number


def encode_date(value: Value) -> str | None:
    """A date goes in as ``2026-01-31``."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else _expect(date, value).isoformat()


def decode_date(value: Any) -> Value:
    """A date; of a datetime written into its place only a midnight counts as one."""
    if value is None or value == "":
        return None
    text = str(value)
    try:
        return date.fromisoformat(
            text.removesuffix(" 00:00:00").removesuffix("T00:00:00").removesuffix(" 00:00:00.000")
        )
    except ValueError:
        return text


def encode_datetime(value: Value) -> str | None:
    """An instant goes in as UTC text that sorts: ``2026-01-31 10:00:00.000``."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    moment = _expect(datetime, value)
    if moment.tzinfo is None:
        raise ValueNotStorable(f"{moment} has no time zone.")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "milliseconds")[:-6]


def decode_datetime(value: Any) -> Value:
    """An instant in UTC; text without an offset is taken as UTC."""
    if value is None or value == "":
        return None
    text = str(value)
    try:
        if len(text) == STORED_DATETIME and text[19] == ".":
            return datetime.fromisoformat(text + "+00:00")
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def encode_time(value: Value) -> str | None:
    """A time of day goes in as ``10:00:00.000``."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else _expect(time, value).isoformat(timespec="milliseconds")


def decode_time(value: Any) -> Value:
    """A time of day, without a zone."""
    if value is None or value == "":
        return None
    text = str(value)
    try:
        moment = time.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return text
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def encoder(field_type: str) -> Encoder:
    """How values of a describe type go into SQLite columns."""
    return _ENCODERS.get(field_type, encode_text)


def decoder(field_type: str) -> Decoder:
    """How values of a describe type come out of SQLite columns."""
    return _DECODERS.get(field_type, decode_text)


def typed(field_type: str, precision: int = 0, scale: int = 0) -> MirrorType:
    """The column type for a describe type."""
    return _KINDS.get(field_type, MirrorText)(field_type, precision, scale)


class _Declared(UserDefinedType[Any]):
    """A column declared by name on SQLite, whose values pass to and from the driver untouched."""

    cache_ok = True

    def __init__(self, declaration: str) -> None:
        self.declaration = declaration

    def get_col_spec(self, **_options: Any) -> str:
        return self.declaration


class MirrorType(TypeDecorator[Any]):
    """A column of the mirror. Canonical values on our side, the database's own way of keeping them on the other."""

    impl: Any = Text
    cache_ok = True

    def __init__(self, field_type: str, precision: int = 0, scale: int = 0) -> None:
        super().__init__()
        self.field_type = field_type
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Declared(self._declared()) if dialect.name == "sqlite" else self._elsewhere())

    def bind_processor(self, dialect: Dialect) -> Encoder | None:
        return encoder(self.field_type) if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Decoder | None:
        return decoder(self.field_type) if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    def _declared(self) -> str:
        if self.field_type in NUMBERS and self.precision:
            return f"NUMERIC({self.precision}, {self.scale})"
        return _SQLITE_DECLARATIONS.get(self.field_type, "TEXT")

    def _elsewhere(self) -> TypeEngine[Any]:
        return self.impl_instance


class MirrorText(MirrorType):
    """Text, picklists, ids."""

    impl = Text
    cache_ok = True

    def _elsewhere(self) -> TypeEngine[Any]:
        return Text(collation="C")


class MirrorNumber(MirrorType):
    """Money, percentages and other decimals."""

    impl = Numeric
    cache_ok = True


class MirrorWholeNumber(MirrorType):
    """Integers."""

    impl = BigInteger
    cache_ok = True


class MirrorBoolean(MirrorType):
    """Yes or no."""

    impl = Boolean
    cache_ok = True


class MirrorDate(MirrorType):
    """Days, without a time zone."""

    impl = Date
    cache_ok = True


class MirrorDatetime(MirrorType):
    """Instants, in UTC."""

    impl = DateTime
    cache_ok = True

    def _elsewhere(self) -> TypeEngine[Any]:
        return DateTime(timezone=True)


class MirrorTime(MirrorType):
    """Times of day."""

    impl = Time
    cache_ok = True


_KINDS: dict[str, type[MirrorType]] = {
    **dict.fromkeys(NUMBERS, MirrorNumber),
    **dict.fromkeys(WHOLE_NUMBERS, MirrorWholeNumber),
    "boolean": MirrorBoolean,
    "date": MirrorDate,
    "datetime": MirrorDatetime,
    "time": MirrorTime,
}

_ENCODERS: dict[str, Encoder] = {
    **dict.fromkeys(NUMBERS | WHOLE_NUMBERS, encode_number),
    "boolean": encode_boolean,
    "date": encode_date,
    "datetime": encode_datetime,
    "time": encode_time,
}

_DECODERS: dict[str, Decoder] = {
    **dict.fromkeys(NUMBERS, decode_number),
    **dict.fromkeys(WHOLE_NUMBERS, decode_whole_number),
    **dict.fromkeys(IDS, decode_id),
    "boolean": decode_boolean,
    "date": decode_date,
    "datetime": decode_datetime,
    "time": decode_time,
}

_SQLITE_DECLARATIONS: dict[str, str] = {
    **dict.fromkeys(NUMBERS, "NUMERIC"),
    **dict.fromkeys(WHOLE_NUMBERS, "INTEGER"),
    **dict.fromkeys(IDS, "TEXT COLLATE BINARY"),
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
    "time": "TIME",
}
"""What tools read in the schema. SQLite gives the last four numeric affinity, which leaves our texts as they are."""


def _expect(kind: type[Kind], value: object) -> Kind:
    if not isinstance(value, kind):
        raise ValueNotStorable(f"{value!r} is not a {kind.__name__}.")
    return value


def _exactly(value: Decimal) -> int | float:
    if not value.is_finite():
        raise ValueNotStorable(f"{value} is not a number.")
    if value == value.to_integral_value() and abs(value) <= LARGEST_INTEGER:
        return int(value)
    return _exact_double(value)


def _fitting(value: int) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise ValueTooLong(value)
    return value


def _exact_double(value: Decimal) -> float:
    rounded = float(value)
    if math.isinf(rounded) or Decimal(format(rounded, f".{EXACT_DIGITS}g")) != value:
        raise ValueTooLong(value)
    return rounded
