"""A caller of the SOAP partner API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

import pytest
import requests

from playground.adapter import PlaygroundAdapter
from playground.org import Org
from tests.playground.conftest import HOST

NS = "{urn:partner.soap.sforce.com}"
SF = "{urn:sobject.partner.soap.sforce.com}"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header xmlns="urn:partner.soap.sforce.com">'
    "<SessionHeader><sessionId>{token}</sessionId></SessionHeader>{header}</soapenv:Header>"
    '<soapenv:Body xmlns="urn:partner.soap.sforce.com">{body}</soapenv:Body></soapenv:Envelope>'
)


@dataclass
class Soap:
    """Sends what stands inside the body, in the envelope that jsforce makes."""

    org: Org
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.mount(HOST, PlaygroundAdapter(self.org))
        self.token = self.org.login().token

    def post(self, body: str, header: str = "") -> requests.Response:
        content = ENVELOPE.format(token=self.token, header=header, body=body).encode()
        return self.session.post(
            f"{HOST}/services/Soap/u/67.0", data=content, headers={"Content-Type": "text/xml", "SOAPAction": '""'}
        )

    def results(self, body: str, header: str = "") -> list[ElementTree.Element]:
        """The results of a call that is not refused as a whole."""
        answer = self.post(body, header)
        assert answer.status_code == 200, answer.text
        response = ElementTree.fromstring(answer.content)[0][0]
        assert response.tag.endswith("Response")
        return list(response)

    def told(self, body: str, header: str = "") -> list[dict[str, str | None]]:
        """What the results say at their first level; of what is said more than once, the last."""
        return [{part.tag.removeprefix(NS): part.text for part in item} for item in self.results(body, header)]


def texts(item: ElementTree.Element, name: str) -> list[str | None]:
    """The texts of all elements of that name, at any depth."""
    return [part.text for part in item.iter(f"{NS}{name}")]


def record(name: str, object_name: str, **fields: str) -> str:
    """A record as a request has it."""
    parts = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return f"<{name}><type>{object_name}</type>{parts}</{name}>"


@pytest.fixture
def soap(org: Org) -> Iterator[Soap]:
    caller = Soap(org)
    yield caller
    caller.session.close()
