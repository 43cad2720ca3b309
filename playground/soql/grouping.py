"""GROUP BY, ROLLUP and CUBE: by what rows are grouped, and in which sets (salesforce-api.md, section 8.5)."""

from __future__ import annotations

from itertools import combinations

from playground.soql import ast
from playground.soql.bound import Aggregate, Expression, Formatted, Grouping, Order, Scalar
from playground.soql.errors import SoqlError

SUBTOTAL_FIELDS_MAX = 3
_SUBTOTALS = frozenset({"rollup", "cube"})

Sets = tuple[tuple[Scalar, ...], ...]


def grouped_by(query: ast.Query) -> tuple[tuple[ast.Operand, ...], str | None]:
    """The operands that rows are grouped by, and ``rollup`` or ``cube`` where subtotals are wanted. Raise SoqlError."""
    subtotals = [item for item in query.group_by if isinstance(item, ast.Call) and item.name.lower() in _SUBTOTALS]
    if not subtotals:
        return query.group_by, None
    call = subtotals[0]
    kind = call.name.upper()
    if len(query.group_by) > 1:
        raise SoqlError("MALFORMED_QUERY", f"GROUP BY {kind} cannot be combined with other grouped fields")
    operands = tuple(item for item in call.arguments if isinstance(item, ast.Path | ast.Call))
    if not operands or len(operands) < len(call.arguments):
        raise SoqlError("MALFORMED_QUERY", f"GROUP BY {kind} takes fields only: {call}")
    if len(operands) > SUBTOTAL_FIELDS_MAX:
        detail = f"GROUP BY {kind} cannot have more than {SUBTOTAL_FIELDS_MAX} fields"
        raise SoqlError("MALFORMED_QUERY", detail)
    return operands, kind.lower()


def sets_of(kind: str | None, groups: tuple[Scalar, ...]) -> Sets:
    """``rollup`` of a, b: (a, b), (a), (). ``cube``: also (b). None for plain groups."""
    if kind is None:
        return ()
    if kind == "rollup":
        return tuple(groups[:size] for size in range(len(groups), -1, -1))
    return tuple(chosen for size in range(len(groups), -1, -1) for chosen in combinations(groups, size))


def check_grouped(expression: Expression, groups: tuple[Scalar, ...], sets: Sets, refusal: str) -> None:
    """Raise SoqlError with ``refusal`` when rows of one group may differ in the value."""
    match expression:
        case Aggregate():
            return
        case Grouping(argument):
            if argument not in groups or not sets:
                raise SoqlError("MALFORMED_QUERY", "GROUPING needs a field of GROUP BY ROLLUP or GROUP BY CUBE")
        case Formatted(argument):
            check_grouped(argument, groups, sets, refusal)
        case _:
            if expression not in groups:
                raise SoqlError("MALFORMED_QUERY", refusal)


def default_order(groups: tuple[Scalar, ...], sets: Sets, *, descending: bool) -> list[Order]:
    """Groups by their keys; subtotals after what they sum up."""
    first = ast.NullsPlace.FIRST
    if not sets:
        return [Order(item, descending, first) for item in groups]
    keys: list[Expression] = [key for item in groups for key in (Grouping(item), item)]
    return [Order(key, descending=False, nulls=first) for key in keys]
