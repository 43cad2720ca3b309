"""Callers of Bulk API 1.0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from playground.adapter import PlaygroundAdapter
from playground.org import Org

HOST = "https://playground.test"
ROOT = f"{HOST}/services/async/61.0"
NS = "{http://www.force.com/2009/06/asyncapi/dataload}"


@dataclass
class Bulk:
    """Calls below ``/services/async/61.0`` with a session."""

    org: Org
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.mount(HOST, PlaygroundAdapter(self.org))
        self.session.headers["X-SFDC-Session"] = self.org.login().token

    def __call__(
        self, method: str, path: str, content: str | bytes = b"", kind: str = "", **headers: str
    ) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if kind:
            named["Content-Type"] = kind
        data = content.encode("utf-8") if isinstance(content, str) else content
        return self.session.request(method, f"{ROOT}/{path}", data=data, headers=named)

    def get(self, path: str, kind: str = "", **headers: str) -> requests.Response:
        return self("GET", path, kind=kind, **headers)

    def job(self, operation: str, object_name: str, content_type: str, more: str = "", **headers: str) -> str:
        """Make a job in XML and return its id."""
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?><jobInfo xmlns="{NS[1:-1]}"><operation>{operation}</operation>'
            f"<object>{object_name}</object>{more}<contentType>{content_type}</contentType></jobInfo>"
        )
        answer = self("POST", "job", body, "application/xml", **headers)
        assert answer.status_code == 201, answer.text
        return text(answer, "id")

    def batch(self, job: str, content: str | bytes, kind: str) -> str:
        """Add a batch and return its id."""
        answer = self("POST", f"job/{job}/batch", content, kind)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"]) if "json" in answer.headers["Content-Type"] else text(answer, "id")

    def close(self, job: str) -> requests.Response:
        return self.change(job, "Closed")

    def change(self, job: str, state: str) -> requests.Response:
        body = f'<jobInfo xmlns="{NS[1:-1]}"><state>{state}</state></jobInfo>'
        return self("POST", f"job/{job}", body, "application/xml")

    def results(self, job: str, batch: str) -> list[str]:
        """The contents of a query's results."""
        root = ElementTree.fromstring(self.get(f"job/{job}/batch/{batch}/result").content)
        assert root.tag == f"{NS}result-list"
        return [self.get(f"job/{job}/batch/{batch}/result/{item.text}").text for item in root]


def text(answer: requests.Response, name: str) -> str:
    """The text of the element of that name that comes first."""
    found = ElementTree.fromstring(answer.content).find(f".//{NS}{name}")
    assert found is not None, answer.text
    return found.text or ""


def told(answer: requests.Response) -> dict[str, Any]:
    """What an XML answer says of one thing."""
    return {item.tag.removeprefix(NS): item.text for item in ElementTree.fromstring(answer.content)}


@pytest.fixture
def bulk(org: Org) -> Iterator[Bulk]:
    caller = Bulk(org)
    yield caller
    caller.session.close()
