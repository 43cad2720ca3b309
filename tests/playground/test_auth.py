"""Logging in: the token endpoint, sessions, identity (salesforce-api.md, section 2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any

import pytest
import requests

from playground import auth
from playground.org import Org
from tests.playground.conftest import HOST, Caller, StillClock, problem

TOKEN_URL = f"{HOST}/services/oauth2/token"


def password_form(org: Org, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": org.settings.client_id,
        "client_secret": org.settings.client_secret,
        "username": org.user(org.default_user_id)["Username"],
        "password": org.settings.password + org.settings.security_token,
    } | changes


def ask(api: Caller, form: dict[str, str], **options: Any) -> requests.Response:
    return api.session.post(TOKEN_URL, data=form, headers={"Authorization": ""}, **options)


def test_a_password_with_the_security_token_behind_it_opens_a_session(api: Caller, org: Org) -> None:
    answer = ask(api, password_form(org))

    body = answer.json()
    assert answer.status_code == 200
    assert body["token_type"] == "Bearer"
    assert body["instance_url"] == HOST
    assert body["id"] == f"{HOST}/id/{org.organization_id}/{org.default_user_id}"
    assert isinstance(body["issued_at"], str)
    assert "refresh_token" not in body
    assert re.fullmatch(r"(00D\w{12,15})![.\w]*", body["access_token"])
    assert answer.headers["Cache-Control"] == "no-cache, no-store"
    api.session.headers["Authorization"] = f"Bearer {body['access_token']}"
    assert api.get("/limits").status_code == 200


def test_the_signature_is_made_with_the_client_secret(api: Caller, org: Org) -> None:
    body = ask(api, password_form(org)).json()

    made = hmac.new(org.settings.client_secret.encode(), (body["id"] + body["issued_at"]).encode(), hashlib.sha256)
    assert body["signature"] == base64.b64encode(made.digest()).decode()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"password": "cloudy-with-sneakers-1"}, ("invalid_grant", "authentication failure")),
        ({"username": "nobody@example.com"}, ("invalid_grant", "authentication failure")),
        ({"client_id": "x"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_secret": "x"}, ("invalid_client", "invalid client credentials")),
        ({"grant_type": "guess"}, ("unsupported_grant_type", "grant type not supported")),
    ],
)
def test_a_wrong_login_is_told_in_the_words_of_oauth(
    api: Caller, org: Org, changes: dict[str, str], expected: tuple[str, str]
) -> None:
    answer = ask(api, password_form(org, **changes))

    assert answer.status_code == 400
    assert answer.json() == {"error": expected[0], "error_description": expected[1]}


def test_any_active_user_may_log_in_and_is_then_the_author(api: Caller, colleague: Caller, org: Org) -> None:
    token = ask(api, password_form(org, username=str(colleague.username))).json()["access_token"]
    api.session.headers["Authorization"] = f"Bearer {token}"

    account = api.record("Account", api.create("Account", Name="A"))

    assert account["CreatedById"] == org.user_id(str(colleague.username))


def test_a_user_who_left_may_not_log_in(api: Caller, org: Org) -> None:
    leaver = org.store.select("User", "NOT IsActive LIMIT 1")[0]["Username"]

    assert ask(api, password_form(org, username=leaver)).json()["error"] == "inactive_user"


def test_client_credentials_come_as_form_fields_or_as_basic(api: Caller, org: Org) -> None:
    client = (org.settings.client_id, org.settings.client_secret)
    grant = {"grant_type": "client_credentials"}

    by_form = api.session.post(TOKEN_URL, data=grant | {"client_id": client[0], "client_secret": client[1]})
    by_basic = api.session.post(TOKEN_URL, data=grant, auth=client)
    wrong = api.session.post(TOKEN_URL, data=grant, auth=(client[0], "x"))

    assert by_form.json()["id"] == by_basic.json()["id"]
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")


def test_a_refresh_token_opens_sessions_until_it_is_revoked(api: Caller, org: Org) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": org.settings.client_id,
        "refresh_token": auth.refresh_token(org, org.default_user_id),
    }

    assert ask(api, form).status_code == 200
    assert api.session.post(f"{HOST}/services/oauth2/revoke", data={"token": form["refresh_token"]}).content == b""
    assert ask(api, form).json() == {"error": "invalid_grant", "error_description": "expired access/refresh token"}


def test_a_call_without_a_session_is_answered_401(api: Caller) -> None:
    for header in ("", "Bearer nonsense", "Basic abc"):
        answer = api.get("/limits", headers={"Authorization": header})
        assert problem(answer) == (401, "INVALID_SESSION_ID", "Session expired or invalid")
        assert answer.headers["WWW-Authenticate"] == "Token"


def test_oauth_is_as_good_a_scheme_as_bearer(api: Caller, org: Org) -> None:
    assert api.get("/limits", headers={"Authorization": f"OAuth {org.login().token}"}).status_code == 200


def test_a_session_ends_after_its_hours_without_a_call(api: Caller, clock: StillClock) -> None:
    for _ in range(3):
        clock.advance(hours=11)
        assert api.get("/limits").status_code == 200
    clock.advance(hours=12, minutes=1)
    assert api.get("/limits").status_code == 401


def test_revoking_and_expiring_end_sessions(api: Caller, colleague: Caller, org: Org) -> None:
    token = str(api.session.headers["Authorization"]).removeprefix("Bearer ")
    api.session.post(f"{HOST}/services/oauth2/revoke", data={"token": token})
    assert api.get("/limits").status_code == 401
    assert colleague.get("/limits").status_code == 200

    org.expire_sessions()
    assert colleague.get("/limits").status_code == 401


def test_a_user_who_is_made_inactive_loses_the_session(api: Caller, colleague: Caller, org: Org) -> None:
    org.update("User", org.user_id(str(colleague.username)), {"IsActive": False})

    assert colleague.get("/limits").status_code == 401


def test_userinfo_and_identity_tell_who_one_is(api: Caller, org: Org) -> None:
    user = org.user(org.default_user_id)

    info = api.get(f"{HOST}/services/oauth2/userinfo").json()
    identity_url = api.get("/").json()["identity"]
    identity = api.get(identity_url, params={"version": "latest"}).json()

    assert (info["user_id"], info["organization_id"]) == (user["Id"], org.organization_id)
    assert info["preferred_username"] == identity["username"] == user["Username"]
    assert identity["urls"]["rest"] == f"{HOST}/services/data/v67.0/"
    assert "{version}" in api.get(identity_url).json()["urls"]["query"]
    for url in (identity_url, f"{HOST}/services/oauth2/userinfo"):
        for header, word in (("", "Missing_OAuth_Token"), ("Bearer nonsense", "Bad_OAuth_Token")):
            refused = api.get(url, headers={"Authorization": header})
            assert (refused.status_code, refused.text) == (403, word)


def test_introspection_tells_whether_a_token_lives(api: Caller, org: Org) -> None:
    url = f"{HOST}/services/oauth2/introspect"

    assert api.session.post(url, data={"token": org.login().token}).json()["active"] is True
    assert api.session.post(url, data={"token": "x"}).json() == {"active": False}


def test_sessions_that_ended_are_forgotten(api: Caller, org: Org, clock: StillClock) -> None:
    clock.advance(hours=13)

    kept = org.login()

    assert org.store.execute("SELECT token FROM _session") == [(kept.token,)]
    assert api.get("/limits").status_code == 401
