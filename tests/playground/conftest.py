"""An org in memory with a clock that stands still, and a caller that is logged in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from playground.adapter import PlaygroundAdapter
from playground.org import Org

HOST = "https://playground.test"
ROOT = f"{HOST}/services/data/v67.0"


@dataclass
class StillClock:
    """Time that moves only when a test says so."""

    now: datetime = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Caller:
    """A session of one user; paths are below ``/services/data/v67.0`` unless they begin with a host."""

    org: Org
    username: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.mount(HOST, PlaygroundAdapter(self.org))
        self.session.headers["Authorization"] = f"Bearer {self.org.login(self.username).token}"

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("https:") else ROOT + path
        return self.session.request(method, url, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self("POST", path, json=body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self("DELETE", path, **options)

    def query(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        answer = self.get(f"/{resource}", params={"q": soql})
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    def create(self, object_name: str, **fields: Any) -> str:
        answer = self.post(f"/sobjects/{object_name}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def record(self, object_name: str, record_id: str) -> dict[str, Any]:
        answer = self.get(f"/sobjects/{object_name}/{record_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def deal(self, **fields: Any) -> str:
        return self.create(
            "Opportunity", **{"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-15"} | fields
        )


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def org(clock: StillClock) -> Iterator[Org]:
    with Org.in_memory(clock=clock) as opened:
        yield opened


@pytest.fixture
def api(org: Org) -> Iterator[Caller]:
    caller = Caller(org)
    yield caller
    caller.session.close()


@pytest.fixture
def colleague(org: Org) -> Iterator[Caller]:
    """Another user of the same org."""
    caller = Caller(
        org, org.store.select("User", "IsActive AND Id <> ? ORDER BY Id", (org.default_user_id,))[0]["Username"]
    )
    yield caller
    caller.session.close()


def problem(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code and text of a refusal."""
    (item,) = answer.json()
    return answer.status_code, item["errorCode"], item["message"]
