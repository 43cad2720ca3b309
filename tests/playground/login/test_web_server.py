"""The web server flow: what is asked, what people see, and what a code is worth."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from playground.login import apps
from playground.login.apps import ConnectedApp
from playground.org import Org
from tests.playground.conftest import StillClock
from tests.playground.login.conftest import CALLBACK, CHALLENGE, OAUTH, VERIFIER, Site, location


def wish(site: Site, **changes: str | None) -> dict[str, str]:
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": site.org.settings.client_id,
        "redirect_uri": CALLBACK,
        "scope": "refresh_token api web",
        "state": "s t&ate",
        "code_challenge": CHALLENGE,
    }
    return {name: value for name, value in (asked | changes).items() if value is not None}


def ask(site: Site, **changes: str | None) -> requests.Response:
    return site.session.get(f"{OAUTH}/authorize", params=wish(site, **changes), allow_redirects=False)


def decide(site: Site, *, password: str | None = None, decision: str = "allow", **changes: Any) -> requests.Response:
    form = wish(site, **changes) | {
        "username": site.username,
        "password": site.org.settings.password if password is None else password,
        "decision": decision,
    }
    return site.session.post(f"{OAUTH}/authorize", data=form, allow_redirects=False)


def exchange(site: Site, code: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": site.org.settings.client_id,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    } | changes


def test_the_page_tells_who_asks_for_what_and_keeps_the_request(site: Site) -> None:
    answer = ask(site)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert "Forcemirror Playground asks to act for you:" in answer.text
    assert "read and change your data through the API" in answer.text
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', answer.text))
    assert hidden["code_challenge"] == CHALLENGE
    assert hidden["state"] == "s t&amp;ate"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_page_speaks_the_language_of_the_browser(site: Site) -> None:
    url = f"{OAUTH}/authorize"

    chinese = site.session.get(url, params=wish(site), headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    french = site.session.get(url, params=wish(site), headers={"Accept-Language": "fr"})

    assert 'lang="zh-CN"' in chinese.text
    assert "允许" in chinese.text
    assert ">Allow<" in french.text


def test_what_an_address_says_is_text_on_the_page(site: Site) -> None:
    answer = ask(site, state='"><script>alert(1)</script>', login_hint="<b>")

    assert "<script>" not in answer.text
    assert "<b>" not in answer.text


def test_a_consent_leads_to_a_code_and_the_code_to_tokens(site: Site) -> None:
    back = location(decide(site))
    answer = site.token(**exchange(site, back["code"]))

    assert back["state"] == "s t&ate"
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert body["refresh_token"].startswith("5Aep861")
    assert body["scope"] == "refresh_token api web id"
    assert site.limits(body["access_token"]) == 200
    renewed = site.token(
        grant_type="refresh_token", client_id=site.org.settings.client_id, refresh_token=body["refresh_token"]
    ).json()
    assert renewed["scope"] == body["scope"]
    assert "refresh_token" not in renewed


def test_without_its_scope_there_is_no_refresh_token(site: Site) -> None:
    code = location(decide(site, scope="api"))["code"]

    assert "refresh_token" not in site.token(**exchange(site, code)).json()


def test_a_session_without_the_api_scope_does_not_reach_the_api(site: Site) -> None:
    code = location(decide(site, scope="id"))["code"]
    token = site.token(**exchange(site, code)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    refused = site.session.get(f"{OAUTH.rsplit('/', 1)[0]}/data/v67.0/limits", headers=headers)

    assert (refused.status_code, refused.json()[0]["message"]) == (
        401,
        "This session is not valid for use with the REST API",
    )
    assert site.session.get(f"{OAUTH}/userinfo", headers=headers).status_code == 200


def test_a_code_serves_once(site: Site) -> None:
    code = location(decide(site))["code"]

    assert site.token(**exchange(site, code)).status_code == 200
    assert site.refusal(**exchange(site, code)) == ("invalid_grant", "expired authorization code")


def test_a_code_expires(site: Site, clock: StillClock) -> None:
    code = location(decide(site))["code"]
    clock.advance(minutes=15, seconds=1)

    assert site.refusal(**exchange(site, code)) == ("invalid_grant", "expired authorization code")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": "x"}, ("invalid_grant", "invalid authorization code")),
        ({"code_verifier": "y" * 43}, ("invalid_grant", "invalid code verifier")),
        ({"code_verifier": ""}, ("invalid_grant", "invalid code verifier")),
        ({"redirect_uri": CALLBACK + "/"}, ("redirect_uri_mismatch", "redirect_uri must match configuration")),
        ({"client_id": "x"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_id": "PlatformCLI"}, ("invalid_grant", "invalid authorization code")),
        ({"client_secret": "x"}, ("invalid_client", "invalid client credentials")),
    ],
)
def test_a_code_is_worth_nothing_to_others_and_stays_good(
    site: Site, changes: dict[str, str], expected: tuple[str, str]
) -> None:
    code = location(decide(site))["code"]

    assert site.refusal(**(exchange(site, code) | changes)) == expected
    assert site.token(**exchange(site, code)).status_code == 200


def test_without_pkce_the_secret_is_asked_for(site: Site) -> None:
    code = location(decide(site, code_challenge=None))["code"]

    assert site.refusal(**exchange(site, code)) == ("invalid_client", "invalid client credentials")
    secret = site.org.settings.client_secret
    assert site.token(**exchange(site, code, client_secret=secret)).status_code == 200


def test_the_command_line_of_salesforce_needs_no_registration(site: Site) -> None:
    code = location(decide(site, client_id="PlatformCLI"))["code"]

    assert site.token(**exchange(site, code, client_id="PlatformCLI")).status_code == 200


def test_who_says_no_is_believed(site: Site) -> None:
    answer = decide(site, decision="deny", password="")

    assert answer.headers["Location"] == (
        f"{CALLBACK}?error=access_denied&error_description=end-user+denied+authorization&state=s+t%26ate"
    )


def test_a_wrong_password_asks_again_and_allows_nothing(site: Site) -> None:
    answer = decide(site, password="wrong")

    assert answer.status_code == 200
    assert "The user name or the password is wrong." in answer.text
    assert site.org.store.execute("SELECT count(*) FROM _login_code") == [(0,)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "api no_such_scope"}, "invalid_scope"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "immediate_unsuccessful"),
    ],
)
def test_what_cannot_be_granted_is_told_to_the_app(site: Site, changes: dict[str, str], error: str) -> None:
    back = location(ask(site, **changes))

    assert (back["error"], back["state"]) == (error, "s t&ate")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "x"}, "invalid_client_id"),
        ({"redirect_uri": "https://example.com/steal"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://localhost.example.com/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://[bad"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://example.com\\@localhost/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://example.com@localhost/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://localhost/\r\nSet-Cookie: a=b"}, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, "redirect_uri_missing"),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps(
    site: Site, changes: dict[str, str | None], error: str
) -> None:
    answer = ask(site, **changes)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_registered_addresses_are_compared_to_the_letter(org: Org, site: Site) -> None:
    apps.register(org, ConnectedApp("app", redirect_uris=(CALLBACK,), requires_pkce=True))

    assert ask(site, client_id="app").status_code == 200
    assert ask(site, client_id="app", redirect_uri=CALLBACK + "?x=1").json()["error"] == "redirect_uri_mismatch"
    back = location(ask(site, client_id="app", code_challenge=None, redirect_uri=None))
    assert back["error_description"] == "missing required code challenge"
