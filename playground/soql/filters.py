"""What a comparison with literals means for a field of a given type: a bound condition, or a typed refusal.

SOQL has two truth values (salesforce-api.md, section 8.3): a positive comparison does not hold for null, and ``!=``,
``NOT IN`` and ``NOT`` hold wherever their positive does not. Booleans are never null: null is false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from playground import ids
from playground.soql import ast, dates
from playground.soql.bound import (
    ID_TYPES,
    NUMBER_TYPES,
    TEXT_TYPES,
    And,
    Compare,
    Condition,
    Distance,
    Expression,
    HasChoices,
    IsNull,
    Matches,
    Never,
    Not,
    OneOf,
    Or,
    Stored,
)
from playground.soql.context import QueryContext
from playground.soql.errors import SoqlError, invalid_filter, located, wrong_literal

_DISTANCE_OPERATORS = frozenset({ast.Operator.LESS, ast.Operator.GREATER})
_WANTED = {"boolean": "boolean", "int": "int", "date": "date", "datetime": "dateTime"}


@dataclass(frozen=True, slots=True)
class Range:
    """From ``start`` up to but not including ``after``, both in stored form."""

    start: str
    after: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The left side of a comparison, and how errors call it."""

    expression: Expression
    name: str
    position: int
    in_corporate_currency: Expression | None = None
    """For a currency field in an org with several: its amount in the corporate currency."""


class Filters:
    """Turns literal comparisons of one statement into bound conditions."""

    def __init__(self, statement: str, context: QueryContext) -> None:
        self._statement = statement
        self._context = context

    def compare(self, subject: Subject, operator: ast.Operator, value: ast.Value) -> Condition:
        """``operand operator value``."""
        if isinstance(subject.expression, Distance) and operator not in _DISTANCE_OPERATORS:
            raise self._invalid(subject, "DISTANCE can only be compared with < and >")
        if isinstance(value, ast.Number) and value.currency is not None:
            subject, value = self._in_corporate_currency(subject, value)
        if operator is ast.Operator.NOT_EQUAL:
            return Not(self._equal(subject, self._stored(subject, value)))
        if operator is ast.Operator.EQUAL:
            return self._equal(subject, self._stored(subject, value))
        if subject.expression.type in ("boolean", "multipicklist"):
            raise self._invalid(subject, f"invalid operator on {subject.expression.type} field")
        stored = self._stored(subject, value)
        if stored is None:
            return Never()
        return _ordered(subject.expression, operator, stored)

    def one_of(self, subject: Subject, values: Sequence[ast.Value]) -> Condition:
        """``operand IN (values)``."""
        stored = [self._stored(subject, value) for value in values]
        plain = tuple(item for item in stored if item is not None and item != "" and not isinstance(item, Range))
        conditions: list[Condition] = [OneOf(subject.expression, plain)] if plain else []
        conditions += [_within(subject.expression, item) for item in stored if isinstance(item, Range)]
        if any(item is None or item == "" for item in stored):
            conditions.append(IsNull(subject.expression))
        return conditions[0] if len(conditions) == 1 else Or(tuple(conditions))

    def like(self, subject: Subject, pattern: tuple[str | ast.Wildcard, ...]) -> Condition:
        """``operand LIKE pattern``; text only."""
        kind = subject.expression.type
        if kind not in TEXT_TYPES or kind == "multipicklist":
            raise self._invalid(subject, f"invalid operator on {'id' if kind in ID_TYPES else kind} field")
        return Matches(subject.expression, pattern)

    def has_choices(self, subject: Subject, values: Sequence[ast.Text]) -> Condition:
        """``operand INCLUDES (values)``; ``;`` inside a value joins choices that must all be there."""
        if subject.expression.type != "multipicklist":
            raise self._invalid(subject, "includes and excludes operators are only valid on multipicklist fields")
        groups = (tuple(part for part in value.value.split(";") if part) for value in values)
        return HasChoices(subject.expression, tuple(group for group in groups if group))

    def _equal(self, subject: Subject, stored: Stored | Range | None) -> Condition:
        if stored is None or stored == "":
            return IsNull(subject.expression)
        if isinstance(stored, Range):
            return _within(subject.expression, stored)
        return Compare(subject.expression, ast.Operator.EQUAL, stored)

    def _stored(self, subject: Subject, value: ast.Value) -> Stored | Range | None:
        """The literal in the field's stored form. A boolean's null is false, as section 8.3 says."""
        kind = subject.expression.type
        match value:
            case ast.Null():
                return 0 if kind == "boolean" else None
            case ast.Boolean() if kind == "boolean":
                return int(value.value)
            case ast.Number() if kind in NUMBER_TYPES:
                if value.currency is not None:
                    raise self._invalid(subject, f"Invalid currency literal: {value}")
                return value.value
            case ast.Text() if kind in ID_TYPES:
                return self._id(subject, value.value)
            case ast.Text() if kind in TEXT_TYPES:
                return value.value
            case ast.Day() if kind == "date":
                return value.value.isoformat()
            case ast.Moment() if kind == "datetime":
                return stored_moment(value.value)
            case ast.DateLiteral() if kind in ("date", "datetime"):
                return self._range(kind, value)
        default = "double" if kind in NUMBER_TYPES else "string"
        raise wrong_literal(self._statement, subject.position, subject.name, _WANTED.get(kind, default))

    def _in_corporate_currency(self, subject: Subject, value: ast.Number) -> tuple[Subject, ast.Number]:
        """Both sides of ``Amount > USD5000`` in the corporate currency."""
        rate = self._context.currencies.get(value.currency or "")
        if rate is None or subject.in_corporate_currency is None:
            raise self._invalid(subject, f"Invalid currency literal: {value}")
        return replace(subject, expression=subject.in_corporate_currency), ast.Number(value.value / rate)

    def _id(self, subject: Subject, text: str) -> str:
        if text == "":
            return text
        if not ids.is_id(text):
            raise self._invalid(subject, f"invalid ID field: {text}")
        return text if len(text) == len(ids.EMPTY_ID) else ids.to_18(text)

    def _range(self, kind: str, literal: ast.DateLiteral) -> Range:
        context = self._context
        today = context.now.astimezone(context.time_zone).date()
        try:
            days = dates.days_of(
                literal.name,
                literal.count or 0,
                today,
                first_weekday=context.first_weekday,
                fiscal_start_month=context.fiscal_start_month,
            )
            if kind == "date":
                return Range(_stored_day(days[0]), _stored_day(days[1]))
            first, after = dates.moments_of(days, context.time_zone)
        except (ValueError, OverflowError):
            raise self._out_of_range(literal) from None
        return Range(stored_moment(first), stored_moment(after))

    def _out_of_range(self, literal: ast.DateLiteral) -> SoqlError:
        detail = f"Date out of range: {literal.name}:{literal.count}"
        return located("MALFORMED_QUERY", self._statement, literal.position, detail)

    def _invalid(self, subject: Subject, detail: str) -> SoqlError:
        return invalid_filter(self._statement, subject.position, detail)


def stored_moment(moment: datetime) -> str:
    """A datetime as tables hold it: UTC, milliseconds, ``Z``."""
    utc = moment.astimezone(UTC)
    return utc.strftime(f"{utc.year:04d}-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def _stored_day(day: date) -> str:
    return day.isoformat()


def _within(expression: Expression, span: Range) -> Condition:
    return And(
        (
            Compare(expression, ast.Operator.GREATER_OR_EQUAL, span.start),
            Compare(expression, ast.Operator.LESS, span.after),
        )
    )


def _ordered(expression: Expression, operator: ast.Operator, stored: Stored | Range) -> Condition:
    """A range is compared by its nearer end: ``<`` is before its start, ``<=`` before what comes after it."""
    if not isinstance(stored, Range):
        return Compare(expression, operator, stored)
    match operator:
        case ast.Operator.LESS | ast.Operator.GREATER_OR_EQUAL:
            return Compare(expression, operator, stored.start)
        case ast.Operator.LESS_OR_EQUAL:
            return Compare(expression, ast.Operator.LESS, stored.after)
        case _:
            return Compare(expression, ast.Operator.GREATER_OR_EQUAL, stored.after)
