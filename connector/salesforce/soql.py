"""Writing SOQL. Values go through one encoder; names come from describe (an ``ObjectMapping``) or are refused.

simple-salesforce's ``format_soql`` is not used: it drops fractions of a second, takes naive datetimes for local ones,
lets ``nan`` and format specs such as ``{:literal}`` through unescaped, and refuses Decimal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

from connector.salesforce.errors import NotExpressible
from mapping.fields import ObjectMapping
from mapping.record import Value

ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
SYSTEM_FIELDS = frozenset({"Id", "CreatedDate", "CreatedById", "LastModifiedDate", "SystemModstamp"})
"""Fields that queries may name although an admin left them out of the mapping, where the object has them."""

ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
CONTROL = re.compile(r"[\x00-\x07\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
LONGEST_SOQL = 100_000


class Operator(Enum):
    """How a field may be compared."""

    EQUALS = "="
    DIFFERS = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of a WHERE clause, made by the functions below only."""

    text: str

    def __and__(self, other: Condition) -> Condition:
        """Both."""
        return Condition(f"({self.text} AND {other.text})")

    def __or__(self, other: Condition) -> Condition:
        """Either."""
        return Condition(f"({self.text} OR {other.text})")


def literal(value: Value) -> str:
    """Write one value as a SOQL literal. Raises ``NotExpressible`` for what SOQL cannot hold exactly."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int():
            return str(value)
        case Decimal():
            return _number(value)
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case _:
            raise NotExpressible(f"{type(value).__name__} has no SOQL literal")


def record_id(value: str) -> str:
    """Check that a text is a Salesforce id, so that it may stand in a query or a path."""
    if not ID.match(value):
        raise NotExpressible(f"{value!r} is not a Salesforce id")
    return value


def api_name(value: str) -> str:
    """Check that a text can be the API name of an object or a field."""
    if not NAME.match(value):
        raise NotExpressible(f"{value!r} is not an API name")
    return value


def compare(mapping: ObjectMapping, field: str, operator: Operator, value: Value) -> Condition:
    """``field operator value``."""
    return Condition(f"{_field(mapping, field)} {operator.value} {literal(value)}")


def is_one_of(mapping: ObjectMapping, field: str, values: Collection[Value]) -> Condition:
    """``field IN (values)``. Nothing is in an empty list, and SOQL cannot say so: raises ``NotExpressible``."""
    if not values:
        raise NotExpressible("an empty list cannot be asked for")
    return Condition(f"{_field(mapping, field)} IN ({','.join(literal(value) for value in values)})")


def select(
    mapping: ObjectMapping,
    fields: Sequence[str],
    where: Condition | None = None,
    order_by: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """A whole query."""
    parts = [f"SELECT {','.join(_field(mapping, field) for field in fields)} FROM {api_name(mapping.name)}"]
    if where is not None:
        parts.append(f"WHERE {where.text}")
    if order_by:
        parts.append(f"ORDER BY {','.join(_field(mapping, field) for field in order_by)}")
    if limit is not None:
        parts.append(f"LIMIT {int(limit)}")
    text = " ".join(parts)
    if len(text) > LONGEST_SOQL:
        raise NotExpressible(f"a query on {mapping.name} would have {len(text)} characters; Salesforce takes 100,000")
    return text


def _field(mapping: ObjectMapping, name: str) -> str:
    if name not in mapping.by_name and name not in SYSTEM_FIELDS:
        raise NotExpressible(f"{mapping.name} has no mapped field {name!r}")
    return api_name(name)


def _text(value: str) -> str:
    if CONTROL.search(value):
        raise NotExpressible("text with control characters cannot stand in a query")
    return f"'{value.translate(ESCAPES)}'"


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise NotExpressible(f"{value} is not a number that Salesforce knows")
    return format(value, "f")


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise NotExpressible("a date and time without an offset could mean any instant")
    moment = value.astimezone(UTC)
    if moment.microsecond % 1000:
        raise NotExpressible("Salesforce keeps milliseconds; a finer time would be rounded")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
