"""Prepares statements against a schema and runs them on a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from playground.schema import Schema
from playground.soql import compile as compiler
from playground.soql import shape
from playground.soql.ast import Operator, Query
from playground.soql.bind import BoundQuery, ChildQuery, bind
from playground.soql.bound import And, Compare, Condition
from playground.soql.context import QueryContext
from playground.soql.parse import parse
from playground.soql.sqlite import prepare_connection

_PARENTS_AT_ONCE = 2_000

More = Callable[["Prepared", int], str]
"""Where the rest of one parent's children can be had: given the statement for all of them, and how many there are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that was understood. Relative dates are settled: every page sees the same range."""

    query: BoundQuery
    context: QueryContext

    @property
    def object(self) -> str:
        """The driving object's API name."""
        return self.query.object_name

    @property
    def is_count(self) -> bool:
        """Whether it is ``SELECT COUNT()``: no records, the number is the totalSize."""
        return self.query.shape is None

    @property
    def is_aggregate(self) -> bool:
        """Whether its records are aggregate results, which have no URL and cannot be paged."""
        return isinstance(self.query.shape, shape.AggregateShape)

    @property
    def usage(self) -> frozenset[str]:
        """What running it notes: ``view`` and ``reference`` (FOR …), ``tracking`` and ``viewstat`` (UPDATE …)."""
        return self.query.usage

    @property
    def columns(self) -> tuple[str, ...]:
        """What is selected, in order: ``Id``, ``Account.Name``, aliases of aggregates. Subqueries are left out."""
        return self.query.columns

    def narrowed(self, condition: Condition) -> Prepared:
        """The same statement for those rows only for which the condition holds too."""
        select = self.query.select
        where = condition if select.where is None else And((select.where, condition))
        return replace(self, query=replace(self.query, select=replace(select, where=where)))

    def page(self, *, limit: int | None, offset: int) -> compiler.Sql:
        """The SQL of a page, for whoever wants to run or explain it."""
        return compiler.page(self.query.select, limit=limit, offset=offset)


@dataclass
class Reading:
    """How far a statement's rows were read: the next page goes on there, and need not count from the first row."""

    cursor: sqlite3.Cursor | None = None
    reached: int = 0


class QueryEngine:
    """Runs SOQL over the tables that :mod:`playground.schema` describes."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def prepare(self, text: str, context: QueryContext) -> Prepared:
        """Parse and resolve a statement. Raise :class:`playground.soql.SoqlError`; running it never does."""
        return self.prepare_parsed(parse(text), context)

    def prepare_parsed(self, parsed: Query, context: QueryContext) -> Prepared:
        """Resolve a statement that was parsed already. Raise :class:`playground.soql.SoqlError`."""
        query = bind(parsed, self._schema, context)
        compiler.check_size(query.select, (child.select for child in _all_children(query.children)))
        return Prepared(query, context)

    def count(self, connection: sqlite3.Connection, prepared: Prepared) -> int:
        """The answer's totalSize: how many rows there are within the statement's own LIMIT and OFFSET."""
        prepare_connection(connection)
        sql = compiler.count(prepared.query.select)
        return int(connection.execute(sql.text, sql.parameters).fetchone()[0])

    def rows(
        self,
        connection: sqlite3.Connection,
        prepared: Prepared,
        *,
        offset: int = 0,
        limit: int | None = None,
        more: More | None = None,
        reading: Reading | None = None,
    ) -> list[shape.Record]:
        """Records ready for JSON: of all that the statement has, at most ``limit`` from ``offset`` on.

        The order is total, so pages neither overlap nor leave gaps while the data stands still. With ``more``, a
        record's children are cut at ``limit`` too, and ``more`` says where the rest of them is. ``reading`` is kept
        from page to page by who reads pages of one statement in order on one connection.
        """
        query = prepared.query
        if query.shape is None:
            return []
        prepare_connection(connection)
        rows = _rows_from(connection, prepared, offset, limit, reading)
        if isinstance(query.shape, shape.AggregateShape):
            return [shape.aggregate(query.shape, row) for row in rows]
        cut = _Cut(prepared.context, limit, more)
        return self._records(connection, query.shape, rows, query.children, cut)

    def _records(
        self,
        connection: sqlite3.Connection,
        record_shape: shape.RecordShape,
        rows: Sequence[shape.Row],
        children: Sequence[ChildQuery],
        cut: _Cut,
    ) -> list[shape.Record]:
        ids = [row[record_shape.id_index] for row in rows]
        found = [self._children(connection, child, ids, cut) for child in children]
        read = shape.reader(record_shape, cut.context.api_version)
        return [read(row, found) for row in rows]

    def _children(
        self, connection: sqlite3.Connection, child: ChildQuery, parents: Sequence[str], cut: _Cut
    ) -> Mapping[str, shape.Record]:
        """What each parent's record has of its children, by the parent's id."""
        by_parent: dict[str, list[shape.Row]] = {}
        for start in range(0, len(parents), _PARENTS_AT_ONCE):
            sql = compiler.children(child.select, child.parent_id, parents[start : start + _PARENTS_AT_ONCE])
            for row in connection.execute(sql.text, sql.parameters):
                by_parent.setdefault(row[-1], []).append(row)
        shown = {parent: cut.shown(rows) for parent, rows in by_parent.items()}
        rows = [row for kept in shown.values() for row in kept]
        records = iter(self._records(connection, child.shape, rows, child.children, cut))
        return {
            parent: cut.answer(child, parent, len(all_rows), list(islice(records, len(shown[parent]))))
            for parent, all_rows in by_parent.items()
        }


@dataclass(frozen=True, slots=True)
class _Cut:
    """How long lists of children are cut."""

    context: QueryContext
    limit: int | None
    more: More | None

    def shown(self, rows: list[shape.Row]) -> list[shape.Row]:
        return rows if self.more is None else rows[: self.limit]

    def answer(self, child: ChildQuery, parent: str, total: int, records: list[shape.Record]) -> shape.Record:
        answer: shape.Record = {"totalSize": total, "done": len(records) == total}
        if self.more is not None and not answer["done"]:
            answer["nextRecordsUrl"] = self.more(Prepared(_of_parent(child, parent), self.context), total)
        return answer | {"records": records}


def _of_parent(child: ChildQuery, parent: str) -> BoundQuery:
    """A subquery's statement for a single parent."""
    select = child.select
    owned = Compare(child.parent_id, Operator.EQUAL, parent)
    where = owned if select.where is None else And((owned, select.where))
    name = select.table.object_type.name
    return BoundQuery(name, replace(select, where=where), child.shape, child.children, ())


def _rows_from(
    connection: sqlite3.Connection, prepared: Prepared, offset: int, limit: int | None, reading: Reading | None
) -> list[shape.Row]:
    if reading is None or limit is None:
        sql = prepared.page(limit=limit, offset=offset)
        return connection.execute(sql.text, sql.parameters).fetchall()
    if reading.cursor is None or reading.reached != offset:
        sql = prepared.page(limit=None, offset=offset)
        reading.cursor = connection.execute(sql.text, sql.parameters)
    rows = reading.cursor.fetchmany(limit)
    reading.reached = offset + len(rows)
    return rows


def _all_children(children: Sequence[ChildQuery]) -> Iterator[ChildQuery]:
    for child in children:
        yield child
        yield from _all_children(child.children)
