"""SOAP login(), as clients read it: by matching texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests

from playground.adapter import PlaygroundAdapter
from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import HOST, StillClock
from tests.playground.login.conftest import Site

ENVELOPE = """<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com">
<env:Header>{header}</env:Header><env:Body>{body}</env:Body></env:Envelope>"""
LOGIN = """<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{username}</n1:username>
<n1:password>{password}</n1:password></n1:login>"""


def send(site: Site, body: str, header: str = "", version: str = "64.0", kind: str = "u") -> requests.Response:
    return site.session.post(
        f"{HOST}/services/Soap/{kind}/{version}",
        data=ENVELOPE.format(header=header, body=body).encode(),
        headers={"Content-Type": "text/xml", "SOAPAction": "login"},
    )


def login(site: Site, password: str | None = None, header: str = "", version: str = "64.0") -> requests.Response:
    expected = site.org.settings.password + site.org.settings.security_token
    body = LOGIN.format(username=site.username, password=expected if password is None else password)
    return send(site, body, header, version)


def text(answer: requests.Response, tag: str) -> str:
    found = re.search(f"<{tag}>([^<]*)</{tag}>", answer.text)
    assert found, answer.text
    return found[1]


def test_a_login_answers_with_tags_that_have_no_prefix(site: Site, org: Org) -> None:
    answer = login(site)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert text(answer, "serverUrl") == f"{HOST}/services/Soap/u/64.0/{org.organization_id[:15]}"
    assert text(answer, "passwordExpired") == text(answer, "sandbox") == "false"
    assert text(answer, "userId") == org.default_user_id
    assert text(answer, "organizationId") == org.organization_id
    assert site.limits(text(answer, "sessionId")) == 200


@pytest.mark.parametrize("version", ["65.0", "66.0", "67.0"])
def test_login_is_gone_from_version_65_on(site: Site, version: str) -> None:
    answer = login(site, version=version)

    assert answer.status_code == 500
    assert text(answer, "sf:exceptionCode") == "INVALID_OPERATION"
    assert text(answer, "sf:exceptionMessage") == (
        f"The SOAP Login operation is not available in the API version specified ({version}). "
        "Refer to the documentation for supported versions."
    )


@pytest.mark.parametrize("version", ["30.0", "68.0", "64", "x"])
def test_versions_that_are_not_served_are_told(site: Site, version: str) -> None:
    answer = login(site, version=version)

    assert (answer.status_code, text(answer, "faultcode")) == (500, "UNSUPPORTED_API_VERSION")


def test_a_wrong_password_is_one_fault_for_all_reasons(site: Site) -> None:
    message = "Invalid username, password, security token; or user locked out."

    for password in ("", "wrong", site.org.settings.password):
        answer = login(site, password)
        assert answer.status_code == 500
        assert text(answer, "faultcode") == "INVALID_LOGIN"
        assert text(answer, "faultstring") == f"INVALID_LOGIN: {message}"
        assert text(answer, "sf:exceptionCode") == "INVALID_LOGIN"
        assert text(answer, "sf:exceptionMessage") == message


def test_an_organization_id_stands_for_the_security_token(site: Site, org: Org) -> None:
    scope = "<urn:LoginScopeHeader><urn:organizationId>{}</urn:organizationId></urn:LoginScopeHeader>"

    assert login(site, org.settings.password, scope.format(org.organization_id)).status_code == 200
    assert login(site, org.settings.password, scope.format("00D000000000000")).status_code == 500


def test_a_session_tells_who_it_is_and_ends_by_logout(site: Site, org: Org) -> None:
    token = text(login(site), "sessionId")
    header = f"<urn:SessionHeader><urn:sessionId>{token}</urn:sessionId></urn:SessionHeader>"

    assert text(send(site, "<urn:getUserInfo/>", header, "67.0"), "userName") == site.username
    assert text(send(site, "<urn:getServerTimestamp/>", header), "timestamp") == "2026-11-23T12:00:00.000Z"
    assert "<logoutResponse></logoutResponse>" in send(site, "<urn:logout/>", header).text
    assert text(send(site, "<urn:logout/>", header), "faultcode") == "sf:INVALID_SESSION_ID"
    assert site.limits(token) == 401


def test_what_is_no_envelope_is_refused(site: Site) -> None:
    url = f"{HOST}/services/Soap/u/64.0"
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + ENVELOPE.format(header="", body="<urn:login>&a;</urn:login>")

    for content in (b"", b"{}", bomb.encode(), bomb.encode("utf-16"), b"<a/>", b"<a><Body/></a>"):
        answer = site.session.post(url, data=content)
        assert (answer.status_code, text(answer, "faultcode")) == (500, "UNKNOWN_EXCEPTION")
    assert text(send(site, "<urn:convertToGold/>"), "faultcode") == "UNKNOWN_EXCEPTION"
    assert site.session.get(url).status_code == 405
    assert site.session.post(f"{HOST}/services/Soap/m/64.0", data=b"x").status_code == 404


@pytest.fixture
def old(clock: StillClock) -> Iterator[Site]:
    settings = Settings(first_version=21, deprecated_through=30, retires_in="Summer '25")
    with Org.in_memory(clock=clock, settings=settings) as org, requests.Session() as session:
        session.mount("https://", PlaygroundAdapter(org))
        yield Site(org, session)


def test_retired_versions_are_gone_and_deprecated_ones_warn(site: Site, old: Site) -> None:
    def limits(where: Site, version: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {where.org.login().token}"}
        return where.session.get(f"{HOST}/services/data/v{version}/limits", headers=headers)

    assert [limits(site, version).status_code for version in ("20.0", "21.0", "30.0", "31.0")] == [410, 410, 410, 200]
    assert "Warning" not in limits(site, "31.0").headers
    assert limits(old, "20.0").status_code == 410
    assert limits(old, "30.0").headers["Warning"] == (
        "299 - \"This API is deprecated and will be removed by Summer '25. "
        'Please see https://help.salesforce.com/articleView?id=000351312 for details."'
    )
    assert "Warning" not in limits(old, "31.0").headers
