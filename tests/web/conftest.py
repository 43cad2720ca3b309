"""A client on the pages of a mirror that was synced with a playground org in this process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline import deals, people
from pipeline.deals import Deal, DealFilter, Order
from tests.support.fake_services import FakeServices, empty_services, loaded_services
from web import create_app

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Reader:
    """Somebody with a browser: reads pages in a language and sends their forms."""

    def __init__(self, client: FlaskClient, services: FakeServices, language: str = "en") -> None:
        self.client = client
        self.services = services
        self.language = language

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={"Accept-Language": self.language, **headers})

    def read(self, path: str) -> str:
        """The text of a page, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def send(self, path: str, fields: dict[str, Any] | None = None, *, form: str | None = None) -> TestResponse:
        """Send a form as the browser does: with the token of the page that holds it, and an origin."""
        token = TOKEN.search(self.read(form or path))
        assert token, f"{form or path} has no form"
        return self.client.post(
            path,
            data={"csrf_token": token[1], **(fields or {})},
            headers={"Accept-Language": self.language, "Origin": "http://localhost"},
        )

    def follow(self, answer: TestResponse) -> str:
        """The page after a redirect."""
        assert answer.status_code == 302, answer.text
        return self.read(answer.headers["Location"])

    def deal(self, **wanted: Any) -> Deal:
        """A deal of the mirror."""
        return deals.page(self.services.store, DealFilter(**wanted), Order("amount", True), 0, 1).deals[0]

    def deal_with_company(self) -> Deal:
        """A deal whose deletion takes other records along."""
        found = deals.page(self.services.store, DealFilter(), Order("amount", True), 0, 50).deals
        return next(deal for deal in found if self.services.goes_along("Opportunity", deal.id))

    def account_id(self, name: str) -> str:
        """The id of an account."""
        found = people.accounts(self.services.store, name, Order("name", False)).items
        return next(account.id for account in found if account.name == name)


def _reader(services: FakeServices, language: str = "en") -> Reader:
    return Reader(create_app(services).test_client(), services, language)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """An English reader of a synced mirror; a save is sent at once."""
    services = loaded_services(tmp_path)
    yield _reader(services)
    services.close()


@pytest.fixture(params=["en", "zh-CN"])
def each_reader(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A reader in each language."""
    services = loaded_services(tmp_path)
    yield _reader(services, request.param)
    services.close()


@pytest.fixture
def patient_reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader whose saves wait for the next sync."""
    services = loaded_services(tmp_path, sends_at_once=False)
    yield _reader(services)
    services.close()


@pytest.fixture
def early_reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader who comes before the first sync."""
    services = empty_services(tmp_path)
    yield _reader(services)
    services.close()
