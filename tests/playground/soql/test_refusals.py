"""What the org refuses, and in which words (salesforce-api.md, sections 5 and 8)."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.soql import SoqlError
from tests.playground.soql.small_org import CONTEXT, ENGINE, open_tables

NO_COLUMN = (
    "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' "
    "after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
)
NO_OBJECT = (
    "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' "
    "after the entity name. Please reference your WSDL or the describe call for the appropriate names."
)
NO_RELATIONSHIP = (
    "Didn't understand relationship '{}' in {}. If you are attempting to use a custom relationship, be sure to append "
    "the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate "
    "names."
)
WRONG_TYPE = "value of filter criterion for field '{}' must be of type {} and should not be enclosed in quotes"


def refusal(text: str) -> SoqlError:
    with pytest.raises(SoqlError) as caught:
        ENGINE.prepare(text, CONTEXT)
    return caught.value


def test_an_unknown_object_is_pointed_at_in_the_real_words() -> None:
    error = refusal("select count() from XYZZY")

    assert error.code == "INVALID_TYPE"
    assert error.message == (
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n" + NO_OBJECT.format("XYZZY")
    )


def test_an_unknown_field_is_pointed_at_in_the_real_words() -> None:
    error = refusal("SELECT Naem FROM Account")

    assert error.code == "INVALID_FIELD"
    assert error.message == (
        "\nSELECT Naem FROM Account\n       ^\nERROR at Row:1:Column:8\n" + NO_COLUMN.format("Naem", "Account")
    )


@pytest.mark.parametrize(
    ("text", "code", "column", "detail"),
    [
        ("SELECT Id FROM Account WHERE Nope = 1", "INVALID_FIELD", 30, NO_COLUMN.format("Nope", "Account")),
        ("SELECT Id FROM Account ORDER BY Nope", "INVALID_FIELD", 33, NO_COLUMN.format("Nope", "Account")),
        ("SELECT Owner.Nope FROM Account", "INVALID_FIELD", 8, NO_COLUMN.format("Nope", "User")),
        ("SELECT What.Nope FROM Task", "INVALID_FIELD", 8, NO_COLUMN.format("Nope", "Name")),
        ("SELECT Owner FROM Account", "INVALID_FIELD", 8, NO_COLUMN.format("Owner", "Account")),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD", 8, NO_RELATIONSHIP.format("Boss", "field path")),
        ("SELECT Campaign.Name FROM Opportunity", "INVALID_FIELD", 8, NO_RELATIONSHIP.format("Campaign", "field path")),
        ("SELECT What.Owner.Name FROM Task", "INVALID_FIELD", 8, NO_RELATIONSHIP.format("Owner", "field path")),
        (
            "SELECT Id, (SELECT Id FROM Nopes) FROM Account",
            "INVALID_FIELD",
            28,
            NO_RELATIONSHIP.format("Nopes", "FROM part of query call"),
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            30,
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "INVALID_FIELD",
            33,
            "field 'Description' can not be sorted in a query call",
        ),
        (
            "SELECT COUNT(Id) FROM Opportunity GROUP BY Amount",
            "INVALID_FIELD",
            44,
            "field 'Amount' can not be grouped in a query call",
        ),
        (
            "SELECT SUM(Name) FROM Account",
            "INVALID_FIELD",
            12,
            "field 'Name' can not be aggregated in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE BillingAddress = 'x'",
            "INVALID_FIELD",
            30,
            "Address fields can only be filtered using Distance expressions",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CreatedDate > '2026-01-01'",
            "INVALID_FIELD",
            34,
            WRONG_TYPE.format("CreatedDate", "dateTime"),
        ),
        (
            "SELECT Id FROM Opportunity WHERE CreatedDate > 2026-01-01",
            "INVALID_FIELD",
            34,
            WRONG_TYPE.format("CreatedDate", "dateTime"),
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'",
            "INVALID_FIELD",
            34,
            WRONG_TYPE.format("CloseDate", "date"),
        ),
        (
            "SELECT Id FROM Opportunity WHERE Amount = '5'",
            "INVALID_FIELD",
            34,
            WRONG_TYPE.format("Amount", "double"),
        ),
        (
            "SELECT Id FROM Account WHERE NumberOfEmployees = '5'",
            "INVALID_FIELD",
            30,
            WRONG_TYPE.format("NumberOfEmployees", "int"),
        ),
        (
            "SELECT Id FROM Opportunity WHERE IsWon = 'true'",
            "INVALID_FIELD",
            34,
            WRONG_TYPE.format("IsWon", "boolean"),
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            30,
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Id = 'xyz'",
            "INVALID_QUERY_FILTER_OPERATOR",
            30,
            "invalid ID field: xyz",
        ),
        (
            "SELECT Id FROM Account WHERE OwnerId IN ('005Fm0000000001IAA', '005Fm0000000001XXX')",
            "INVALID_QUERY_FILTER_OPERATOR",
            30,
            "invalid ID field: 005Fm0000000001XXX",
        ),
        (
            "SELECT Id FROM Account WHERE Id LIKE '001%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            30,
            "invalid operator on id field",
        ),
        (
            "SELECT Id FROM Opportunity WHERE IsWon > false",
            "INVALID_QUERY_FILTER_OPERATOR",
            34,
            "invalid operator on boolean field",
        ),
        (
            "SELECT Id FROM Account WHERE Name INCLUDES ('x')",
            "INVALID_QUERY_FILTER_OPERATOR",
            30,
            "includes and excludes operators are only valid on multipicklist fields",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = LAST_N_DAYS:999999999",
            "MALFORMED_QUERY",
            46,
            "Date out of range: LAST_N_DAYS:999999999",
        ),
        (
            "SELECT Id FROM Account WHERE UPPER(Name) = 'X'",
            "MALFORMED_QUERY",
            30,
            "Invalid function: UPPER",
        ),
        (
            "SELECT Id FROM Account WHERE Owner.Id IN (SELECT AccountId FROM Contact)",
            "INVALID_QUERY_FILTER_OPERATOR",
            30,
            "Semi join operands must be an Id or a reference field",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Contact)",
            "MALFORMED_QUERY",
            54,
            "A semi join sub-select can only query id fields, cannot use: Name",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)",
            "MALFORMED_QUERY",
            58,
            "The inner and outer selects should not be on the same object type",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)",
            "MALFORMED_QUERY",
            56,
            "Entity 'Task' is not supported for semi join inner selects",
        ),
        (
            "SELECT Id, Name n FROM Account",
            "MALFORMED_QUERY",
            12,
            "only aggregate expressions use field aliasing",
        ),
        (
            "SELECT COUNT(), Id FROM Account",
            "MALFORMED_QUERY",
            8,
            "COUNT() must be the only element in the SELECT list",
        ),
        (
            "SELECT COUNT() FROM Account ORDER BY Id",
            "MALFORMED_QUERY",
            8,
            "COUNT() cannot be used with GROUP BY or ORDER BY",
        ),
        (
            "SELECT MAX(Amount) FROM Opportunity LIMIT 1",
            "MALFORMED_QUERY",
            25,
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        ),
    ],
)
def test_this_is_refused_at_this_place(text: str, code: str, column: int, detail: str) -> None:
    error = refusal(text)

    assert (error.code, error.message.split("\n")[3:]) == (code, [f"ERROR at Row:1:Column:{column}", detail])


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id, FIELDS(ALL) FROM Account LIMIT 1", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Owner.Name, owner.name FROM Account", "INVALID_FIELD", "duplicate field selected: Owner.Name"),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        (
            "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        (
            "SELECT Name, COUNT(Id) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT CALENDAR_YEAR(CreatedDate) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: CALENDAR_YEAR(CreatedDate)",
        ),
        (
            "SELECT COUNT(Id) FROM Account GROUP BY Rating ORDER BY Name",
            "MALFORMED_QUERY",
            "Ordered field must be grouped or aggregated: Name",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) OR Name = 'x'",
            "MALFORMED_QUERY",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE AccountId IN (SELECT AccountId "
            "FROM Opportunity))",
            "MALFORMED_QUERY",
            "Nesting of semi join sub-selects is not supported",
        ),
        (
            "SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY",
            "Semi join sub-selects are not allowed with the 'NOT' operator",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM "
            "Opportunity) AND Id NOT IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY",
            "maximum 2 semi join sub-selects are allowed",
        ),
    ],
)
def test_this_is_refused_in_a_plain_sentence(text: str, code: str, message: str) -> None:
    error = refusal(text)

    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize(
    "text", ["SELECT Id FROM Opportunity {}", "SELECT Id, (SELECT Id FROM Opportunities {}) FROM Account"]
)
def test_more_values_than_one_statement_can_carry_are_too_complicated(text: str) -> None:
    values = ", ".join(["1"] * 31_000)

    assert refusal(text.format(f"WHERE Amount IN ({values})")).code == "QUERY_TOO_COMPLICATED"


STATEMENTS = (
    "SELECT Id, Name, Owner.Name, (SELECT Id FROM Contacts WHERE Name LIKE 'a%' LIMIT 1) FROM Account a WHERE Id = ''",
    "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC",
    "SELECT TYPEOF What WHEN Account THEN Name ELSE Name END FROM Task WHERE What.Type IN ('Account', null)",
    "SELECT COUNT() FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact) AND CreatedDate = LAST_N_DAYS:3",
    "SELECT FIELDS(ALL), toLabel(Rating) r FROM Account WHERE DAY_IN_YEAR(convertTimezone(CreatedDate)) = 26 LIMIT 9",
    "SELECT Id FROM Account WHERE Regions__c INCLUDES ('a;b', 'c') OR (NOT Rating > 'x') ORDER BY Rating NULLS LAST",
)
TOKENS = tuple(sorted({token for text in STATEMENTS for token in re.findall(r"\w+|\S", text)}))


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(STATEMENTS).map(lambda text: re.findall(r"\w+|\S", text)),
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["cut", "repeat", "put"]), st.sampled_from(TOKENS)), max_size=3
    ),
)
def test_a_garbled_statement_is_answered_or_refused_and_nothing_else(
    tokens: list[str], changes: list[tuple[int, str, str]]
) -> None:
    garbled = list(tokens)
    for place, change, token in changes:
        at = place % len(garbled)
        garbled[at : at + 1] = {"cut": [], "repeat": [garbled[at]] * 2, "put": [token]}[change]
    try:
        prepared = ENGINE.prepare(" ".join(garbled), CONTEXT)
    except SoqlError as error:
        assert error.message
    else:
        with closing(open_tables()) as connection:
            ENGINE.rows(connection, prepared)
            ENGINE.count(connection, prepared)


def test_subqueries_nest_only_from_version_58_on() -> None:
    text = "SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Opportunities) FROM Account"

    assert ENGINE.prepare(text, replace(CONTEXT, api_version="58.0")).object == "Account"
    with pytest.raises(SoqlError, match="Nesting of subqueries is too deep"):
        ENGINE.prepare(text, replace(CONTEXT, api_version="57.0"))
