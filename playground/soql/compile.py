"""A bound query to one SQLite statement with bound parameters.

Ids, dates and numbers are compared as bare columns, so that indexes serve them. Text is compared without case:
``COLLATE NOCASE`` where the literal is ASCII, else through ``soql_upper`` (see :mod:`playground.soql.sqlite`).
A condition may come out as NULL where it does not hold; NOT is therefore ``IS NOT TRUE``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from playground.soql import bounds
from playground.soql.ast import NullsPlace, Operator, Wildcard
from playground.soql.bound import (
    TEXT_TYPES,
    Aggregate,
    And,
    Column,
    Compare,
    Condition,
    Converted,
    DatePart,
    Decided,
    Distance,
    Expression,
    FirstOf,
    Formatted,
    Grouping,
    HasChoices,
    InSelect,
    IsNull,
    Label,
    Matches,
    Never,
    Not,
    OneOf,
    Or,
    Order,
    ReferredType,
    Scalar,
    Select,
    Stored,
)
from playground.soql.errors import too_complicated
from playground.soql.sqlite import KEY_END, upper

_Render = Callable[[Expression], "Sql"]

PARAMETERS_MAX = 30_000
"""Fewer than SQLite's own limit, to leave room for a page of parent ids."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its ``?``, in order."""

    text: str
    parameters: tuple[Stored, ...] = ()


def page(select: Select, *, limit: int | None, offset: int) -> Sql:
    """The rows from ``offset`` on, at most ``limit`` of them, of what the query's own LIMIT and OFFSET leave."""
    rest = None if select.limit is None else max(select.limit - offset, 0)
    shorter = min((size for size in (rest, limit) if size is not None), default=-1)
    window = Sql("LIMIT ? OFFSET ?", (shorter, select.offset + offset))
    if select.grouping_sets:
        return _joined(" ", [_subtotals(select), window])
    outputs = [_shown(select, item) for item in select.outputs]
    return _joined(" ", [*_body(select, outputs), _order_by(select.order_by), window])


def check_size(select: Select, children: Iterable[Select]) -> None:
    """Raise SoqlError (QUERY_TOO_COMPLICATED) for statements with more values than SQLite takes."""
    for item in (select, *children):
        if len(page(item, limit=None, offset=0).parameters) > PARAMETERS_MAX:
            raise too_complicated()


def count(select: Select) -> Sql:
    """How many rows the query has, its own LIMIT and OFFSET heeded."""
    limit = -1 if select.limit is None else select.limit
    window = Sql("LIMIT ? OFFSET ?", (limit, select.offset))
    # Aggregates make one row of all, so what is counted must have them.
    aggregates = [_expression(item) for item in select.outputs if isinstance(item, Aggregate | Formatted)]
    rows = [_subtotals(select)] if select.grouping_sets else _body(select, aggregates or [Sql("1")])
    return _wrapped("SELECT COUNT(*) FROM (", _joined(" ", [*rows, window]), ")")


def children(select: Select, parent_id: Column, parents: Sequence[str]) -> Sql:
    """Child rows of these parents; LIMIT and OFFSET count for each parent. The last output is the parent's id."""
    owned = OneOf(parent_id, tuple(parents))
    where = And((owned, select.where)) if select.where else owned
    outputs = [_expression(item) for item in select.outputs]
    bounded = Select(select.table, select.joins, select.outputs, where, (), None, (), None, 0)
    if select.limit is None and select.offset == 0:
        return _joined(" ", [*_body(bounded, outputs), _order_by(select.order_by)])
    partition = _wrapped("ROW_NUMBER() OVER (PARTITION BY ", _expression(parent_id), " ")
    number = _joined("", [partition, _order_by(select.order_by), Sql(")")])
    named = [_wrapped("", output, f" AS c{place}") for place, output in enumerate(outputs)]
    inner = _joined(" ", _body(bounded, [*named, _wrapped("", number, " AS place")]))
    columns = ", ".join(f"c{place}" for place in range(len(outputs)))
    last = -1 if select.limit is None else select.offset + select.limit
    window = Sql("WHERE place > ? AND (? < 0 OR place <= ?) ORDER BY place", (select.offset, last, last))
    return _joined(" ", [_wrapped(f"SELECT {columns} FROM (", inner, ")"), window])


def _subtotals(select: Select) -> Sql:
    """ROLLUP and CUBE: one SELECT for each set of groups, together in the query's order."""
    branches = []
    for members in select.grouping_sets:
        render = partial(_in_set, frozenset(members), frozenset(select.group_by))
        columns = [
            _wrapped("", render(item) if item not in members else _shown(select, item), f" AS c{place}")
            for place, item in enumerate(select.outputs)
        ]
        columns += [
            _wrapped("", _sort_key(order.expression, render), f" AS k{place}")
            for place, order in enumerate(select.order_by)
        ]
        branches.append(_joined(" ", _body(replace(select, group_by=members), columns, render)))
    names = ", ".join(f"c{place}" for place in range(len(select.outputs)))
    orders = ", ".join(
        f"k{place} {'DESC' if order.descending else 'ASC'} NULLS {order.nulls.value.upper()}"
        for place, order in enumerate(select.order_by)
    )
    return _wrapped(f"SELECT {names} FROM (", _joined(" UNION ALL ", branches), f") ORDER BY {orders}")


def _in_set(members: frozenset[Scalar], groups: frozenset[Scalar], expression: Expression) -> Sql:
    """A value in rows that are grouped by ``members`` only: the other groups are null there."""
    if isinstance(expression, Grouping):
        return Sql("0" if expression.argument in members else "1")
    if isinstance(expression, Formatted) and expression.argument in groups - members:
        return Sql("NULL")
    return Sql("NULL") if expression in groups - members else _expression(expression)


def _shown(select: Select, expression: Expression) -> Sql:
    """A selected value. Of texts that differ in case only, and so are one group, the first is shown."""
    sql = _expression(expression)
    return _wrapped("MIN(", sql, ")") if expression in select.group_by and _folds(expression) else sql


def _group_key(expression: Expression) -> Sql:
    """Text groups without case, as it compares."""
    sql = _expression(expression)
    return _wrapped("soql_upper(", sql, ")") if _folds(expression) else sql


def _body(select: Select, outputs: Sequence[Sql], render: _Render | None = None) -> list[Sql]:
    """Everything before ORDER BY."""
    table = select.table
    parts = [
        _wrapped("SELECT ", _joined(", ", outputs), ""),
        Sql(f"FROM {_name(table.object_type.name)} AS {table.alias}"),
    ]
    for join in select.joins:
        target = join.table
        parts.append(
            Sql(
                f"LEFT JOIN {_name(target.object_type.name)} AS {target.alias} "
                f'ON {target.alias}."Id" = {join.child_alias}.{_name(join.reference.name)}'
            )
        )
    if select.where is not None:
        parts.append(_wrapped("WHERE ", _where(select.where), ""))
    if select.group_by:
        parts.append(_wrapped("GROUP BY ", _joined(", ", map(_group_key, select.group_by)), ""))
    elif select.grouping_sets:
        # All rows are one group, if there are any.
        parts.append(Sql("GROUP BY NULL"))
    if select.having is not None:
        parts.append(_wrapped("HAVING ", _condition(select.having, render), ""))
    return parts


def _where(condition: Condition) -> Sql:
    """The condition as conjuncts. A keyset OR gets the bound that it implies, which an index can serve in order."""
    parts: list[Sql] = []
    for conjunct in _conjuncts(condition):
        implied = bounds.implied_by(conjunct) if isinstance(conjunct, Or) else []
        parts += [_condition(item) for item in implied]
        # With a bound to walk along, SQLite should not look into the OR for several indexes to merge and sort.
        parts.append(_condition(conjunct, _unindexed if implied else _expression))
    return _balanced("AND", parts)


def _conjuncts(condition: Condition) -> Iterable[Condition]:
    if not isinstance(condition, And):
        yield condition
        return
    for item in condition.conditions:
        yield from _conjuncts(item)


def _condition(condition: Condition, render: _Render | None = None) -> Sql:
    render = render or _expression
    nested = partial(_condition, render=render)
    match condition:
        case And():
            return _balanced("AND", [nested(item) for item in condition.conditions])
        case Or():
            return _balanced("OR", [nested(item) for item in condition.conditions])
        case Not():
            return _wrapped("((", nested(condition.condition), ") IS NOT TRUE)")
        case Never():
            return Sql("0")
        case IsNull():
            return _wrapped("", render(condition.expression), " IS NULL")
        case Compare():
            return _compare(condition, render)
        case OneOf():
            return _one_of(condition, render)
        case Matches():
            return _matches(condition, render)
        case HasChoices():
            return _has_choices(condition, render)
        case Decided():
            return _decided(condition, render)
        case InSelect():
            inner = condition.select
            sql = _joined(" ", _body(inner, [_expression(item) for item in inner.outputs]))
            return _joined("", [render(condition.expression), Sql(" IN ("), sql, Sql(")")])


def _compare(condition: Compare, render: _Render) -> Sql:
    left = render(condition.expression)
    sign, value = condition.operator.value, condition.value
    if not _folds(condition.expression) or not isinstance(value, str):
        return Sql(f"{left.text} {sign} ?", (*left.parameters, value))
    if condition.operator is Operator.EQUAL and value.isascii():
        return Sql(f"{left.text} = ? COLLATE NOCASE", (*left.parameters, value))
    return Sql(f"soql_upper({left.text}) {sign} ?", (*left.parameters, upper(value)))


def _one_of(condition: OneOf, render: _Render) -> Sql:
    left = render(condition.expression)
    marks = ", ".join("?" * len(condition.values))
    if not _folds(condition.expression):
        return Sql(f"{left.text} IN ({marks})", (*left.parameters, *condition.values))
    if all(isinstance(value, str) and value.isascii() for value in condition.values):
        return Sql(f"{left.text} COLLATE NOCASE IN ({marks})", (*left.parameters, *condition.values))
    values = tuple(upper(str(value)) for value in condition.values)
    return Sql(f"soql_upper({left.text}) IN ({marks})", (*left.parameters, *values))


def _matches(condition: Matches, render: _Render) -> Sql:
    left = render(condition.expression)
    pattern = "".join(piece.value if isinstance(piece, Wildcard) else _escaped(piece) for piece in condition.pattern)
    if pattern.isascii():
        return Sql(f"{left.text} LIKE ? ESCAPE '\\'", (*left.parameters, pattern))
    return Sql(f"soql_upper({left.text}) LIKE ? ESCAPE '\\'", (*left.parameters, upper(pattern)))


def _has_choices(condition: HasChoices, render: _Render) -> Sql:
    left = render(condition.expression)
    groups = []
    for group in condition.groups:
        held = [
            Sql(
                f"';' || soql_upper({left.text}) || ';' LIKE ? ESCAPE '\\'",
                (*left.parameters, f"%;{_escaped(upper(choice))};%"),
            )
            for choice in group
        ]
        groups.append(_balanced("AND", held))
    return _balanced("OR", groups) if groups else Sql("0")


def _decided(condition: Decided, render: _Render) -> Sql:
    columns = [_wrapped("IFNULL(", render(item), ", '')") for item in condition.columns]
    texts = _joined(" || char(10) || ", columns)
    return Sql(f"{condition.function}({texts.text}, ?)", (*texts.parameters, condition.argument))


def _order_by(orders: Sequence[Order]) -> Sql:
    if not orders:
        return Sql("")
    return _wrapped("ORDER BY ", _joined(", ", map(_order, orders)), "")


def _order(order: Order) -> Sql:
    """SQLite holds null for smaller than everything; SOQL has nulls first both ways unless told otherwise."""
    key = _sort_key(order.expression)
    direction = "DESC" if order.descending else "ASC"
    default = NullsPlace.LAST if order.descending else NullsPlace.FIRST
    if order.nulls is default or not _may_be_null(order.expression):
        return _wrapped("", key, f" {direction}")
    return _wrapped("", key, f" {direction} NULLS {order.nulls.value.upper()}")


def _may_be_null(expression: Expression) -> bool:
    return not isinstance(expression, Column) or expression.outer or expression.field.nillable


def _sort_key(expression: Expression, render: _Render | None = None) -> Sql:
    """Picklists by setup order, other text by its upper-cased form (salesforce-api.md, section 8.3)."""
    key = (render or _expression)(expression)
    if isinstance(expression, Column) and expression.type == "picklist" and expression.field.picklist:
        ranks = " ".join(f"WHEN ? THEN {rank:05d}" for rank in range(len(expression.field.picklist)))
        values = tuple(entry.value for entry in expression.field.picklist)
        return Sql(
            f"CASE WHEN {key.text} IS NULL THEN NULL ELSE CASE {key.text} COLLATE NOCASE {ranks} "
            f"ELSE soql_upper({key.text}) END END",
            (*key.parameters, *key.parameters, *values, *key.parameters),
        )
    return _wrapped("soql_upper(", key, ")") if expression.type in TEXT_TYPES else key


def _unindexed(expression: Expression) -> Sql:
    """A column behind a plus sign has the same value and no index."""
    sql = _expression(expression)
    return _wrapped("+", sql, "") if isinstance(expression, Column) else sql


def _expression(expression: Expression) -> Sql:
    match expression:
        case Column():
            name = f"{expression.alias}.{_name(expression.field.name)}"
            return Sql(f"IFNULL({name}, 0)" if expression.type == "boolean" else name)
        case FirstOf():
            columns = _joined(", ", map(_expression, expression.columns))
            return _wrapped("COALESCE(", columns, ")") if len(expression.columns) > 1 else columns
        case ReferredType():
            return _cases(
                _wrapped("substr(", _expression(expression.reference), ", 1, 3)"), expression.names, Sql("NULL")
            )
        case Label():
            argument = _expression(expression.argument)
            return _cases(_wrapped("", argument, " COLLATE NOCASE"), expression.labels, argument)
        case DatePart():
            return _date_part(expression)
        case Converted():
            return _converted(expression)
        case Distance():
            columns = _joined(", ", [_expression(expression.latitude), _expression(expression.longitude)])
            place = (expression.to_latitude, expression.to_longitude, expression.unit)
            return Sql(f"soql_distance({columns.text}, ?, ?, ?)", (*columns.parameters, *place))
        case Formatted():
            return _formatted(expression)
        case Grouping():
            return Sql("0")
        case Aggregate():
            return _aggregate(expression)


def _cases(subject: Sql, pairs: Sequence[tuple[str, str]], otherwise: Sql) -> Sql:
    branches = Sql(" WHEN ? THEN ?" * len(pairs), tuple(text for pair in pairs for text in pair))
    return _joined("", [Sql("CASE "), subject, branches, Sql(" ELSE "), otherwise, Sql(" END")])


def _aggregate(aggregate: Aggregate) -> Sql:
    if aggregate.argument is None:
        return Sql("COUNT(*)")
    argument = _expression(aggregate.argument)
    if aggregate.function == "COUNT_DISTINCT":
        return _wrapped("COUNT(DISTINCT ", _group_key(aggregate.argument), ")")
    if aggregate.function in ("MIN", "MAX") and _folds(aggregate.argument):
        # The first or last by the order of ORDER BY: the value travels behind its key.
        keyed = _joined(" || ", [_wrapped("(", _sort_key(aggregate.argument), ")"), Sql("?", (KEY_END,)), argument])
        return _wrapped(f"soql_unkeyed({aggregate.function}(", keyed, "))")
    return _wrapped(f"{aggregate.function}(", argument, ")")


def _converted(amount: Converted) -> Sql:
    """Unknown currencies have no rate, and so no amount."""
    rates = " ".join("WHEN ? THEN ?" for _ in amount.rates)
    value, code = _expression(amount.argument), _expression(amount.code)
    pairs = tuple(part for pair in amount.rates for part in pair)
    return Sql(
        f"({value.text} * ? / CASE {code.text} {rates} END)",
        (*value.parameters, amount.target, *code.parameters, *pairs),
    )


def _formatted(value: Formatted) -> Sql:
    argument = _expression(value.argument)
    code = Sql("?", (value.currency,)) if value.code is None else _expression(value.code)
    named = int(value.code is not None or isinstance(value.argument, Converted))
    inner = value.argument.argument if isinstance(value.argument, Aggregate) else None
    kind = value.argument.type if inner is None or value.argument.type == "int" else inner.type
    return Sql(
        f"soql_format({argument.text}, ?, ?, ?, ?, {code.text}, ?)",
        (*argument.parameters, kind, value.scale, value.locale, value.zone, *code.parameters, named),
    )


def _date_part(part: DatePart) -> Sql:
    value = _expression(part.argument)
    if part.zone is not None:
        value = Sql(f"soql_local({value.text}, ?)", (*value.parameters, part.zone))
    text, month, offset = value.text, f"CAST(substr({value.text}, 6, 2) AS INTEGER)", part.fiscal_start_month - 1
    before = int(part.fiscal_year_by_start and offset > 0)
    after = int(not part.fiscal_year_by_start and offset > 0)
    year = f"CAST(substr({text}, 1, 4) AS INTEGER)"
    day = f"CAST(substr({text}, 9, 2) AS INTEGER)"
    day_in_year = f"CAST(strftime('%j', substr({text}, 1, 10)) AS INTEGER)"
    forms = {
        "CALENDAR_YEAR": year,
        "CALENDAR_QUARTER": f"({month} + 2) / 3",
        "CALENDAR_MONTH": month,
        "DAY_IN_MONTH": day,
        "DAY_IN_WEEK": f"CAST(strftime('%w', substr({text}, 1, 10)) AS INTEGER) + 1",
        "DAY_IN_YEAR": day_in_year,
        "DAY_ONLY": f"substr({text}, 1, 10)",
        "HOUR_IN_DAY": f"CAST(substr({text}, 12, 2) AS INTEGER)",
        "WEEK_IN_MONTH": f"({day} + 6) / 7",
        "WEEK_IN_YEAR": f"({day_in_year} + 6) / 7",
        # A fiscal year that does not begin in January is called after the calendar year it ends in, or begins in.
        "FISCAL_YEAR": f"{year} + ({after} AND {month} > {offset}) - ({before} AND {month} <= {offset})",
        "FISCAL_QUARTER": f"(({month} + 11 - {offset}) % 12) / 3 + 1",
        "FISCAL_MONTH": f"({month} + 11 - {offset}) % 12 + 1",
    }
    form = forms[part.function]
    return Sql(f"({form})", value.parameters * form.count(text))


def _folds(expression: Expression) -> bool:
    """Whether comparison ignores case."""
    if isinstance(expression, Aggregate):
        return expression.argument is not None and expression.type in TEXT_TYPES
    if isinstance(expression, Column) and expression.field.case_sensitive:
        return False
    return expression.type in TEXT_TYPES


def _escaped(text: str) -> str:
    """Literal text inside a LIKE pattern whose escape character is the backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _balanced(word: str, parts: Sequence[Sql]) -> Sql:
    """``a AND b AND c …`` as a tree of little depth: SQLite limits the depth of expressions."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _balanced(word, parts[:middle]), _balanced(word, parts[middle:])
    return Sql(f"({left.text} {word} {right.text})", left.parameters + right.parameters)


def _joined(separator: str, parts: Iterable[Sql]) -> Sql:
    listed = [part for part in parts if part.text]
    return Sql(
        separator.join(part.text for part in listed),
        tuple(value for part in listed for value in part.parameters),
    )


def _wrapped(before: str, sql: Sql, after: str) -> Sql:
    return Sql(f"{before}{sql.text}{after}", sql.parameters)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
