"""A playground on a real TLS socket, for clients that others wrote. One org for all tests of a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from playground import server, tls
from playground.app import create_app
from playground.org import Org


@dataclass(frozen=True)
class Site:
    """Where the org answers, and what a client must trust."""

    org: Org
    url: str
    port: int
    ca_file: Path

    @property
    def username(self) -> str:
        return str(self.org.user(self.org.default_user_id)["Username"])


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with Org.in_memory() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(org: Org, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    context, ca_file = tls.server_context(tmp_path_factory.mktemp("playground"))
    running = server.Server(create_app(org), server.listen(0), context)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Site(org, f"https://{server.LOOPBACK}:{running.server_port}", running.server_port, ca_file)
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(scope="module")
def sf(site: Site) -> Iterator[Any]:
    """simple-salesforce with a session of the password flow. Any, because it makes its attributes up."""
    settings = site.org.settings
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(site.ca_file)
        token = session.post(
            f"{site.url}/services/oauth2/token",
            data={
                "grant_type": "password",
                "client_id": settings.client_id,
                "client_secret": settings.client_secret,
                "username": site.username,
                "password": settings.password + settings.security_token,
            },
        ).json()
        yield Salesforce(
            instance_url=token["instance_url"], session_id=token["access_token"], session=session, version="67.0"
        )
