"""A WHERE clause evaluated row by row in plain Python: slow, obvious, and sharing nothing with the compiler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.soql import ast

ORDERINGS = {
    ast.Operator.LESS: lambda a, b: a < b,
    ast.Operator.LESS_OR_EQUAL: lambda a, b: a <= b,
    ast.Operator.GREATER: lambda a, b: a > b,
    ast.Operator.GREATER_OR_EQUAL: lambda a, b: a >= b,
}


def holds(condition: ast.Condition, row: Mapping[str, Any]) -> bool:
    """``row`` has stored values by dotted field name; booleans are Python's own and never None."""
    match condition:
        case ast.And():
            return all(holds(item, row) for item in condition.conditions)
        case ast.Or():
            return any(holds(item, row) for item in condition.conditions)
        case ast.Not():
            return not holds(condition.condition, row)
        case ast.Comparison():
            return compares(row[str(condition.operand)], condition.operator, plain(condition.value))
        case ast.Membership():
            value = row[str(condition.operand)]
            found = any(compares(value, ast.Operator.EQUAL, plain(item)) for item in condition.values)
            return found != condition.negated
        case ast.Like():
            value = row[str(condition.operand)]
            return value is not None and fits(folded(value), condition.pattern)
        case ast.Inclusion():
            held = set(folded(row[str(condition.operand)] or "").split(";"))
            wanted = [set(folded(item.value).split(";")) for item in condition.values]
            return any(group <= held for group in wanted) != condition.negated
        case _:
            raise AssertionError(condition)


def compares(value: Any, operator: ast.Operator, wanted: Any) -> bool:
    if operator is ast.Operator.EQUAL:
        return same(value, wanted)
    if operator is ast.Operator.NOT_EQUAL:
        return not same(value, wanted)
    if value is None or wanted is None:
        return False
    return ORDERINGS[operator](folded(value), folded(wanted))


def same(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool):
        return value == bool(wanted)
    if value is None or wanted is None:
        return value is None and wanted is None
    return bool(folded(value) == folded(wanted))


def folded(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def plain(value: ast.Value) -> Any:
    match value:
        case ast.Null():
            return None
        case ast.Text():
            return value.value or None
        case ast.Day():
            return value.value.isoformat()
        case ast.Moment():
            return value.value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        case ast.Number() | ast.Boolean():
            return value.value
        case _:
            raise AssertionError(value)


def fits(text: str, pattern: tuple[str | ast.Wildcard, ...]) -> bool:
    if not pattern:
        return not text
    piece, rest = pattern[0], pattern[1:]
    if piece is ast.Wildcard.ANY_ONE:
        return bool(text) and fits(text[1:], rest)
    if piece is ast.Wildcard.ANY_RUN:
        return any(fits(text[start:], rest) for start in range(len(text) + 1))
    return text.startswith(piece.upper()) and fits(text[len(piece) :], rest)
