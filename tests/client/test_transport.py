"""One exchange at a time: logging in, logging in again, trying again, giving up, counting. No network."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import NewConnectionError, ProtocolError

from connector.salesforce.answers import Effect
from connector.salesforce.auth import ClientCredentialsLogin, RefreshTokenLogin
from connector.salesforce.errors import (
    AnswerLost,
    ApiError,
    AuthenticationFailed,
    ForeignOrigin,
    QuotaExhausted,
    SalesforceError,
    SessionLost,
    TooBusy,
    UnexpectedAnswer,
    Unreachable,
)
from connector.salesforce.transport import SalesforceSession
from connector.salesforce.usage import ApiUsage, Budget
from tests.support.salesforce import (
    DATA,
    FIRST_TOKEN,
    LOGIN_URL,
    NOON,
    ORG_URL,
    ORGANIZATION_ID,
    SECOND_TOKEN,
    SESSION_ENDED,
    TOKEN_URL,
    USER_ID,
    answer,
    answer_logins,
    password_login,
    sent,
    session,
)

RECORD = "sobjects/Opportunity/0065g00000A1B2CAAV"
CAREFULLY = {"If-Unmodified-Since": NOON, "X-Mine": "1"}
LOST = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")))


def never_connected() -> requests.ConnectionError:
    return requests.ConnectionError(NewConnectionError(HTTPSConnection("x"), "name lookup failed"))


def errors(code: str, text: str = "") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": text}]


# Logging in.


@responses.activate
def test_nothing_is_sent_before_something_is_asked() -> None:
    session()
    assert len(responses.calls) == 0


@responses.activate
def test_a_password_login_sends_the_password_with_its_token_and_learns_who_it_is() -> None:
    answer_logins()
    token = session().token()
    form = dict(pair.split("=") for pair in sent(0).body.split("&"))
    assert form["grant_type"] == "password"
    assert form["password"] == "correct+horseZk3sEcUrItY"
    assert (token.organization_id, token.user_id) == (ORGANIZATION_ID, USER_ID)


@responses.activate
def test_client_credentials_go_as_basic_authorization_to_my_domain() -> None:
    responses.add(
        responses.POST,
        f"{ORG_URL}/services/oauth2/token",
        json={"access_token": FIRST_TOKEN, "instance_url": ORG_URL},
    )
    assert session(ClientCredentialsLogin(ORG_URL, "app", "secret")).token().access_token == FIRST_TOKEN
    assert sent(0).headers["Authorization"] == "Basic YXBwOnNlY3JldA=="


@responses.activate
def test_a_rotated_refresh_token_is_kept_before_the_new_access_token_is_used() -> None:
    answer_logins(FIRST_TOKEN, refresh_token="refresh-2")
    answer_logins(SECOND_TOKEN)
    answer("GET", "limits/", SESSION_ENDED, 401)
    answer("GET", "limits/", {})
    kept: list[str | None] = []
    held = SalesforceSession(
        RefreshTokenLogin(LOGIN_URL, "PlatformCLI", "refresh-1"),
        sleep=lambda _: None,
        on_token=lambda token: kept.append(token.refresh_token),
    )
    held.request("GET", f"{DATA}/limits/")
    assert kept == ["refresh-2", None]
    assert "refresh_token=refresh-1" in sent(0).body
    assert "refresh_token=refresh-2" in sent(2).body


@responses.activate
def test_a_refused_login_says_so_and_shows_no_secret() -> None:
    reply = {"error": "invalid_grant", "error_description": "authentication failure"}
    responses.add(responses.POST, TOKEN_URL, json=reply, status=400)
    with pytest.raises(AuthenticationFailed, match="invalid_grant: authentication failure") as caught:
        session().token()
    assert caught.value.code == "invalid_grant"
    assert caught.value.__cause__ is None
    assert len(responses.calls) == 1


@responses.activate
def test_a_login_that_leads_to_a_strange_host_is_not_followed() -> None:
    answer_logins(instance_url="https://acme.my.salesforce.com.evil.test")
    with pytest.raises(ForeignOrigin):
        session().request("GET", f"{DATA}/limits/")
    assert len(responses.calls) == 1


@responses.activate
def test_playground_credentials_are_not_sent_to_salesforce() -> None:
    from connector.salesforce.origin import Profile

    with pytest.raises(ForeignOrigin):
        session(profile=Profile.PLAYGROUND).token()
    assert len(responses.calls) == 0


def test_secrets_are_in_no_repr() -> None:
    held = session(proxy="http://user:hush@proxy.acme.example:3128")
    shown = repr([held, held.settings, password_login(), RefreshTokenLogin(LOGIN_URL, "id", "hidden-refresh")])
    for secret in ("correct horse", "Zk3sEcUrItY", "s3cr3t", "hush", "hidden-refresh"):
        assert secret not in shown


# Headers and the token.


@responses.activate
def test_every_request_names_us_asks_for_gzip_and_is_not_pretty_printed() -> None:
    answer_logins()
    answer("GET", "limits/", {})
    session().request("GET", f"{DATA}/limits/", headers={"X-PrettyPrint": "1", "Authorization": "Bearer stale"})
    headers = sent(1).headers
    assert headers["Authorization"] == f"Bearer {FIRST_TOKEN}"
    assert headers["Sforce-Call-Options"] == "client=forcemirror"
    assert headers["Accept-Encoding"] == "gzip"
    assert "X-PrettyPrint" not in headers


@responses.activate
def test_after_the_session_ended_the_same_request_goes_out_with_the_same_headers() -> None:
    """simple-salesforce loses If-Unmodified-Since here, and with it the promise not to overwrite (invariant 6)."""
    answer_logins(FIRST_TOKEN, SECOND_TOKEN)
    answer("PATCH", RECORD, SESSION_ENDED, 401)
    answer("PATCH", RECORD, None, 204)
    session().request("PATCH", f"{DATA}/{RECORD}", headers=CAREFULLY, data=b'{"NextStep":"Call"}')
    first, replayed = sent(1), sent(3)
    assert replayed.headers["Authorization"] == f"Bearer {SECOND_TOKEN}"
    assert replayed.body == first.body
    changed = {name for name in first.headers if first.headers[name] != replayed.headers.get(name)}
    assert changed == {"Authorization"}
    assert replayed.headers["If-Unmodified-Since"] == NOON


@responses.activate
def test_a_session_that_ends_again_at_once_stops_the_run_after_two_attempts() -> None:
    """simple-salesforce's object methods would go on for nearly a thousand calls."""
    answer_logins(FIRST_TOKEN, SECOND_TOKEN)
    answer("GET", RECORD, SESSION_ENDED, 401)
    with pytest.raises(SessionLost):
        session().request("GET", f"{DATA}/{RECORD}")
    assert len(responses.calls) == 4


@responses.activate
@pytest.mark.parametrize("status", [401, 403])
def test_a_web_page_in_place_of_an_error_counts_as_an_ended_session(status: int) -> None:
    """simple-salesforce dies of a JSONDecodeError here."""
    answer_logins(FIRST_TOKEN, SECOND_TOKEN)
    responses.add(responses.GET, f"{DATA}/limits/", body="<html>Log in</html>", status=status)
    answer("GET", "limits/", {"DailyApiRequests": {}})
    assert session().request("GET", f"{DATA}/limits/").json() == {"DailyApiRequests": {}}


@responses.activate
def test_many_waiting_requests_log_in_again_once() -> None:
    answer_logins(FIRST_TOKEN, SECOND_TOKEN, "00D5g000004KQe3!AQ.third")
    gate = threading.Barrier(4)

    def reply(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers["Authorization"] == f"Bearer {FIRST_TOKEN}":
            gate.wait(5)
            return 401, {}, '[{"errorCode":"INVALID_SESSION_ID","message":"gone"}]'
        return 200, {}, "{}"

    responses.add_callback(responses.GET, f"{DATA}/limits/", reply, content_type="application/json")
    held = session()
    held.token()
    threads = [threading.Thread(target=held.request, args=("GET", f"{DATA}/limits/")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sum(call.request.url == TOKEN_URL for call in responses.calls) == 2


@responses.activate
def test_a_new_login_that_leads_to_another_org_stops_the_run() -> None:
    answer_logins(FIRST_TOKEN)
    answer_logins(SECOND_TOKEN, id=f"{LOGIN_URL}/id/00D000000000001EAA/{USER_ID}")
    answer("GET", "limits/", SESSION_ENDED, 401)
    with pytest.raises(SessionLost, match="another org"):
        session().request("GET", f"{DATA}/limits/")


# Where requests go.


@responses.activate
@pytest.mark.parametrize("tail", ["@evil.test/services/data", ".evil.test/services/data", ":8443/services/data"])
def test_a_request_to_another_place_is_stopped_before_it_is_sent(tail: str) -> None:
    answer_logins()
    with pytest.raises(ForeignOrigin):
        session().request("GET", ORG_URL + tail)
    assert len(responses.calls) == 1


@responses.activate
def test_redirects_are_not_followed() -> None:
    answer_logins()
    answer("GET", "limits/", None, 302, {"Location": "https://evil.test/"})
    with pytest.raises(UnexpectedAnswer, match="302"):
        session().request("GET", f"{DATA}/limits/")
    assert len(responses.calls) == 2


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "https://evil.test")
    held = session(ca_file="ours.pem")
    used = held.merge_environment_settings(ORG_URL, {}, True, None, None)
    assert used["verify"] == "ours.pem"
    assert not used["proxies"]


# Trying again and giving up.


@responses.activate
@pytest.mark.parametrize("status", [406, 429, 500, 502, 503, 504])
def test_a_read_is_tried_again_with_growing_pauses(status: int) -> None:
    answer_logins()
    for _ in range(3):
        responses.add(responses.GET, f"{DATA}/limits/", body="<html>sorry</html>", status=status)
    answer("GET", "limits/", {"ok": {}})
    pauses: list[float] = []
    assert session(pauses=pauses).request("GET", f"{DATA}/limits/").json() == {"ok": {}}
    assert pauses == [0.5, 1.0, 2.0]


@responses.activate
def test_a_read_is_given_up_after_five_attempts() -> None:
    answer_logins()
    answer("GET", "limits/", errors("UNKNOWN_EXCEPTION", "An unexpected error occurred."), 500)
    with pytest.raises(ApiError, match="UNKNOWN_EXCEPTION"):
        session().request("GET", f"{DATA}/limits/")
    assert len(responses.calls) == 1 + 5


@responses.activate
def test_the_page_that_says_we_are_setting_things_up_is_asked_twice_only() -> None:
    answer_logins()
    responses.add(responses.GET, f"{DATA}/limits/", body="<html/>", status=420)
    with pytest.raises(TooBusy):
        session().request("GET", f"{DATA}/limits/")
    assert len(responses.calls) == 1 + 2


@responses.activate
def test_a_pause_that_the_server_names_is_kept() -> None:
    answer_logins()
    answer("GET", "limits/", None, 429, {"Retry-After": "17"})
    answer("GET", "limits/", {})
    pauses: list[float] = []
    session(pauses=pauses).request("GET", f"{DATA}/limits/")
    assert pauses == [17.0]


@responses.activate
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_is_never_sent_again_when_it_may_have_been_done(status: int) -> None:
    answer_logins()
    responses.add(responses.POST, f"{DATA}/composite", body="<html>sorry</html>", status=status)
    with pytest.raises(AnswerLost):
        session().request("POST", f"{DATA}/composite", data=b"{}")
    assert len(responses.calls) == 2


@responses.activate
def test_a_write_is_sent_again_when_salesforce_turned_it_away_at_the_door() -> None:
    """simple-salesforce gives up at the first 503."""
    answer_logins()
    answer("POST", "composite", errors("SERVER_UNAVAILABLE", "Server is unavailable"), 503)
    answer("POST", "composite", {"compositeResponse": []})
    session().request("POST", f"{DATA}/composite", data=b"{}")
    assert len(responses.calls) == 3


@responses.activate
def test_a_write_is_sent_again_when_no_connection_came_about() -> None:
    answer_logins()
    responses.add(responses.POST, f"{DATA}/composite", body=never_connected())
    answer("POST", "composite", {"compositeResponse": []})
    session().request("POST", f"{DATA}/composite", data=b"{}")
    assert len(responses.calls) == 3


@responses.activate
@pytest.mark.parametrize("lost", [LOST, requests.ReadTimeout("read timed out")])
def test_a_write_whose_answer_is_lost_is_reported_and_not_repeated(lost: Exception) -> None:
    answer_logins()
    responses.add(responses.PATCH, f"{DATA}/{RECORD}", body=lost)
    with pytest.raises(AnswerLost, match="may have been done"):
        session().request("PATCH", f"{DATA}/{RECORD}", data=b"{}")
    assert len(responses.calls) == 2


@responses.activate
def test_a_post_that_only_reads_is_tried_again() -> None:
    answer_logins()
    responses.add(responses.POST, f"{DATA}/composite", body=LOST)
    answer("POST", "composite", {"compositeResponse": []})
    session().request("POST", f"{DATA}/composite", data=b"{}", effect=Effect.READ)
    assert len(responses.calls) == 3


@responses.activate
def test_no_connection_at_all_is_reported_as_such() -> None:
    answer_logins()
    responses.add(responses.GET, f"{DATA}/limits/", body=never_connected())
    with pytest.raises(Unreachable, match="Nothing was sent") as caught:
        session().request("GET", f"{DATA}/limits/")
    assert "network" in caught.value.advice


@responses.activate
@pytest.mark.parametrize("body", ['{"records": [{"Id": "006', "Records not found", ""])
def test_a_read_that_is_not_whole_json_is_tried_again_and_then_refused(body: str) -> None:
    answer_logins()
    responses.add(responses.GET, f"{DATA}/limits/", body=body)
    with pytest.raises(UnexpectedAnswer):
        session().request("GET", f"{DATA}/limits/")
    assert len(responses.calls) == 1 + 5


@responses.activate
def test_an_answer_beyond_the_size_limit_is_refused() -> None:
    answer_logins()
    answer("GET", "limits/", {"x": "y" * 200_000})
    with pytest.raises(UnexpectedAnswer, match="larger than"):
        session(answer_size_max=100_000).request("GET", f"{DATA}/limits/")


@responses.activate
def test_a_refusal_carries_salesforces_code_text_and_fields() -> None:
    answer_logins()
    refused = [
        {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }
    ]
    answer("POST", "sobjects/Contact/", refused, 400)
    with pytest.raises(ApiError) as caught:
        session().request("POST", f"{DATA}/sobjects/Contact/", data=b"{}")
    assert (caught.value.status, caught.value.code, caught.value.fields) == (
        400,
        "REQUIRED_FIELD_MISSING",
        ("LastName",),
    )


# Quota.


@responses.activate
def test_the_days_quota_pauses_the_run_at_once() -> None:
    answer_logins()
    answer("GET", "limits/", errors("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), 403)
    with pytest.raises(QuotaExhausted, match="Paused"):
        session().request("GET", f"{DATA}/limits/")
    assert len(responses.calls) == 2


@responses.activate
def test_too_many_long_requests_are_waited_for_even_with_a_write() -> None:
    answer_logins()
    answer("PATCH", RECORD, errors("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."), 403)
    answer("PATCH", RECORD, None, 204)
    session().request("PATCH", f"{DATA}/{RECORD}", data=b"{}")
    assert len(responses.calls) == 3


@responses.activate
def test_we_stop_before_the_org_has_used_its_share() -> None:
    answer_logins()
    usage = "api-usage=80/100; per-app-api-usage=17/250(appName=sample-connected-app)"
    answer("GET", "limits/", {}, headers={"Sforce-Limit-Info": usage})
    held = session(budget=Budget(org_share=0.8))
    held.request("GET", f"{DATA}/limits/")
    with pytest.raises(QuotaExhausted, match="80 of its 100"):
        held.request("GET", f"{DATA}/limits/")
    assert held.calls == 1


@responses.activate
def test_a_run_stops_at_its_own_number_of_calls_and_the_next_may_go_on() -> None:
    answer_logins()
    answer("GET", "limits/", {})
    held = session(budget=Budget(calls=1))
    held.request("GET", f"{DATA}/limits/")
    with pytest.raises(QuotaExhausted):
        held.request("GET", f"{DATA}/limits/")
    held.open_budget(Budget(calls=1))
    held.request("GET", f"{DATA}/limits/")
    assert held.calls == 2


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/15000", ApiUsage(18, 15000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", ApiUsage(25, 5000)),
        ("per-app-api-usage=17/250(appName=x); api-usage=25/5000", ApiUsage(25, 5000)),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("", None),
        (None, None),
    ],
)
def test_the_usage_header_is_read_with_and_without_its_part_per_app(header: str | None, usage: ApiUsage | None) -> None:
    assert ApiUsage.parse(header) == usage


# The clock, and what errors may say.


@responses.activate
def test_the_time_is_salesforces() -> None:
    answer_logins()
    held = session()
    assert held.server_time() == datetime(2026, 1, 5, 12, tzinfo=UTC)
    answer("GET", "limits/", {}, headers={"Date": "Mon, 05 Jan 2026 12:00:09 GMT"})
    held.request("GET", f"{DATA}/limits/")
    assert held.server_time() == datetime(2026, 1, 5, 12, 0, 9, tzinfo=UTC)


@responses.activate
def test_without_a_date_header_the_login_tells_the_time() -> None:
    reply = {"access_token": FIRST_TOKEN, "instance_url": ORG_URL, "issued_at": "1767614400123"}
    responses.add(responses.POST, TOKEN_URL, json=reply)
    assert session().server_time() == datetime(2026, 1, 5, 12, tzinfo=UTC)


@responses.activate
def test_no_error_text_holds_a_token_even_when_the_server_repeats_it() -> None:
    answer_logins()
    answer("GET", "limits/", errors("INVALID_AUTH_HEADER", f"bad token {FIRST_TOKEN}\r\nforged log line"), 400)
    with pytest.raises(SalesforceError) as caught:
        session().request("GET", f"{DATA}/limits/")
    shown: Any = (str(caught.value), repr(caught.value), vars(caught.value))
    assert FIRST_TOKEN not in str(shown)
    assert "\n" not in caught.value.message
