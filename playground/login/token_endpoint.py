"""``POST /services/oauth2/token``: which flow a request belongs to, and its answer."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground import errors, hosts
from playground.login import apps, device, jwt, people, tokens, web_server

if TYPE_CHECKING:
    from playground.org import Org


def grant(org: Org, form: Mapping[str, str], authorization: str | None, base_url: str) -> dict[str, Any]:
    """The token answer; raise :class:`errors.OAuthError` when it is refused."""
    if form.get("response_type") == "device_code":
        return device.begin(org, form, base_url)
    match form.get("grant_type"):
        case "password":
            app = apps.authenticated(org, *client_of(form, authorization))
            user = people.by_password(org, form.get("username", ""), form.get("password", ""))
            return tokens.response(org, str(user["Id"]), app, app.granted(None), base_url)
        case "client_credentials":
            return _client_credentials(org, apps.authenticated(org, *client_of(form, authorization)), base_url)
        case "refresh_token":
            return tokens.refreshed(org, with_client(form, authorization), base_url)
        case "authorization_code":
            return web_server.exchange(org, with_client(form, authorization), base_url)
        case "device":
            return device.poll(org, form, base_url)
        case jwt.GRANT:
            return jwt.grant(org, form, base_url)
        case _:
            raise errors.OAuthError("unsupported_grant_type", "grant type not supported")


def client_of(form: Mapping[str, str], authorization: str | None) -> tuple[str | None, str | None]:
    """Consumer key and secret, from ``Authorization: Basic`` or the form."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id"), form.get("client_secret")
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None, None
    return client_id, client_secret


def with_client(form: Mapping[str, str], authorization: str | None) -> dict[str, str]:
    """The form with the client's key and secret in it, wherever they were sent."""
    client_id, client_secret = client_of(form, authorization)
    return {**form, "client_id": client_id or "", "client_secret": client_secret or ""}


def _client_credentials(org: Org, app: apps.ConnectedApp, base_url: str) -> dict[str, Any]:
    """It works at an org's own host only: a shared log-in host cannot know which org is meant."""
    if hosts.is_login_host(base_url):
        raise errors.OAuthError("invalid_grant", "request not supported on this domain")
    if app.client_id == apps.CLI_CLIENT_ID:
        raise errors.OAuthError("invalid_grant", "no client credentials user enabled")
    username = org.settings.run_as_username
    user = people.by_username(org, username) if username else org.user(org.default_user_id)
    if user is None:
        raise errors.OAuthError("invalid_grant", "no client credentials user enabled")
    people.check_active(org, user)
    return tokens.response(org, str(user["Id"]), app, app.granted(None), base_url) | {"token_format": "opaque"}
