"""A browser and an app at the log-in pages of an org."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from playground.adapter import PlaygroundAdapter
from playground.login import certificates
from playground.org import Org
from tests.playground.conftest import HOST

OAUTH = f"{HOST}/services/oauth2"
CALLBACK = "http://localhost:1717/OauthRedirect"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@dataclass
class Site:
    """The org as an app without a session sees it."""

    org: Org
    session: requests.Session

    def token(self, base: str = HOST, **form: str) -> requests.Response:
        return self.session.post(f"{base}/services/oauth2/token", data=form)

    def client(self, **form: str) -> dict[str, str]:
        return {
            "client_id": self.org.settings.client_id,
            "client_secret": self.org.settings.client_secret,
        } | form

    @property
    def username(self) -> str:
        return str(self.org.user(self.org.default_user_id)["Username"])

    def limits(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return self.session.get(f"{HOST}/services/data/v67.0/limits", headers=headers).status_code

    def refusal(self, **form: str) -> tuple[str, str]:
        """Error and description of a token request that must fail."""
        answer = self.token(**form)
        assert answer.status_code == 400, answer.text
        body = answer.json()
        return body["error"], body["error_description"]


def location(answer: requests.Response) -> dict[str, str]:
    """The query that a browser is sent back to the app with."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def site(org: Org) -> Iterator[Site]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", PlaygroundAdapter(org))
        yield Site(org, session)


@pytest.fixture(scope="session")
def key_pair() -> tuple[bytes, bytes]:
    """Private key and certificate of an app."""
    return certificates.make_pair("An app of the tests")


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def signed(claims: Mapping[str, Any], key_pem: bytes, algorithm: str = "RS256") -> str:
    """A JWT, made without the code under test."""
    key = serialization.load_pem_private_key(key_pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    head = encoded(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    body = f"{head}.{encoded(json.dumps(claims).encode())}"
    return f"{body}.{encoded(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
