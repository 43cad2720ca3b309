"""The device flow: a code, a page, and polling with patience."""

from __future__ import annotations

from typing import Any

import requests

from tests.playground.conftest import HOST, StillClock
from tests.playground.login.conftest import Site

PAGE = f"{HOST}/setup/connect"


def begin(site: Site) -> dict[str, Any]:
    answer = site.token(response_type="device_code", client_id="PlatformCLI", scope="refresh_token api web")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def polling(begun: dict[str, Any]) -> dict[str, str]:
    return {"grant_type": "device", "client_id": "PlatformCLI", "code": begun["device_code"]}


def decide(site: Site, user_code: str, decision: str = "allow", **changes: str) -> requests.Response:
    form = {"user_code": user_code, "username": site.username, "password": site.org.settings.password}
    return site.session.post(PAGE, data=form | {"decision": decision} | changes)


def test_a_device_waits_until_somebody_types_its_code(site: Site, clock: StillClock) -> None:
    begun = begin(site)
    assert set(begun) == {"device_code", "user_code", "verification_uri", "interval"}
    assert begun["verification_uri"] == PAGE
    assert 'name="user_code"' in site.session.get(begun["verification_uri"]).text

    assert site.refusal(**polling(begun))[0] == "authorization_pending"
    typed = begun["user_code"].lower()
    assert "Allowed." in decide(site, f" {typed[:4]}-{typed[4:]} ").text
    clock.advance(seconds=5)
    body = site.token(**polling(begun)).json()

    assert site.limits(body["access_token"]) == 200
    renewed = site.token(grant_type="refresh_token", client_id="PlatformCLI", refresh_token=body["refresh_token"])
    assert renewed.status_code == 200
    assert site.refusal(**polling(begun)) == ("invalid_grant", "expired device code")


def test_who_polls_too_often_has_to_wait_longer(site: Site, clock: StillClock) -> None:
    begun = begin(site)

    assert site.refusal(**polling(begun))[0] == "authorization_pending"
    clock.advance(seconds=4)
    assert site.refusal(**polling(begun))[0] == "slow_down"
    clock.advance(seconds=9)
    assert site.refusal(**polling(begun))[0] == "slow_down"
    clock.advance(seconds=15)
    assert site.refusal(**polling(begun))[0] == "authorization_pending"


def test_a_refusal_reaches_the_device(site: Site) -> None:
    begun = begin(site)

    assert "Denied." in decide(site, begun["user_code"], "deny", password="").text
    assert site.refusal(**polling(begun)) == ("access_denied", "end-user denied authorization")


def test_codes_expire(site: Site, clock: StillClock) -> None:
    begun = begin(site)
    clock.advance(minutes=10, seconds=1)

    assert "No device waits with this code." in decide(site, begun["user_code"]).text
    assert site.refusal(**polling(begun)) == ("invalid_grant", "expired device code")


def test_a_wrong_password_or_code_allows_nothing(site: Site) -> None:
    begun = begin(site)

    assert "password is wrong" in decide(site, begun["user_code"], password="x").text
    assert "No device waits" in decide(site, "NONSENSE").text
    assert site.refusal(**polling(begun))[0] == "authorization_pending"


def test_a_device_code_is_its_apps_alone(site: Site) -> None:
    begun = begin(site)

    assert site.refusal(**polling(begun) | {"client_id": site.org.settings.client_id})[0] == "invalid_grant"
    assert site.refusal(**polling(begun) | {"client_id": "x"})[0] == "invalid_client_id"
    assert site.refusal(**polling(begun) | {"client_secret": "x"})[0] == "invalid_client"
