"""The JWT bearer flow: who signs, for whom, until when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.login import apps, certificates
from playground.login.apps import ConnectedApp
from playground.login.jwt import GRANT
from playground.org import Org
from tests.playground.conftest import HOST, StillClock
from tests.playground.login.conftest import Site, encoded, signed

CONSUMER_KEY = "3MVG9.the.jwt.app"


@pytest.fixture
def app(org: Org, key_pair: tuple[bytes, bytes]) -> ConnectedApp:
    made = ConnectedApp(CONSUMER_KEY, certificate=key_pair[1].decode())
    apps.register(org, made)
    return made


def claims(site: Site, **changes: Any) -> dict[str, Any]:
    return {
        "iss": CONSUMER_KEY,
        "sub": site.username,
        "aud": "https://login.salesforce.com",
        "exp": int(site.org.now().timestamp()) + 180,
    } | changes


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("audience", ["https://login.salesforce.com", "https://test.salesforce.com/", HOST, [HOST]])
def test_a_signed_assertion_opens_a_session_without_a_refresh_token(
    site: Site, key_pair: tuple[bytes, bytes], audience: Any
) -> None:
    answer = site.token(grant_type=GRANT, assertion=signed(claims(site, aud=audience), key_pair[0]))

    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()
    assert "refresh_token" not in answer.json()["scope"].split()
    assert site.limits(answer.json()["access_token"]) == 200


@pytest.mark.usefixtures("app")
def test_the_expiry_may_be_a_text_as_simple_salesforce_sends_it(site: Site, key_pair: tuple[bytes, bytes]) -> None:
    said = claims(site)

    answer = site.token(grant_type=GRANT, assertion=signed(said | {"exp": str(said["exp"])}, key_pair[0]))

    assert answer.status_code == 200


@pytest.mark.usefixtures("app")
def test_the_expiry_may_be_in_milliseconds_as_the_salesforce_command_line_sends_it(
    site: Site, key_pair: tuple[bytes, bytes]
) -> None:
    said = claims(site)

    answer = site.token(grant_type=GRANT, assertion=signed(said | {"exp": said["exp"] * 1000}, key_pair[0]))

    assert answer.status_code == 200


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"aud": "https://example.com"}, ("invalid_grant", "audience is invalid")),
        ({"aud": None}, ("invalid_grant", "audience is invalid")),
        ({"exp": 1}, ("invalid_grant", "expired authorization code")),
        ({"exp": 10**11}, ("invalid_grant", "invalid assertion")),
        ({"exp": "soon"}, ("invalid_grant", "invalid assertion")),
        ({"exp": float("inf")}, ("invalid_grant", "invalid assertion")),
        ({"sub": "nobody@example.com"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"sub": 7}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"iss": "unknown"}, ("invalid_client_id", "client identifier invalid")),
        ({"iss": None}, ("invalid_client_id", "client identifier invalid")),
    ],
)
def test_claims_that_are_wrong_are_refused_in_the_words_of_oauth(
    site: Site, key_pair: tuple[bytes, bytes], changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert site.refusal(grant_type=GRANT, assertion=signed(claims(site, **changes), key_pair[0])) == expected


@pytest.mark.usefixtures("app")
def test_an_assertion_serves_until_its_moment_and_not_at_it(
    site: Site, key_pair: tuple[bytes, bytes], clock: StillClock
) -> None:
    assertion = signed(claims(site), key_pair[0])

    clock.advance(seconds=179)
    assert site.token(grant_type=GRANT, assertion=assertion).status_code == 200
    clock.advance(seconds=1)
    assert site.refusal(grant_type=GRANT, assertion=assertion)[1] == "expired authorization code"


@pytest.mark.usefixtures("app")
def test_another_key_does_not_serve(site: Site) -> None:
    stranger, _ = certificates.make_pair("Somebody else")

    assert site.refusal(grant_type=GRANT, assertion=signed(claims(site), stranger)) == (
        "invalid_grant",
        "invalid assertion",
    )


@pytest.mark.usefixtures("app")
def test_neither_unsigned_nor_changed_nor_broken_assertions_serve(site: Site, key_pair: tuple[bytes, bytes]) -> None:
    good = signed(claims(site), key_pair[0])
    head, body, signature = good.split(".")
    unsigned_head = encoded(json.dumps({"alg": "none"}).encode())
    other_body = encoded(json.dumps(claims(site, sub="somebody@example.com")).encode())

    for bad in (
        f"{unsigned_head}.{body}.",
        f"{unsigned_head}.{body}.{signature}",
        signed(claims(site), key_pair[0], algorithm="HS256"),
        f"{head}.{other_body}.{signature}",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-8]}",
        f"{head}.!!.{signature}",
        f"{encoded(b'[]')}.{body}.{signature}",
        f"{encoded(b'[' * 100_000)}.{body}.{signature}",
        "ä.ö.ü",
        "",
    ):
        assert site.refusal(grant_type=GRANT, assertion=bad) == ("invalid_grant", "invalid assertion"), bad


def test_an_app_without_a_certificate_cannot_sign(site: Site, key_pair: tuple[bytes, bytes]) -> None:
    said = claims(site, iss=site.org.settings.client_id)

    assert site.refusal(grant_type=GRANT, assertion=signed(said, key_pair[0]))[1] == "invalid assertion"


def test_a_user_who_left_cannot_come_back(site: Site, app: ConnectedApp, key_pair: tuple[bytes, bytes]) -> None:
    leaver = site.org.store.select("User", "NOT IsActive LIMIT 1")[0]["Username"]

    refusal = site.refusal(grant_type=GRANT, assertion=signed(claims(site, sub=leaver), key_pair[0]))

    assert refusal == ("inactive_user", "user is inactive")


def test_an_app_that_nobody_approved_has_to_ask_first(org: Org, site: Site, key_pair: tuple[bytes, bytes]) -> None:
    asking = ConnectedApp(CONSUMER_KEY, certificate=key_pair[1].decode(), users_preauthorized=False)
    apps.register(org, asking)
    assertion = signed(claims(site), key_pair[0])

    assert site.refusal(grant_type=GRANT, assertion=assertion)[1] == "user hasn't approved this consumer"
    apps.approve(org, org.default_user_id, CONSUMER_KEY)
    assert site.token(grant_type=GRANT, assertion=assertion).status_code == 200
