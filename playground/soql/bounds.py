"""What an OR implies about single columns.

``(SystemModstamp > x) OR (SystemModstamp = x AND Id > y)`` implies ``SystemModstamp >= x``. Said aloud, that lets
SQLite walk an index on ``(SystemModstamp, Id)`` from ``x`` on and stop at LIMIT, instead of reading and sorting all
that comes after: it is how keyset paging stays cheap.
"""

from __future__ import annotations

from playground.soql.ast import Operator
from playground.soql.bound import And, Column, Compare, Condition, Or, Stored

_Bounds = dict[Column, Stored]
_LOWER = frozenset({Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.EQUAL})
_UPPER = frozenset({Operator.LESS, Operator.LESS_OR_EQUAL, Operator.EQUAL})
_ORDERED_ALIKE = frozenset({"id", "reference", "date", "datetime", "int", "double", "currency", "percent"})
"""Types whose values Python and SQLite order in the same way, and which are compared as bare columns."""


def implied_by(condition: Or) -> list[Compare]:
    """Comparisons that hold wherever the condition does. None of them is needed; each may save work."""
    lower = [Compare(column, Operator.GREATER_OR_EQUAL, value) for column, value in _lower(condition).items()]
    upper = [Compare(column, Operator.LESS_OR_EQUAL, value) for column, value in _upper(condition).items()]
    return lower + upper


def _lower(condition: Condition) -> _Bounds:
    match condition:
        case Compare(Column() as column, operator, value) if operator in _LOWER and column.type in _ORDERED_ALIKE:
            return {column: value}
        case And():
            found: _Bounds = {}
            for item in condition.conditions:
                for column, value in _lower(item).items():
                    found[column] = max(found.get(column, value), value)
            return found
        case Or():
            sides = [_lower(item) for item in condition.conditions]
            return {column: min(side[column] for side in sides) for column in _common(sides)}
        case _:
            return {}


def _upper(condition: Condition) -> _Bounds:
    match condition:
        case Compare(Column() as column, operator, value) if operator in _UPPER and column.type in _ORDERED_ALIKE:
            return {column: value}
        case And():
            found: _Bounds = {}
            for item in condition.conditions:
                for column, value in _upper(item).items():
                    found[column] = min(found.get(column, value), value)
            return found
        case Or():
            sides = [_upper(item) for item in condition.conditions]
            return {column: max(side[column] for side in sides) for column in _common(sides)}
        case _:
            return {}


def _common(sides: list[_Bounds]) -> list[Column]:
    return [column for column in sides[0] if all(column in side for side in sides[1:])]
