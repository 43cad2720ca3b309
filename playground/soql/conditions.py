"""WHERE and HAVING: conditions over subjects that somebody else resolves."""

from __future__ import annotations

from collections.abc import Callable

from playground.soql import ast
from playground.soql.bound import And, Condition, InSelect, Not, Or
from playground.soql.errors import SoqlError
from playground.soql.filters import Filters, Subject

SEMI_JOINS_MAX = 2

SubjectOf = Callable[[ast.Operand], Subject]
BindSemiJoin = Callable[[ast.SemiJoin], InSelect]


class Conditions:
    """Binds one clause. ``bind_semi_join`` is None where ``IN (SELECT …)`` must not stand."""

    def __init__(self, filters: Filters, subject_of: SubjectOf, bind_semi_join: BindSemiJoin | None) -> None:
        self._filters = filters
        self._subject_of = subject_of
        self._bind_semi_join = bind_semi_join
        self._semi_joins = 0

    def bind(self, node: ast.Condition) -> Condition:
        """Resolve a condition. Raise :class:`SoqlError`."""
        match node:
            case ast.And():
                return And(tuple(map(self.bind, node.conditions)))
            case ast.Or():
                return self._without_semi_joins("OR", Or(tuple(map(self.bind, node.conditions))))
            case ast.Not():
                return self._without_semi_joins("NOT", Not(self.bind(node.condition)))
            case ast.Comparison():
                return self._filters.compare(self._subject_of(node.operand), node.operator, node.value)
            case ast.Like():
                return self._filters.like(self._subject_of(node.operand), node.pattern)
            case ast.Membership():
                return _negated(node.negated, self._filters.one_of(self._subject_of(node.operand), node.values))
            case ast.Inclusion():
                return _negated(node.negated, self._filters.has_choices(self._subject_of(node.operand), node.values))
            case ast.SemiJoin():
                return _negated(node.negated, self._semi_join(node))

    def _semi_join(self, node: ast.SemiJoin) -> Condition:
        self._semi_joins += 1
        if self._bind_semi_join is None:
            raise SoqlError("MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported")
        if self._semi_joins > SEMI_JOINS_MAX:
            raise SoqlError("MALFORMED_QUERY", f"maximum {SEMI_JOINS_MAX} semi join sub-selects are allowed")
        return self._bind_semi_join(node)

    def _without_semi_joins(self, operator: str, condition: Or | Not) -> Condition:
        if any(map(_holds_select, condition.conditions if isinstance(condition, Or) else (condition.condition,))):
            raise SoqlError("MALFORMED_QUERY", f"Semi join sub-selects are not allowed with the '{operator}' operator")
        return condition


def _negated(negated: bool, condition: Condition) -> Condition:
    return Not(condition) if negated else condition


def _holds_select(condition: Condition) -> bool:
    match condition:
        case InSelect():
            return True
        case Not():
            return _holds_select(condition.condition)
        case And() | Or():
            return any(map(_holds_select, condition.conditions))
        case _:
            return False
