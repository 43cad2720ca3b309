"""The mirror's tables, made from object mappings: per object the rows, the bases beside them, the unsettled remote
sightings, and a view of the live rows (design decisions 2, 12 and 15)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Dialect,
    Index,
    MetaData,
    Table,
    Text,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import CreateColumn, CreateTable

from local_store.errors import NameTaken
from local_store.tables import internal, mirror_column
from local_store.types import typed
from mapping.describe import snake_case
from mapping.fields import FieldMapping, ObjectMapping

log = logging.getLogger(__name__)

IS_DELETED = "is_deleted"
DELETED_AT = "deleted_at"
PURGED_AT = "purged_at"
TOMBSTONE = "tombstone"

OWN_COLUMNS = frozenset({IS_DELETED, DELETED_AT, PURGED_AT, TOMBSTONE})
"""Columns of ours beside the fields. ``is_deleted`` is also the field IsDeleted, where the object has it."""

LONGEST_NAME = 63
"""What PostgreSQL keeps of a name, in bytes."""

AUDIT_FIELDS = frozenset({"CreatedById", "LastModifiedById"})
"""References that are not worth an index: nobody joins a million rows by them, and every load would pay."""

PROVISIONAL_DEFAULT = text(
    "('local-' || replace(replace(replace(replace("
    "lower(hex(randomblob(13))), '0', 'g'), '1', 'h'), '8', 'i'), '9', 'j'))"
)
"""A provisional id for a row inserted without one: 104 random bits in letters of lower-case base32."""


@dataclass(frozen=True)
class ObjectTables:
    """The tables of one object. All carry the same columns; ``remote`` also a marker for tombstones."""

    rows: Table
    base: Table
    remote: Table
    live: Table

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that rows and base share, in their order."""
        return tuple(column.name for column in self.rows.columns)


def object_tables(metadata: MetaData, mapping: ObjectMapping, kept: Sequence[FieldMapping] = ()) -> ObjectTables:
    """Describe the tables of an object. ``kept`` are fields that vanished from the org and keep their data."""
    rows, base, remote, live = table_names(mapping.table)
    fields = (*mapping.fields, *kept)
    return ObjectTables(
        rows=Table(
            rows,
            metadata,
            *_columns(fields, made_here=True),
            CheckConstraint("id <> '' AND length(id) <> 15", name="id_is_whole"),
            *_indexes(mapping),
            quote=True,
        ),
        base=Table(base, metadata, *_columns(fields), quote=True),
        remote=Table(remote, metadata, *_columns(fields), Column(TOMBSTONE, Text), quote=True),
        live=Table(live, metadata, *_columns(fields), quote=True, info={"view": True}),
    )


def table_names(table: str) -> tuple[str, str, str, str]:
    """Names of the tables of rows, bases and remote sightings, and of the view of live rows."""
    return table, f"base_{table}", f"remote_{table}", f"{table}_live"


def create_or_extend(connection: Connection, tables: ObjectTables) -> None:
    """Bring an object's tables into being, or add the columns they lack; then make the live view anew."""
    for table in (tables.rows, tables.base, tables.remote):
        for statement in _missing(connection, table):
            connection.exec_driver_sql(statement)
    for index in tables.rows.indexes:
        index.create(connection, checkfirst=True)
    for statement in live_view(connection.dialect, tables):
        connection.exec_driver_sql(statement)


def live_view(dialect: Dialect, tables: ObjectTables) -> tuple[str, str]:
    """The statements that make the view of rows that are not deleted."""
    quote = dialect.identifier_preparer.quote_identifier
    columns = ", ".join(quote(name) for name in tables.columns)
    view, rows = quote(tables.live.name), quote(tables.rows.name)
    return (
        f"DROP VIEW IF EXISTS {view}",
        f"CREATE VIEW {view} AS SELECT {columns} FROM {rows} WHERE NOT {quote(IS_DELETED)}",
    )


def check_name_is_free(table: str) -> None:
    """Raise ``NameTaken`` when one of an object's tables would hide one of ours."""
    taken = set(table_names(table)) & {*internal.tables, "alembic_version"}
    if taken:
        raise NameTaken(
            f"The table name {min(taken)} is used by Forcemirror itself.", "Give the object another table name."
        )


def assign_columns(connection: Connection, object_name: str, names: Iterable[str]) -> dict[str, str]:
    """Give every field a column name for ever. On a collision the later one gets a suffix, and a warning is logged."""
    known = dict(
        connection.execute(
            select(mirror_column.c.field, mirror_column.c.column).where(mirror_column.c.object == object_name)
        ).all()
    )
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            column = _free_name(name, known.values())
            if column != snake_case(name):
                log.warning("%s.%s is kept in the column %s: its own name is taken.", object_name, name, column)
            connection.execute(mirror_column.insert().values(object=object_name, field=name, column=column))
            known[name] = column
    return {name: known[name] for name in wanted}


def with_columns(mapping: ObjectMapping, columns: Mapping[str, str]) -> ObjectMapping:
    """The mapping with the column names that were assigned."""
    return replace(mapping, fields=tuple(replace(field, column=columns[field.name]) for field in mapping.fields))


def note_types(connection: Connection, mapping: ObjectMapping) -> None:
    """Remember the type of every column, so that a field that vanishes later is still read rightly."""
    for field in mapping.fields:
        connection.execute(
            mirror_column.update()
            .where(mirror_column.c.object == mapping.name, mirror_column.c.field == field.name)
            .values(type=field.type, precision=field.precision, scale=field.scale)
        )


def vanished(connection: Connection, mapping: ObjectMapping) -> tuple[FieldMapping, ...]:
    """Fields whose columns exist although the mapping has them no more. Their data is kept."""
    found = connection.execute(
        select(mirror_column).where(mirror_column.c.object == mapping.name, mirror_column.c.type.is_not(None))
    ).mappings()
    return tuple(
        FieldMapping(
            row["field"], row["column"], row["type"], row["field"], precision=row["precision"], scale=row["scale"]
        )
        for row in found
        if row["field"] not in mapping.by_name
    )


def _columns(fields: Iterable[FieldMapping], *, made_here: bool = False) -> Iterator[Column[object]]:
    if made_here:
        yield Column(
            "id",
            typed("id"),
            primary_key=True,
            nullable=False,
            sqlite_on_conflict_not_null="REPLACE",
            server_default=PROVISIONAL_DEFAULT,
        )
    else:
        yield Column("id", typed("id"), primary_key=True, nullable=False)
    for field in fields:
        if field.column not in {"id", IS_DELETED}:
            yield Column(field.column, typed(field.type, field.precision, field.scale))
    yield Column(IS_DELETED, typed("boolean"), nullable=False, server_default=text("0"))
    yield Column(DELETED_AT, typed("datetime"))
    yield Column(PURGED_AT, typed("datetime"))


def _indexes(mapping: ObjectMapping) -> Iterator[Index]:
    for field in mapping.references:
        if field.name not in AUDIT_FIELDS:
            yield Index(f"ix_{mapping.table}_{field.column}"[:LONGEST_NAME], field.column)


def _missing(connection: Connection, table: Table) -> Iterator[str]:
    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        yield str(CreateTable(table).compile(dialect=connection.dialect))
        return
    present = {column["name"] for column in inspector.get_columns(table.name)}
    name = connection.dialect.identifier_preparer.quote_identifier(table.name)
    for column in table.columns:
        if column.name not in present:
            yield f"ALTER TABLE {name} ADD COLUMN {CreateColumn(column).compile(dialect=connection.dialect)}"


def _free_name(field: str, taken: Iterable[str]) -> str:
    wanted = "id" if field == "Id" else snake_case(field)[:LONGEST_NAME]
    used = {*taken, *(OWN_COLUMNS if field != "IsDeleted" else ())}
    if wanted not in used:
        return wanted
    suffixed = (f"{wanted[: LONGEST_NAME - len(str(number)) - 1]}_{number}" for number in range(2, len(used) + 3))
    return next(name for name in suffixed if name not in used)
