"""Which rows a condition selects. SOQL is two-valued: every condition or its NOT holds for every row (section 8.3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import ids
from playground.soql import parse
from tests.playground.soql import naive_where
from tests.playground.soql.small_org import ENGINE, INCLUDING_DELETED, insert, open_tables, values

ACME, EMPTY, CHILD = (ids.make_id("001", number) for number in (1, 2, 3))
OWNER = ids.make_id("005", 1)
DEALS = [ids.make_id("006", number) for number in range(4)]


@pytest.fixture
def org() -> Iterator[sqlite3.Connection]:
    with closing(open_tables()) as connection:
        insert(connection, "User", [{"Id": OWNER, "Name": "Ada", "IsActive": 1}])
        insert(
            connection,
            "Account",
            [
                {
                    "Id": ACME,
                    "Name": "Acme",
                    "NumberOfEmployees": 5,
                    "Rating": "Hot",
                    "Regions__c": "North;South",
                    "Code__c": "Ab",
                    "OwnerId": OWNER,
                },
                {"Id": EMPTY, "Name": "Empty"},
                {
                    "Id": CHILD,
                    "Name": "Émile_100%",
                    "Rating": "Cold",
                    "Regions__c": "North West",
                    "ParentId": ACME,
                },
            ],
        )
        insert(
            connection,
            "Opportunity",
            [
                {
                    "Id": DEALS[0],
                    "Name": "zero",
                    "Amount": 10.5,
                    "CloseDate": "2026-11-23",
                    "CreatedDate": "2026-11-23T00:00:00.000Z",
                    "IsWon": 1,
                    "AccountId": ACME,
                },
                {
                    "Id": DEALS[1],
                    "Name": "one",
                    "Amount": 20,
                    "CloseDate": "2026-11-22",
                    "CreatedDate": "2026-11-22T23:59:59.000Z",
                    "IsWon": 0,
                    "AccountId": EMPTY,
                },
                {"Id": DEALS[2], "Name": "two", "CreatedDate": "2026-06-30T23:30:00.000Z"},
                {"Id": DEALS[3], "Name": "three", "IsDeleted": 1, "AccountId": CHILD},
            ],
        )
        yield connection


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'ACME'", ["Acme"]),
        ("Name = 'émile_100%'", ["Émile_100%"]),
        ("Name != 'acme'", ["Empty", "Émile_100%"]),
        ("Name IN ('ACME', 'éMILE_100%')", ["Acme", "Émile_100%"]),
        ("Name LIKE '_cm%'", ["Acme"]),
        ("Name LIKE 'é%'", ["Émile_100%"]),
        (r"Name LIKE '%\_100\%'", ["Émile_100%"]),
        ("(NOT Name LIKE 'e%')", ["Acme", "Émile_100%"]),
        ("Name > 'b'", ["Empty", "Émile_100%"]),
        ("Code__c = 'Ab'", ["Acme"]),
        ("Code__c = 'ab'", []),
        ("Rating = 'hot'", ["Acme"]),
        ("Rating = null", ["Empty"]),
        ("Rating = ''", ["Empty"]),
        ("Rating != null", ["Acme", "Émile_100%"]),
        ("Rating != 'Hot'", ["Empty", "Émile_100%"]),
        ("Rating NOT IN ('Hot')", ["Empty", "Émile_100%"]),
        ("Rating NOT IN ('Hot', null)", ["Émile_100%"]),
        ("Rating IN ('Hot', null)", ["Acme", "Empty"]),
        ("NOT Rating = 'Hot'", ["Empty", "Émile_100%"]),
        ("NOT (Rating = 'Hot' OR NumberOfEmployees = 5)", ["Empty", "Émile_100%"]),
        ("NumberOfEmployees > 4.5", ["Acme"]),
        ("NOT NumberOfEmployees > 5", ["Acme", "Empty", "Émile_100%"]),
        ("NumberOfEmployees < null", []),
        ("Regions__c = 'North;South'", ["Acme"]),
        ("Regions__c INCLUDES ('north')", ["Acme"]),
        ("Regions__c INCLUDES ('North;South', 'North West')", ["Acme", "Émile_100%"]),
        ("Regions__c EXCLUDES ('South')", ["Empty", "Émile_100%"]),
        ("ParentId = null", ["Acme", "Empty"]),
        (f"ParentId = '{ACME[:15]}'", ["Émile_100%"]),
        (f"Id IN ('{ACME[:15]}', '{CHILD}')", ["Acme", "Émile_100%"]),
        (f"Id > '{ACME}'", ["Empty", "Émile_100%"]),
        ("Id > ''", ["Acme", "Empty", "Émile_100%"]),
        ("Parent.Name = 'acme'", ["Émile_100%"]),
        ("Parent.Name != 'acme'", ["Acme", "Empty"]),
        ("Parent.Name = null", ["Acme", "Empty"]),
        ("Parent.Parent.Owner.Name = null OR Name = 'Acme'", ["Acme", "Empty", "Émile_100%"]),
        ("Parent.Owner.IsActive = true", ["Émile_100%"]),
        ("Parent.Owner.IsActive = false", ["Acme", "Empty"]),
        ("Parent.Owner.IsActive = null", ["Acme", "Empty"]),
        ("Parent.Owner.IsActive != null", ["Émile_100%"]),
        ("Account.Name = 'Acme'", ["Acme"]),
        ("toLabel(Rating) = 'cold'", ["Émile_100%"]),
        ("Id IN (SELECT AccountId FROM Opportunity)", ["Acme", "Empty"]),
        ("Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)", ["Acme"]),
        ("Id NOT IN (SELECT AccountId FROM Opportunity)", ["Émile_100%"]),
        ("Id NOT IN (SELECT AccountId FROM Opportunity WHERE Name = 'nobody')", ["Acme", "Empty", "Émile_100%"]),
        ("ParentId NOT IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)", ["Acme", "Empty"]),
    ],
)
def test_a_condition_selects_these_accounts(org: sqlite3.Connection, where: str, names: list[str]) -> None:
    assert values(org, f"SELECT Name FROM Account WHERE {where} ORDER BY Id") == names


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("CloseDate = TODAY", ["zero"]),
        ("CloseDate != TODAY", ["one", "two"]),
        ("CloseDate < TODAY", ["one"]),
        ("CloseDate <= TODAY", ["zero", "one"]),
        ("CloseDate > YESTERDAY", ["zero"]),
        ("CloseDate >= YESTERDAY", ["zero", "one"]),
        ("CloseDate IN (YESTERDAY, TOMORROW, null)", ["one", "two"]),
        ("CloseDate NOT IN (YESTERDAY)", ["zero", "two"]),
        ("CloseDate = 2026-11-22", ["one"]),
        ("CreatedDate = TODAY", ["zero"]),
        ("CreatedDate <= YESTERDAY", ["one", "two"]),
        ("CreatedDate = LAST_N_DAYS:1", ["zero", "one"]),
        # 23:30 UTC on 30 June is already July in London.
        ("CreatedDate >= 2026-07-01T00:00:00+01:00", ["zero", "one", "two"]),
        ("CALENDAR_MONTH(CreatedDate) = 6", ["two"]),
        ("CALENDAR_MONTH(convertTimezone(CreatedDate)) = 7", ["two"]),
        ("CALENDAR_YEAR(CloseDate) = 2026 AND DAY_IN_WEEK(CloseDate) = 1", ["one"]),
        ("DAY_ONLY(CreatedDate) = 2026-11-22", ["one"]),
        ("HOUR_IN_DAY(CreatedDate) = 23", ["one", "two"]),
        ("WEEK_IN_MONTH(CloseDate) = 4 AND DAY_IN_MONTH(CloseDate) != 22", ["zero"]),
        ("DAY_IN_YEAR(CloseDate) = 327 AND WEEK_IN_YEAR(CloseDate) = 47", ["zero"]),
        ("CALENDAR_QUARTER(CreatedDate) = 2 AND FISCAL_QUARTER(CreatedDate) = 2", ["two"]),
        ("FISCAL_YEAR(CloseDate) = 2026 AND FISCAL_MONTH(CloseDate) = 11", ["zero", "one"]),
        ("IsWon = false", ["one", "two"]),
        ("IsWon != true", ["one", "two"]),
        ("IsWon = null", ["one", "two"]),
        ("IsWon IN (true)", ["zero"]),
        ("IsDeleted = true", []),
    ],
)
def test_a_condition_selects_these_deals(org: sqlite3.Connection, where: str, names: list[str]) -> None:
    assert values(org, f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Id") == names


def test_a_query_of_all_rows_also_finds_deleted_ones(org: sqlite3.Connection) -> None:
    query = "SELECT Name FROM Opportunity WHERE IsDeleted = true"

    assert values(org, query) == []
    assert values(org, query, INCLUDING_DELETED) == ["three"]


def test_a_deleted_parent_is_still_joined(org: sqlite3.Connection) -> None:
    org.execute("UPDATE Account SET IsDeleted = 1")

    assert values(org, "SELECT Name FROM Opportunity WHERE Account.Name = 'acme'") == ["zero"]


def test_the_scope_mine_selects_the_users_own_records(org: sqlite3.Connection) -> None:
    assert values(org, "SELECT Name FROM Account USING SCOPE mine") == ["Acme"]


ALPHABET = "aAéÉ_%\\'"
PARENT_NAMES = {ACME: "aA", EMPTY: None}
POOLS = {
    "Name": [None, "a", "A", "é", "aÉ", "A_", "a%", "\\", "'a", "AAA"],
    "Amount": [None, -1.5, 0.0, 1.0, 2.0],
    "CloseDate": [None, "2026-01-01", "2026-01-02", "2026-01-03"],
    "CreatedDate": ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", "2026-01-02T12:00:00.000Z"],
    "IsWon": [None, 0, 1],
    "StageName": [None, "Prospecting", "qualification", "a"],
    "AccountId": [None, ACME, EMPTY],
}


def random_deals(count: int) -> list[dict[str, Any]]:
    """The same deals every time: most combinations of two fields are among them."""
    chance = Random(20261123)
    drawn = [{name: chance.choice(pool) for name, pool in POOLS.items()} for _ in range(count)]
    return [{"Id": ids.make_id("006", number), **row} for number, row in enumerate(drawn)]


STORED = random_deals(120)


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


names = st.text(ALPHABET, min_size=1, max_size=3).map(quoted)
LITERALS = {
    "Name": names | st.sampled_from([quoted(name) for name in POOLS["Name"] if name]),
    "Account.Name": names | st.just("'Aa'"),
    "StageName": st.sampled_from(["'prospecting'", "'A'", "''"]),
    "Amount": st.sampled_from(["-1.5", "0", "1", "1.5", "2"]),
    "CloseDate": st.sampled_from(["2026-01-01", "2026-01-02"]),
    "CreatedDate": st.sampled_from(["2026-01-01T01:00:00+01:00", "2026-01-02T00:00:00Z"]),
    "IsWon": st.sampled_from(["true", "false"]),
    "AccountId": st.sampled_from([f"'{ACME}'", f"'{EMPTY}'"]),
}
TEXT_FIELDS = ("Name", "Account.Name", "StageName")
patterns = st.lists(st.sampled_from(["a", "b", "É", "%", "_", r"\%", r"\_", r"\\", r"\'"]), min_size=1, max_size=4)


@st.composite
def comparisons(draw: st.DrawFn, fields: Sequence[str]) -> str:
    name = draw(st.sampled_from(fields))
    value = st.just("null") | LITERALS[name]
    form = draw(st.sampled_from(["equal", "ordered", "list", "like"]))
    if form == "ordered" and name != "IsWon":
        # An empty string is null for equality only; an ordering with it is not in question here.
        literal = draw(value.filter(lambda text: text != "''"))
        return f"{name} {draw(st.sampled_from(['<', '<=', '>', '>=']))} {literal}"
    if form == "list":
        listed = ", ".join(draw(st.lists(value, min_size=1, max_size=3)))
        return f"{name} {draw(st.sampled_from(['IN', 'NOT IN']))} ({listed})"
    if form == "like" and name in TEXT_FIELDS:
        return f"{name} LIKE '{''.join(draw(patterns))}'"
    return f"{name} {draw(st.sampled_from(['=', '!=']))} {draw(value)}"


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        inner.map(lambda text: f"(NOT ({text}))"),
        several.map(lambda parts: "(" + " AND ".join(f"({part})" for part in parts) + ")"),
        several.map(lambda parts: "(" + " OR ".join(f"({part})" for part in parts) + ")"),
    )


# One or two fields in a condition, so that its parts often speak of the same one.
conditions = st.lists(st.sampled_from(sorted(LITERALS)), min_size=1, max_size=2).flatmap(
    lambda fields: st.recursive(comparisons(fields), combined, max_leaves=6)
)


# Keyset conditions: (a > x) OR (a = x AND b > y), and whatever looks like them.
RANGED = ("Amount", "CloseDate", "CreatedDate", "AccountId")
bound_pairs = st.lists(st.sampled_from(RANGED), min_size=1, max_size=2, unique=True).flatmap(
    lambda fields: st.lists(
        st.lists(
            st.sampled_from(fields).flatmap(
                lambda name: st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), LITERALS[name]).map(
                    lambda pair: f"{name} {pair[0]} {pair[1]}"
                )
            ),
            min_size=1,
            max_size=2,
        ).map(lambda parts: "(" + " AND ".join(parts) + ")"),
        min_size=2,
        max_size=3,
    ).map(" OR ".join)
)


@pytest.fixture(scope="module")
def many_deals() -> Iterator[sqlite3.Connection]:
    with closing(open_tables()) as connection:
        insert(connection, "Account", [{"Id": key, "Name": name} for key, name in PARENT_NAMES.items()])
        insert(connection, "Opportunity", STORED)
        yield connection


def naive_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"IsWon": bool(row["IsWon"]), "Account.Name": PARENT_NAMES.get(row["AccountId"])}


def assert_sqlite_and_plain_python_agree(connection: sqlite3.Connection, where: str) -> None:
    text = f"SELECT Id FROM Opportunity WHERE {where}"
    condition = parse(text).where
    assert condition is not None

    prepared = ENGINE.prepare(text, INCLUDING_DELETED)
    found = [record["Id"] for record in ENGINE.rows(connection, prepared)]

    assert found == [row["Id"] for row in STORED if naive_where.holds(condition, naive_row(row))]
    assert ENGINE.count(connection, prepared) == len(found)


@settings(max_examples=500, deadline=None)
@given(conditions)
def test_sqlite_and_plain_python_agree_on_every_condition(many_deals: sqlite3.Connection, where: str) -> None:
    assert_sqlite_and_plain_python_agree(many_deals, where)


@settings(max_examples=200, deadline=None)
@given(bound_pairs)
def test_the_bound_taken_out_of_an_or_loses_no_row(many_deals: sqlite3.Connection, where: str) -> None:
    assert_sqlite_and_plain_python_agree(many_deals, where)
