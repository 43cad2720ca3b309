"""A small org for SOQL tests: its schema, its tables in memory, and a context with fixed time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from playground import ids
from playground.schema import Field, ObjectType, PicklistEntry, Schema
from playground.soql import QueryContext, QueryEngine

COLUMN_TYPES = {"boolean": "INTEGER", "int": "INTEGER", "double": "REAL", "currency": "REAL", "percent": "REAL"}

CONTEXT = QueryContext(
    now=datetime(2026, 11, 23, 20, 30, tzinfo=UTC),
    time_zone=ZoneInfo("Europe/London"),
    fiscal_start_month=1,
    user_id=ids.make_id("005", 1),
    api_version="67.0",
    include_deleted=False,
)
INCLUDING_DELETED = replace(CONTEXT, include_deleted=True)


def field(name: str, kind: str = "string", **properties: Any) -> Field:
    return Field(name=name, label=name, type=kind, **properties)


def picklist(name: str, *values: str, kind: str = "picklist") -> Field:
    return field(name, kind, picklist=tuple(PicklistEntry(value, value) for value in values))


def reference(name: str, *targets: str, relationship: str | None = None, children: str | None = None) -> Field:
    return field(
        name, "reference", reference_to=targets, relationship_name=relationship, child_relationship_name=children
    )


def standard_fields() -> tuple[Field, ...]:
    return (
        field("Id", "id", nillable=False),
        field("IsDeleted", "boolean", nillable=False),
        field("CreatedDate", "datetime", nillable=False, groupable=False),
        field("SystemModstamp", "datetime", nillable=False, groupable=False),
    )


def object_type(name: str, prefix: str, *fields: Field, standard: tuple[Field, ...] | None = None) -> ObjectType:
    return ObjectType(
        name=name,
        label=name,
        label_plural=f"{name}s",
        key_prefix=prefix,
        fields=(standard_fields() if standard is None else standard) + fields,
    )


USER = object_type(
    "User",
    "005",
    field("Name"),
    field("Email", "email"),
    field("IsActive", "boolean"),
    standard=(field("Id", "id", nillable=False),),
)
ACCOUNT = object_type(
    "Account",
    "001",
    field("Name", nillable=False),
    field("Description", "textarea", filterable=False, sortable=False, groupable=False),
    field("NumberOfEmployees", "int"),
    picklist("Rating", "Hot", "Warm", "Cold"),
    picklist("Regions__c", "North", "South", "North West", kind="multipicklist"),
    field("Code__c", case_sensitive=True, unique=True),
    reference("OwnerId", "User", relationship="Owner"),
    reference("ParentId", "Account", relationship="Parent", children="ChildAccounts"),
    field("BillingCity", compound="BillingAddress"),
    field("BillingLatitude", "double", compound="BillingAddress"),
    field("BillingAddress", "address", stored=False, sortable=False, groupable=False),
)
CONTACT = object_type(
    "Contact",
    "003",
    field("Name"),
    field("FirstName"),
    field("LastName"),
    field("Email", "email"),
    reference("AccountId", "Account", relationship="Account", children="Contacts"),
)
OPPORTUNITY = object_type(
    "Opportunity",
    "006",
    field("Name"),
    field("Amount", "currency", groupable=False),
    field("Probability", "percent", groupable=False),
    field("CloseDate", "date"),
    field("IsWon", "boolean"),
    picklist("StageName", "Prospecting", "Qualification", "Closed Won"),
    reference("AccountId", "Account", relationship="Account", children="Opportunities"),
    reference("CampaignId", "Campaign", relationship="Campaign"),
)
TASK = object_type(
    "Task",
    "00T",
    field("Subject"),
    reference("WhoId", "Contact", "Lead", relationship="Who", children="Tasks"),
    reference("WhatId", "Account", "Opportunity", relationship="What", children="Tasks"),
)
SCHEMA = Schema((USER, ACCOUNT, CONTACT, OPPORTUNITY, TASK))
ENGINE = QueryEngine(SCHEMA)


def open_tables(schema: Schema = SCHEMA) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for item in schema.objects:
        columns = ", ".join(
            f'"{f.name}" {COLUMN_TYPES.get(f.type, "TEXT")}' + (" PRIMARY KEY" if f.name == "Id" else "")
            for f in item.fields
            if f.stored
        )
        connection.execute(f'CREATE TABLE "{item.name}" ({columns})')
        if item.has("SystemModstamp"):
            connection.execute(f'CREATE INDEX "{item.name}_stamp" ON "{item.name}" (SystemModstamp, Id)')
    return connection


def insert(connection: sqlite3.Connection, object_name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    item = SCHEMA.by_lower_name[object_name.lower()]
    defaults = {
        "IsDeleted": 0,
        "CreatedDate": "2026-11-01T09:00:00.000Z",
        "SystemModstamp": "2026-11-01T09:00:00.000Z",
    }
    for row in rows:
        given = {name: value for name, value in (defaults | dict(row)).items() if item.has(name)}
        names = ", ".join(f'"{name}"' for name in given)
        marks = ", ".join("?" * len(given))
        connection.execute(f'INSERT INTO "{object_name}" ({names}) VALUES ({marks})', list(given.values()))


def answer(connection: sqlite3.Connection, text: str, context: QueryContext = CONTEXT) -> list[dict[str, Any]]:
    return ENGINE.rows(connection, ENGINE.prepare(text, context))


def values(connection: sqlite3.Connection, text: str, context: QueryContext = CONTEXT) -> list[Any]:
    """The first selected value of every record."""
    return [list(record.values())[1] for record in answer(connection, text, context)]
