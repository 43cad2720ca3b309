"""Fixtures for the tests of any program that talks to Salesforce.

Not switched on by itself: say ``pytest_plugins = ["playground.pytest_plugin"]`` in a ``conftest.py``. One playground
serves all tests of a session over HTTPS, in the process of the tests; before each test it is as it was at first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from playground import fault_catalogue, server, tls
from playground.app import create_app
from playground.details import details
from playground.org import Org
from playground.serving import Serving
from playground.settings import Settings

_BEGINNING = "as it was at first"


@dataclass(frozen=True, slots=True)
class Playground:
    """A playground that answers. ``details`` is what ``playground.json`` says of a running one."""

    org: Org
    details: dict[str, Any]

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self.details["url"])

    @property
    def token(self) -> str:
        """An access token of the integration user."""
        return str(self.details["access_token"])

    @property
    def ca_file(self) -> str:
        """The certificate authority to trust."""
        return str(self.details["ca_file"])

    def order_fault(self, name: str, **options: Any) -> None:
        """Order a fault of docs/faults.md; ValueError names what is wrong with the order."""
        fault_catalogue.order(self.org, {"fault": name, **options})

    def requests(self, method: str | None = None, path: str = "") -> dict[str, Any]:
        """What was asked for since the test began: ``total``, ``counts`` by method, path and status, ``unknown``."""
        counts = self.org.journal.counts(method, path)
        return {
            "total": sum(item["count"] for item in counts),
            "counts": counts,
            "unknown": self.org.journal.unknown(),
        }


@pytest.fixture(scope="session")
def playground_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Org, dict[str, Any]]]:
    """The org that serves the session, and its details."""
    context, ca_file = tls.server_context(tmp_path_factory.mktemp("playground"))
    with (
        Org.in_memory() as org,
        Serving(create_app(org), context, org.faults.due_at_connection, server.listen(0)) as serving,
    ):
        org.base_url = serving.url
        org.snapshots.take(_BEGINNING)
        yield org, details(org, serving.url, ca_file)


@pytest.fixture
def playground(playground_server: tuple[Org, dict[str, Any]]) -> Playground:
    """A playground as it was at first, with nothing ordered of it and nothing in its journal."""
    org, told = playground_server
    org.clear_orders()
    org.settings = Settings()
    org.clock.reset()
    org.restore(_BEGINNING)
    org.quotas.forget()
    org.journal.clear()
    return Playground(org, {**told, "access_token": org.login().token})
