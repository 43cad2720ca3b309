"""simple-salesforce with its own hosts and its own log-ins: nothing is handed to it but the environment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from playground import server, tls
from playground.app import create_app
from playground.login import apps, certificates
from playground.login.apps import ConnectedApp
from playground.org import Org
from playground.proxy import Proxy

CONSUMER_KEY = "3MVG9.a.stranger"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with Org.in_memory() as opened:
        yield opened


@pytest.fixture(scope="module")
def key() -> str:
    return certificates.make_pair("A stranger")[0].decode()


@pytest.fixture(scope="module")
def proxy(org: Org, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("proxied")
    context, ca_file = tls.server_context(folder)
    running = server.Server(create_app(org), server.listen(0), context)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    with Proxy(server.listen(0), (server.LOOPBACK, running.server_port)) as started:
        yield started.url, ca_file
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(autouse=True)
def environment(proxy: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy[0])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy[1]))


@pytest.fixture
def opened() -> Iterator[list[Any]]:
    """Clients that are closed at the end."""
    clients: list[Any] = []
    yield clients
    for client in clients:
        client.session.close()


def username(org: Org) -> str:
    return str(org.user(org.default_user_id)["Username"])


@pytest.mark.parametrize("domain", [None, "test", "playground.my"])
def test_user_name_password_and_security_token_are_all_it_takes(
    org: Org, opened: list[Any], domain: str | None
) -> None:
    sf: Any = Salesforce(
        username=username(org),
        password=org.settings.password,
        security_token=org.settings.security_token,
        domain=domain,
        version="64.0",
    )
    opened.append(sf)

    assert sf.sf_instance == "playground.my.salesforce.com"
    made = sf.Account.create({"Name": "Through the proxy"})
    assert sf.Account.get(made["id"])["Name"] == "Through the proxy"
    assert sf.query("SELECT Id FROM Opportunity LIMIT 1")["totalSize"] == 1
    org.expire_sessions()
    assert sf.query("SELECT Id FROM Opportunity LIMIT 1")["totalSize"] == 1, "it logs in again by itself"


def test_its_login_fails_from_version_65_on_as_at_salesforce(org: Org) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match=r"INVALID_OPERATION\): The SOAP Login operation is not"):
        Salesforce(
            username=username(org),
            password=org.settings.password,
            security_token=org.settings.security_token,
            version="65.0",
        )


def test_a_wrong_password_is_told_by_its_own_error(org: Org) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match=r"INVALID_LOGIN\): Invalid username, password, security"):
        Salesforce(username=username(org), password="wrong", security_token="x", version="64.0")


def test_an_organization_id_stands_for_the_token(org: Org, opened: list[Any]) -> None:
    sf: Any = Salesforce(
        username=username(org), password=org.settings.password, organizationId=org.organization_id, version="64.0"
    )
    opened.append(sf)

    assert sf.query("SELECT COUNT() FROM OpportunityStage")["totalSize"] == 10


def test_it_logs_in_with_a_private_key(org: Org, opened: list[Any], tmp_path: Path) -> None:
    key_pem, certificate = certificates.make_pair("An app")
    apps.register(org, ConnectedApp(CONSUMER_KEY, certificate=certificate.decode()))
    (tmp_path / "key.pem").write_bytes(key_pem)

    for more in ({"privatekey": key_pem.decode()}, {"privatekey_file": str(tmp_path / "key.pem")}):
        sf: Any = Salesforce(username=username(org), consumer_key=CONSUMER_KEY, version="67.0", **more)
        opened.append(sf)
        assert sf.query("SELECT COUNT() FROM OpportunityStage")["totalSize"] == 10


def test_a_key_that_is_not_the_apps_is_refused(org: Org, key: str) -> None:
    _, certificate = certificates.make_pair("An app")
    apps.register(org, ConnectedApp(CONSUMER_KEY, certificate=certificate.decode()))

    with pytest.raises(SalesforceAuthenticationFailed, match=r"invalid_grant\): invalid assertion"):
        Salesforce(username=username(org), consumer_key=CONSUMER_KEY, privatekey=key, version="67.0")


def test_it_warns_when_nobody_approved_the_app(org: Org) -> None:
    key_pem, certificate = certificates.make_pair("An app")
    asking = ConnectedApp(CONSUMER_KEY, certificate=certificate.decode(), users_preauthorized=False)
    apps.register(org, asking)

    with (
        pytest.warns(UserWarning, match="you may need to authorize this"),
        pytest.raises(SalesforceAuthenticationFailed, match="user hasn't approved this consumer"),
    ):
        Salesforce(username=username(org), consumer_key=CONSUMER_KEY, privatekey=key_pem.decode(), version="67.0")


def test_it_uses_client_credentials_at_the_orgs_own_host(org: Org, opened: list[Any]) -> None:
    settings = org.settings

    sf: Any = Salesforce(
        consumer_key=settings.client_id,
        consumer_secret=settings.client_secret,
        domain="playground.my",
        version="67.0",
    )
    opened.append(sf)

    assert sf.limits()["DailyApiRequests"]["Max"] == 15_000


def test_it_uses_the_password_flow_of_oauth(org: Org, opened: list[Any]) -> None:
    sf: Any = Salesforce(
        username=username(org),
        password=org.settings.password + org.settings.security_token,
        consumer_key=org.settings.client_id,
        consumer_secret=org.settings.client_secret,
        version="67.0",
    )
    opened.append(sf)

    assert sf.sf_instance == "playground.my.salesforce.com"
    assert sf.is_sandbox() is False
    sf.session_id = "00D!gone"
    sf.headers["Authorization"] = "Bearer 00D!gone"
    try:
        assert sf.query("SELECT COUNT() FROM OpportunityStage")["totalSize"] == 10
    except SalesforceExpiredSession:  # pragma: no cover - it renews password sessions only
        pytest.fail("It did not log in again.")
