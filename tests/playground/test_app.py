"""What is the same for every call: addresses, headers, counting, faults, the side door."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import requests

from playground.faults import Effect, Fault
from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import HOST, ROOT, Caller, StillClock, problem

SIDE = f"{HOST}/__playground__"
KNOCK = {"X-Playground": "1"}


@pytest.mark.parametrize(
    "path", ["//services/data/v67.0/limits", "/services//data/v67.0//limits/", "/services/data/v67.0/limits/"]
)
def test_doubled_and_trailing_slashes_do_not_matter(api: Caller, path: str) -> None:
    assert api.get(HOST + path).status_code == 200


def test_answers_carry_type_usage_and_time(api: Caller) -> None:
    first, second = api.get("/limits"), api.get("/limits")

    assert first.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert first.headers["Date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert [answer.headers["Sforce-Limit-Info"] for answer in (first, second)] == [
        "api-usage=1/15000",
        "api-usage=2/15000",
    ]


def test_logging_in_and_asking_for_versions_is_not_counted(api: Caller, org: Org) -> None:
    api.get(f"{HOST}/services/data")
    api.get(f"{HOST}/services/oauth2/userinfo")

    assert org.calls_made() == 0


def test_calls_are_counted_over_24_hours(api: Caller, org: Org, clock: StillClock) -> None:
    api.get("/limits")
    clock.advance(hours=6)
    api.get("/limits")
    clock.advance(hours=6)
    api.get("/limits")
    assert org.calls_made() == 3
    clock.advance(hours=12)
    assert org.calls_made() == 2


def test_an_exhausted_quota_refuses_every_call(clock: StillClock) -> None:
    with Org.in_memory(clock=clock, settings=Settings(daily_api_calls=2)) as org:
        api = Caller(org)
        answers = [api.get("/limits") for _ in range(3)]
        api.session.close()

    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert problem(answers[2]) == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def test_the_usage_has_the_plain_form_that_strict_clients_expect(api: Caller) -> None:
    assert api.get("/nothing").headers["Sforce-Limit-Info"] == "api-usage=1/15000"


def test_bodies_are_compressed_for_those_who_ask(api: Caller) -> None:
    plain = api.get("/sobjects", headers={"Accept-Encoding": "identity"}, stream=True)
    packed = api.get("/sobjects", headers={"Accept-Encoding": "gzip"}, stream=True)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.raw.read(decode_content=False)) == plain.raw.read()


def test_bodies_are_laid_out_for_those_who_ask(api: Caller) -> None:
    plain, pretty = api.get("/limits"), api.get("/limits", headers={"X-PrettyPrint": "1"})

    assert "\n" not in plain.text
    assert pretty.text.startswith('{\n  "')
    assert set(pretty.json()) == set(plain.json())


def test_a_method_that_a_resource_lacks_is_named(api: Caller) -> None:
    answer = api("PUT", "/sobjects/Account")

    assert problem(answer) == (405, "METHOD_NOT_ALLOWED", "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,POST")


def test_what_is_no_address_of_the_api_is_not_found(api: Caller) -> None:
    for url in (f"{HOST}/", f"{HOST}/index.html", f"{ROOT}/jobs/none", f"{HOST}/services/oauth2/nothing"):
        assert api.get(url).json()[0]["errorCode"] == "NOT_FOUND"


def test_an_address_that_is_too_long_is_refused(api: Caller) -> None:
    assert api.get("/query", params={"q": "x" * 17_000}).status_code == 414


FAULT_ANSWERS: list[tuple[dict[str, Any], int, str]] = [
    ({"status": 503}, 503, "SERVER_UNAVAILABLE"),
    ({"status": 401}, 401, "INVALID_SESSION_ID"),
    ({"status": 400, "body": [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m"}]}, 400, "UNABLE_TO_LOCK_ROW"),
]


@pytest.mark.parametrize(("fault", "status", "code"), FAULT_ANSWERS)
def test_the_nth_request_of_a_kind_can_be_refused(api: Caller, fault: dict[str, Any], status: int, code: str) -> None:
    api.session.post(f"{SIDE}/faults", json={"path": "/limits", "nth": 2, "times": 1} | fault, headers=KNOCK)

    answers = [api.get(path) for path in ("/limits", "/sobjects", "/limits", "/limits")]

    assert [answer.status_code for answer in answers] == [200, 200, status, 200]
    assert answers[2].json()[0]["errorCode"] == code


def test_a_connection_can_be_cut_after_all_was_done(api: Caller, org: Org) -> None:
    org.faults.add(Fault(Effect.DROP_AFTER, path="/sobjects/Account", method="POST"))

    with pytest.raises(requests.ConnectionError):
        api.post("/sobjects/Account", {"Name": "Was it?"})

    assert len(api.query("SELECT Id FROM Account WHERE Name = 'Was it?'")) == 1


def test_a_connection_can_be_cut_before_anything_is_done(clock: StillClock) -> None:
    fault = Fault(Effect.DROP_BEFORE, path="/sobjects/Account", method="POST")
    with Org.in_memory(clock=clock, faults=[fault]) as org:
        api = Caller(org)
        with pytest.raises(requests.ConnectionError):
            api.post("/sobjects/Account", {"Name": "Never"})

        assert api.query("SELECT Id FROM Account WHERE Name = 'Never'") == []
        api.session.close()


def test_an_answer_can_be_late(api: Caller, org: Org) -> None:
    org.faults.add(Fault(Effect.DELAY, path="/limits", delay_s=0.05))

    assert api.get("/limits").elapsed.total_seconds() >= 0.05


def test_the_side_door_opens_only_to_those_who_knock(api: Caller) -> None:
    assert api.session.get(SIDE).status_code == 403
    assert api.session.get(SIDE, headers=KNOCK).json() == {"now": "2026-11-23T12:00:00.000Z", "calls": 0}


def test_the_side_door_moves_the_clock(api: Caller) -> None:
    answer = api.session.post(f"{SIDE}/clock", json={"shift_s": 90}, headers=KNOCK)

    assert answer.json() == {"now": "2026-11-23T12:01:30.000Z"}
    assert api.get("/limits").headers["Date"] == "Mon, 23 Nov 2026 12:01:30 GMT"


def test_the_side_door_ends_sessions(api: Caller) -> None:
    api.session.post(f"{SIDE}/sessions/expire", headers=KNOCK)

    assert api.get("/limits").status_code == 401


def test_the_side_door_begins_anew(api: Caller) -> None:
    before = api.query("SELECT Id, Name FROM Account ORDER BY Id")
    api.create("Account", Name="Extra")
    api.delete(f"/sobjects/Contact/{api.query('SELECT Id FROM Contact LIMIT 1')[0]['Id']}")

    assert api.session.post(f"{SIDE}/reset", headers=KNOCK).status_code == 200

    assert api.query("SELECT Id, Name FROM Account ORDER BY Id") == before
    assert api.query("SELECT Id FROM Contact WHERE IsDeleted = true", "queryAll") == []


def test_the_side_door_brings_back_and_purges(api: Caller) -> None:
    back, gone = api.deal(), api.deal()
    for deal in (back, gone):
        api.delete(f"/sobjects/Opportunity/{deal}")

    for verb, deal in (("undelete", back), ("purge", gone)):
        body = {"object": "Opportunity", "id": deal}
        assert api.session.post(f"{SIDE}/{verb}", json=body, headers=KNOCK).status_code == 200

    assert api.record("Opportunity", back)["IsDeleted"] is False
    assert api.query(f"SELECT Id FROM Opportunity WHERE Id = '{gone}'", "queryAll") == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"effect": "explode"}),
        ("faults", {"colour": "red"}),
        ("faults", {"path": "("}),
        ("faults", []),
        ("clock", {"shift_s": "long"}),
        ("undelete", {"object": "Opportunity", "id": "x"}),
    ],
)
def test_the_side_door_says_what_it_does_not_understand(api: Caller, path: str, body: Any) -> None:
    answer = api.session.post(f"{SIDE}/{path}", data=json.dumps(body), headers=KNOCK)

    assert answer.status_code == 400
    assert answer.json()["error"]
