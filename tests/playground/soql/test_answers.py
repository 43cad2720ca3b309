"""The JSON of answers: attributes, parents, children, aggregates, and the order of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from playground import ids
from playground.schema import Field, ObjectType, PicklistEntry, Schema
from playground.soql import QueryEngine, SoqlError
from tests.playground.soql.small_org import (
    ACCOUNT,
    CONTEXT,
    ENGINE,
    INCLUDING_DELETED,
    SCHEMA,
    answer,
    insert,
    open_tables,
    values,
)

ADA = ids.make_id("005", 1)
ACME, BETA, CHILD = (ids.make_id("001", number) for number in (1, 2, 3))
ANN, BOB, CY = (ids.make_id("003", number) for number in (1, 2, 3))
DEALS = [ids.make_id("006", number) for number in range(5)]
TASKS = [ids.make_id("00T", number) for number in range(3)]
URL = "/services/data/v67.0/sobjects"


@pytest.fixture
def org() -> Iterator[sqlite3.Connection]:
    with closing(open_tables()) as connection:
        insert(connection, "User", [{"Id": ADA, "Name": "Ada", "Email": "ada@example.com", "IsActive": 1}])
        insert(
            connection,
            "Account",
            [
                {"Id": ACME, "Name": "acme", "OwnerId": ADA, "Rating": "Hot", "BillingCity": "Köln"},
                {"Id": BETA, "Name": "Beta", "Rating": "Cold"},
                {"Id": CHILD, "Name": "_child", "ParentId": ACME, "Rating": "Warm"},
            ],
        )
        insert(
            connection,
            "Contact",
            [
                {"Id": ANN, "Name": "Ann", "AccountId": ACME},
                {"Id": BOB, "Name": "Bob", "AccountId": ACME},
                {"Id": CY, "Name": "Cy", "AccountId": ACME, "IsDeleted": 1},
            ],
        )
        insert(
            connection,
            "Opportunity",
            [
                {"Id": DEALS[0], "Name": "a", "Amount": 10, "StageName": "Closed Won", "IsWon": 1, "AccountId": ACME},
                {"Id": DEALS[1], "Name": "b", "StageName": "Prospecting", "CloseDate": "2026-11-23"},
                {"Id": DEALS[2], "Name": "c", "Amount": 2.5, "StageName": "Odd", "AccountId": ACME},
                {"Id": DEALS[3], "Name": "d", "Amount": 7, "StageName": "Prospecting", "AccountId": BETA},
            ],
        )
        insert(
            connection,
            "Task",
            [
                {"Id": TASKS[0], "Subject": "call", "WhatId": ACME, "WhoId": ANN},
                {"Id": TASKS[1], "Subject": "mail", "WhatId": DEALS[0]},
                {"Id": TASKS[2], "Subject": "rest"},
            ],
        )
        yield connection


def test_a_record_has_attributes_then_fields_in_the_order_and_case_of_the_schema(org: sqlite3.Connection) -> None:
    (record,) = answer(
        org, f"select NAME, id, amount, iswon, closedate, createddate FROM opportunity WHERE id='{DEALS[1]}'"
    )

    assert list(record.items()) == [
        ("attributes", {"type": "Opportunity", "url": f"{URL}/Opportunity/{DEALS[1]}"}),
        ("Name", "b"),
        ("Id", DEALS[1]),
        ("Amount", None),
        ("IsWon", False),
        ("CloseDate", "2026-11-23"),
        ("CreatedDate", "2026-11-01T09:00:00.000+0000"),
    ]


def test_money_is_a_float_and_a_flag_a_boolean(org: sqlite3.Connection) -> None:
    (record,) = answer(org, f"SELECT Amount, IsWon FROM Opportunity WHERE Id = '{DEALS[0]}'")

    assert repr(record["Amount"]) == "10.0"
    assert record["IsWon"] is True


def test_a_parent_is_a_record_of_its_own_or_null(org: sqlite3.Connection) -> None:
    owned, orphan = answer(org, "SELECT Account.Owner.Name, Account.Name FROM Opportunity WHERE Name IN ('a', 'b')")

    assert owned["Account"] == {
        "attributes": {"type": "Account", "url": f"{URL}/Account/{ACME}"},
        "Owner": {"attributes": {"type": "User", "url": f"{URL}/User/{ADA}"}, "Name": "Ada"},
        "Name": "acme",
    }
    assert orphan["Account"] is None


def test_a_parent_without_a_parent_shows_null_there(org: sqlite3.Connection) -> None:
    (record,) = answer(org, "SELECT Account.Owner.Name FROM Opportunity WHERE Name = 'd'")

    assert record["Account"]["Owner"] is None


def test_five_levels_up_are_the_most(org: sqlite3.Connection) -> None:
    assert answer(org, "SELECT Parent.Parent.Parent.Parent.Parent.Name FROM Account LIMIT 1")
    with pytest.raises(SoqlError, match="5 levels"):
        answer(org, "SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account LIMIT 1")


def test_children_are_a_result_of_their_own_or_null(org: sqlite3.Connection) -> None:
    acme, beta = answer(
        org, "SELECT Id, (SELECT Name FROM Contacts ORDER BY Name DESC) FROM Account WHERE ParentId = null"
    )

    assert acme["Contacts"] == {
        "totalSize": 2,
        "done": True,
        "records": [
            {"attributes": {"type": "Contact", "url": f"{URL}/Contact/{BOB}"}, "Name": "Bob"},
            {"attributes": {"type": "Contact", "url": f"{URL}/Contact/{ANN}"}, "Name": "Ann"},
        ],
    }
    assert beta["Contacts"] is None


def child_names(record: dict[str, Any], key: str) -> list[str]:
    return [child["Name"] for child in record[key]["records"]]


@pytest.mark.parametrize(
    ("subquery", "names"),
    [
        ("SELECT Name FROM Contacts", ["Ann", "Bob"]),
        ("SELECT Name FROM Account.Contacts", ["Ann", "Bob"]),
        ("SELECT Name FROM Contacts c WHERE c.Name > 'ann'", ["Bob"]),
        ("SELECT Name FROM Contacts WHERE Account.Owner.Name = 'ada' LIMIT 1", ["Ann"]),
        ("SELECT Name FROM Contacts ORDER BY Name DESC LIMIT 1", ["Bob"]),
        ("SELECT Name FROM Contacts ORDER BY Name OFFSET 1", ["Bob"]),
    ],
)
def test_a_subquery_brings_these_children(org: sqlite3.Connection, subquery: str, names: list[str]) -> None:
    (record,) = answer(org, f"SELECT Id, ({subquery}) FROM Account WHERE Name = 'acme'")

    assert child_names(record, "Contacts") == names


def test_deleted_children_are_there_when_all_rows_are_asked_for(org: sqlite3.Connection) -> None:
    query = "SELECT Id, (SELECT Name FROM Contacts) FROM Account WHERE Name = 'acme'"

    assert child_names(answer(org, query, INCLUDING_DELETED)[0], "Contacts") == ["Ann", "Bob", "Cy"]


def test_subqueries_nest(org: sqlite3.Connection) -> None:
    query = "SELECT Id, (SELECT Name, (SELECT Subject FROM Tasks) FROM Opportunities) FROM Account WHERE Name = 'acme'"
    deals = answer(org, query)[0]["Opportunities"]["records"]

    assert [task["Subject"] for task in deals[0]["Tasks"]["records"]] == ["mail"]
    assert deals[1]["Tasks"] is None


def test_an_address_is_put_together_from_its_parts_or_null(org: sqlite3.Connection) -> None:
    acme, beta, _ = answer(org, "SELECT BillingAddress FROM Account")

    names = ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")
    assert acme["BillingAddress"] == dict.fromkeys(names) | {"city": "Köln"}
    assert tuple(acme["BillingAddress"]) == names
    assert beta["BillingAddress"] is None


def test_a_polymorphic_parent_is_a_name_with_the_url_of_its_object(org: sqlite3.Connection) -> None:
    call, mail, rest = answer(org, "SELECT What.Name, What.Type, What.Id FROM Task")

    assert call["What"] == {
        "attributes": {"type": "Name", "url": f"{URL}/Account/{ACME}"},
        "Name": "acme",
        "Type": "Account",
        "Id": ACME,
    }
    assert mail["What"]["attributes"]["url"] == f"{URL}/Opportunity/{DEALS[0]}"
    assert rest["What"] is None


@pytest.mark.parametrize(
    ("where", "subjects"),
    [
        ("What.Type = 'account'", ["call"]),
        ("What.Type IN ('Account', 'Opportunity')", ["call", "mail"]),
        ("What.Type != 'Account'", ["mail", "rest"]),
        ("What.Name LIKE 'a%'", ["call", "mail"]),
        ("Who.Name = 'ann'", ["call"]),
    ],
)
def test_tasks_are_filtered_by_what_they_are_about(org: sqlite3.Connection, where: str, subjects: list[str]) -> None:
    assert values(org, f"SELECT Subject FROM Task WHERE {where}") == subjects


def test_typeof_selects_by_the_parents_object(org: sqlite3.Connection) -> None:
    query = "SELECT TYPEOF What WHEN Opportunity THEN Amount, StageName ELSE Name END FROM Task"
    call, mail, rest = answer(org, query)

    assert call["What"] == {"attributes": {"type": "Name", "url": f"{URL}/Account/{ACME}"}, "Name": "acme"}
    assert mail["What"] == {
        "attributes": {"type": "Opportunity", "url": f"{URL}/Opportunity/{DEALS[0]}"},
        "Amount": 10.0,
        "StageName": "Closed Won",
    }
    assert rest["What"] is None


def test_typeof_without_else_leaves_other_objects_null(org: sqlite3.Connection) -> None:
    call, _, _ = answer(org, "SELECT TYPEOF What WHEN Opportunity THEN Amount END FROM Task")

    assert call["What"] is None


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("Amount", ["b", "c", "d", "a"]),
        ("Amount DESC", ["b", "a", "d", "c"]),
        ("Amount NULLS LAST", ["c", "d", "a", "b"]),
        ("Amount DESC NULLS LAST", ["a", "d", "c", "b"]),
        ("Account.Name", ["b", "a", "c", "d"]),
        ("Account.Name DESC NULLS LAST, Name DESC", ["d", "c", "a", "b"]),
        # A picklist sorts as it was set up, what is not in it comes after.
        ("StageName, Name", ["b", "d", "a", "c"]),
        ("StageName DESC, Name", ["c", "a", "b", "d"]),
        ("IsWon DESC, Name DESC", ["a", "d", "c", "b"]),
        # A real org does not honour NULLS LAST on a reference.
        ("AccountId NULLS LAST, Name", ["b", "a", "c", "d"]),
    ],
)
def test_deals_come_in_this_order(org: sqlite3.Connection, order: str, names: list[str]) -> None:
    assert values(org, f"SELECT Name FROM Opportunity ORDER BY {order}") == names


def test_text_sorts_by_its_upper_case_form(org: sqlite3.Connection) -> None:
    assert values(org, "SELECT Name FROM Account ORDER BY Name") == ["acme", "Beta", "_child"]


@pytest.mark.parametrize(
    ("window", "names"),
    [("LIMIT 2", ["a", "b"]), ("OFFSET 3", ["d"]), ("LIMIT 1 OFFSET 2", ["c"]), ("LIMIT 0", [])],
)
def test_limit_and_offset_cut_a_window_and_the_total_counts_it(
    org: sqlite3.Connection, window: str, names: list[str]
) -> None:
    prepared = ENGINE.prepare(f"SELECT Name FROM Opportunity {window}", CONTEXT)

    assert [record["Name"] for record in ENGINE.rows(org, prepared)] == names
    assert ENGINE.count(org, prepared) == len(names)


def test_count_answers_a_number_and_no_records(org: sqlite3.Connection) -> None:
    prepared = ENGINE.prepare("SELECT COUNT() FROM Contact c, c.Account a WHERE a.Name = 'ACME'", CONTEXT)

    assert prepared.is_count
    assert (ENGINE.count(org, prepared), ENGINE.rows(org, prepared)) == (2, [])


AGGREGATE = {"type": "AggregateResult"}


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (
            "SELECT StageName, COUNT(Id), SUM(Amount) total, AVG(Amount) FROM Opportunity GROUP BY StageName",
            [
                {"StageName": "Prospecting", "expr0": 2, "total": 7.0, "expr1": 7.0},
                {"StageName": "Closed Won", "expr0": 1, "total": 10.0, "expr1": 10.0},
                {"StageName": "Odd", "expr0": 1, "total": 2.5, "expr1": 2.5},
            ],
        ),
        (
            "SELECT COUNT(Amount), COUNT_DISTINCT(AccountId), MIN(Amount), MAX(CreatedDate) FROM Opportunity",
            [{"expr0": 3, "expr1": 2, "expr2": 2.5, "expr3": "2026-11-01T09:00:00.000+0000"}],
        ),
        ("SELECT MAX(Amount) FROM Opportunity WHERE Name = 'nobody'", [{"expr0": None}]),
        (
            "SELECT Account.Name, COUNT(Id) n FROM Opportunity GROUP BY Account.Name ORDER BY COUNT(Id) DESC LIMIT 1",
            [{"Name": "acme", "n": 2}],
        ),
        (
            "SELECT StageName FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 AND StageName LIKE 'p%'",
            [{"StageName": "Prospecting"}],
        ),
        (
            "SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_YEAR(CreatedDate)",
            [{"y": 2026, "n": 4}],
        ),
    ],
)
def test_aggregates_answer_these_records(org: sqlite3.Connection, text: str, records: list[dict[str, Any]]) -> None:
    assert answer(org, text) == [{"attributes": AGGREGATE, **record} for record in records]


def test_a_query_knows_its_object_and_columns() -> None:
    prepared = ENGINE.prepare("select id, account.owner.name, (select id from tasks) from opportunity", CONTEXT)

    assert (prepared.object, prepared.columns) == ("Opportunity", ("Id", "Account.Owner.Name"))
    assert not prepared.is_aggregate
    assert ENGINE.prepare("SELECT COUNT(Id) n FROM Task", CONTEXT).columns == ("n",)
    assert ENGINE.prepare("SELECT COUNT(Id) n FROM Task", CONTEXT).is_aggregate


@pytest.mark.parametrize(
    ("group", "columns"),
    [
        ("STANDARD", [item.name for item in ACCOUNT.fields if not item.name.endswith("__c")]),
        ("CUSTOM", ["Regions__c", "Code__c"]),
        ("ALL", [item.name for item in ACCOUNT.fields]),
    ],
)
def test_fields_selects_a_group_of_fields(org: sqlite3.Connection, group: str, columns: list[str]) -> None:
    (record,) = answer(org, f"SELECT FIELDS({group}) FROM Account LIMIT 1")

    assert list(record) == ["attributes", *columns]


def labelled_org() -> tuple[QueryEngine, Schema]:
    entries = (PicklistEntry("Hot", "Heiß"), PicklistEntry("Cold", "Kalt"))
    fields = tuple(
        Field(name="Rating", label="Rating", type="picklist", picklist=entries) if item.name == "Rating" else item
        for item in ACCOUNT.fields
    )
    renamed = ObjectType("Account", "Account", "Accounts", "001", fields)
    schema = Schema(tuple(renamed if item.name == "Account" else item for item in SCHEMA.objects))
    return QueryEngine(schema), schema


def test_tolabel_answers_and_filters_by_the_users_words(org: sqlite3.Connection) -> None:
    engine, _ = labelled_org()
    chinese = replace(CONTEXT, labels={("Account", "Rating"): {"Cold": "冷"}})

    def ratings(text: str) -> list[Any]:
        return [record["Rating"] for record in engine.rows(org, engine.prepare(text, chinese))]

    assert ratings("SELECT toLabel(Rating) FROM Account ORDER BY Id") == ["Heiß", "冷", "Warm"]
    assert ratings("SELECT Rating FROM Account WHERE toLabel(Rating) IN ('冷', 'HEIß') ORDER BY Id") == ["Hot", "Cold"]
