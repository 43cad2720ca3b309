"""The client on single exchanges. Where simple-salesforce has a fault that would touch us, a test holds it off."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import responses

from connector.salesforce.client import SalesforceClient
from connector.salesforce.composite import Subrequest, spread
from connector.salesforce.errors import (
    AnswerLost,
    ApiError,
    ForeignOrigin,
    NotExpressible,
    QueryTooLong,
    UnexpectedAnswer,
)
from connector.salesforce.wire import if_unmodified_since, write_json
from tests.support.salesforce import DATA, ORGANIZATION_ID, USER_ID, answer, answer_logins, client, sent, session

ID = "0065g00000A1B2CAAV"
SOQL = "SELECT Id FROM Opportunity"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def page(*ids: str, total: int, next_path: str | None = None) -> dict[str, Any]:
    reply = {"totalSize": total, "done": next_path is None, "records": [{"Id": each} for each in ids]}
    return reply | ({"nextRecordsUrl": next_path} if next_path else {})


def part(name: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    return {"referenceId": name, "httpStatusCode": status, "body": body, "httpHeaders": {}}


# Reading.


@responses.activate
def test_who_and_where_we_are_costs_no_call() -> None:
    answer_logins()
    asked = client()
    assert (asked.organization_id(), asked.user_id(), asked.calls) == (ORGANIZATION_ID, USER_ID, 0)


@responses.activate
@pytest.mark.parametrize("read", ["query", "get"])
def test_amounts_are_exact_to_the_last_digit(read: str) -> None:
    """simple-salesforce's object methods parse numbers as floats."""
    answer_logins()
    row = '{"Id": "0065g00000A1B2CAAV", "Amount": 123456789012345.67}'
    body = f'{{"totalSize":1,"done":true,"records":[{row}]}}'
    responses.add(responses.GET, f"{DATA}/query/", body=body, content_type="application/json")
    responses.add(responses.GET, f"{DATA}/sobjects/Opportunity/{ID}", body=row, content_type="application/json")
    record = client().query(SOQL).records[0] if read == "query" else client().get("Opportunity", ID)
    assert record["Amount"] == Decimal("123456789012345.67")


@responses.activate
def test_all_pages_of_a_query_come_and_are_counted() -> None:
    answer_logins()
    answer("GET", "queryAll/", page("a", "b", total=3, next_path="/services/data/v67.0/queryAll/01g5g0-2"))
    answer("GET", "queryAll/01g5g0-2", page("c", total=3))
    assert [row["Id"] for row in client().records(SOQL)] == ["a", "b", "c"]


@responses.activate
def test_a_query_that_brings_fewer_rows_than_announced_is_not_believed() -> None:
    """simple-salesforce accepts it silently (trap 14, invariant 17)."""
    answer_logins()
    answer("GET", "queryAll/", page("a", "b", total=4, next_path="/services/data/v67.0/queryAll/01g5g0-2"))
    answer("GET", "queryAll/01g5g0-2", page("c", total=4))
    handed_out = []
    with pytest.raises(UnexpectedAnswer, match="4 rows were announced, 3 came"):
        handed_out += [each.next_path for each in client().pages(SOQL)]
    assert handed_out == []


@responses.activate
def test_a_short_page_in_the_middle_is_noticed_before_it_is_handed_out() -> None:
    """Else a killed run would go on behind rows that never came."""
    answer_logins()
    answer("GET", "queryAll/", page("a", total=4, next_path="/services/data/v67.0/queryAll/01g5g0-2"))
    with pytest.raises(UnexpectedAnswer, match="2 rows were handed out, 1 came"):
        next(client().pages(SOQL))


@responses.activate
@pytest.mark.parametrize(
    "next_path",
    ["@evil.test/services/data/v67.0/query/01g", "//evil.test/x", "https://evil.test/", "/services/data/../x"],
)
def test_a_next_page_elsewhere_is_never_asked_for(next_path: str) -> None:
    """simple-salesforce glues whatever came to the host name (fault F62)."""
    answer_logins()
    answer("GET", "queryAll/", page("a", total=2, next_path=next_path))
    with pytest.raises(ForeignOrigin):
        list(client().pages(SOQL))
    assert len(responses.calls) == 2


@responses.activate
def test_a_page_with_more_rows_than_announced_is_not_believed() -> None:
    answer_logins()
    answer("GET", "query/", page("a", "b", total=1))
    with pytest.raises(UnexpectedAnswer):
        client().query(SOQL)


@responses.activate
@pytest.mark.parametrize(
    "body",
    ['{"a": 1,}', "[" * 100_000 + "]" * 100_000, '{"records": {}, "totalSize": 1, "done": true}', '{"records": []}'],
)
def test_json_that_makes_no_sense_is_an_unexpected_answer(body: str) -> None:
    answer_logins()
    responses.add(responses.GET, f"{DATA}/query/", body=body)
    with pytest.raises(UnexpectedAnswer):
        client().query(SOQL)


@responses.activate
def test_a_span_of_time_needs_its_offset() -> None:
    """simple-salesforce would send ``...05%3A`` for a naive time."""
    answer_logins()
    answer("GET", "sobjects/Opportunity/updated/", {"ids": [], "latestDateCovered": "2026-01-05T12:00:00.000+0000"})
    asked = client()
    with pytest.raises(NotExpressible):
        asked.updated("Opportunity", NOON.replace(tzinfo=None), NOON)
    asked.updated("Opportunity", NOON, NOON)
    assert sent(-1).url.endswith("start=2026-01-05T12%3A00%3A00%2B00%3A00&end=2026-01-05T12%3A00%3A00%2B00%3A00")


@responses.activate
def test_a_retrieve_says_which_records_are_missing() -> None:
    answer_logins()
    answer("POST", "composite/sobjects/Opportunity", [{"Id": ID}, None])
    assert client().retrieve("Opportunity", [ID, ID], ["Id"]) == [{"Id": ID}, None]
    assert json.loads(sent(-1).body) == {"ids": [ID, ID], "fields": ["Id"]}


@responses.activate
def test_a_retrieve_with_a_row_too_few_is_not_believed() -> None:
    answer_logins()
    answer("POST", "composite/sobjects/Opportunity", [None])
    with pytest.raises(UnexpectedAnswer):
        client().retrieve("Opportunity", [ID, ID], ["Id"])


@responses.activate
def test_counts_of_objects_without_rows_are_zero() -> None:
    answer_logins()
    answer("GET", "limits/recordCount", {"sObjects": [{"count": 3, "name": "Account"}]})
    assert client().record_counts(["Account", "Contact"]) == {"Account": 3, "Contact": 0}


@responses.activate
def test_no_id_or_name_changes_the_path() -> None:
    asked = client()
    for name, id in (("Opportunity/../User", ID), ("Opportunity", "../limits"), ("Opportunity", f"{ID}?x")):
        with pytest.raises(NotExpressible):
            asked.get(name, id)
    assert len(responses.calls) == 0


@responses.activate
def test_a_query_too_long_for_an_address_is_not_sent_and_says_what_helps() -> None:
    asked = client()
    with pytest.raises(QueryTooLong) as caught:
        asked.query(SOQL + " WHERE Name = '" + "x" * 20_000 + "'")
    assert "fewer fields" in caught.value.advice
    with pytest.raises(QueryTooLong):
        asked.composite([Subrequest("a", "GET", "query/?q=" + "x" * 20_000)])
    assert len(responses.calls) == 0


# Writing.


@responses.activate
def test_a_careful_update_carries_its_condition_and_a_refusal_says_412() -> None:
    answer_logins()
    answer("PATCH", f"sobjects/Opportunity/{ID}", [{"errorCode": "PRECONDITION_FAILED", "message": "modified"}], 412)
    with pytest.raises(ApiError) as caught:
        client().update("Opportunity", ID, {"Amount": Decimal("1.10")}, unmodified_since=NOON)
    assert caught.value.status == 412
    assert sent(-1).headers["If-Unmodified-Since"] == "Mon, 05 Jan 2026 12:00:00 GMT"
    assert sent(-1).body == b'{"Amount":1.10}'


def test_a_fraction_of_a_second_is_rounded_up_so_that_a_record_is_not_newer_than_itself() -> None:
    header = if_unmodified_since(NOON.replace(microsecond=400_000))
    assert header == {"If-Unmodified-Since": "Mon, 05 Jan 2026 12:00:01 GMT"}


def test_exact_decimals_go_out_as_numbers() -> None:
    written = write_json({"a": Decimal("999999999999999.99"), "b": [Decimal("1E+3"), None, True, "é\n"]})
    assert written == '{"a":999999999999999.99,"b":[1000,null,true,"\\u00e9\\n"]}'
    assert json.loads(written, parse_float=Decimal)["a"] == Decimal("999999999999999.99")


@pytest.mark.parametrize("value", [Decimal("NaN"), float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused(value: Decimal | float) -> None:
    with pytest.raises(ValueError, match=r".+"):
        write_json({"a": value})


@responses.activate
def test_results_of_many_records_come_in_order_with_their_errors() -> None:
    answer_logins()
    error = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    answer(
        "POST", "composite/sobjects", [{"id": ID, "success": True, "errors": []}, {"success": False, "errors": [error]}]
    )
    first, second = client().create_many("Opportunity", [{"Name": "a"}, {"Name": "b"}])
    assert (first.id, first.success) == (ID, True)
    assert (second.id, second.success, second.error.code) == (None, False, "DUPLICATES_DETECTED")


@responses.activate
def test_a_write_with_fewer_results_than_records_is_not_known_to_have_worked() -> None:
    answer_logins()
    answer("PATCH", "composite/sobjects", [{"id": ID, "success": True, "errors": []}])
    with pytest.raises(AnswerLost):
        client().update_many("Opportunity", [{"id": ID}, {"id": ID}])


# Composite.


@responses.activate
def test_answers_of_a_composite_are_found_by_name() -> None:
    answer_logins()
    refused = part("b", [{"errorCode": "ENTITY_IS_DELETED", "message": "entity is deleted"}], 404)
    answer("POST", "composite", {"compositeResponse": [refused, part("a", {"Id": ID})]})
    answers = client().composite([Subrequest("a", "GET", "limits/"), Subrequest("b", "GET", "limits/")])
    asked = json.loads(sent(-1).body)
    assert (asked["allOrNone"], asked["collateSubrequests"]) == (False, False)
    assert answers["a"].is_good
    assert (answers["b"].is_good, answers["b"].code) == (False, "ENTITY_IS_DELETED")


@responses.activate
def test_a_composite_that_leaves_a_question_unanswered_is_not_believed() -> None:
    answer_logins()
    answer("POST", "composite", {"compositeResponse": [part("a", {})]})
    reads = [Subrequest("a", "GET", "limits/"), Subrequest("b", "GET", "limits/")]
    with pytest.raises(UnexpectedAnswer):
        client().composite(reads)
    with pytest.raises(AnswerLost):
        client().composite([*reads[:1], Subrequest("b", "PATCH", f"sobjects/Opportunity/{ID}", {})])


@responses.activate
def test_a_composite_of_reads_is_tried_again_and_one_with_a_write_is_not() -> None:
    answer_logins()
    responses.add(responses.POST, f"{DATA}/composite", status=502)
    answer("POST", "composite", {"compositeResponse": [part("a", {})]})
    asked = client()
    assert asked.composite([Subrequest("a", "GET", "limits/")])["a"].is_good
    responses.replace(responses.POST, f"{DATA}/composite", status=502)
    with pytest.raises(AnswerLost):
        asked.composite([Subrequest("a", "DELETE", f"sobjects/Opportunity/{ID}")])


def test_calls_hold_25_requests_of_which_five_may_be_queries() -> None:
    light = [Subrequest(f"l{number}", "GET", "limits/") for number in range(30)]
    heavy = [Subrequest(f"q{number}", "GET", "queryAll/?q=x") for number in range(13)]
    assert [len(call) for call in spread(light)] == [25, 5]
    assert [len(call) for call in spread(heavy)] == [5, 5, 3]
    assert [each.name for call in spread(light + heavy) for each in call] == [each.name for each in light + heavy]


def test_a_strange_api_version_is_refused() -> None:
    with pytest.raises(NotExpressible):
        SalesforceClient(session(), api_version="v67.0/../x")
