"""Our own tables: everything the mirror remembers beside the mirrored rows.

The migrations in ``local_store/migrations`` end in exactly this; a test compares them. Times are UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from local_store.types import typed

internal = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _moment(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, typed("datetime"), nullable=nullable)


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


setting = Table("setting", internal, Column("key", Text, primary_key=True), _text("value"))
"""Small facts as JSON: the organization, permissions, the revision of the mirrored objects."""

mirror_object = Table("mirror_object", internal, Column("object", Text, primary_key=True), _text("mapping"))
"""The mirrored objects, each with its mapping as JSON."""

mirror_column = Table(
    "mirror_column",
    internal,
    Column("object", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("column", Text, nullable=False),
    Column("type", Text),
    Column("precision", Integer, nullable=False, server_default=text("0")),
    Column("scale", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("object", "column"),
)
"""Column names, assigned once and kept for ever (design decision 15). ``type`` is null until the column exists."""

checkpoint = Table(
    "checkpoint",
    internal,
    Column("object", Text, primary_key=True),
    _moment("stamp"),
    _moment("after_stamp"),
    Column("after_id", Text),
)

capture = Table(
    "capture",
    internal,
    Column("id", Integer, primary_key=True),
    Column("enabled", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""Whether the triggers note what is written. Only ever 0 inside a transaction of the sync itself."""

touched = Table(
    "touched",
    internal,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _text("object"),
    _text("id"),
    _moment("at", nullable=False),
    UniqueConstraint("object", "id"),
    sqlite_autoincrement=True,
)
"""Rows written by anyone but the sync. ``seq`` is the compare-and-set token of the row and is never used twice."""

id_alias = Table(
    "id_alias",
    internal,
    Column("alias", Text, primary_key=True),
    _text("id"),
    _text("object"),
    _text("reason"),
    _moment("at", nullable=False),
    Index(None, "id"),
)
"""Ids that became another one: provisional ids after their create, losers of a merge. Kept for ever."""

intent = Table(
    "intent",
    internal,
    Column("object", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("record"),
    _moment("sent_at", nullable=False),
)

conflict = Table(
    "conflict",
    internal,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("object"),
    _text("record_id"),
    _text("kind"),
    _text("fields"),
    Column("base", Text),
    Column("local", Text),
    Column("remote", Text),
    Column("deleted_on", Text),
    _moment("opened_at", nullable=False),
    _moment("closed_at"),
    Column("rule", Text),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("run", Integer),
    Index(None, "object", "record_id"),
    Index(None, "closed_at"),
    sqlite_autoincrement=True,
)
"""Open conflicts (``closed_at`` null) and the log of decided ones, with both values, the base and the rule."""

run = Table(
    "run",
    internal,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("trigger"),
    _moment("started_at", nullable=False),
    _moment("finished_at"),
    Column("outcome", Text),
    Column("reason", Text),
    Column("advice", Text),
    _count("api_calls"),
    Column("progress", Text),
    sqlite_autoincrement=True,
)

run_object = Table(
    "run_object",
    internal,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("object", Text, primary_key=True),
    _count("received"),
    _count("applied"),
    _count("unchanged"),
    _count("held"),
    _count("conflicts"),
    _count("quarantined"),
    _count("sent"),
    _count("refused"),
    _count("unknown"),
    _count("waiting"),
    _count("put_back"),
)

run_operation = Table(
    "run_operation",
    internal,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, nullable=False),
    _moment("at", nullable=False),
    _text("object"),
    _text("record_id"),
    _text("side"),
    _text("verb"),
    Column("before", Text),
    Column("after", Text),
    _text("outcome"),
    Column("code", Text),
    Column("message", Text),
    Index(None, "run"),
    Index(None, "object", "record_id"),
    sqlite_autoincrement=True,
)

confirmed_deletion = Table(
    "confirmed_deletion",
    internal,
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    _count("records"),
    _moment("at", nullable=False),
)
"""Deletions that a person confirmed, with how many other records they knew to go along (design decision 9)."""

issue = Table(
    "issue",
    internal,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("object"),
    _text("record_id"),
    _text("kind"),
    _text("code"),
    _text("message"),
    _text("fields"),
    _count("token"),
    _moment("stamp"),
    Column("run", Integer),
    _count("attempts"),
    _moment("first_seen", nullable=False),
    _moment("last_seen", nullable=False),
    _moment("closed_at"),
    Index(None, "object", "record_id"),
    Index(None, "closed_at"),
    sqlite_autoincrement=True,
)
"""Records that were refused or quarantined, until they go through. At most one open issue per record."""

change = Table(
    "change",
    internal,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("object"),
    _text("record_id"),
    _text("field"),
    Column("old", Text),
    Column("new", Text),
    _text("made_on"),
    _moment("after"),
    _moment("until"),
    _moment("noted_at", nullable=False),
    Index(None, "object", "record_id"),
    Index(None, "object", "field", "until"),
    sqlite_autoincrement=True,
)
"""Every change of an agreed value that was observed. ``made_on`` is the side of the edit. It happened later than
``after`` and not later than ``until``, both by Salesforce's clock; either is null where nothing tells."""

run_lock = Table(
    "run_lock",
    internal,
    Column("name", Text, primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("holder", Text),
    Column("pid", Integer),
    Column("host", Text),
    _moment("acquired_at"),
    _moment("expires_at"),
)
"""One run at a time. ``fence`` grows with every holder, so that one who lost the lock cannot commit any more."""
