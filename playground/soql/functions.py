"""The functions of SOQL: aggregates, parts of dates, labels, currencies, formats, distances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from playground.schema import Field
from playground.soql import ast
from playground.soql.bound import (
    Aggregate,
    Column,
    Converted,
    DatePart,
    Distance,
    Expression,
    FirstOf,
    Formatted,
    Grouping,
    Label,
    Scalar,
)
from playground.soql.context import QueryContext
from playground.soql.errors import SoqlError, forbidden_use, located
from playground.soql.scope import Found, Polymorphic, Scope

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
_FORMATTED = _SUMMABLE | {"date", "datetime"}
_DOUBLE_SCALE = 2
_NO_MINIMUM = frozenset({"boolean", "multipicklist", "id", "reference"})


def is_aggregate(operand: ast.Operand) -> bool:
    """Whether this is a call of an aggregate function, or of GROUPING, or has one inside."""
    if not isinstance(operand, ast.Call):
        return False
    if operand.name.lower() in AGGREGATES or operand.name.lower() == "grouping":
        return True
    return any(is_aggregate(item) for item in operand.arguments if isinstance(item, ast.Path | ast.Call))


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
    if name == "grouping":
        return _bind_grouping(call, value_at, statement, context)
    if name == "format":
        return bind_format(call, value_at, statement, context)
    if name == "convertcurrency":
        detail = "convertCurrency can only be used in the SELECT clause"
        raise located("MALFORMED_QUERY", statement, call.position, detail)
    raise unknown(call, statement)


def bind_format(call: ast.Call, value_at: ValueAt, statement: str, context: QueryContext) -> Formatted:
    """``FORMAT(field)``, ``FORMAT(convertCurrency(field))`` or ``FORMAT(MIN(field))``."""
    argument = call.arguments[0] if len(call.arguments) == 1 else None
    value: Expression
    if isinstance(argument, ast.Path):
        _, value = value_at(argument)
    elif isinstance(argument, ast.Call) and argument.name.lower() == "convertcurrency":
        value = bind_conversion(argument, value_at, statement, context)
    elif isinstance(argument, ast.Call) and is_aggregate(argument):
        value = bind_call(argument, value_at, statement, context)
    else:
        raise located("MALFORMED_QUERY", statement, call.position, f"{call.name} takes one field: {call}")
    if isinstance(value, Grouping | Formatted) or value.type not in _FORMATTED:
        raise located("INVALID_FIELD", statement, call.position, f"FORMAT can not be used with {argument}")
    converted = isinstance(value, Converted)
    code = None if converted or argument is None else _code_of(argument, value_at, context)
    currency = context.user_currency if converted else context.corporate_currency
    return Formatted(value, context.locale, context.time_zone.key, _scale(value), currency, code)


def bind_conversion(call: ast.Call, value_at: ValueAt, statement: str, context: QueryContext) -> Converted:
    """``convertCurrency(field)``: in the user's currency. Only in an org with several currencies."""
    path = only_path(call, statement)
    found, value = value_at(path)
    if not isinstance(value, Column) or value.type != "currency":
        detail = f"convertCurrency can only be used with currency fields: {found.key}"
        raise located("INVALID_FIELD", statement, call.position, detail)
    converted = in_currency(found, value, context.user_currency, context)
    if converted is None:
        detail = "convertCurrency is only available in organizations that use multiple currencies"
        raise located("MALFORMED_QUERY", statement, call.position, detail)
    return converted


def in_currency(found: Found, value: Column, currency: str, context: QueryContext) -> Converted | None:
    """A currency field in another currency; None where the org or the object has only one."""
    code = currency_code(found)
    if code is None or currency not in context.currencies:
        return None
    return Converted(value, code, tuple(context.currencies.items()), context.currencies[currency])


def currency_code(found: Found) -> Column | None:
    """The field that says which currency the record is in."""
    if isinstance(found.owner, Polymorphic) or not isinstance(found.expression, Column):
        return None
    field = found.owner.object_type.by_lower_name.get("currencyisocode")
    return None if field is None else Column(found.expression.alias, field, found.expression.outer)


def bind_distance(call: ast.Call, scope: Scope, statement: str) -> Distance:
    """``DISTANCE(BillingAddress, GEOLOCATION(51.5, -0.1), 'km')``, in WHERE and ORDER BY."""
    match call.arguments:
        case (
            ast.Path() as path,
            ast.Call(name, (ast.Number(latitude), ast.Number(longitude))),
            ast.Text(unit),
        ) if name.lower() == "geolocation" and unit.lower() in ("mi", "km"):
            found = scope.find(path)
        case _:
            detail = "DISTANCE takes a location field, GEOLOCATION(latitude, longitude) and the unit 'mi' or 'km'"
            raise located("MALFORMED_QUERY", statement, call.position, detail)
    if isinstance(found.owner, Polymorphic) or found.field is None or found.field.type not in ("address", "location"):
        raise located("INVALID_FIELD", statement, path.position, f"{found.key} is not a location field")
    stem = found.field.name.removesuffix("Address")
    sides = [found.owner.object_type.by_lower_name.get(f"{stem}{side}".lower()) for side in ("Latitude", "Longitude")]
    if sides[0] is None or sides[1] is None:
        raise located("INVALID_FIELD", statement, path.position, f"{found.key} has no geolocation")
    columns = (scope.column(found.owner, sides[0]), scope.column(found.owner, sides[1]))
    return Distance(*columns, float(latitude), float(longitude), unit.lower())


def _bind_grouping(call: ast.Call, value_at: ValueAt, statement: str, context: QueryContext) -> Grouping:
    argument = call.arguments[0] if len(call.arguments) == 1 else None
    if isinstance(argument, ast.Path):
        return Grouping(value_at(argument)[1])
    if isinstance(argument, ast.Call) and argument.name.lower() in DATE_FUNCTIONS:
        return Grouping(_bind_date_part(argument, value_at, statement, context))
    raise located("MALFORMED_QUERY", statement, call.position, f"{call.name} takes one grouped field: {call}")


def _code_of(argument: ast.Argument, value_at: ValueAt, context: QueryContext) -> Column | None:
    """The record's own currency; sums over records are in the corporate one."""
    if not context.currencies or not isinstance(argument, ast.Path):
        return None
    return currency_code(value_at(argument)[0])


def _scale(value: Scalar | Aggregate) -> int:
    argument = value.argument if isinstance(value, Aggregate) else value
    if value.type == "int":
        return 0
    return argument.field.scale if isinstance(argument, Column) and argument.type == value.type else _DOUBLE_SCALE


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
        if isinstance(argument, ast.Path | ast.Call):
            yield from paths_in(argument)


def unknown(call: ast.Call, statement: str) -> SoqlError:
    """A function that SOQL does not have, or not in this place."""
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
        if isinstance(inner, Aggregate | Grouping | Formatted):
            raise unknown(argument, statement)
        return Aggregate(name.upper(), inner)
    if not isinstance(argument, ast.Path):
        raise located("MALFORMED_QUERY", statement, call.position, f"{call.name} takes one field: {call}")
    found, value = value_at(argument)
    if not _can_aggregate(name, found, value):
        raise forbidden_use(statement, argument.position, found.key, "aggregated")
    if isinstance(value, Column) and value.type == "currency" and name in ("sum", "avg", "min", "max"):
        # Amounts of several currencies are summed in the corporate one.
        value = in_currency(found, value, context.corporate_currency, context) or value
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
