"""Runs the statement of a query job and keeps its rows as CSV, piece by piece: memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from playground import errors, queries, quotas, values
from playground.bulk2.csv_format import DELIMITERS, LINE_ENDINGS, number_text
from playground.bulk2.jobs import Job, JobStore, State
from playground.org import Org
from playground.soql import Prepared, QueryEngine, SoqlError, ast, parse
from playground.soql.shape import Address, Leaf, Parent, RecordShape
from playground.soql.sqlite import prepare_connection

RESULT = "result"
_ROWS_PER_PIECE = 2_000
_ARGUMENTS_MAX = 90
"""SQLite's functions take 100 arguments at least, the format of printf among them."""
_MEGABYTE = 1_000_000
_AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_NUMBERS = frozenset({"double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a value stands in the engine's row, and where the id of the record that it belongs to."""

    index: int
    id_index: int
    type: str


@dataclass(frozen=True, slots=True)
class Extract:
    """A statement that a query job can run."""

    prepared: Prepared
    columns: tuple[str, ...]
    can_be_chunked: bool
    """Whether a real org could split it by id: not with ORDER BY or LIMIT."""

    @property
    def object_name(self) -> str:
        """The driving object's API name."""
        return self.prepared.object


def prepared(
    org: Org, text: str, user_id: str, version: int, operation: str, surface: str = "Bulk V2 Query"
) -> Extract:
    """Understand a statement, or refuse it as bulk queries do. ``surface`` is what the refusals call them."""
    context = queries.context_for(org, user_id, version, include_deleted=operation == "queryAll")
    try:
        query = parse(text)
        _refuse_unsupported(query, surface)
        found = QueryEngine(org.access.schema(org.schema, user_id)).prepare(text, context)
    except SoqlError as error:
        raise errors.ApiError(error.message, code=error.code) from error
    shape = found.query.shape
    if not isinstance(shape, RecordShape):
        raise _restricted("Aggregate functions", surface)
    if any(True for _ in _addresses(shape)):
        raise errors.ApiError("Selecting compound data not supported in Bulk Query", code="FUNCTIONALITY_NOT_ENABLED")
    return Extract(found, found.columns, not query.order_by and query.limit is None)


def run(org: Org, job: Job) -> None:
    """Run a query job to its end, or until it is aborted. The rows are those of the moment it began."""
    store, jobs = org.store, JobStore(org.store)
    try:
        extract = prepared(org, job.query, job.created_by, job.api_version, job.operation)
    except errors.ApiError as error:
        # The org changed since the job was made.
        jobs.change(job.id, state=State.FAILED, error_message=f"{error.code}: {error.message}")
        return
    with store.transaction():
        jobs.clear(job.id, RESULT)
    processed, size = 0, 0
    line_end = LINE_ENDINGS[job.line_ending]
    with closing(org.snapshot_for(job.created_by)) as snapshot:
        for lines in _lines(snapshot, extract, _names(job), DELIMITERS[job.column_delimiter]):
            content = (line_end.join(lines) + line_end).encode("utf-8")
            with store.transaction():
                if jobs.state(job.id) != State.IN_PROGRESS:
                    return
                processed, size = processed + len(lines), size + len(content)
                jobs.append(job.id, RESULT, len(lines), content)
                jobs.change(job.id, processed=processed)
    with store.transaction():
        org.quotas.add(quotas.BULK_QUERY_MB, -(-size // _MEGABYTE))
        if jobs.state(job.id) == State.IN_PROGRESS:
            jobs.change(job.id, state=State.JOB_COMPLETE, processed=processed, modified=values.stamp(org.now()))


def _names(job: Job) -> list[str]:
    """The columns in the order in which the job's header has them."""
    text = job.header.decode("utf-8").removesuffix(LINE_ENDINGS[job.line_ending])
    return [name.strip('"') for name in text.split(DELIMITERS[job.column_delimiter])]


def pieces(
    connection: sqlite3.Connection, extract: Extract, names: Iterable[str]
) -> Iterator[Sequence[Sequence[object]]]:
    """Rows in the form of cells: booleans, numbers and dates are texts already."""
    return _selected(connection, extract, ", ".join(_cells(extract, names)))


def _lines(
    connection: sqlite3.Connection, extract: Extract, names: Iterable[str], delimiter: str
) -> Iterator[Sequence[str]]:
    """Rows as lines of CSV, every cell quoted. The database puts them together: that is twice as fast as Python."""
    cells = [f"ifnull({cell}, '')" for cell in _cells(extract, names)]
    groups = [cells[start : start + _ARGUMENTS_MAX] for start in range(0, len(cells), _ARGUMENTS_MAX)]
    # %w doubles the quotes inside a cell.
    texts = [f"printf('{_format(len(group), delimiter)}', {', '.join(group)})" for group in groups]
    for rows in _selected(connection, extract, f" || '{delimiter}' || ".join(texts)):
        yield [str(row[0]) for row in rows]


def _format(cells: int, delimiter: str) -> str:
    return delimiter.join(['"%w"'] * cells)


def _selected(
    connection: sqlite3.Connection, extract: Extract, expressions: str
) -> Iterator[Sequence[Sequence[object]]]:
    """What SQL expressions over the engine's row, whose values are called c0, c1 and so on, come to."""
    prepare_connection(connection)
    connection.create_function("bulk_number", 1, number_text, deterministic=True)
    inner = extract.prepared.page(limit=None, offset=0)
    named = ", ".join(f"c{place}" for place in range(len(extract.prepared.query.select.outputs)))
    cursor = connection.execute(
        f"WITH found({named}) AS ({inner.text}) SELECT {expressions} FROM found", inner.parameters
    )
    while rows := cursor.fetchmany(_ROWS_PER_PIECE):
        yield rows


def _cells(extract: Extract, names: Iterable[str]) -> list[str]:
    """An expression for each column."""
    shape = extract.prepared.query.shape
    assert isinstance(shape, RecordShape)
    columns = dict(_columns(shape, ""))
    return [_cell(columns[name.lower()]) for name in names]


def _cell(column: _Column) -> str:
    name = f"c{column.index}"
    if column.type == "boolean":
        return f"CASE WHEN c{column.id_index} IS NULL THEN NULL WHEN {name} THEN 'true' ELSE 'false' END"
    if column.type in _NUMBERS:
        # Between these bounds a number of few digits looks as SQLite writes it; only the others are worth a call.
        plain = f"abs({name}) BETWEEN 0.001 AND 9999999 AND CAST(CAST({name} AS TEXT) AS REAL) = {name}"
        return f"CASE WHEN {plain} THEN CAST({name} AS TEXT) ELSE bulk_number({name}) END"
    return name


def _columns(shape: RecordShape, prefix: str) -> Iterator[tuple[str, _Column]]:
    """The columns of a record by their lower-cased dotted names."""
    for member in shape.members:
        if isinstance(member, Leaf):
            yield f"{prefix}{member.key}".lower(), _Column(member.index, shape.id_index, member.type)
        elif isinstance(member, Parent):
            yield from _columns(member.record, f"{prefix}{member.key}.")


def _addresses(shape: RecordShape) -> Iterator[Address]:
    for member in shape.members:
        if isinstance(member, Address):
            yield member
        elif isinstance(member, Parent):
            yield from _addresses(member.record)


def _refuse_unsupported(query: ast.Query, surface: str) -> None:
    """What bulk queries cannot do (salesforce-api.md 6.3); of the texts only the one about children is sourced."""
    for item in query.selected:
        if isinstance(item, ast.Subquery):
            raise errors.ApiError(
                f"Aggregate Relationships not supported in {surface} with CSV content type", code="FEATURENOTENABLED"
            )
        if isinstance(item, ast.TypeOf):
            raise _restricted("TYPEOF", surface)
        if isinstance(item.operand, ast.Call) and item.operand.name.upper() in _AGGREGATES:
            raise _restricted("Aggregate functions", surface)
    if query.group_by:
        raise _restricted("GROUP BY", surface)
    if query.offset is not None:
        raise _restricted("OFFSET", surface)


def _restricted(what: str, surface: str) -> errors.ApiError:
    return errors.ApiError(f"Implementation restriction: {what} not supported in {surface}", code="API_ERROR")
