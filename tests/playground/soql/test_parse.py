"""The language itself: what is SOQL, what is not, and that literals come through unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.soql import SoqlError, ast, parse
from playground.soql.bind import bind
from playground.soql.bound import Compare
from tests.playground.soql.small_org import INCLUDING_DELETED, SCHEMA


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Id FROM Account",
        "select id from account",
        "  SELECT\n  Id ,\n  Name\nFROM\tAccount  ",
        "SELECT Id FROM Group",
        "SELECT Id FROM Order ORDER BY Id",
        "SELECT Limit, First, Group FROM Account",
        "SELECT a.Id FROM Account a WHERE a.Name = 'x'",
        "SELECT COUNT() FROM Contact c, c.Account a WHERE a.Name = 'x'",
        "SELECT Id FROM Account WHERE (((Name = 'x')))",
        "SELECT Id FROM Account WHERE NOT Name = 'x'",
        "SELECT Id FROM Account WHERE Name = 'x' AND (NOT Name LIKE 'y')",
        "SELECT Id FROM Account WHERE A = 1 AND B = 2 AND C = 3 ORDER BY A DESC NULLS LAST, B LIMIT 1 OFFSET 2",
        "SELECT Id FROM Account WHERE A <> 1.5 OR B >= -2 OR C <= +.5",
        "SELECT Id FROM Account WHERE A = USD5000.25",
        "SELECT Id FROM Account WHERE A = LAST_N_DAYS:7 OR A = today",
        "SELECT Id FROM Account WHERE A IN (1, null, TODAY, 2026-01-02) AND B NOT IN ('x')",
        "SELECT Id FROM Account WHERE A INCLUDES ('x;y', 'z') AND B EXCLUDES ('q')",
        "SELECT Id FROM Account WHERE A = 2026-01-02T03:04:05Z AND B = 2026-01-02T03:04:05.678+05:30",
        "SELECT Id FROM Account USING SCOPE mine FOR VIEW",
        "SELECT TYPEOF What WHEN Account THEN Name, Phone WHEN Opportunity THEN Amount ELSE Name END FROM Task",
        "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
    ],
)
def test_this_is_soql(text: str) -> None:
    assert parse(text).statement == text


@pytest.mark.parametrize(
    ("text", "column", "detail"),
    [
        ("SELECT FROM Account", 8, "unexpected token: 'FROM'"),
        ("SELECT Id Account", 18, "unexpected token: '<EOF>'"),
        ("SELECT * FROM Account", 8, "unexpected token: '*'"),
        ("SELECT Id, FROM Account", 12, "unexpected token: 'FROM'"),
        ("SELECT Id FROM Account WHERE", 29, "unexpected token: '<EOF>'"),
        ('SELECT Id FROM Account WHERE Name = "x"', 37, "unexpected token: '\"'"),
        ("SELECT Id FROM Account WHERE Name = 'x", 37, "unexpected token: '''"),
        ("SELECT Id FROM Account WHERE Name == 'x'", 36, "unexpected token: '='"),
        ("SELECT Id FROM Account WHERE Name IS NULL", 35, "unexpected token: 'IS'"),
        ("SELECT Id FROM Account WHERE Name = Site", 37, "unexpected token: 'Site'"),
        ("SELECT Id FROM Account WHERE Name = :name", 37, "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", 46, "unexpected token: 'OR'"),
        ("SELECT Id FROM Account WHERE A = 1 OR B = 2 AND C = 3", 45, "unexpected token: 'AND'"),
        ("SELECT Id FROM Account WHERE A = 1 AND NOT B = 2", 40, "unexpected token: 'NOT'"),
        ("SELECT Id FROM Account WHERE NOT A = 1 AND B = 2", 40, "unexpected token: 'AND'"),
        ("SELECT Id FROM Account WHERE A IN ()", 36, "unexpected token: ')'"),
        ("SELECT Id FROM Account WHERE A = LAST_N_DAYS", 34, "unexpected token: 'LAST_N_DAYS'"),
        ("SELECT Id FROM Account WHERE A = TODAY:1", 34, "unexpected token: 'TODAY'"),
        ("SELECT Id FROM Account WHERE A = 2026-01-02T03:04:05", 44, "unexpected token: 'T03'"),
        ("SELECT Id FROM Account WHERE A = 2026-02-30", 34, "Invalid date: 2026-02-30"),
        ("SELECT Id FROM Account WHERE A = 1699-12-31", 34, "Date out of range: 1699-12-31"),
        ("SELECT Id FROM Account LIMIT -1", 30, "unexpected token: '-1'"),
        ("SELECT Id FROM Account LIMIT 1.5", 30, "unexpected token: '1.5'"),
        ("SELECT Id FROM Account LIMIT 1 WHERE A = 1", 32, "unexpected token: 'WHERE'"),
        ("SELECT Id FROM Account WITH SECURITY_ENFORCED", 24, "WITH SECURITY_ENFORCED is only allowed in Apex code"),
        ("SELECT Id FROM Account Last", 24, "unexpected token: 'Last'"),
        ("SELECT COUNT(Id) in FROM Account", 18, "unexpected token: 'in'"),
        ("SELECT Id FROM Account; DROP TABLE Account", 23, "unexpected token: ';'"),
    ],
)
def test_this_is_not_soql(text: str, column: int, detail: str) -> None:
    with pytest.raises(SoqlError) as refusal:
        parse(text)

    assert refusal.value.code == "MALFORMED_QUERY"
    assert refusal.value.message.endswith(f"ERROR at Row:1:Column:{column}\n{detail}")


def test_a_refusal_shows_whole_words_around_the_place_and_a_caret_under_it() -> None:
    with pytest.raises(SoqlError) as refusal:
        parse("SELECT CreatedById, LastModifiedById, SystemModstamp FROM Opportunity WHERE = 5 ORDER BY CreatedDate")

    assert refusal.value.message == (
        "\nSystemModstamp FROM Opportunity WHERE = 5 ORDER BY CreatedDate\n"
        "                                      ^\n"
        "ERROR at Row:1:Column:77\n"
        "unexpected token: '='"
    )


def test_rows_are_counted_and_columns_start_again_on_each() -> None:
    with pytest.raises(SoqlError) as refusal:
        parse("SELECT Id\nFROM Account\nWHERE = 5")

    assert refusal.value.message.startswith("\nWHERE = 5\n      ^\nERROR at Row:3:Column:7\n")


@pytest.mark.parametrize("text", ["", "   \n"])
def test_an_empty_statement_is_refused(text: str) -> None:
    with pytest.raises(SoqlError, match="SOQL statements cannot be empty or null"):
        parse(text)


def test_a_statement_of_more_than_100000_characters_is_refused() -> None:
    longest = "SELECT Id FROM Account".ljust(100_000)

    assert parse(longest).limit is None
    with pytest.raises(SoqlError, match="MALFORMED_QUERY"):
        parse(longest + " ")


def test_a_string_of_more_than_4000_characters_is_refused() -> None:
    assert parse(f"SELECT Id FROM Account WHERE Name = '{'x' * 4000}'").where
    with pytest.raises(SoqlError, match="4000 characters"):
        parse(f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'")


def test_conditions_nested_beyond_reason_are_refused_and_do_not_exhaust_the_stack() -> None:
    with pytest.raises(SoqlError, match="QUERY_TOO_COMPLICATED"):
        parse("SELECT Id FROM Account WHERE " + "NOT (" * 5000 + "A = 1" + ")" * 5000)


def test_five_thousand_conditions_side_by_side_are_fine() -> None:
    where = parse("SELECT Id FROM Account WHERE " + " OR ".join(f"A = {n}" for n in range(5000))).where

    assert isinstance(where, ast.Or)
    assert len(where.conditions) == 5000


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"'It\'s'", "It's"),
        (r"'a\\b'", "a\\b"),
        (r"'\n\r\t\b\f\"'", '\n\r\t\b\f"'),
        (r"'\u00e9\u4e2d'", "é中"),
        (r"'\ud83d\ude00'", "😀"),
        (r"'100% _sure_'", "100% _sure_"),
    ],
)
def test_an_escape_means_this_character(literal: str, text: str) -> None:
    where = parse(f"SELECT Id FROM Account WHERE Name = {literal}").where

    assert isinstance(where, ast.Comparison)
    assert where.value == ast.Text(text)


@pytest.mark.parametrize("literal", [r"'a\qb'", r"'50\%'", r"'\u12'"])
def test_any_other_backslash_is_an_error(literal: str) -> None:
    with pytest.raises(SoqlError, match="Illegal character sequence"):
        parse(f"SELECT Id FROM Account WHERE Name = {literal}")


def test_a_like_pattern_is_literal_text_and_wildcards() -> None:
    where = parse(r"SELECT Id FROM Account WHERE Name LIKE '50\% o_f\\%'").where

    assert isinstance(where, ast.Like)
    assert where.pattern == ("50% o", ast.Wildcard.ANY_ONE, "f\\", ast.Wildcard.ANY_RUN)


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")


@given(texts)
def test_any_string_survives_escape_parse_and_bind_unchanged(text: str) -> None:
    query = parse(f"SELECT Id FROM Account WHERE Name = '{escaped(text)}'")

    bound = bind(query, SCHEMA, INCLUDING_DELETED).select.where

    assert isinstance(bound, Compare)
    assert bound.value == text


@given(texts)
def test_any_string_survives_unescaped_but_for_quote_and_backslash(text: str) -> None:
    raw = text.replace("\\", "\\\\").replace("'", "\\'")
    where = parse(f"SELECT Id FROM Account WHERE Name = '{raw}'").where

    assert isinstance(where, ast.Comparison)
    assert where.value == ast.Text(text)


@given(texts)
def test_any_string_survives_inside_a_like_pattern(text: str) -> None:
    raw = escaped(text).replace("%", "\\%").replace("_", "\\_")
    where = parse(f"SELECT Id FROM Account WHERE Name LIKE '{raw}'").where

    assert isinstance(where, ast.Like)
    assert where.pattern == (text,)
