"""Searches over HTTP: what is found, in which shape, what is refused (salesforce-api.md, sections 3.2, 5, 8.5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playground.conftest import HOST, Caller, problem


@pytest.fixture
def searched(api: Caller) -> Caller:
    """An org with a few records that nothing else is like."""
    zebra = api.create("Account", Name="Zebulon Shoes", Phone="+44 161 8183999", Description="Makers of quokka boots")
    api.create("Account", Name="Quokka & Sons", BillingCity="Leeds", Website="https://quokka.example")
    api.create("Account", Name="北京运动鞋有限公司")
    api.create(
        "Contact", FirstName="Ines", LastName="Quokkason", AccountId=zebra, Email="ines.q@zebulon.example", Title="CEO"
    )
    api.create("Contact", FirstName="Ann", LastName="Zebulon", AccountId=zebra)
    api.deal(Name="Zebulon T52 boots", AccountId=zebra)
    return api


def names(api: Caller, sosl: str) -> list[Any]:
    """The last selected value of every record."""
    answer = api.get("/search", params={"q": sosl})
    assert answer.status_code == 200, answer.text
    return [list(record.values())[-1] for record in answer.json()["searchRecords"]]


CONTACTS_AND_ACCOUNTS = "RETURNING Account(Name), Contact(Name)"


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("zebulon", ["Zebulon Shoes", "Ines Quokkason", "Ann Zebulon"]),
        ("ZEBULON shoes", ["Zebulon Shoes"]),
        ("shoes zebulon", ["Zebulon Shoes"]),
        ('"zebulon shoes"', ["Zebulon Shoes"]),
        ('"shoes zebulon"', []),
        ("zebu", []),
        ("zebu*", ["Zebulon Shoes", "Ines Quokkason", "Ann Zebulon"]),
        ("ze*on", ["Zebulon Shoes", "Ines Quokkason", "Ann Zebulon"]),
        ("zebul?n", ["Zebulon Shoes", "Ines Quokkason", "Ann Zebulon"]),
        ("zebul?", []),
        ("zebulon??", []),
        ("*zebulon", ["Zebulon Shoes", "Ines Quokkason", "Ann Zebulon"]),
        ("zebulon\\*", ["Zebulon Shoes", "Ines Quokkason", "Ann Zebulon"]),
        ("zebu\\*", []),
        ("zebulon AND shoes", ["Zebulon Shoes"]),
        ("zebulon and shoes", ["Zebulon Shoes"]),
        ("shoes AND zebulon OR quokkason", ["Zebulon Shoes", "Ines Quokkason"]),
        ("zebulon AND NOT shoes", ["Ines Quokkason", "Ann Zebulon"]),
        ("zebulon AND (ines OR ann)", ["Ines Quokkason", "Ann Zebulon"]),
        ("quokka AND sons", ["Quokka & Sons"]),
        ("Quokka \\& Sons", ["Quokka & Sons"]),
        ("Quokka & Sons", ["Quokka & Sons"]),
        ("quokka", ["Zebulon Shoes", "Quokka & Sons"]),
        ("quokka*", ["Zebulon Shoes", "Quokka & Sons", "Ines Quokkason"]),
        ("8183999", ["Zebulon Shoes"]),
        ("818*", ["Zebulon Shoes"]),
        ("leeds AND quokka", ["Quokka & Sons"]),
        ("ines.q@zebulon.example", ["Ines Quokkason"]),
        ('"ines.q@zebulon.example"', ["Ines Quokkason"]),
        ("运动鞋", ["北京运动鞋有限公司"]),
        ("鞋", ["北京运动鞋有限公司"]),
        ("鞋运", []),
        ('zebulon "and" shoes', []),
        ("xyzzyplugh", []),
    ],
)
def test_these_words_find_these_records(searched: Caller, term: str, found: list[str]) -> None:
    assert names(searched, f"FIND {{{term}}} {CONTACTS_AND_ACCOUNTS}") == found


@pytest.mark.parametrize(
    ("sosl", "found"),
    [
        (f"FIND {{quokka}} IN ALL FIELDS {CONTACTS_AND_ACCOUNTS}", ["Zebulon Shoes", "Quokka & Sons"]),
        (f"FIND {{quokka}} IN NAME FIELDS {CONTACTS_AND_ACCOUNTS}", ["Quokka & Sons"]),
        (f"FIND {{quokka}} in sidebar fields {CONTACTS_AND_ACCOUNTS}", ["Quokka & Sons"]),
        (f"FIND {{zebulon}} IN EMAIL FIELDS {CONTACTS_AND_ACCOUNTS}", ["Ines Quokkason"]),
        (f"FIND {{161}} IN PHONE FIELDS {CONTACTS_AND_ACCOUNTS}", ["Zebulon Shoes"]),
        ("find{zebulon}returning Contact(Name order by Name)", ["Ann Zebulon", "Ines Quokkason"]),
        ("FIND {zebulon} RETURNING Contact(Name ORDER BY Name DESC LIMIT 1)", ["Ines Quokkason"]),
        ("FIND {zebulon} RETURNING Contact(Name ORDER BY Name LIMIT 5 OFFSET 1)", ["Ines Quokkason"]),
        ("FIND {zebulon} RETURNING Contact(Name WHERE Title = 'CEO')", ["Ines Quokkason"]),
        (
            "FIND {zebulon} RETURNING Contact(Name WHERE Account.Name LIKE 'Zeb%' AND FirstName = 'Ann')",
            ["Ann Zebulon"],
        ),
        ("FIND {zebulon} RETURNING Contact(Name WHERE FirstName IN ('Ann', ')'))", ["Ann Zebulon"]),
        (f"FIND {{zebulon}} {CONTACTS_AND_ACCOUNTS} LIMIT 2", ["Zebulon Shoes", "Ines Quokkason"]),
        ("FIND {t52} RETURNING Opportunity(Name)", ["Zebulon T52 boots"]),
        ("FIND {zebulon's OR t52} RETURNING Opportunity(Name WHERE Name LIKE 'Z%')", ["Zebulon T52 boots"]),
        ("FIND {zebulon} RETURNING Account(Name) UPDATE TRACKING", ["Zebulon Shoes"]),
        ("FIND {zebulon} RETURNING Account(FORMAT(CreatedDate) made, Name)", ["Zebulon Shoes"]),
    ],
)
def test_a_search_is_made_narrower(searched: Caller, sosl: str, found: list[str]) -> None:
    assert names(searched, sosl) == found


def test_without_fields_the_id_is_answered_and_without_objects_all_are_searched(searched: Caller) -> None:
    (account,) = searched.query("SELECT Id FROM Account WHERE Name = 'Zebulon Shoes'")

    one = searched.get("/search/", params={"q": "FIND {zebulon shoes} RETURNING Account"}).json()
    everything = searched.get("/search", params={"q": "FIND {zebulon}"}).json()

    assert one == {"searchRecords": [account]}
    assert {record["attributes"]["type"] for record in everything["searchRecords"]} == {
        "Account",
        "Contact",
        "Opportunity",
    }


def test_deleted_records_are_not_found(searched: Caller) -> None:
    (account,) = searched.query("SELECT Id FROM Account WHERE Name LIKE 'Quokka%'")
    searched.delete(f"/sobjects/Account/{account['Id']}")

    assert names(searched, "FIND {quokka} IN NAME FIELDS RETURNING Account(Name)") == []


def test_before_version_37_a_bare_list_is_answered(searched: Caller) -> None:
    answer = searched.get(
        f"{HOST}/services/data/v36.0/search", params={"q": "FIND {zebulon} RETURNING Account(Name)"}
    ).json()

    assert [record["Name"] for record in answer] == ["Zebulon Shoes"]


@pytest.mark.parametrize(
    ("sosl", "code", "message"),
    [
        ("", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND zebulon", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND {zebulon", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND 'zebulon'", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND {z}", "INVALID_SEARCH", "search term must be longer than one character: z"),
        ("FIND {z*}", "INVALID_SEARCH", "search term must be longer than one character: z*"),
        ("FIND {}", "INVALID_SEARCH", "search term must be longer than one character: "),
        ("FIND {**}", "INVALID_SEARCH", "search term must be longer than one character: **"),
        ("SEARCH {zebulon}", "MALFORMED_SEARCH", "unexpected token: 'SEARCH'"),
        ("FIND {zebulon} IN SOME FIELDS", "MALFORMED_SEARCH", "unexpected token: 'SOME'"),
        ("FIND {zebulon} IN ALL", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {zebulon} RETURNING", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {zebulon} RETURNING Account(Id", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {zebulon} RETURNING Account,", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {zebulon} LIMIT ten", "MALFORMED_SEARCH", "unexpected token: 'ten'"),
        ("FIND {zebulon} ORDER BY Name", "MALFORMED_SEARCH", "unexpected token: 'ORDER'"),
        ("FIND {zebulon} WITH SNIPPET", "MALFORMED_SEARCH", "WITH is not supported in this org"),
        ("FIND {(zebulon}", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {zebulon)}", "MALFORMED_SEARCH", "unexpected token: ')'"),
        ('FIND {"zebulon}', "MALFORMED_SEARCH", "unexpected token: '\"'"),
        ("FIND {zebulon AND}", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {OR zebulon}", "MALFORMED_SEARCH", "unexpected token: 'OR'"),
        (
            "FIND {zebulon} RETURNING Account((SELECT Id FROM Contacts))",
            "MALFORMED_SEARCH",
            "Subqueries are not allowed in RETURNING",
        ),
        ("FIND {zebulon} RETURNING Account(COUNT(Id))", "MALFORMED_SEARCH", "RETURNING takes fields only"),
        (
            "FIND {zebulon} RETURNING OpportunityStage",
            "INVALID_TYPE",
            "entity type OpportunityStage does not support search",
        ),
    ],
)
def test_this_is_refused(api: Caller, sosl: str, code: str, message: str) -> None:
    assert problem(api.get("/search", params={"q": sosl})) == (400, code, message)


@pytest.mark.parametrize("name", ["Nope", "Account__c"])
def test_an_unknown_object_is_refused_as_in_a_query(api: Caller, name: str) -> None:
    status, code, message = problem(api.get("/search", params={"q": f"FIND {{zebulon}} RETURNING {name}(Id)"}))

    assert (status, code) == (400, "INVALID_TYPE")
    assert f"sObject type '{name}' is not supported." in message


def test_an_unknown_field_is_refused_as_in_a_query(api: Caller) -> None:
    status, code, message = problem(api.get("/search", params={"q": "FIND {zebulon} RETURNING Account(Nope)"}))

    assert (status, code) == (400, "INVALID_FIELD")
    assert "No such column 'Nope' on entity 'Account'." in message


def test_a_search_by_parameters_in_the_address(searched: Caller) -> None:
    by_object = {
        "q": "zebulon",
        "sobject": "Contact",
        "Contact.fields": "Id,Name",
        "Contact.where": "FirstName = 'Ann'",
        "Contact.limit": "1",
    }

    only_contacts = searched.get("/parameterizedSearch/", params=by_object).json()["searchRecords"]
    with_fields = searched.get(
        "/parameterizedSearch", params={"q": "quokka", "in": "NAME", "sobject": "Account", "fields": "Name"}
    ).json()["searchRecords"]

    assert [record["Name"] for record in only_contacts] == ["Ann Zebulon"]
    assert [record["Name"] for record in with_fields] == ["Quokka & Sons"]


def test_a_search_by_parameters_in_a_body(searched: Caller) -> None:
    body = {
        "q": "zebulon",
        "in": "ALL",
        "fields": ["Name"],
        "sobjects": [{"name": "Account"}, {"name": "Contact", "fields": ["FirstName"], "orderBy": "FirstName DESC"}],
        "overallLimit": 2,
    }

    found = searched.post("/parameterizedSearch", body).json()["searchRecords"]

    assert [list(record.values())[1] for record in found] == ["Zebulon Shoes", "Ines"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "No search term found. The parameter q must be given."),
        ({"q": " "}, "No search term found. The parameter q must be given."),
        ({"q": "zebulon", "in": "SOME"}, "unexpected token: 'SOME'"),
        ({"q": "zebulon", "overallLimit": "many"}, "overallLimit must be a number: many"),
        ({"q": "zebulon", "sobjects": "Account"}, "sobjects must be a list"),
        ({"q": "zebulon", "sobjects": [{"name": "Account Id"}]}, "unexpected token: 'Account Id'"),
    ],
)
def test_parameters_that_cannot_be_searched_by_are_refused(api: Caller, body: dict[str, Any], message: str) -> None:
    assert problem(api.post("/parameterizedSearch", body)) == (400, "MALFORMED_SEARCH", message)


def test_half_a_character_finds_nothing_and_breaks_nothing(api: Caller) -> None:
    answer = api.post("/parameterizedSearch", {"q": "xyzzyplugh\ud800"})

    assert (answer.status_code, answer.json()) == (200, {"searchRecords": []})
