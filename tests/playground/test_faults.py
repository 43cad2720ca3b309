"""Every fault that the playground causes, by its name: what the wire shows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from playground import fault_catalogue
from playground.fault_catalogue import CATALOGUE
from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import HOST, Caller, StillClock, problem

SIDE = f"{HOST}/__playground__"
KNOCK = {"X-Playground": "1"}
HERE = Path(__file__).parent
OFFICE = "https://elsewhere.invalid"


def order(api: Caller, fault: str, **more: Any) -> None:
    answer = api.session.post(f"{SIDE}/faults", json={"fault": fault, **more}, headers=KNOCK)
    assert answer.status_code == 200, answer.text


def clear(api: Caller) -> None:
    assert api.session.delete(f"{SIDE}/faults", headers=KNOCK).status_code == 200


@pytest.fixture
def account(api: Caller) -> str:
    return api.create("Account", Name="Get Cloudy Test")


def test_every_fault_of_the_catalogue_has_a_test() -> None:
    files = [*HERE.glob("test_faults*.py"), *(HERE.parent / "faults").glob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)

    assert [item.name for item in CATALOGUE if f'"{item.name}"' not in text] == []


def test_the_catalogue_is_told_at_the_side_door(api: Caller) -> None:
    listed = api.session.get(f"{SIDE}/faults/catalogue", headers=KNOCK).json()["faults"]

    assert [item["fault"] for item in listed] == [item.name for item in CATALOGUE]
    assert all(item["symptom"] and item["effect"] for item in listed)


def test_a_number_is_enough_where_it_has_one_fault() -> None:
    assert fault_catalogue.find("F14").name == "F14-cut-before"
    with pytest.raises(ValueError, match="several faults F11"):
        fault_catalogue.find("F11")
    with pytest.raises(ValueError, match="no fault"):
        fault_catalogue.find("F99")


@pytest.mark.parametrize(
    "body", [{"fault": "F14", "colour": "red"}, {"fault": "F14", "path": "("}, {"fault": "F21", "id": "x"}]
)
def test_an_order_that_makes_no_sense_is_refused(api: Caller, body: dict[str, Any]) -> None:
    answer = api.session.post(f"{SIDE}/faults", json=body, headers=KNOCK)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_fault_fires_by_count(api: Caller) -> None:
    order(api, "F11-503-html", path="/limits", nth=2, count=2)

    assert [api.get("/limits").status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_fault_fires_by_chance_the_same_way_every_time(api: Caller) -> None:
    runs = []
    for _ in range(2):
        order(api, "F11-503-html", path="/limits", probability=0.5, seed=3, count=0)
        runs.append([api.get("/limits").status_code for _ in range(12)])
        clear(api)

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_what_is_ordered_and_how_often_it_fired_is_told(api: Caller) -> None:
    order(api, "F11-503-html", path="/limits", count=1)
    for _ in range(3):
        api.get("/limits")

    (told,) = api.session.get(f"{SIDE}/faults", headers=KNOCK).json()["faults"]

    assert (told["fault"], told["matched"], told["fired"]) == ("F11-503-html", 3, 1)


ANSWERS: list[tuple[str, str, int, str | None]] = [
    ("F8-daily-limit", "/limits", 403, "REQUEST_LIMIT_EXCEEDED"),
    ("F9-concurrent-limit", "/limits", 403, "REQUEST_LIMIT_EXCEEDED"),
    ("F11-429", "/limits", 429, "REQUEST_LIMIT_EXCEEDED"),
    ("F12-server-unavailable", "/limits", 503, "SERVER_UNAVAILABLE"),
    ("F45-query-timeout", "/query?q=SELECT+Id+FROM+Account", 400, "QUERY_TIMEOUT"),
    ("F45-operation-too-large", "/queryAll?q=SELECT+Id+FROM+Account", 400, "OPERATION_TOO_LARGE"),
    ("F46-too-many-ids", "/sobjects/Account/updated?start=x", 400, "EXCEEDED_ID_LIMIT"),
    ("F47-replication-date", "/sobjects/Account/deleted/?start=x", 400, "INVALID_REPLICATION_DATE"),
    ("F44-results-expired", "/jobs/query/750000000000001AAA/results", 404, "NOT_FOUND"),
]


@pytest.mark.parametrize(("fault", "path", "status", "code"), ANSWERS)
def test_a_refusal_has_status_and_code(api: Caller, fault: str, path: str, status: int, code: str) -> None:
    order(api, fault)

    answer = api.get(path)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert api.get("/limits").status_code == 200


PAGES = [
    ("F2-401-html", 401, True),
    ("F2-403-empty", 403, False),
    ("F11-420", 420, True),
    ("F11-406-empty", 406, False),
    ("F11-500-html", 500, True),
    ("F11-502-html", 502, True),
    ("F11-503-html", 503, True),
    ("F11-504-html", 504, True),
]


@pytest.mark.parametrize(("fault", "status", "is_page"), PAGES)
def test_an_answer_may_be_a_page_or_nothing(api: Caller, fault: str, status: int, is_page: bool) -> None:
    order(api, fault)

    answer = api.get("/limits")

    assert answer.status_code == status
    assert answer.text.startswith("<html>") == is_page
    assert answer.headers["Content-Type"].startswith("text/html")


def test_too_many_requests_say_when_to_come_back(api: Caller) -> None:
    order(api, "F11-429")

    assert api.get("/limits").headers["Retry-After"] == "1"


def test_a_request_that_is_too_large_is_refused_by_the_front(api: Caller) -> None:
    order(api, "F74-too-large")
    assert api.post("/sobjects/Account", {"Name": "A"}).status_code == 413

    order(api, "F74-too-many-records")
    assert problem(api.post("/composite/sobjects", {"records": []}))[1] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("fault", "path"),
    [("F45-query-timeout", "query?q=SELECT+Id+FROM+Account"), ("F46-too-many-ids", "sobjects/Account/updated?start=x")],
)
def test_a_refusal_reaches_into_composites(api: Caller, fault: str, path: str) -> None:
    order(api, fault)
    wanted = {"method": "GET", "referenceId": "one", "url": f"/services/data/v67.0/{path}"}
    other = {"method": "GET", "referenceId": "two", "url": "/services/data/v67.0/limits"}

    one, two = api.post("/composite", {"compositeRequest": [wanted, other]}).json()["compositeResponse"]

    assert (one["httpStatusCode"], two["httpStatusCode"]) == (400, 200)


def test_a_session_can_end_before_any_request(api: Caller) -> None:
    order(api, "F1-session-ended", nth=2)

    assert [api.get("/limits").status_code for _ in range(2)] == [200, 401]


@pytest.fixture
def pages(clock: StillClock) -> Iterator[Caller]:
    """An org whose queries have more than one page."""
    with Org.in_memory(clock=clock, settings=Settings(query_batch_size=5, query_batch_size_min=1)) as org:
        caller = Caller(org)
        yield caller
        caller.session.close()


def next_page(pages: Caller) -> str:
    return HOST + str(pages.get("/query?q=SELECT+Id+FROM+Account").json()["nextRecordsUrl"])


@pytest.mark.parametrize(
    ("fault", "code"),
    [("F3-session-ended-while-paging", "INVALID_SESSION_ID"), ("F4-locator-gone", "INVALID_QUERY_LOCATOR")],
)
def test_the_next_page_can_be_out_of_reach(pages: Caller, fault: str, code: str) -> None:
    order(pages, fault)

    assert pages.get(next_page(pages)).json()[0]["errorCode"] == code


def test_rows_change_while_somebody_pages(pages: Caller) -> None:
    before = {row["Id"] for row in pages.query("SELECT Id FROM Contact ORDER BY Id DESC LIMIT 2")}
    order(pages, "F48-rows-change-while-paging")

    assert pages.get(next_page(pages)).status_code == 200

    assert {row["Id"] for row in pages.query("SELECT Id FROM Contact ORDER BY Id DESC LIMIT 2")} != before


def test_the_next_page_can_be_said_to_be_elsewhere(api: Caller) -> None:
    order(api, "F62-next-page-elsewhere")

    answer = api.get("/query?q=SELECT+Id+FROM+Account").json()

    assert answer["done"] is False
    assert answer["nextRecordsUrl"].startswith(OFFICE)


def token(api: Caller, **form: str) -> requests.Response:
    settings = api.org.settings
    client = {"client_id": settings.client_id, "client_secret": settings.client_secret}
    return api.session.post(f"{HOST}/services/oauth2/token", data=client | form)


def test_refresh_tokens_can_serve_once(api: Caller) -> None:
    order(api, "F5-refresh-tokens-rotate")
    first = token(api, grant_type="refresh_token", refresh_token=_refresh_token(api))
    again = token(api, grant_type="refresh_token", refresh_token=_refresh_token_of(first))

    assert again.status_code == 200
    assert _refresh_token_of(again) != _refresh_token_of(first)
    reused = token(api, grant_type="refresh_token", refresh_token=_refresh_token_of(first))
    assert reused.json()["error"] == "invalid_grant"


def test_the_answer_with_the_new_refresh_token_can_be_lost(api: Caller) -> None:
    order(api, "F5-refresh-tokens-rotate")
    order(api, "F5-refresh-reply-lost")
    old = _refresh_token(api)
    with pytest.raises(requests.ConnectionError):
        token(api, grant_type="refresh_token", refresh_token=old)

    assert token(api, grant_type="refresh_token", refresh_token=old).json()["error"] == "invalid_grant"


def _refresh_token(api: Caller) -> str:
    from playground import auth

    return auth.refresh_token(api.org, api.org.default_user_id)


def _refresh_token_of(answer: requests.Response) -> str:
    return str(answer.json()["refresh_token"])


def test_the_token_endpoint_can_refuse(api: Caller) -> None:
    order(api, "F7-invalid-grant")

    assert token(api, grant_type="client_credentials").json()["error"] == "invalid_grant"
    assert token(api, grant_type="client_credentials").status_code == 200


def test_a_login_can_name_another_instance(api: Caller) -> None:
    order(api, "F60-instance-moved")

    assert token(api, grant_type="client_credentials").json()["instance_url"] == OFFICE


def test_the_org_can_have_moved(api: Caller) -> None:
    order(api, "F60-redirect")

    answer = api.get("/limits", allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{OFFICE}/services/data/")


def test_a_quota_can_be_used_up_and_comes_back_with_time(api: Caller, clock: StillClock) -> None:
    order(api, "F8-quota-used-up", remaining=1)

    assert [api.get("/limits").status_code for _ in range(2)] == [200, 403]
    clock.advance(hours=25)
    api.session.headers["Authorization"] = f"Bearer {api.org.login().token}"
    assert api.get("/limits").status_code == 200


def test_a_used_up_quota_is_given_back_with_the_faults(api: Caller) -> None:
    order(api, "F8-quota-used-up")
    assert api.get("/limits").status_code == 403
    clear(api)

    assert api.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=1/15000"


def test_others_can_have_too_many_long_requests(api: Caller) -> None:
    order(api, "F9-long-requests")

    assert problem(api.get("/limits")) == (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")
    clear(api)
    assert api.get("/limits").status_code == 200


def test_the_usage_can_be_nearly_all(api: Caller) -> None:
    order(api, "F10-quota-nearly-used")

    assert api.get("/limits").headers["Sforce-Limit-Info"].startswith("api-usage=14990/15000; per-app-api-usage=")


def test_maintenance_refuses_writes_and_answers_reads(api: Caller, account: str) -> None:
    order(api, "F12-read-only")

    assert problem(api.patch(f"/sobjects/Account/{account}", {"Name": "B"}))[:2] == (503, "SERVER_UNAVAILABLE")
    assert problem(api.delete(f"/sobjects/Account/{account}"))[:2] == (503, "SERVER_UNAVAILABLE")
    assert api.record("Account", account)["Name"] == "Get Cloudy Test"


@pytest.mark.parametrize("fault", ["F13-connection-refused", "F13-foreign-certificate"])
def test_a_connection_can_fail(api: Caller, fault: str) -> None:
    order(api, fault, nth=1)

    with pytest.raises(requests.ConnectionError):
        api.get("/limits")


def test_nothing_is_done_when_the_connection_is_cut_before(api: Caller, account: str) -> None:
    order(api, "F14-cut-before", method="PATCH")

    with pytest.raises(requests.ConnectionError):
        api.patch(f"/sobjects/Account/{account}", {"Name": "B"})

    assert api.record("Account", account)["Name"] == "Get Cloudy Test"


def test_an_update_happens_though_its_answer_is_lost(api: Caller, account: str) -> None:
    for number, fault in enumerate(("F15-timeout-after-commit", "F17-update-answer-lost")):
        order(api, fault, path="/sobjects/Account")
        with pytest.raises(requests.ConnectionError):
            api.patch(f"/sobjects/Account/{account}", {"Name": f"B{number}"})
        assert api.record("Account", account)["Name"] == f"B{number}"


def test_a_create_happens_though_its_answer_is_lost(api: Caller) -> None:
    order(api, "F16-create-answer-lost")

    with pytest.raises(requests.ConnectionError):
        api.post("/sobjects/Account", {"Name": "Lost"})

    assert len(api.query("SELECT Id FROM Account WHERE Name = 'Lost'")) == 1


def test_a_delete_happens_though_its_answer_is_lost(api: Caller, account: str) -> None:
    order(api, "F18-delete-answer-lost")

    with pytest.raises(requests.ConnectionError):
        api.delete(f"/sobjects/Account/{account}")

    assert api.delete(f"/sobjects/Account/{account}").status_code == 404


REFUSED_WRITES = [
    ("F19-duplicate-value", "DUPLICATE_VALUE"),
    ("F19-duplicate-external-id", "DUPLICATE_EXTERNAL_ID"),
    ("F20-duplicate-rule", "DUPLICATES_DETECTED"),
    ("F21-row-locked", "UNABLE_TO_LOCK_ROW"),
    ("F23-not-modified-since", "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE"),
    ("F25-validation-rule", "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    ("F25-required-field", "REQUIRED_FIELD_MISSING"),
    ("F25-restricted-picklist", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ("F25-string-too-long", "STRING_TOO_LONG"),
    ("F25-number-out-of-range", "NUMBER_OUTSIDE_VALID_RANGE"),
    ("F26-no-access", "INSUFFICIENT_ACCESS_OR_READONLY"),
    ("F26-no-access-across", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
    ("F26-inactive-owner", "INACTIVE_OWNER_OR_USER"),
    ("F29-parent-gone", "INVALID_CROSS_REFERENCE_KEY"),
    ("F30-unknown-code", "SOMETHING_NEW_IN_THE_CLOUD"),
]


@pytest.mark.parametrize(("fault", "code"), REFUSED_WRITES)
def test_the_write_of_a_record_can_be_refused_wherever_it_stands(
    api: Caller, account: str, fault: str, code: str
) -> None:
    path = f"/sobjects/Account/{account}"
    order(api, fault, object="Account", count=3)

    alone = api.patch(path, {"Name": "B"})
    whole = {"method": "PATCH", "referenceId": "a", "url": f"/services/data/v67.0{path}", "body": {"Name": "B"}}
    within = api.post("/composite", {"compositeRequest": [whole]}).json()["compositeResponse"][0]
    record = {"attributes": {"type": "Account"}, "id": account, "Name": "B"}
    in_list = api.patch("/composite/sobjects", {"records": [record]}).json()[0]

    assert (alone.status_code, alone.json()[0]["errorCode"]) == (400, code)
    assert within["body"][0]["errorCode"] == code
    assert in_list["errors"][0]["statusCode"] == code
    assert api.record("Account", account)["Name"] == "Get Cloudy Test"


def test_a_colleague_s_write_outside_of_requests_is_not_refused(api: Caller, org: Org, account: str) -> None:
    order(api, "F21-row-locked")

    org.update("Account", account, {"Name": "B"})

    assert api.record("Account", account)["Name"] == "B"


def test_who_insists_may_save_a_duplicate(api: Caller) -> None:
    order(api, "F20-duplicate-rule")

    refused = api.post("/sobjects/Account", {"Name": "Twin"})
    allowed = api.post(
        "/sobjects/Account", {"Name": "Twin"}, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    )

    assert refused.json()[0]["duplicateResult"]["allowSave"] is True
    assert allowed.status_code == 201


CULPRIT, VICTIM = "FIELD_CUSTOM_VALIDATION_EXCEPTION", "ALL_OR_NONE_OPERATION_ROLLED_BACK"


@pytest.mark.parametrize(("all_or_none", "codes"), [(False, [None, CULPRIT, None]), (True, [VICTIM, CULPRIT, VICTIM])])
def test_one_of_many_can_fail(api: Caller, all_or_none: bool, codes: list[str | None]) -> None:
    order(api, "F22-one-of-many")
    records = [{"attributes": {"type": "Account"}, "Name": f"A{number}"} for number in range(3)]

    results = api.post("/composite/sobjects", {"allOrNone": all_or_none, "records": records}).json()

    assert [item["errors"][0]["statusCode"] if item["errors"] else None for item in results] == codes


def test_a_colleague_can_be_a_second_faster(api: Caller, account: str) -> None:
    order(api, "F23-edited-meanwhile", fields={"Phone": "1"})
    since = api.get(f"/sobjects/Account/{account}").headers["Last-Modified"]

    answer = api.patch(f"/sobjects/Account/{account}", {"Name": "B"}, headers={"If-Unmodified-Since": since})

    assert answer.status_code == 412
    assert api.record("Account", account)["Phone"] == "1"


def test_an_edit_of_the_same_second_is_not_noticed_by_conditions(api: Caller, account: str) -> None:
    order(api, "F24-same-second-edit", fields={"Phone": "1"})
    since = api.get(f"/sobjects/Account/{account}").headers["Last-Modified"]

    answer = api.patch(f"/sobjects/Account/{account}", {"Name": "B"}, headers={"If-Unmodified-Since": since})

    assert answer.status_code == 204
    assert api.record("Account", account)["Phone"] == "1"


def test_a_full_org_takes_changes_but_no_new_records(api: Caller, account: str) -> None:
    order(api, "F27-storage-full")

    assert problem(api.post("/sobjects/Account", {"Name": "A"}))[1] == "STORAGE_LIMIT_EXCEEDED"
    assert api.patch(f"/sobjects/Account/{account}", {"Name": "B"}).status_code == 204


def test_a_record_can_be_deleted_just_before_it_is_changed(api: Caller, account: str) -> None:
    order(api, "F28-deleted-meanwhile")

    assert problem(api.patch(f"/sobjects/Account/{account}", {"Name": "B"})) == (
        404,
        "ENTITY_IS_DELETED",
        "entity is deleted",
    )


def test_a_parent_can_be_gone_for_good(api: Caller, account: str) -> None:
    deal = api.deal(AccountId=account)
    order(api, "F29-parent-purged", id=deal)

    assert api.get(f"/sobjects/Account/{account}").status_code == 404
    refused = api.post("/sobjects/Contact", {"LastName": "Orphan", "AccountId": account})
    assert problem(refused)[1] == "INVALID_CROSS_REFERENCE_KEY"


def test_a_body_can_be_cut_short(api: Caller) -> None:
    order(api, "F31-body-cut-short")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.get("/sobjects")


JSON_FAULTS = ["F64-malformed-json", "F64-deep-nesting"]


@pytest.mark.parametrize("fault", JSON_FAULTS)
def test_json_can_be_no_json(api: Caller, fault: str) -> None:
    order(api, fault)

    with pytest.raises((ValueError, RecursionError)):
        api.get("/limits").json()


def test_json_can_be_of_another_type(api: Caller) -> None:
    order(api, "F64-wrong-type")

    assert api.get("/limits").json() == "an answer"


def test_json_can_say_everything_twice(api: Caller) -> None:
    order(api, "F64-duplicate-keys")

    pairs: list[tuple[str, Any]] = json.loads(api.get("/limits").text, object_pairs_hook=list)

    assert [name for name, _ in pairs[:2]] == [pairs[0][0]] * 2
    assert pairs[0][1] is None


def test_a_text_can_end_in_half_a_character(api: Caller, account: str) -> None:
    order(api, "F37-lone-surrogate")

    assert api.record("Account", account)["Name"] == "Get Cloudy Test\ud800"


def test_numbers_can_be_written_unusually(api: Caller) -> None:
    deal = api.deal(Amount=150000, TotalOpportunityQuantity=7)
    order(api, "F40-number-forms")
    text = api.get(f"/sobjects/Opportunity/{deal}").text

    assert '"Amount":1.5' in text
    assert "E+05" in text
    assert '"FiscalYear":2026.0' in text
    order(api, "F40-long-decimal")
    assert '"Amount":123456789012345.678' in api.get(f"/sobjects/Opportunity/{deal}").text


def test_a_few_kilobytes_can_be_many_megabytes(api: Caller) -> None:
    order(api, "F63-gzip-bomb", megabytes=8)

    answer = api.get("/limits", stream=True)
    packed = answer.raw.read(decode_content=False)

    assert len(packed) < 20_000
    assert len(gzip.decompress(packed)) > 8 * 1024 * 1024


def test_a_body_can_be_endless(api: Caller) -> None:
    order(api, "F63-endless-body", bytes=1_000_000)

    assert len(api.get("/limits").content) == 1_000_000


def test_location_can_name_another_host(api: Caller) -> None:
    order(api, "F62-location-elsewhere")

    assert api.post("/sobjects/Account", {"Name": "A"}).headers["Location"].startswith(OFFICE)
