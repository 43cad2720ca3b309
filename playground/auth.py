"""Logging in: the OAuth token endpoint, sessions, identity (salesforce-api.md, section 2).

Any active user may log in with the demo's password and security token: that is how a colleague works beside the
integration user.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from playground import errors, values
from playground.store import Row

if TYPE_CHECKING:
    from playground.org import Org

_TOKEN_ALPHABET = string.ascii_letters + string.digits + "._"
_TOKEN_LENGTH = 96
SCOPES = "refresh_token api web id"


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls."""

    token: str
    user_id: str
    client_id: str


def grant(org: Org, form: Mapping[str, str], authorization: str | None, base_url: str) -> dict[str, str]:
    """Answer ``POST /services/oauth2/token``; raise :class:`errors.OAuthError` when it is refused."""
    match form.get("grant_type"):
        case "password":
            user_id = _password_user(org, form)
            return token_response(org, user_id, base_url)
        case "client_credentials":
            _check_client(org, *_client_credentials(form, authorization))
            return token_response(org, _run_as(org), base_url) | {"token_format": "opaque"}
        case "refresh_token":
            return token_response(org, _refreshed_user(org, form), base_url)
        case _:
            raise errors.OAuthError("unsupported_grant_type", "grant type not supported")


def token_response(org: Org, user_id: str, base_url: str) -> dict[str, str]:
    """A fresh session as the token endpoint answers it."""
    settings = org.settings
    issued_at = str(int(org.now().timestamp() * 1000))
    identity_url = f"{base_url}/id/{org.organization_id}/{user_id}"
    digest = hmac.new(settings.client_secret.encode(), (identity_url + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": open_session(org, user_id).token,
        "signature": base64.b64encode(digest).decode("ascii"),
        "scope": SCOPES,
        "instance_url": base_url,
        "id": identity_url,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def open_session(org: Org, user_id: str) -> Session:
    """Begin a session of that user and keep it."""
    secret = "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))
    session = Session(f"{org.organization_id[:15]}!{secret}", user_id, org.settings.client_id)
    ended = org.now() - timedelta(hours=org.settings.session_hours)
    with org.store.transaction():
        org.store.execute("DELETE FROM _session WHERE last_used < ?", (values.stamp(ended),))
        org.store.execute(
            "INSERT INTO _session (token, user_id, client_id, last_used) VALUES (?, ?, ?, ?)",
            (session.token, user_id, session.client_id, values.stamp(org.now())),
        )
        org.store.update("User", user_id, {"LastLoginDate": values.stamp(org.now())})
    return session


def refresh_token(org: Org, user_id: str) -> str:
    """A refresh token of that user, made when there is none."""
    with org.store.transaction():
        rows = org.store.execute("SELECT token FROM _refresh_token WHERE user_id = ?", (user_id,))
        if rows:
            return str(rows[0][0])
        token = "5Aep861." + "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))
        org.store.execute(
            "INSERT INTO _refresh_token (token, user_id, client_id) VALUES (?, ?, ?)",
            (token, user_id, org.settings.client_id),
        )
    return token


def session_of(org: Org, authorization: str | None, fallback: str | None = None) -> Session:
    """The session a request belongs to, by ``Authorization: Bearer`` or ``OAuth``; else 401 INVALID_SESSION_ID."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip() if scheme.lower() in ("bearer", "oauth") else (fallback or "")
    with org.store.transaction():
        rows = org.store.execute("SELECT user_id, client_id, last_used FROM _session WHERE token = ?", (token,))
        if not rows:
            raise errors.SessionInvalid
        user_id, client_id, last_used = rows[0]
        now = org.now()
        if now - values.moment(last_used) > timedelta(hours=org.settings.session_hours):
            close_session(org, token)
            raise errors.SessionInvalid
        user = org.store.get("User", user_id)
        if user is None or not user["IsActive"]:
            raise errors.SessionInvalid
        if now - values.moment(last_used) > timedelta(minutes=1):
            org.store.execute("UPDATE _session SET last_used = ? WHERE token = ?", (values.stamp(now), token))
    return Session(token, user_id, client_id)


def close_session(org: Org, token: str) -> None:
    """End a session or withdraw a refresh token; unknown ones are no error."""
    org.store.execute("DELETE FROM _session WHERE token = ?", (token,))
    org.store.execute("DELETE FROM _refresh_token WHERE token = ?", (token,))
    org.close_locators(token)


def introspection(org: Org, token: str) -> dict[str, Any]:
    """Answer ``POST /services/oauth2/introspect``."""
    rows = org.store.execute("SELECT user_id, client_id, last_used FROM _session WHERE token = ?", (token,))
    if not rows:
        return {"active": False}
    user_id, client_id, last_used = rows[0]
    user = org.store.get("User", user_id) or {}
    began = int(values.moment(last_used).timestamp())
    return {
        "active": True,
        "scope": SCOPES,
        "client_id": client_id,
        "username": user.get("Username"),
        "sub": f"{org.base_url}/id/{org.organization_id}/{user_id}",
        "token_type": "access_token",
        "exp": began + int(org.settings.session_hours * 3600),
        "iat": began,
        "nbf": began,
    }


def identity(org: Org, user: Row, base_url: str, version: str) -> dict[str, Any]:
    """Answer the identity URL. ``version`` replaces ``{version}`` in its links."""
    offset = _utc_offset_ms(org, user)
    return {
        "id": f"{base_url}/id/{org.organization_id}/{user['Id']}",
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": org.organization_id,
        "username": user["Username"],
        "nick_name": user["CommunityNickname"],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": user["TimeZoneSidKey"],
        "photos": {"picture": f"{base_url}/profilephoto/005/F", "thumbnail": f"{base_url}/profilephoto/005/T"},
        "addr_street": user["Street"],
        "addr_city": user["City"],
        "addr_state": user["State"],
        "addr_country": user["Country"],
        "addr_zip": user["PostalCode"],
        "mobile_phone": user["MobilePhone"],
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": urls(org, user, base_url, version),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": offset,
        "last_modified_date": str(user["LastModifiedDate"]).replace(".000Z", "Z"),
        "is_app_installed": True,
    }


def userinfo(org: Org, user: Row, base_url: str) -> dict[str, Any]:
    """Answer ``/services/oauth2/userinfo``."""
    return {
        "sub": f"{base_url}/id/{org.organization_id}/{user['Id']}",
        "user_id": user["Id"],
        "organization_id": org.organization_id,
        "preferred_username": user["Username"],
        "nickname": user["CommunityNickname"],
        "name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "zoneinfo": user["TimeZoneSidKey"],
        "photos": {"picture": f"{base_url}/profilephoto/005/F", "thumbnail": f"{base_url}/profilephoto/005/T"},
        "profile": f"{base_url}/{user['Id']}",
        "picture": f"{base_url}/profilephoto/005/F",
        "address": {"country": user["Country"]},
        "is_salesforce_integration_user": False,
        "urls": urls(org, user, base_url, "{version}"),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": _utc_offset_ms(org, user),
        "updated_at": str(user["LastModifiedDate"]).replace(".000Z", "Z"),
        "is_app_installed": True,
    }


def urls(org: Org, user: Row, base_url: str, version: str) -> dict[str, str]:
    """The links of an identity; ``version`` is a number or the literal ``{version}``."""
    organization = org.organization_id[:15]
    soap = {kind: f"{base_url}/services/Soap/{letter}/{version}/{organization}" for kind, letter in _SOAP.items()}
    rest = f"{base_url}/services/data/v{version}/"
    names = ("sobjects", "search", "query", "recent")
    chatter = {"feeds": "feeds", "groups": "groups", "users": "users", "feed_items": "feed-items"}
    return {
        **soap,
        "rest": rest,
        **{name: f"{rest}{name}/" for name in names},
        "tooling_soap": f"{base_url}/services/Soap/T/{version}/{organization}",
        "tooling_rest": f"{rest}tooling/",
        "profile": f"{base_url}/{user['Id']}",
        **{name: f"{rest}chatter/{path}" for name, path in chatter.items()},
        "feed_elements": f"{rest}chatter/feed-elements",
        "custom_domain": base_url,
    }


_SOAP = {"enterprise": "c", "metadata": "m", "partner": "u"}


def _password_user(org: Org, form: Mapping[str, str]) -> str:
    _check_client(org, form.get("client_id"), form.get("client_secret"))
    rows = org.store.select("User", "Username = ? COLLATE NOCASE", (form.get("username", ""),))
    expected = org.settings.password + org.settings.security_token
    if not rows or not hmac.compare_digest(form.get("password", "").encode(), expected.encode()):
        raise errors.OAuthError("invalid_grant", "authentication failure")
    if not rows[0]["IsActive"]:
        raise errors.OAuthError("inactive_user", "user is inactive")
    return str(rows[0]["Id"])


def _refreshed_user(org: Org, form: Mapping[str, str]) -> str:
    if form.get("client_id") != org.settings.client_id:
        raise errors.OAuthError("invalid_client_id", "client identifier invalid")
    if form.get("client_secret") not in (None, "", org.settings.client_secret):
        raise errors.OAuthError("invalid_client", "invalid client credentials")
    rows = org.store.execute("SELECT user_id FROM _refresh_token WHERE token = ?", (form.get("refresh_token", ""),))
    if not rows:
        raise errors.OAuthError("invalid_grant", "expired access/refresh token")
    return str(rows[0][0])


def _client_credentials(form: Mapping[str, str], authorization: str | None) -> tuple[str | None, str | None]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id"), form.get("client_secret")
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None, None
    return client_id, client_secret


def _check_client(org: Org, client_id: str | None, client_secret: str | None) -> None:
    if client_id != org.settings.client_id:
        raise errors.OAuthError("invalid_client_id", "client identifier invalid")
    if client_secret != org.settings.client_secret:
        raise errors.OAuthError("invalid_client", "invalid client credentials")


def _run_as(org: Org) -> str:
    return org.user_id(org.settings.run_as_username) if org.settings.run_as_username else org.default_user_id


def _utc_offset_ms(org: Org, user: Row) -> int:
    """The standard-time offset of the user's zone, as identities state it."""
    winter = datetime(org.now().year, 1, 1, tzinfo=org.zone(user["TimeZoneSidKey"]))
    offset = winter.utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0
