"""A client on a made-up org whose answers come from the ``responses`` library: no network, no waiting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import responses

from connector.salesforce.auth import Login, PasswordLogin
from connector.salesforce.client import SalesforceClient
from connector.salesforce.origin import Profile
from connector.salesforce.transport import SalesforceSession, TransportSettings

LOGIN_URL = "https://login.salesforce.com"
TOKEN_URL = f"{LOGIN_URL}/services/oauth2/token"
ORG_URL = "https://acme.my.salesforce.com"
DATA = f"{ORG_URL}/services/data/v67.0"
ORGANIZATION_ID = "00D5g000004KQe3EAG"
USER_ID = "0055g00000A1B2CAAV"
FIRST_TOKEN = "00D5g000004KQe3!AQ.first"
SECOND_TOKEN = "00D5g000004KQe3!AQ.second"
NOON = "Mon, 05 Jan 2026 12:00:00 GMT"
SESSION_ENDED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def password_login(**changes: Any) -> PasswordLogin:
    values = {
        "login_url": LOGIN_URL,
        "username": "admin@acme.example",
        "password": "correct horse",
        "security_token": "Zk3sEcUrItY",
        "client_id": "3MVG9",
        "client_secret": "s3cr3t-of-the-app",
    }
    return PasswordLogin(**(values | changes))


def session(login: Login | None = None, *, pauses: list[float] | None = None, **settings: Any) -> SalesforceSession:
    """A session that never sleeps, whose clock stands still and whose dice always show the least."""
    return SalesforceSession(
        login or password_login(),
        TransportSettings(**({"profile": Profile.SALESFORCE} | settings)),
        sleep=(pauses if pauses is not None else []).append,
        chance=lambda: 0.0,
        monotonic=lambda: 0.0,
    )


def client(**settings: Any) -> SalesforceClient:
    return SalesforceClient(session(**settings))


def answer_logins(*tokens: str, instance_url: str = ORG_URL, **more: str) -> None:
    """Answer one login for each token."""
    for token in tokens or (FIRST_TOKEN,):
        reply = {
            "access_token": token,
            "instance_url": instance_url,
            "id": f"{LOGIN_URL}/id/{ORGANIZATION_ID}/{USER_ID}",
            "issued_at": "1767614400123",
            "token_type": "Bearer",
        }
        responses.add(responses.POST, TOKEN_URL, json=reply | more, headers={"Date": NOON})


def answer(
    method: str, path: str, body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    """Answer one request below ``/services/data/v67.0/``."""
    text = "" if body is None else json.dumps(body)
    kind = "application/json;charset=UTF-8"
    responses.add(method, f"{DATA}/{path}", body=text, status=status, headers=dict(headers or {}), content_type=kind)


def sent(position: int) -> Any:
    """The request at a position among all that were sent, logins included."""
    return responses.calls[position].request
