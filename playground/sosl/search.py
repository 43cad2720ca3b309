"""Runs a search: for every object a SOQL statement with one more condition, that the record has the words."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import count

from playground.schema import Field, ObjectType, Schema
from playground.soql import QueryContext, QueryEngine
from playground.soql.bound import Column, Decided
from playground.soql.parse import joined_surrogates
from playground.soql.shape import Record
from playground.sosl import words
from playground.sosl.errors import SoslError, malformed
from playground.sosl.parse import Returning, Search, returning_of

TERM_LENGTH_MAX = 10_000
"""Longer search terms find nothing (SOSL limits)."""
_TEXTS = frozenset({"string", "textarea", "email", "phone", "url", "combobox", "encryptedstring"})
_NAMES = frozenset({"name", "firstname", "lastname", "subject"})
_UNSEARCHED = frozenset({"photourl"})
_FUNCTION = "sosl_finds"


def run(connection: sqlite3.Connection, schema: Schema, search: Search, context: QueryContext) -> list[Record]:
    """Records ready for JSON, object by object. Raise SoslError or SoqlError."""
    term = joined_surrogates(search.term)
    words.understand(term)
    connection.create_function(_FUNCTION, 2, words.finds, deterministic=True)
    engine = QueryEngine(schema)
    found: list[list[Record]] = []
    for wanted in search.returning or _everything(schema):
        item = _searchable(schema, wanted)
        columns = _columns(item, search.group)
        prepared = engine.prepare_parsed(wanted.query, context)
        if prepared.query.children or prepared.is_aggregate or prepared.is_count:
            raise malformed("RETURNING takes fields only")
        if not columns or len(term) > TERM_LENGTH_MAX:
            continue
        of_table = tuple(Column(prepared.query.select.table.alias, field, outer=False) for field in columns)
        filtered = prepared.narrowed(Decided(_FUNCTION, of_table, term))
        found.append(engine.rows(connection, filtered, limit=search.limit))
    return [record for records in _shared_out(found, search.limit) for record in records]


def _everything(schema: Schema) -> Sequence[Returning]:
    return [returning_of(item.name, "Id") for item in schema.objects if item.searchable and item.queryable]


def _searchable(schema: Schema, wanted: Returning) -> ObjectType:
    item = schema.by_lower_name.get(wanted.object_name.lower())
    if item is None:
        raise SoslError(
            "INVALID_TYPE",
            f"sObject type '{wanted.object_name}' is not supported. If you are attempting to use a custom object, be "
            "sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        )
    if not item.searchable:
        raise SoslError("INVALID_TYPE", f"entity type {item.name} does not support search")
    return item


def _columns(item: ObjectType, group: str) -> list[Field]:
    """The fields that a search group looks into."""
    texts = [field for field in item.fields if field.stored and field.type in _TEXTS]
    match group:
        case "name" | "sidebar":
            return [field for field in texts if field.name_field or field.name.lower() in _NAMES]
        case "email" | "phone":
            return [field for field in texts if field.type == group]
    return [field for field in texts if field.name.lower() not in _UNSEARCHED]


def _shared_out(found: Sequence[list[Record]], limit: int) -> list[list[Record]]:
    """At most ``limit`` in all: evenly, and what one object leaves goes to the others."""
    taken = [0] * len(found)
    left = limit
    for round_number in count(1):
        if left == 0 or all(size == len(records) for size, records in zip(taken, found, strict=True)):
            break
        for place, records in enumerate(found):
            if left and len(records) >= round_number:
                taken[place] += 1
                left -= 1
    return [records[:size] for records, size in zip(found, taken, strict=True)]
