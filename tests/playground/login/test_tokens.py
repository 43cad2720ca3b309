"""Refresh tokens and their families, revoking, introspection, client credentials, limits of logging in."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
import requests

from playground.adapter import PlaygroundAdapter
from playground.login import apps, tokens
from playground.login.apps import ConnectedApp
from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import StillClock
from tests.playground.login.conftest import OAUTH, Site

ROTATING = ConnectedApp("rotating", rotates_refresh_tokens=True)


@pytest.fixture
def first(org: Org) -> str:
    """The first refresh token of an app whose tokens rotate."""
    apps.register(org, ROTATING)
    return tokens.new_refresh_token(org, org.default_user_id, "rotating", "refresh_token api id")


def refresh(site: Site, token: str, client_id: str = "rotating") -> requests.Response:
    return site.token(grant_type="refresh_token", client_id=client_id, refresh_token=token)


def test_a_rotating_token_is_replaced_by_every_use(site: Site, first: str) -> None:
    second = refresh(site, first).json()["refresh_token"]
    third = refresh(site, second).json()["refresh_token"]

    assert len({first, second, third}) == 3
    assert refresh(site, third).status_code == 200


def test_an_old_token_ends_its_family_and_no_other(site: Site, org: Org, first: str) -> None:
    other = tokens.new_refresh_token(org, org.default_user_id, "rotating", "refresh_token api id")
    second = refresh(site, first).json()

    refused = refresh(site, first)

    assert refused.json() == {"error": "invalid_grant", "error_description": "expired access/refresh token"}
    assert refresh(site, second["refresh_token"]).status_code == 400
    assert site.limits(second["access_token"]) == 401
    assert refresh(site, other).status_code == 200


def test_a_refresh_token_is_its_apps_alone(site: Site, org: Org, first: str) -> None:
    assert refresh(site, first, org.settings.client_id).json()["error"] == "invalid_grant"
    assert refresh(site, first).status_code == 200


def test_revoking_a_refresh_token_ends_the_sessions_it_opened(site: Site, first: str) -> None:
    opened = refresh(site, first).json()
    again = site.session.post(f"{OAUTH}/revoke", data={"token": opened["refresh_token"]})

    assert (again.status_code, again.content) == (200, b"")
    assert site.limits(opened["access_token"]) == 401


def test_revoking_what_is_unknown_is_refused_as_a_form(site: Site) -> None:
    answer = site.session.get(f"{OAUTH}/revoke", params={"token": "x"})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(answer.text)["error"] == ["invalid_token"]


def test_introspection_tells_all_about_a_token(site: Site, org: Org, first: str, clock: StillClock) -> None:
    opened = refresh(site, first).json()
    clock.advance(minutes=30)
    site.limits(opened["access_token"])
    url, client = f"{OAUTH}/introspect", site.client()

    access = site.session.post(url, data=client | {"token": opened["access_token"]}).json()
    lasting = site.session.post(url, data=client | {"token": opened["refresh_token"]}).json()

    assert access["exp"] - access["iat"] == 12 * 3600 + 30 * 60
    assert {name: access[name] for name in ("active", "scope", "client_id", "username", "token_type")} == {
        "active": True,
        "scope": "refresh_token api id",
        "client_id": "rotating",
        "username": site.username,
        "token_type": "access_token",
    }
    assert (lasting["token_type"], lasting["sub"]) == ("refresh_token", access["sub"])
    clock.advance(hours=13)
    assert site.session.post(url, data=client | {"token": opened["access_token"]}).json() == {"active": False}


def test_strangers_may_not_introspect(site: Site, org: Org) -> None:
    form = {"token": org.login().token}

    for more in ({}, {"client_id": "x"}, {"client_id": org.settings.client_id, "client_secret": "x"}):
        assert "active" not in site.session.post(f"{OAUTH}/introspect", data=form | more).json()


def test_client_credentials_serve_at_an_orgs_own_host_only(site: Site) -> None:
    form = site.client(grant_type="client_credentials")

    assert site.token(**form).json()["token_format"] == "opaque"
    assert site.token("https://login.salesforce.com", **form).json() == {
        "error": "invalid_grant",
        "error_description": "request not supported on this domain",
    }


def test_at_the_shared_host_one_is_told_where_the_org_is(site: Site) -> None:
    password = site.org.settings.password + site.org.settings.security_token
    form = site.client(grant_type="password", username=site.username, password=password)

    body = site.token("https://login.salesforce.com", **form).json()

    assert body["instance_url"] == "https://playground.my.salesforce.com"
    assert body["id"].startswith("https://login.salesforce.com/id/00D")


@pytest.fixture
def strict(clock: StillClock) -> Iterator[Site]:
    settings = Settings(logins_per_hour=2, run_as_username="nobody@example.com")
    with Org.in_memory(clock=clock, settings=settings) as org, requests.Session() as session:
        session.mount("https://", PlaygroundAdapter(org))
        yield Site(org, session)


def test_nobody_logs_in_too_often(strict: Site, clock: StillClock) -> None:
    password = strict.org.settings.password + strict.org.settings.security_token
    form = strict.client(grant_type="password", username=strict.username, password=password)

    assert [strict.token(**form).status_code for _ in range(2)] == [200, 200]
    assert strict.refusal(**form) == ("rate_limit_exceeded", "login rate exceeded")
    clock.advance(hours=1)
    assert strict.token(**form).status_code == 200


def test_client_credentials_need_somebody_to_run_as(strict: Site) -> None:
    refusal = strict.refusal(**strict.client(grant_type="client_credentials"))

    assert refusal == ("invalid_grant", "no client credentials user enabled")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"client_id": "x", "colour": "red"}, "has no colour"),
        ({"client_id": ""}, "needs a client_id"),
        ({"client_id": "x", "scopes": ["nonsense"]}, "no scopes named nonsense"),
        ({"client_id": "x", "redirect_uris": "http://localhost"}, "must be a list"),
    ],
)
def test_an_app_that_cannot_be_is_told_why(raw: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ConnectedApp.from_json(raw)


def test_an_app_survives_being_written_down(site: Site, org: Org) -> None:
    app = ConnectedApp("x", "secret", redirect_uris=("http://localhost/a",), scopes=("api", "openid"))
    apps.register(org, app)

    assert apps.find(org, "x") == app
