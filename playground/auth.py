"""Sessions and identity (salesforce-api.md, section 2); the ways to get a session are in :mod:`playground.login`."""

from __future__ import annotations

import secrets
import string
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
    scope: str = SCOPES


def open_session(
    org: Org, user_id: str, client_id: str | None = None, scope: str = SCOPES, family: str = ""
) -> Session:
    """Begin a session of that user and keep it. ``family`` is that of the refresh token it came of."""
    session = Session(f"{org.organization_id[:15]}!{secret()}", user_id, client_id or org.settings.client_id, scope)
    ended = org.now() - timedelta(hours=org.settings.session_hours)
    with org.store.transaction():
        org.store.execute("DELETE FROM _session WHERE last_used < ?", (values.stamp(ended),))
        org.store.execute("DELETE FROM _session_origin WHERE token NOT IN (SELECT token FROM _session)")
        org.store.execute(
            "INSERT INTO _session (token, user_id, client_id, last_used) VALUES (?, ?, ?, ?)",
            (session.token, user_id, session.client_id, values.stamp(org.now())),
        )
        org.store.execute(
            "INSERT INTO _session_origin (token, family, scope, issued) VALUES (?, ?, ?, ?)",
            (session.token, family, scope, int(org.now().timestamp())),
        )
        org.store.update("User", user_id, {"LastLoginDate": values.stamp(org.now())})
    return session


def secret() -> str:
    """Random characters that no client stumbles over, for tokens and codes."""
    return "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))


def refresh_token(org: Org, user_id: str) -> str:
    """A refresh token of that user for the org's own app, made when there is none."""
    with org.store.transaction():
        rows = org.store.execute(
            "SELECT token FROM _refresh_token WHERE user_id = ? AND client_id = ?", (user_id, org.settings.client_id)
        )
        if rows:
            return str(rows[0][0])
        token = f"5Aep861.{secret()}"
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
        rows = org.store.execute(
            "SELECT s.user_id, s.client_id, s.last_used, o.scope FROM _session s "
            "LEFT JOIN _session_origin o ON o.token = s.token WHERE s.token = ?",
            (token,),
        )
        if not rows:
            raise errors.SessionInvalid
        user_id, client_id, last_used, scope = rows[0]
        now = org.now()
        if now - values.moment(last_used) > timedelta(hours=org.settings.session_hours):
            close_session(org, token)
            raise errors.SessionInvalid
        user = org.store.get("User", user_id)
        if user is None or not user["IsActive"]:
            raise errors.SessionInvalid
        if now - values.moment(last_used) > timedelta(minutes=1):
            org.store.execute("UPDATE _session SET last_used = ? WHERE token = ?", (values.stamp(now), token))
    return Session(token, user_id, client_id, scope or SCOPES)


def check_for_rest(session: Session) -> None:
    """401, in words that clients know, for a session whose scopes do not cover the API."""
    if not {"api", "full"} & set(session.scope.split()):
        raise errors.SessionNotForRest


def close_session(org: Org, token: str) -> None:
    """End a session or withdraw a refresh token; unknown ones are no error."""
    org.store.execute("DELETE FROM _session WHERE token = ?", (token,))
    org.store.execute("DELETE FROM _session_origin WHERE token = ?", (token,))
    org.store.execute("DELETE FROM _refresh_token WHERE token = ?", (token,))
    org.close_locators(token)


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


def _utc_offset_ms(org: Org, user: Row) -> int:
    """The standard-time offset of the user's zone, as identities state it."""
    winter = datetime(org.now().year, 1, 1, tzinfo=org.zone(user["TimeZoneSidKey"]))
    offset = winter.utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0
