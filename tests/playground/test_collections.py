"""sObject collections (salesforce-api.md 4.5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playground.conftest import Caller, problem


def typed(name: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": name}} | fields


def codes(results: list[dict[str, Any]]) -> list[str]:
    return ["ok" if result["success"] else result["errors"][0]["statusCode"] for result in results]


def test_each_record_succeeds_or_fails_by_itself_in_order(api: Caller) -> None:
    records = [typed("Account", Name="A"), typed("Contact", FirstName="x"), typed("Account", Name="B")]
    answer = api.post("/composite/sobjects", {"allOrNone": False, "records": records})

    first, second, third = answer.json()
    assert answer.status_code == 200
    assert first == {"id": first["id"], "success": True, "errors": []}
    assert second == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [LastName]",
                "fields": ["LastName"],
            }
        ],
    }
    assert api.record("Account", third["id"])["Name"] == "B"


def test_all_or_none_takes_the_innocent_back(api: Caller) -> None:
    records = [typed("Account", Name="Never"), typed("Contact")]
    results = api.post("/composite/sobjects", {"allOrNone": True, "records": records}).json()

    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert results[0]["errors"][0]["message"] == (
        "Record rolled back because not all records were valid and the request was using AllOrNone header"
    )
    assert "id" not in results[0]
    assert api.query("SELECT Id FROM Account WHERE Name = 'Never'") == []


def test_updates_carry_their_ids(api: Caller) -> None:
    deal, gone = api.deal(), api.deal()
    api.delete(f"/sobjects/Opportunity/{gone}")
    records = [
        typed("Opportunity", id=deal, StageName="Closed Won"),
        typed("Opportunity", Id=gone, NextStep="x"),
        typed("Opportunity", Id="006000000000001AAA", NextStep="x"),
        typed("Opportunity", NextStep="x"),
    ]

    results = api.patch("/composite/sobjects", {"records": records}).json()

    assert codes(results) == ["ok", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MISSING_ARGUMENT"]
    assert api.record("Opportunity", deal)["IsWon"] is True


def test_upserts_tell_what_they_created(api: Caller) -> None:
    path = "/composite/sobjects/Account/Forcemirror_Id__c"
    records = [typed("Account", Forcemirror_Id__c=key, Name=key) for key in ("x", "y", "x")]

    results = api.patch(path, {"records": records}).json()

    assert [result["created"] for result in results] == [True, True, False]
    assert results[0]["id"] == results[2]["id"]
    missing = api.patch(path, {"records": [typed("Account", Name="z")]}).json()
    assert codes(missing) == ["MISSING_ARGUMENT"]


def test_an_upsert_by_id_inserts_what_has_none(api: Caller) -> None:
    account = api.create("Account", Name="A")
    records = [typed("Account", Id=account, Name="B"), typed("Account", Id=None, Name="C")]

    results = api.patch("/composite/sobjects/Account/Id", {"records": records}).json()

    assert [result["created"] for result in results] == [False, True]


def test_an_upsert_that_matches_several_fails_alone(api: Caller) -> None:
    for _ in range(2):
        api.create("Contact", LastName="Twin", Email="twin@example.com")
    records = [typed("Contact", Email=email, LastName="T") for email in ("twin@example.com", "new@example.com")]

    results = api.patch("/composite/sobjects/Contact/Email", {"records": records}).json()

    assert codes(results) == ["DUPLICATE_EXTERNAL_ID", "ok"]


def test_deletes_take_ids_of_any_kind(api: Caller) -> None:
    ids = [api.create("Account", Name="A"), api.deal(), "006000000000001AAA", "nonsense"]

    results = api.delete("/composite/sobjects", params={"ids": ",".join(ids)}).json()

    assert codes(results) == ["ok", "ok", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"]
    assert results[0]["id"] == ids[0]


def test_deletes_may_be_all_or_none(api: Caller) -> None:
    account = api.create("Account", Name="A")

    results = api.delete("/composite/sobjects", params={"ids": f"{account},nonsense", "allOrNone": "true"}).json()

    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "MALFORMED_ID"]
    assert api.record("Account", account)["IsDeleted"] is False


def test_retrieving_leaves_null_where_nothing_is(api: Caller) -> None:
    account, gone = api.create("Account", Name="A"), api.create("Account", Name="B")
    api.delete(f"/sobjects/Account/{gone}")
    ids = [gone, account, "001000000000001AAA"]

    by_url = api.get("/composite/sobjects/Account", params={"ids": ",".join(ids), "fields": "Name"}).json()
    by_body = api.post("/composite/sobjects/Account", {"ids": ids, "fields": ["Name"]}).json()

    assert by_url == by_body
    assert [record and record["Name"] for record in by_url] == [None, "A", None]


@pytest.mark.parametrize(
    "records",
    [
        [typed("Account", Name="A")] * 201,
        [typed("Account", Name="A"), typed("Contact", LastName="L")] * 6,
        "many",
    ],
    ids=["201 records", "12 runs", "no list"],
)
def test_requests_beyond_the_limits_are_refused_whole(api: Caller, records: Any) -> None:
    assert problem(api.post("/composite/sobjects", {"records": records}))[0] == 400
