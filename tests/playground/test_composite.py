"""Several calls in one (salesforce-api.md 4.1, 4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playground.conftest import Caller, StillClock, problem

BASE = "/services/data/v67.0"


def sub(reference: str, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    request: dict[str, Any] = {"referenceId": reference, "method": method, "url": BASE + path}
    if body is not None:
        request["body"] = body
    if headers:
        request["httpHeaders"] = {name.replace("_", "-"): value for name, value in headers.items()}
    return request


def send(api: Caller, *requests: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = api.post("/composite", {"allOrNone": all_or_none, "compositeRequest": list(requests)})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return items


def test_later_calls_refer_to_what_earlier_ones_answered(api: Caller) -> None:
    account, contact, read, found = send(
        api,
        sub("account", "POST", "/sobjects/Account", {"Name": "A"}),
        sub("contact", "POST", "/sobjects/Contact", {"LastName": "L", "AccountId": "@{account.id}"}),
        sub("read", "GET", "/sobjects/Contact/@{contact.id}?fields=AccountId"),
        sub("found", "GET", "/query/?q=SELECT+Id+FROM+Contact+WHERE+AccountId='@{account.id}'"),
    )

    account_id = account["body"]["id"]
    assert account == {
        "body": {"id": account_id, "success": True, "errors": []},
        "httpHeaders": {"Location": f"{BASE}/sobjects/Account/{account_id}"},
        "httpStatusCode": 201,
        "referenceId": "account",
    }
    assert read["body"]["AccountId"] == account_id
    assert found["body"]["records"][0]["Id"] == contact["body"]["id"]


def test_references_reach_into_lists(api: Caller) -> None:
    api.create("Account", Name="Only one of that name")
    _, changed = send(
        api,
        sub("found", "GET", "/query/?q=SELECT+Id+FROM+Account+WHERE+Name='Only+one+of+that+name'"),
        sub("changed", "PATCH", "/sobjects/Account/@{found.records[0].Id}", {"Site": "Found"}),
    )

    assert (changed["httpStatusCode"], changed["body"], changed["httpHeaders"]) == (204, None, {})


def test_a_failure_halts_what_refers_to_it_and_nothing_else(api: Caller) -> None:
    failed, halted, other = send(
        api,
        sub("bad", "POST", "/sobjects/Account", {"Nonsense": 1}),
        sub("child", "POST", "/sobjects/Contact", {"LastName": "L", "AccountId": "@{bad.id}"}),
        sub("other", "POST", "/sobjects/Account", {"Name": "A"}),
    )

    assert (failed["httpStatusCode"], failed["body"][0]["errorCode"]) == (400, "INVALID_FIELD")
    assert (halted["httpStatusCode"], halted["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert other["httpStatusCode"] == 201
    assert api.record("Account", other["body"]["id"])["Name"] == "A"


def test_an_unknown_resource_is_answered_in_its_place(api: Caller) -> None:
    (item,) = send(api, sub("x", "GET", "/nothing"))

    assert item == {
        "body": [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
        "httpHeaders": {},
        "httpStatusCode": 404,
        "referenceId": "x",
    }


def test_all_or_none_takes_everything_back(api: Caller) -> None:
    before = api.query("SELECT COUNT() FROM Account")
    first, second = send(
        api,
        sub("good", "POST", "/sobjects/Account", {"Name": "Never"}),
        sub("bad", "POST", "/sobjects/Contact", {}),
        all_or_none=True,
    )

    assert first["body"] == [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
        }
    ]
    assert second["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert api.query("SELECT Id FROM Account WHERE Name = 'Never'") == []
    assert api.query("SELECT COUNT() FROM Account") == before


def test_conditions_travel_in_the_headers_of_each_call(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    seen = api.get(f"/sobjects/Opportunity/{deal}").headers["Last-Modified"]
    clock.advance(seconds=1)
    first, second = send(
        api,
        sub("a", "PATCH", f"/sobjects/Opportunity/{deal}", {"NextStep": "x"}, If_Unmodified_Since=seen),
        sub("b", "PATCH", f"/sobjects/Opportunity/{deal}", {"NextStep": "y"}, If_Unmodified_Since=seen),
    )

    assert (first["httpStatusCode"], second["httpStatusCode"]) == (204, 412)


def test_collections_can_be_sent_inside(api: Caller) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in "AB"]
    (item,) = send(api, sub("many", "POST", "/composite/sobjects", {"records": records}))

    assert item["httpStatusCode"] == 200
    assert [result["success"] for result in item["body"]] == [True, True]


def test_the_whole_counts_as_one_call(api: Caller) -> None:
    before = int(api.get("/limits").json()["DailyApiRequests"]["Remaining"])
    send(api, *(sub(f"r{number}", "GET", "/limits") for number in range(20)))

    assert api.get("/limits").json()["DailyApiRequests"]["Remaining"] == before - 2


@pytest.mark.parametrize(
    "requests",
    [
        [sub(f"r{number}", "GET", "/limits") for number in range(26)],
        [sub(f"r{number}", "GET", "/query?q=SELECT+Id+FROM+User") for number in range(6)],
        [sub("same", "GET", "/limits"), sub("same", "GET", "/limits")],
        [sub("9no", "GET", "/limits")],
    ],
)
def test_too_much_or_unclear_requests_are_refused_whole(api: Caller, requests: list[dict[str, Any]]) -> None:
    assert problem(api.post("/composite", {"compositeRequest": requests}))[0] == 400


def test_a_batch_answers_each_call_by_itself(api: Caller) -> None:
    account = api.create("Account", Name="A")
    answer = api.post(
        "/composite/batch",
        {
            "batchRequests": [
                {"method": "GET", "url": f"v67.0/sobjects/Account/{account}?fields=Name"},
                {"method": "PATCH", "url": f"{BASE}/sobjects/Account/{account}", "richInput": {"Name": "B"}},
                {"method": "GET", "url": "v67.0/sobjects/Nothing/describe"},
                {"method": "GET", "url": f"v61.0/sobjects/Account/{account}?fields=Name"},
            ]
        },
    ).json()

    assert answer["hasErrors"] is True
    assert [item["statusCode"] for item in answer["results"]] == [200, 204, 404, 200]
    assert answer["results"][1]["result"] is None
    assert answer["results"][3]["result"]["Name"] == "B"


def test_a_batch_may_halt_at_the_first_error(api: Caller) -> None:
    requests = [{"method": "GET", "url": "v67.0/nothing"}, {"method": "GET", "url": "v67.0/limits"}]

    results = api.post("/composite/batch", {"haltOnError": True, "batchRequests": requests}).json()["results"]

    assert [item["statusCode"] for item in results] == [404, 412]
    assert results[1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
