"""Resolves a parsed query against the schema: what it selects, from where, under which conditions, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playground.schema import ObjectType, Schema
from playground.soql import ast, functions, grouping
from playground.soql.bound import (
    ID_TYPES,
    Aggregate,
    And,
    Column,
    Compare,
    Condition,
    Distance,
    Expression,
    Formatted,
    Grouping,
    InSelect,
    Order,
    Scalar,
    Select,
)
from playground.soql.conditions import Conditions
from playground.soql.context import QueryContext
from playground.soql.errors import (
    SoqlError,
    forbidden_use,
    invalid_filter,
    located,
    no_such_object,
    no_such_relationship,
    unexpected_token,
)
from playground.soql.filters import Filters, Subject
from playground.soql.scope import Found, Scope, new_aliases
from playground.soql.selection import Selection
from playground.soql.shape import AggregateShape, Leaf, RecordShape

OFFSET_MAX = 2_000
SUBQUERIES_MAX = 20
UNBOUNDED_LIMIT_MAX = 200
MULTI_LEVEL_VERSION = 58.0
"""From this API version on, subqueries may be nested."""
CHILD_LEVELS_MAX = 4
_NO_SEMI_JOIN = frozenset({"Task", "Event"})


@dataclass(frozen=True, slots=True)
class ChildQuery:
    """A subquery. The last output of its select is the id of the parent."""

    select: Select
    parent_id: Column
    shape: RecordShape
    children: tuple[ChildQuery, ...]


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """A whole statement. ``shape`` is None for ``COUNT()``, which answers no records."""

    object_name: str
    select: Select
    shape: RecordShape | AggregateShape | None
    children: tuple[ChildQuery, ...]
    columns: tuple[str, ...]
    usage: frozenset[str] = frozenset()


def bind(query: ast.Query, schema: Schema, context: QueryContext) -> BoundQuery:
    """Resolve a statement. Raise :class:`SoqlError` as a real org refuses it."""
    return _Binder(query, schema, context, new_aliases()).bind()


class _Binder:
    """One query block: the statement's own, a child subquery's or a semi-join's."""

    def __init__(self, query: ast.Query, schema: Schema, context: QueryContext, aliases: Iterator[int]) -> None:
        self._query = query
        self._schema = schema
        self._context = context
        self._aliases = aliases
        self._statement = query.statement
        self._filters = Filters(query.statement, context)
        self._groups: tuple[Scalar, ...] = ()
        self._sets: grouping.Sets = ()
        self._inside_semi_join = False

    def bind(self) -> BoundQuery:
        self._enter(self._driving_object())
        self._check_limits()
        if self._is_plain_count():
            return self._bind_count()
        if self._is_aggregate():
            return self._bind_aggregate()
        selection, children = self._select_records(level=1)
        return BoundQuery(
            object_name=self._object.name,
            select=self._finished(tuple(selection.outputs), self._order(tie_breaker=True)),
            shape=selection.record_shape(),
            children=children,
            columns=tuple(selection.columns),
            usage=self._query.usage,
        )

    def bind_children(self, child: ObjectType, reference: str, level: int) -> ChildQuery:
        """A subquery on the relationship in which ``child`` refers to the parent by its field ``reference``."""
        self._enter(child)
        self._check_limits()
        if self._is_plain_count() or self._is_aggregate():
            raise located(
                "MALFORMED_QUERY",
                self._statement,
                self._query.source.path.position,
                "Aggregate functions and GROUP BY are not allowed in a subquery of a SELECT list",
            )
        selection, children = self._select_records(level)
        parent_id = self._scope.column(self._scope.table, child.by_lower_name[reference.lower()])
        select = self._finished((*selection.outputs, parent_id), self._order(tie_breaker=True))
        return ChildQuery(select, parent_id, selection.record_shape(), children)

    def bind_inner(self, outer: ObjectType) -> Select:
        """The right side of ``IN (SELECT …)`` in a query of ``outer``: one id or reference."""
        query = self._query
        self._inside_semi_join = True
        self._enter(self._driving_object())
        position = query.source.path.position
        if self._object.name in _NO_SEMI_JOIN:
            detail = f"Entity '{self._object.name}' is not supported for semi join inner selects"
            raise self._malformed(position, detail)
        if self._object.name == outer.name:
            raise self._malformed(position, "The inner and outer selects should not be on the same object type")
        if query.order_by or query.limit is not None or query.offset is not None or query.group_by:
            detail = "ORDER BY, LIMIT, OFFSET and GROUP BY are not allowed in a semi join sub-select"
            raise self._malformed(position, detail)
        item = query.selected[0]
        if len(query.selected) != 1 or not isinstance(item, ast.Selected) or not isinstance(item.operand, ast.Path):
            raise self._malformed(position, "A semi join sub-select can only query a single Id or reference field")
        found = self._scope.find(item.operand)
        if found.expression is None or found.expression.type not in ID_TYPES:
            raise self._malformed(position, f"A semi join sub-select can only query id fields, cannot use: {found.key}")
        return self._finished((found.expression,), ())

    def _enter(self, object_type: ObjectType) -> None:
        self._object = object_type
        self._scope = Scope(self._schema, self._statement, object_type, self._aliases)
        source = self._query.source
        if source.alias:
            self._scope.name(source.alias, ())
        for path, alias in source.joined:
            relationships = self._scope.expand(path)
            self._scope.reach(relationships, path.position)
            self._scope.name(alias, relationships)

    def _driving_object(self) -> ObjectType:
        path = self._query.source.path
        found = self._schema.by_lower_name.get(str(path).lower())
        if found is None or not found.queryable:
            raise no_such_object(self._statement, path.position, str(path))
        return found

    def _check_limits(self) -> None:
        if (self._query.offset or 0) > OFFSET_MAX:
            raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")

    def _is_plain_count(self) -> bool:
        return any(
            isinstance(item, ast.Selected)
            and isinstance(item.operand, ast.Call)
            and item.operand.name.lower() == "count"
            and not item.operand.arguments
            for item in self._query.selected
        )

    def _is_aggregate(self) -> bool:
        return bool(self._query.group_by) or any(
            isinstance(item, ast.Selected) and functions.is_aggregate(item.operand) for item in self._query.selected
        )

    def _bind_count(self) -> BoundQuery:
        query = self._query
        item = query.selected[0]
        if len(query.selected) > 1 or (isinstance(item, ast.Selected) and item.alias):
            raise self._malformed(_position_of(item), "COUNT() must be the only element in the SELECT list")
        if query.group_by or query.order_by:
            raise self._malformed(_position_of(item), "COUNT() cannot be used with GROUP BY or ORDER BY")
        return BoundQuery(self._object.name, self._finished((), ()), None, (), ())

    def _bind_aggregate(self) -> BoundQuery:
        query = self._query
        if query.limit is not None and not query.group_by:
            raise self._malformed(
                query.source.path.position,
                "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
            )
        operands, subtotals = grouping.grouped_by(query)
        self._groups = tuple(self._groupable(operand) for operand in operands)
        self._sets = grouping.sets_of(subtotals, self._groups)
        leaves: list[Leaf] = []
        outputs: list[Expression] = []
        for item in query.selected:
            if not isinstance(item, ast.Selected):
                raise self._malformed(_position_of(item), "Subqueries are not allowed in a query with aggregates")
            key, expression = self._grouped_output(item, leaves)
            if any(leaf.key.lower() == key.lower() for leaf in leaves):
                raise SoqlError("MALFORMED_QUERY", f"duplicate alias: {key}")
            leaves.append(Leaf(key, len(outputs), expression.type))
            outputs.append(expression)
        select = self._finished(tuple(outputs), self._order(tie_breaker=False))
        return BoundQuery(self._object.name, select, AggregateShape(tuple(leaves)), (), tuple(x.key for x in leaves))

    def _grouped_output(self, item: ast.Selected, before: list[Leaf]) -> tuple[str, Expression]:
        expression = self._expression(item.operand)
        refusal = f"Field must be grouped or aggregated: {item.operand}"
        grouping.check_grouped(expression, self._groups, self._sets, refusal)
        if item.alias:
            return item.alias, expression
        if isinstance(item.operand, ast.Path):
            return self._scope.find(item.operand).key, expression
        if item.operand.name.lower() == "tolabel" and isinstance(item.operand.arguments[0], ast.Path):
            return self._scope.find(item.operand.arguments[0]).key, expression
        unnamed = sum(leaf.key.startswith("expr") for leaf in before)
        return f"expr{unnamed}", expression

    def _groupable(self, operand: ast.Operand) -> Scalar:
        expression = self._expression(operand)
        if isinstance(expression, Aggregate | Grouping | Formatted | Distance):
            raise self._malformed(operand.position, f"field '{operand}' can not be grouped in a query call")
        if isinstance(operand, ast.Path):
            found = self._scope.find(operand)
            if found.field is not None and not found.field.groupable:
                raise forbidden_use(self._statement, operand.position, found.key, "grouped")
        return expression

    def _select_records(self, level: int) -> tuple[Selection, tuple[ChildQuery, ...]]:
        selection = Selection(self._scope, self._statement, self._context.labels)
        children: list[ChildQuery] = []
        for item in self._query.selected:
            match item:
                case ast.Selected():
                    self._select_one(selection, item)
                case ast.TypeOf():
                    selection.add_type_of(item)
                case ast.Subquery():
                    key, child = self._child(item, level)
                    selection.add_children(key, len(children))
                    children.append(child)
        if len(children) > SUBQUERIES_MAX:
            raise SoqlError("MALFORMED_QUERY", f"A query cannot have more than {SUBQUERIES_MAX} subqueries")
        return selection, tuple(children)

    def _select_one(self, selection: Selection, item: ast.Selected) -> None:
        operand = item.operand
        if isinstance(operand, ast.Path):
            if item.alias:
                raise self._malformed(operand.position, "only aggregate expressions use field aliasing")
            selection.add_field(operand)
            return
        name = operand.name.lower()
        if name == "fields":
            self._select_group_of_fields(selection, operand)
        elif name == "tolabel":
            selection.add_label(functions.only_path(operand, self._statement), item.alias)
        elif name == "format":
            formatted = functions.bind_format(operand, self._value_at, self._statement, self._context)
            selection.add_value(next(functions.paths_in(operand)), item.alias, formatted)
        elif name == "convertcurrency":
            converted = functions.bind_conversion(operand, self._value_at, self._statement, self._context)
            selection.add_value(next(functions.paths_in(operand)), item.alias, converted)
        elif name in functions.DATE_FUNCTIONS:
            raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {operand}")
        else:
            raise functions.unknown(operand, self._statement)

    def _select_group_of_fields(self, selection: Selection, call: ast.Call) -> None:
        group = functions.only_path(call, self._statement)
        which = str(group).lower()
        if which not in ("all", "custom", "standard"):
            raise unexpected_token(self._statement, group.position, str(group))
        limit = self._query.limit
        if which != "standard" and (limit is None or limit > UNBOUNDED_LIMIT_MAX):
            raise SoqlError("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
        for field in self._object.fields:
            is_custom = field.name.endswith("__c")
            if which == "all" or is_custom == (which == "custom"):
                selection.add_field(ast.Path((field.name,), call.position))

    def _child(self, item: ast.Subquery, level: int) -> tuple[str, ChildQuery]:
        deepest = CHILD_LEVELS_MAX if float(self._context.api_version) >= MULTI_LEVEL_VERSION else 1
        names = item.query.source.path.names
        wanted = names[-1].lower()
        if level > deepest:
            raise self._malformed(item.position, "Nesting of subqueries is too deep")
        for relationship in self._schema.children.get(self._object.name, ()):
            if relationship.name and relationship.name.lower() == wanted:
                child = self._schema.by_lower_name[relationship.child.lower()]
                binder = _Binder(item.query, self._schema, self._context, self._aliases)
                return relationship.name, binder.bind_children(child, relationship.field, level + 1)
        raise no_such_relationship(self._statement, item.position, names[-1], "FROM part of query call")

    def _finished(self, outputs: tuple[Expression, ...], order_by: tuple[Order, ...]) -> Select:
        query = self._query
        where = self._where()
        having = None
        if query.having is not None:
            having = Conditions(self._filters, self._having_subject, None).bind(query.having)
        return Select(
            table=self._scope.table,
            joins=self._scope.joins,
            outputs=outputs,
            where=where,
            group_by=self._groups,
            having=having,
            order_by=order_by,
            limit=query.limit,
            offset=query.offset or 0,
            grouping_sets=self._sets,
        )

    def _where(self) -> Condition | None:
        query = self._query
        conditions: list[Condition] = []
        if query.where is not None:
            bind_inner = None if self._inside_semi_join else self._bind_semi_join
            conditions.append(Conditions(self._filters, self._where_subject, bind_inner).bind(query.where))
        if query.scope is not None:
            conditions += self._scope_condition(query.scope)
        deleted = self._object.by_lower_name.get("isdeleted")
        if deleted is not None and not self._context.include_deleted:
            column = self._scope.column(self._scope.table, deleted)
            conditions.append(Compare(column, ast.Operator.EQUAL, 0))
        if not conditions:
            return None
        return conditions[0] if len(conditions) == 1 else And(tuple(conditions))

    def _scope_condition(self, name: str) -> list[Condition]:
        if name == "everything":
            return []
        owner = self._object.by_lower_name.get("ownerid")
        if name != "mine" or owner is None:
            raise self._malformed(self._query.source.path.position, f"Unsupported scope: {name}")
        column = self._scope.column(self._scope.table, owner)
        return [Compare(column, ast.Operator.EQUAL, self._context.user_id)]

    def _bind_semi_join(self, node: ast.SemiJoin) -> InSelect:
        subject = self._where_subject(node.operand)
        one_name = isinstance(node.operand, ast.Path) and len(self._scope.expand(node.operand)) == 1
        if not one_name or subject.expression.type not in ID_TYPES:
            detail = "Semi join operands must be an Id or a reference field"
            raise invalid_filter(self._statement, node.position, detail)
        inner = _Binder(node.query, self._schema, self._context, self._aliases)
        return InSelect(subject.expression, inner.bind_inner(self._object))

    def _where_subject(self, operand: ast.Operand) -> Subject:
        expression = self._expression(operand)
        if isinstance(expression, Aggregate):
            raise self._malformed(operand.position, f"Aggregate expressions are not allowed in WHERE: {operand}")
        if isinstance(expression, Grouping | Formatted):
            raise self._malformed(operand.position, f"{operand} is not allowed in WHERE")
        self._check_filterable(operand)
        corporate = None
        if isinstance(operand, ast.Path) and isinstance(expression, Column) and expression.type == "currency":
            found = self._scope.find(operand)
            corporate = functions.in_currency(found, expression, self._context.corporate_currency, self._context)
        return Subject(expression, _name_of(operand), operand.position, corporate)

    def _having_subject(self, operand: ast.Operand) -> Subject:
        expression = self._expression(operand)
        if isinstance(expression, Formatted):
            raise self._malformed(operand.position, f"{operand} is not allowed in HAVING")
        refusal = f"Field must be grouped or aggregated: {operand}"
        grouping.check_grouped(expression, self._groups, self._sets, refusal)
        return Subject(expression, _name_of(operand), operand.position)

    def _check_filterable(self, operand: ast.Operand) -> None:
        for path in functions.paths_in(operand):
            found = self._scope.find(path)
            if found.field is not None and not found.field.filterable:
                raise forbidden_use(self._statement, path.position, found.key, "filtered")

    def _order(self, *, tie_breaker: bool) -> tuple[Order, ...]:
        """ORDER BY, made total: rows that compare equal come by id, groups by their keys."""
        given = [self._ordering(item) for item in self._query.order_by]
        # In the direction of what comes before, so that one index can serve the whole order.
        descending = bool(given) and given[-1].descending
        if tie_breaker:
            given.append(Order(self._scope.id_of(self._scope.table), descending, ast.NullsPlace.FIRST))
        else:
            given += grouping.default_order(self._groups, self._sets, descending=descending)
        # A key that was sorted by before decides nothing the second time.
        return tuple({item.expression: item for item in reversed(given)}.values())[::-1]

    def _ordering(self, item: ast.Ordering) -> Order:
        expression = self._expression(item.operand)
        if isinstance(expression, Formatted):
            raise self._malformed(item.operand.position, f"{item.operand} is not allowed in ORDER BY")
        if self._is_aggregate():
            refusal = f"Ordered field must be grouped or aggregated: {item.operand}"
            grouping.check_grouped(expression, self._groups, self._sets, refusal)
        elif isinstance(expression, Aggregate | Grouping):
            raise self._malformed(item.operand.position, f"Aggregate expressions need GROUP BY: {item.operand}")
        nulls = item.nulls
        if isinstance(item.operand, ast.Path):
            found = self._scope.find(item.operand)
            if found.field is not None and not found.field.sortable:
                raise forbidden_use(self._statement, item.operand.position, found.key, "sorted")
            if found.field is not None and found.field.type == "reference":
                # A real org does not honour NULLS LAST here (salesforce-api.md, section 8.3).
                nulls = ast.NullsPlace.FIRST
        return Order(expression, item.descending, nulls)

    def _expression(self, operand: ast.Operand) -> Expression:
        if isinstance(operand, ast.Path):
            return self._value_of(self._scope.find(operand), operand)
        if operand.name.lower() == "distance":
            return functions.bind_distance(operand, self._scope, self._statement)
        return functions.bind_call(operand, self._value_at, self._statement, self._context)

    def _value_at(self, path: ast.Path) -> tuple[Found, Scalar]:
        found = self._scope.find(path)
        return found, self._value_of(found, path)

    def _value_of(self, found: Found, path: ast.Path) -> Scalar:
        if found.expression is None:
            raise located(
                "INVALID_FIELD",
                self._statement,
                path.position,
                "Address fields can only be filtered using Distance expressions",
            )
        return found.expression

    def _malformed(self, position: int, detail: str) -> SoqlError:
        return located("MALFORMED_QUERY", self._statement, position, detail)


def _name_of(operand: ast.Operand) -> str:
    return operand.names[-1] if isinstance(operand, ast.Path) else str(operand)


def _position_of(item: ast.Selected | ast.Subquery | ast.TypeOf) -> int:
    match item:
        case ast.Selected():
            return item.operand.position
        case ast.Subquery():
            return item.position
        case ast.TypeOf():
            return item.relationship.position
