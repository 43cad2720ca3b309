"""The functions of SOQL: aggregates, parts of dates, labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from playground.schema import Field
from playground.soql import ast
from playground.soql.bound import Aggregate, Column, DatePart, Expression, FirstOf, Label, Scalar
from playground.soql.context import QueryContext
from playground.soql.errors import SoqlError, forbidden_use, located
from playground.soql.scope import Found, Polymorphic

ValueAt = Callable[[ast.Path], tuple[Found, Scalar]]

AGGREGATES = frozenset({"count", "count_distinct", "sum", "avg", "min", "max"})
DATE_FUNCTIONS = frozenset(
    {
        "calendar_month",
        "calendar_quarter",
        "calendar_year",
        "day_in_month",
        "day_in_week",
        "day_in_year",
        "day_only",
        "fiscal_month",
        "fiscal_quarter",
        "fiscal_year",
        "hour_in_day",
        "week_in_month",
        "week_in_year",
    }
)
_SUMMABLE = frozenset({"int", "double", "currency", "percent"})
_NO_MINIMUM = frozenset({"boolean", "multipicklist", "id", "reference"})


def is_aggregate(operand: ast.Operand) -> bool:
    """Whether this is a call of an aggregate function."""
    return isinstance(operand, ast.Call) and operand.name.lower() in AGGREGATES


def bind_call(call: ast.Call, value_at: ValueAt, statement: str, context: QueryContext) -> Expression:
    """Resolve a call that stands in WHERE, HAVING, GROUP BY, ORDER BY or a grouped SELECT."""
    name = call.name.lower()
    if name in AGGREGATES:
        return _bind_aggregate(call, value_at, statement, context)
    if name in DATE_FUNCTIONS:
        return _bind_date_part(call, value_at, statement, context)
    if name == "tolabel":
        found, value = value_at(only_path(call, statement))
        return label_of(found, value, context.labels)
    raise unknown(call, statement)


def label_of(found: Found, value: Scalar, labels: Mapping[tuple[str, str], Mapping[str, str]]) -> Scalar:
    """``toLabel``: a picklist's labels, in the user's words where those are known; other fields are left alone."""
    if not isinstance(value, Column | FirstOf) or found.field is None or isinstance(found.owner, Polymorphic):
        return value
    pairs = _labels(found.field) | dict(labels.get((found.owner.object_type.name, found.field.name), {}))
    changed = tuple((api_name, label) for api_name, label in pairs.items() if api_name != label)
    return Label(value, changed) if changed else value


def only_path(call: ast.Call, statement: str) -> ast.Path:
    """The single field that a function takes."""
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], ast.Path):
        raise located("MALFORMED_QUERY", statement, call.position, f"{call.name} takes one field: {call}")
    return call.arguments[0]


def paths_in(operand: ast.Operand) -> Iterator[ast.Path]:
    """The fields that an operand uses."""
    if isinstance(operand, ast.Path):
        yield operand
        return
    for argument in operand.arguments:
        yield from paths_in(argument)


def unknown(call: ast.Call, statement: str) -> SoqlError:
    """A function that SOQL does not have, or the playground does not (FORMAT, convertCurrency, DISTANCE, GROUPING)."""
    return located("MALFORMED_QUERY", statement, call.position, f"Invalid function: {call.name}")


def _labels(field: Field) -> dict[str, str]:
    return {entry.value: entry.label for entry in field.picklist}


def _bind_aggregate(call: ast.Call, value_at: ValueAt, statement: str, context: QueryContext) -> Aggregate:
    name = call.name.lower()
    if not call.arguments and name == "count":
        return Aggregate("COUNT", None)
    if len(call.arguments) != 1:
        raise located("MALFORMED_QUERY", statement, call.position, f"{call.name} takes one field: {call}")
    argument = call.arguments[0]
    if isinstance(argument, ast.Call):
        inner = bind_call(argument, value_at, statement, context)
        if isinstance(inner, Aggregate):
            raise unknown(argument, statement)
        return Aggregate(name.upper(), inner)
    found, value = value_at(argument)
    if not _can_aggregate(name, found, value):
        raise forbidden_use(statement, argument.position, found.key, "aggregated")
    return Aggregate(name.upper(), value)


def _can_aggregate(name: str, found: Found, value: Scalar) -> bool:
    if name in ("count", "count_distinct"):
        return found.field is None or found.field.filterable
    if name in ("sum", "avg"):
        return value.type in _SUMMABLE
    return value.type not in _NO_MINIMUM and (found.field is None or found.field.filterable)


def _bind_date_part(call: ast.Call, value_at: ValueAt, statement: str, context: QueryContext) -> DatePart:
    zone = None
    inner = call
    argument = call.arguments[0] if len(call.arguments) == 1 else None
    if isinstance(argument, ast.Call) and argument.name.lower() == "converttimezone":
        zone = context.time_zone.key
        inner = argument
    _, value = value_at(only_path(inner, statement))
    takes_dates = call.name.lower() not in ("day_only", "hour_in_day") and zone is None
    allowed = ("date", "datetime") if takes_dates else ("datetime",)
    if not isinstance(value, Column | FirstOf) or value.type not in allowed:
        raise located(
            "INVALID_FIELD", statement, call.position, f"{call.name} can not be used with a field of type {value.type}"
        )
    return DatePart(call.name.upper(), value, zone, context.fiscal_start_month, context.fiscal_year_by_start)
