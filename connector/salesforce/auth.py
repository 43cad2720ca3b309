"""The three ways to log in. Each is a value that knows one thing: how to get a token, when it is asked to.

OAuth only: SOAP ``login()`` is being retired, and its XML would be one more thing to attack (API paper section 2.2).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from connector.salesforce.errors import AuthenticationFailed, UnexpectedAnswer

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Token:
    """What a login gives. ``organization_id`` and ``user_id`` are 18 characters, from the identity address."""

    access_token: str = field(repr=False)
    instance_url: str
    organization_id: str | None = None
    user_id: str | None = None
    issued_at: datetime | None = None
    """Salesforce's clock at the login, aware UTC."""
    refresh_token: str | None = field(default=None, repr=False)
    """Set when the org hands out a new refresh token in place of the old one."""


class TokenEndpoint(Protocol):
    """Sends one form to ``/services/oauth2/token`` of the login address. Implemented by the transport."""

    def exchange(self, login_url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, Any]:
        """Answer the JSON of the token reply. Raises ``AuthenticationFailed`` or ``Unreachable``."""


class Login(Protocol):
    """A way to log in."""

    @property
    def login_url(self) -> str:
        """Where the credentials go: ``https://login.salesforce.com``, a sandbox's test host, or My Domain."""

    def login(self, endpoint: TokenEndpoint) -> Token:
        """Get a token. Raises ``AuthenticationFailed`` or ``Unreachable``."""

    def after(self, token: Token) -> Login:
        """How to log in next time: the same way, except that a rotated refresh token replaces the old one."""


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """User name, password and security token through a connected app."""

    login_url: str
    username: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)

    def login(self, endpoint: TokenEndpoint) -> Token:
        """Get a token by ``grant_type=password``."""
        form = {
            "grant_type": "password",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "username": self.username,
            "password": self.password + self.security_token,
        }
        return _token(self.login_url, endpoint.exchange(self.login_url, form, {}))

    def after(self, token: Token) -> Login:
        """The same again."""
        return self


@dataclass(frozen=True, slots=True)
class ClientCredentialsLogin:
    """The connected app itself, running as the user its administrator chose. Works at My Domain only."""

    login_url: str
    client_id: str
    client_secret: str = field(repr=False)

    def login(self, endpoint: TokenEndpoint) -> Token:
        """Get a token by ``grant_type=client_credentials``."""
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        form = {"grant_type": "client_credentials"}
        return _token(self.login_url, endpoint.exchange(self.login_url, form, {"Authorization": f"Basic {basic}"}))

    def after(self, token: Token) -> Login:
        """The same again."""
        return self


@dataclass(frozen=True, slots=True)
class RefreshTokenLogin:
    """A refresh token from an earlier consent. A public client such as ``PlatformCLI`` has no ``client_secret``."""

    login_url: str
    client_id: str
    refresh_token: str = field(repr=False)
    client_secret: str = field(default="", repr=False)

    def login(self, endpoint: TokenEndpoint) -> Token:
        """Get a token by ``grant_type=refresh_token``."""
        form = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": self.refresh_token}
        if self.client_secret:
            form["client_secret"] = self.client_secret
        return _token(self.login_url, endpoint.exchange(self.login_url, form, {}))

    def after(self, token: Token) -> Login:
        """With rotation on, the old refresh token is dead: go on with the new one."""
        return replace(self, refresh_token=token.refresh_token) if token.refresh_token else self


def _token(login_url: str, answer: Mapping[str, Any]) -> Token:
    access_token, instance_url = answer.get("access_token"), answer.get("instance_url")
    if not isinstance(access_token, str) or not isinstance(instance_url, str) or not access_token:
        raise AuthenticationFailed(login_url, "no_token", "the reply holds no access token or no instance address")
    if not access_token.isascii() or not access_token.isprintable():
        raise UnexpectedAnswer("the login", "the access token holds characters that no token has")
    organization_id, user_id = _identity(answer.get("id"))
    refresh_token = answer.get("refresh_token")
    return Token(
        access_token=access_token,
        instance_url=instance_url,
        organization_id=organization_id,
        user_id=user_id,
        issued_at=_issued_at(answer.get("issued_at")),
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
    )


def _identity(address: object) -> tuple[str | None, str | None]:
    """Organization and user id from an address such as ``https://login.salesforce.com/id/00D…/005…``."""
    parts = str(address or "").split("/")
    if len(parts) >= 3 and parts[-3] == "id" and len(parts[-2]) == 18 and len(parts[-1]) == 18:
        return parts[-2], parts[-1]
    return None, None


def _issued_at(milliseconds: object) -> datetime | None:
    text = str(milliseconds or "")
    return datetime.fromtimestamp(int(text) // 1000, UTC) if text.isdecimal() and len(text) < 15 else None
