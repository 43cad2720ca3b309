"""The org that the table of cases is asked about: few records, one of each kind that matters.

Now is Monday 2026-11-23 20:30 in London. Ids are made of the key prefix and a running number.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from playground import ids
from playground.catalogue import load_schema
from playground.schema import Field, ObjectType, Schema
from playground.soql import QueryEngine
from tests.playground.soql.small_org import CONTEXT, open_tables

FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2030, 12, 31)
"""The days of :func:`opened_calendar`."""


def _with_fields(item: ObjectType, *fields: Field) -> ObjectType:
    return replace(item, fields=(*item.fields, *fields))


def _schema() -> Schema:
    """The org's own objects, with a few custom fields of the kinds that those lack."""
    regions = Field("Regions__c", "Regions", "multipicklist", length=100)
    code = Field("Code__c", "Code", "string", length=20, case_sensitive=True, unique=True)
    score = Field("Score__c", "Score", "double", precision=10, scale=1, groupable=False)
    currency = Field("CurrencyIsoCode", "Currency", "picklist", length=3)
    added = {"Account": (regions, code, score, currency), "Opportunity": (currency,)}
    known = load_schema().objects
    return Schema(tuple(_with_fields(item, *new_fields(item, added.get(item.name, ()))) for item in known))


def new_fields(item: ObjectType, wanted: tuple[Field, ...]) -> tuple[Field, ...]:
    """Those that the org's own object does not have yet."""
    return tuple(field for field in wanted if not item.has(field.name))


SCHEMA = _schema()
ENGINE = QueryEngine(SCHEMA)
CASE_CONTEXT = replace(CONTEXT, locale="en_GB", corporate_currency="GBP", user_currency="GBP")

ADA, BEN = (ids.make_id("005", number) for number in (1, 2))
ALPHA, BETA, BETA2, CELIK, OBRIEN, ZETA = (ids.make_id("001", number) for number in range(1, 7))
ANN, BOB, CY, DI = (ids.make_id("003", number) for number in range(1, 5))
ONE, TWO, THREE, FOUR, FIVE, SIX = (ids.make_id("006", number) for number in range(1, 7))

ROWS: dict[str, list[dict[str, Any]]] = {
    "User": [
        {"Id": ADA, "Name": "Ada Park", "Email": "ada@laces.example", "IsActive": 1},
        {"Id": BEN, "Name": "Ben Ito", "Email": None, "IsActive": 0},
    ],
    "Account": [
        {
            "Id": ALPHA,
            "Name": "Alpha Shoes",
            "Industry": "Retail",
            "Rating": "Hot",
            "NumberOfEmployees": 100,
            "AnnualRevenue": 1000000.0,
            "BillingCity": "London",
            "BillingLatitude": 51.5,
            "BillingLongitude": -0.12,
            "OwnerId": ADA,
            "Regions__c": "North;South",
            "Code__c": "aa",
            "Score__c": 1.5,
            "Phone": "020 7946 0001",
        },
        {
            "Id": BETA,
            "Name": "beta laces",
            "Industry": "Technology",
            "Rating": "Warm",
            "NumberOfEmployees": 20,
            "AnnualRevenue": 250000.5,
            "BillingCity": "Leeds",
            "BillingLatitude": 53.8,
            "BillingLongitude": -1.55,
            "OwnerId": BEN,
            "ParentId": ALPHA,
            "Regions__c": "North",
            "Code__c": "AA",
            "Score__c": 2.5,
        },
        {
            "Id": BETA2,
            "Name": "Beta Laces",
            "Rating": "Cold",
            "BillingCity": "Paris",
            "OwnerId": ADA,
            "ParentId": ALPHA,
            "Regions__c": "South;East",
            "Code__c": "b",
        },
        {
            "Id": CELIK,
            "Name": "Çelik 100%",
            "Industry": "Other",
            "NumberOfEmployees": 0,
            "AnnualRevenue": 0.0,
            "OwnerId": ADA,
            "ParentId": BETA,
            "Score__c": -1.0,
        },
        {
            "Id": OBRIEN,
            "Name": "O'Brien_Sons",
            "Industry": "Retail",
            "Rating": "Hot",
            "NumberOfEmployees": 5,
            "AnnualRevenue": -10.0,
            "BillingCity": "London",
            "OwnerId": BEN,
            "Regions__c": "East",
        },
        {"Id": ZETA, "Name": "Zeta", "OwnerId": ADA, "IsDeleted": 1},
    ],
    "Contact": [
        {
            "Id": ANN,
            "Name": "Ann Lee",
            "FirstName": "Ann",
            "LastName": "Lee",
            "AccountId": ALPHA,
            "Email": "ann@a.test",
        },
        {"Id": BOB, "Name": "Bob Ray", "FirstName": "Bob", "LastName": "Ray", "AccountId": ALPHA, "ReportsToId": ANN},
        {"Id": CY, "Name": "Cy Orr", "FirstName": "Cy", "LastName": "Orr", "Email": "CY@c.test"},
        {"Id": DI, "Name": "Poe", "LastName": "Poe", "AccountId": BETA, "ReportsToId": BOB},
    ],
    "Opportunity": [
        {
            "Id": ONE,
            "Name": "one",
            "Amount": 1000.0,
            "CurrencyIsoCode": "GBP",
            "Probability": 10.0,
            "StageName": "Prospecting",
            "CloseDate": "2026-11-23",
            "AccountId": ALPHA,
            "OwnerId": ADA,
            "LeadSource": "Web",
            "CreatedDate": "2026-01-31T23:30:00.000Z",
        },
        {
            "Id": TWO,
            "Name": "two",
            "Amount": 250.5,
            "CurrencyIsoCode": "USD",
            "Probability": 100.0,
            "StageName": "Closed Won",
            "CloseDate": "2026-06-30",
            "AccountId": ALPHA,
            "OwnerId": ADA,
            "IsWon": 1,
            "IsClosed": 1,
            "LeadSource": "Partner Referral",
            "CreatedDate": "2026-06-30T23:30:00.000Z",
        },
        {
            "Id": THREE,
            "Name": "three",
            "Probability": 0.0,
            "StageName": "Closed Lost",
            "CloseDate": "2025-12-31",
            "AccountId": BETA,
            "OwnerId": BEN,
            "IsClosed": 1,
            "LeadSource": "Web",
            "CreatedDate": "2025-12-31T23:59:59.000Z",
        },
        {
            "Id": FOUR,
            "Name": "four",
            "Amount": 0.0,
            "CurrencyIsoCode": "EUR",
            "Probability": 50.0,
            "StageName": "Needs Analysis",
            "CloseDate": "2027-01-01",
            "OwnerId": BEN,
            "CreatedDate": "2026-11-23T00:00:00.000Z",
        },
        {
            "Id": FIVE,
            "Name": "five",
            "Amount": 1000.0,
            "CurrencyIsoCode": "USD",
            "Probability": 20.0,
            "StageName": "Qualification",
            "CloseDate": "2026-11-24",
            "AccountId": OBRIEN,
            "OwnerId": ADA,
            "LeadSource": "Web",
            "CreatedDate": "2026-11-23T20:29:59.000Z",
        },
        {"Id": SIX, "Name": "six", "StageName": "Prospecting", "CloseDate": "2026-11-23", "IsDeleted": 1},
    ],
    "OpportunityContactRole": [
        {"Id": ids.make_id("00K", 1), "OpportunityId": ONE, "ContactId": ANN, "Role": "Decision Maker", "IsPrimary": 1},
        {"Id": ids.make_id("00K", 2), "OpportunityId": ONE, "ContactId": BOB, "Role": "Evaluator", "IsPrimary": 0},
        {"Id": ids.make_id("00K", 3), "OpportunityId": TWO, "ContactId": ANN, "IsPrimary": 0},
    ],
    "Task": [
        {"Id": ids.make_id("00T", 1), "Subject": "Call", "WhatId": ALPHA, "WhoId": ANN, "Status": "Completed"},
        {"Id": ids.make_id("00T", 2), "Subject": "Write", "WhatId": ONE, "Status": "Not Started"},
        {"Id": ids.make_id("00T", 3), "Subject": "Think", "Status": "Not Started"},
    ],
}
_DEFAULTS = {"IsDeleted": 0, "CreatedDate": "2026-11-01T09:00:00.000Z", "SystemModstamp": "2026-11-01T09:00:00.000Z"}


def opened() -> sqlite3.Connection:
    """The org's tables, filled."""
    connection = open_tables(SCHEMA)
    for name, rows in ROWS.items():
        _insert(connection, name, rows)
    return connection


def opened_calendar() -> sqlite3.Connection:
    """Tables with one opportunity for each day, named after it, and created in the middle of it."""
    connection = open_tables(SCHEMA)
    days = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    _insert(
        connection,
        "Opportunity",
        [
            {
                "Id": ids.make_id("006", number),
                "Name": day.isoformat(),
                "CloseDate": day.isoformat(),
                "CreatedDate": f"{day.isoformat()}T12:00:00.000Z",
            }
            for number, day in enumerate(days)
        ],
    )
    return connection


def _insert(connection: sqlite3.Connection, name: str, rows: list[dict[str, Any]]) -> None:
    stored = {field.name for field in SCHEMA.by_lower_name[name.lower()].fields if field.stored}
    for row in rows:
        given = {key: value for key, value in (_DEFAULTS | row).items() if key in stored}
        columns = ", ".join(f'"{key}"' for key in given)
        marks = ", ".join("?" * len(given))
        connection.execute(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', list(given.values()))
