"""Many orgs in one server: each on its own, found by host, by user and by token."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from playground.adapter import PlaygroundAdapter
from playground.login import apps, certificates
from playground.login.apps import ConnectedApp
from playground.org import Org
from playground.orgs import Orgs, OrgsApp
from playground.serving import Serving
from tests.playground.conftest import HOST, StillClock
from tests.playground.login.conftest import CALLBACK, location, signed

LOGIN = "https://login.salesforce.com"
DOOR = f"{HOST}/__playground__/orgs"


@dataclass
class Server:
    orgs: Orgs
    session: requests.Session

    def door(self, method: str, path: str = "", body: Any = None) -> requests.Response:
        return self.session.request(method, DOOR + path, json=body, headers={"X-Playground": "1"})

    def make(self, **body: Any) -> dict[str, Any]:
        answer = self.door("POST", body=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def login(self, base: str, facts: dict[str, Any]) -> requests.Response:
        return self.session.post(
            f"{base}/services/oauth2/token",
            data={
                "grant_type": "password",
                "client_id": facts["client_id"],
                "client_secret": facts["client_secret"],
                "username": facts["username"],
                "password": facts["password"] + facts["security_token"],
            },
        )

    def names(self, facts: dict[str, Any], base: str | None = None) -> set[str]:
        """The names of an org's accounts, through its host."""
        answer = self.session.get(
            f"{base or 'https://' + facts['host']}/services/data/v67.0/query",
            params={"q": "SELECT Name FROM Account"},
            headers={"Authorization": f"Bearer {facts['access_token']}"},
        )
        assert answer.status_code == 200, answer.text
        return {record["Name"] for record in answer.json()["records"]}


@pytest.fixture
def server(org: Org) -> Iterator[Server]:
    with Orgs(org) as orgs, requests.Session() as session:
        session.trust_env = False
        session.mount("https://", PlaygroundAdapter(org, OrgsApp(orgs)))
        yield Server(orgs, session)


def test_orgs_do_not_see_each_other(server: Server, org: Org) -> None:
    one, two = server.make(name="one"), server.make(name="two")

    server.orgs.get("one").create("Account", {"Name": "Only in one"})

    assert "Only in one" in server.names(one)
    assert "Only in one" not in server.names(two)
    assert len({org.organization_id, one["organization_id"], two["organization_id"]}) == 3
    with pytest.raises(AssertionError, match="INVALID_SESSION_ID"):
        server.names(one, "https://two.my.salesforce.com")


def test_a_copy_begins_as_its_original_and_goes_its_own_way(server: Server, org: Org) -> None:
    org.create("Account", {"Name": "Before"})
    copied = server.make(name="copied", clone_of="playground")
    org.create("Account", {"Name": "After"})
    again = server.make(name="again", clone_of="copied")

    assert "Before" in server.names(copied)
    assert "After" not in server.names(copied)
    assert copied["username"].endswith(".copied")
    assert again["username"].endswith(".again")
    assert ".copied" not in again["username"]
    assert again["username"].removesuffix(".again") == copied["username"].removesuffix(".copied")


def test_a_copy_has_nobodys_sessions_and_the_same_apps(server: Server, org: Org) -> None:
    apps.register(org, ConnectedApp("app"))
    token = org.login().token

    for made in (server.make(name="copied", clone_of="playground"), server.make(name="filled")):
        theirs = server.orgs.get(made["name"])
        assert theirs.store.execute("SELECT count(*) FROM _session WHERE token = ?", (token,)) == [(0,)]
        assert apps.find(theirs, "app") == ConnectedApp("app")


def test_seeds_make_orgs_alike_but_for_who_they_are(server: Server) -> None:
    one, two, other = (
        server.make(name="one", seed=3),
        server.make(name="two", seed=3),
        server.make(name="other", seed=4),
    )

    assert server.names(one) == server.names(two)
    assert one["username"] != two["username"]
    records = [
        server.orgs.get(name).store.select("Opportunity", "1 ORDER BY Id") for name in ("one", "two", other["name"])
    ]
    assert records[0] == records[1] != records[2]


@pytest.mark.parametrize("name", ["acme", "acme--uat"])
def test_at_the_shared_host_a_user_is_led_to_their_org(server: Server, name: str) -> None:
    made = server.make(name=name)

    body = server.login(LOGIN, made).json()

    assert body["instance_url"] == f"https://{made['host']}"
    assert body["id"].startswith(f"{LOGIN}/id/{made['organization_id']}/")
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert server.session.get(body["id"], headers=headers).json()["username"] == made["username"]
    assert server.session.get(f"{LOGIN}/services/oauth2/userinfo", headers=headers).status_code == 200
    info = server.session.post(
        f"{LOGIN}/services/oauth2/introspect",
        data={"token": body["access_token"]} | {"client_id": made["client_id"], "client_secret": made["client_secret"]},
    )
    assert info.json()["username"] == made["username"]


def test_every_flow_finds_its_org_at_the_shared_host(server: Server, clock: StillClock) -> None:
    made = server.make(name="acme")
    acme = server.orgs.get("acme")
    key_pem, certificate = certificates.make_pair("app")
    apps.register(acme, ConnectedApp(made["client_id"], made["client_secret"], certificate=certificate.decode()))
    token_url = f"{LOGIN}/services/oauth2/token"
    client = {"client_id": made["client_id"]}

    claims = {
        "iss": made["client_id"],
        "sub": made["username"],
        "aud": LOGIN,
        "exp": clock.now.timestamp() + 60,
    }
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    by_jwt = server.session.post(token_url, data={"grant_type": grant, "assertion": signed(claims, key_pem)})
    by_refresh = server.session.post(
        token_url, data=client | {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    )
    form = client | {"response_type": "code", "redirect_uri": CALLBACK, "username": made["username"]}
    allowed = server.session.post(
        f"{LOGIN}/services/oauth2/authorize",
        data=form | {"password": made["password"], "decision": "allow"},
        allow_redirects=False,
    )
    exchange = {"grant_type": "authorization_code", "code": location(allowed)["code"], "redirect_uri": CALLBACK}
    by_code = server.session.post(token_url, data=client | exchange | {"client_secret": made["client_secret"]})
    soap = server.session.post(
        f"{LOGIN}/services/Soap/u/64.0",
        data=f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:x"><username>'
        f"{made['username']}</username><password>{made['password']}{made['security_token']}</password></login>"
        "</e:Body></e:Envelope>",
    )

    for answer in (by_jwt, by_refresh, by_code):
        assert answer.json().get("instance_url") == "https://acme.my.salesforce.com", answer.text
    assert "<serverUrl>https://acme.my.salesforce.com/services/Soap/u/64.0/" in soap.text
    revoked = server.session.post(f"{LOGIN}/services/oauth2/revoke", data={"token": made["refresh_token"]})
    assert revoked.status_code == 200


def test_while_there_is_one_org_it_answers_for_every_host(server: Server) -> None:
    anything = "https://anything.my.salesforce.com/services/data"

    assert server.session.get(anything).status_code == 200
    server.make(name="second")
    assert server.session.get(anything).status_code == 404
    for host in ("playground.my.salesforce.com", "second.my.salesforce.com", "second.localhost", "localhost"):
        assert server.session.get(f"https://{host}/services/data").status_code == 200


def test_each_org_has_a_side_door_of_its_own(server: Server) -> None:
    one = server.make(name="one")
    server.make(name="two")
    server.orgs.get("one").create("Account", {"Name": "Only in one"})

    assert server.door("POST", "/two/reset").status_code == 200
    assert "Only in one" in server.names(one)
    assert server.door("POST", "/one/reset", {"seed": 7}).status_code == 200
    assert "Only in one" not in server.names(one)
    assert server.door("POST", "/three/reset").status_code == 404


def test_an_org_that_is_reset_stays_who_it_is(server: Server) -> None:
    made = server.make(name="one")

    server.door("POST", "/one/snapshots", {"name": "s"})
    for way in ("reset", "snapshots/s/restore"):
        assert server.door("POST", f"/one/{way}").status_code == 200
        now = server.door("GET", "/one").json()
        assert (now["username"], now["organization_id"]) == (made["username"], made["organization_id"])
    assert server.names(made)


def test_an_org_can_be_removed_and_its_name_given_again(server: Server) -> None:
    made = server.make(name="one")

    assert server.door("DELETE", "/one").json() == {"removed": "one"}
    assert server.door("GET", "/one").status_code == 404
    assert [item["name"] for item in server.door("GET").json()["orgs"]] == ["playground"]
    assert server.make(name="one")["organization_id"] == made["organization_id"]


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"name": "A b"}, 400, "cannot be an org's name"),
        ({}, 400, "cannot be an org's name"),
        ({"name": "playground"}, 400, "There is an org called playground already."),
        ({"name": "one", "clone_of": "nobody"}, 404, "There is no org called 'nobody'."),
        ({"name": "one", "clone_of": "playground", "seed": 3}, 400, "made from a name"),
        ({"name": "one", "seed": "x"}, 400, "invalid literal"),
        ([], 400, "made from a name"),
    ],
)
def test_what_cannot_be_made_is_told(server: Server, body: Any, status: int, problem: str) -> None:
    answer = server.door("POST", body=body)

    assert (answer.status_code, problem in answer.json()["error"]) == (status, True), answer.text


def test_the_first_org_stays_and_strangers_have_no_key(server: Server) -> None:
    assert server.door("DELETE", "/playground").status_code == 400
    assert server.door("PUT").status_code == 405
    assert server.session.post(DOOR, json={"name": "one"}).status_code == 403
    assert server.session.post(f"{DOOR}/playground/reset").status_code == 403


def test_orgs_are_kept_in_the_folder(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as first:
        with Orgs(first, tmp_path) as orgs:
            orgs.clone("one", "playground").create("Account", {"Name": "Stays"})
            orgs.create("gone")
            orgs.remove("gone")
        with Orgs(first, tmp_path) as orgs:
            assert [org.name for org in orgs.all()] == ["playground", "one"]
            assert orgs.get("one").store.select("Account", "Name = 'Stays'")
            with pytest.raises(ValueError, match="already"):
                orgs.create("one")


def test_making_copying_and_resetting_take_less_than_a_second(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as first, Orgs(first, tmp_path) as orgs:
        orgs.create("warm")
        began = time.perf_counter()
        orgs.create("made")
        made = time.perf_counter()
        orgs.clone("copied", "playground")
        copied = time.perf_counter()
        orgs.get("copied").reset()
        ended = time.perf_counter()

    assert max(made - began, copied - made, ended - copied) < 1.0


def test_every_org_has_a_port_of_its_own(org: Org) -> None:
    with Orgs(org, listen=Serving.of_org(None)) as orgs, requests.Session() as session:
        session.trust_env = False
        made = orgs.clone("one", "playground")
        headers = {"Authorization": f"Bearer {made.login().token}"}

        assert made.base_url.startswith("http://127.0.0.1:")
        assert session.get(f"{made.base_url}/services/data/v67.0/limits", headers=headers).status_code == 200
        orgs.remove("one")
        with pytest.raises(requests.ConnectionError):
            session.get(f"{made.base_url}/services/data")
