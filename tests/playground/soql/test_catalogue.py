"""SOQL over the playground's own objects: whatever describe promises can be queried."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from playground.catalogue import load_schema
from playground.schema import Field, ObjectType
from playground.soql import QueryEngine
from tests.playground.soql.small_org import INCLUDING_DELETED, open_tables

SCHEMA = load_schema()
ENGINE = QueryEngine(SCHEMA)
LITERALS = {
    "id": "'000000000000000AAA'",
    "reference": "'000000000000000AAA'",
    "boolean": "true",
    "int": "1",
    "double": "1.5",
    "currency": "1.5",
    "percent": "1.5",
    "date": "TODAY",
    "datetime": "LAST_N_DAYS:3",
}


@pytest.fixture(scope="module")
def empty_org() -> Iterator[sqlite3.Connection]:
    with closing(open_tables(SCHEMA)) as connection:
        yield connection


def run(connection: sqlite3.Connection, text: str) -> None:
    prepared = ENGINE.prepare(text, INCLUDING_DELETED)
    assert ENGINE.rows(connection, prepared) == []
    assert ENGINE.count(connection, prepared) == 0


def parents(item: ObjectType) -> list[str]:
    return [
        f"{field.relationship_name}.Name"
        for field in item.fields
        if field.relationship_name
        and any(
            target.lower() in SCHEMA.by_lower_name and SCHEMA.by_lower_name[target.lower()].has("Name")
            for target in field.reference_to
        )
    ]


def can_be_compared(field: Field) -> bool:
    return field.filterable and field.type != "address"


@pytest.mark.parametrize("item", SCHEMA.objects, ids=lambda item: item.name)
def test_every_field_and_parent_can_be_selected(empty_org: sqlite3.Connection, item: ObjectType) -> None:
    names = ", ".join([field.name for field in item.fields] + parents(item))

    run(empty_org, f"SELECT {names} FROM {item.name}")


@pytest.mark.parametrize("item", SCHEMA.objects, ids=lambda item: item.name)
def test_every_filterable_field_can_be_filtered(empty_org: sqlite3.Connection, item: ObjectType) -> None:
    conditions = [
        f"{field.name} {operator} {LITERALS.get(field.type, chr(39) + 'é' + chr(39))}"
        for field in item.fields
        if can_be_compared(field)
        for operator in ("=", "!=")
    ]

    run(empty_org, f"SELECT Id FROM {item.name} WHERE {' AND '.join(conditions)}")


@pytest.mark.parametrize("item", SCHEMA.objects, ids=lambda item: item.name)
def test_every_sortable_field_can_be_sorted_by(empty_org: sqlite3.Connection, item: ObjectType) -> None:
    names = [f"{field.name} DESC" for field in item.fields if field.sortable and field.type != "address"]

    run(empty_org, f"SELECT Id FROM {item.name} ORDER BY {', '.join(names)}")


@pytest.mark.parametrize("item", SCHEMA.objects, ids=lambda item: item.name)
def test_every_named_child_relationship_can_be_followed(empty_org: sqlite3.Connection, item: ObjectType) -> None:
    names = {relationship.name for relationship in SCHEMA.children.get(item.name, ()) if relationship.name}
    subqueries = "".join(f", (SELECT Id FROM {name})" for name in sorted(names))

    run(empty_org, f"SELECT Id{subqueries} FROM {item.name}")
