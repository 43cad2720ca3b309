"""What a log-in ends with: sessions, refresh tokens and their families, revoking, introspection.

A family is everything that one consent led to: the refresh token, those that replaced it, and the sessions they opened.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground import auth, errors, hosts, values
from playground.login import people
from playground.login.apps import ConnectedApp, check_secret, find

if TYPE_CHECKING:
    from playground.org import Org

_REFRESH_SCOPES = frozenset({"refresh_token", "offline_access"})


def response(org: Org, user_id: str, app: ConnectedApp, scope: str, base_url: str, family: str = "") -> dict[str, str]:
    """A fresh session, as the token endpoint answers it."""
    session = auth.open_session(org, user_id, app.client_id, scope, family)
    issued_at = str(int(org.now().timestamp() * 1000))
    identity_url = f"{base_url}/id/{org.organization_id}/{user_id}"
    secret = app.client_secret.encode()
    digest = hmac.new(secret, (identity_url + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": session.token,
        "signature": base64.b64encode(digest).decode("ascii"),
        "scope": scope,
        "instance_url": hosts.instance_url(org, base_url),
        "id": identity_url,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def response_with_refresh(org: Org, user_id: str, app: ConnectedApp, scope: str, base_url: str) -> dict[str, str]:
    """The same, with a refresh token when the scope asks for one."""
    if not _REFRESH_SCOPES & set(scope.split()):
        return response(org, user_id, app, scope, base_url)
    with org.store.transaction():
        token = new_refresh_token(org, user_id, app.client_id, scope)
        return response(org, user_id, app, scope, base_url, token) | {"refresh_token": token}


def new_refresh_token(org: Org, user_id: str, client_id: str, scope: str, family: str | None = None) -> str:
    """Make and keep a refresh token; without a family it begins one, which has its name."""
    token = "5Aep861." + auth.secret()
    with org.store.transaction():
        org.store.execute(
            "INSERT INTO _refresh_token (token, user_id, client_id) VALUES (?, ?, ?)", (token, user_id, client_id)
        )
        org.store.execute(
            "INSERT INTO _refresh_origin (token, family, scope, replaced) VALUES (?, ?, ?, 0)",
            (token, family or token, scope),
        )
    return token


def refreshed(org: Org, form: Mapping[str, str], base_url: str) -> dict[str, str]:
    """Answer ``grant_type=refresh_token``."""
    app = find(org, form.get("client_id"))
    if form.get("client_secret"):
        check_secret(app, form["client_secret"])
    token = form.get("refresh_token", "")
    with org.store.transaction():
        family, scope = _origin(org, token)
        rows = org.store.execute("SELECT user_id, client_id FROM _refresh_token WHERE token = ?", (token,))
        if rows and rows[0][1] == app.client_id:
            user = people.check_active(org, org.user(str(rows[0][0])))
            answer = response(org, str(user["Id"]), app, scope, base_url, family)
            if not app.rotates_refresh_tokens:
                return answer
            org.store.execute("DELETE FROM _refresh_token WHERE token = ?", (token,))
            org.store.execute(
                "INSERT INTO _refresh_origin (token, family, scope, replaced) VALUES (?, ?, ?, 1) "
                "ON CONFLICT (token) DO UPDATE SET replaced = 1",
                (token, family, scope),
            )
            return answer | {"refresh_token": new_refresh_token(org, str(user["Id"]), app.client_id, scope, family)}
        if org.store.execute("SELECT 1 FROM _refresh_origin WHERE token = ? AND replaced", (token,)):
            # Somebody uses a token that was replaced: it leaked, or its answer was lost. Nobody can tell which.
            _end_family(org, family)
    raise errors.OAuthError("invalid_grant", "expired access/refresh token")


def revoke(org: Org, token: str) -> bool:
    """End a session, or a refresh token with all that came of it. Answer whether there was such a token."""
    with org.store.transaction():
        if org.store.execute("SELECT 1 FROM _session WHERE token = ?", (token,)):
            auth.close_session(org, token)
            return True
        if not org.store.execute("SELECT 1 FROM _refresh_token WHERE token = ?", (token,)):
            return False
        family, _ = _origin(org, token)
        auth.close_session(org, token)
        _end_family(org, family)
    return True


def introspection(org: Org, token: str, base_url: str) -> dict[str, Any]:
    """Answer ``POST /services/oauth2/introspect``."""
    sql = (
        "SELECT s.user_id, s.client_id, s.last_used, o.scope, o.issued FROM _session s "
        "LEFT JOIN _session_origin o ON o.token = s.token WHERE s.token = ?"
    )
    lifetime = int(org.settings.session_hours * 3600)
    for user_id, client_id, last_used, scope, issued in org.store.execute(sql, (token,)):
        seen = int(values.moment(last_used).timestamp())
        if seen + lifetime < int(org.now().timestamp()):
            return {"active": False}
        began = seen if issued is None else int(issued)
        moments = {"exp": seen + lifetime, "iat": began, "nbf": began}
        return _live(org, user_id, client_id, scope or auth.SCOPES, "access_token", base_url) | moments
    for user_id, client_id in org.store.execute(
        "SELECT user_id, client_id FROM _refresh_token WHERE token = ?", (token,)
    ):
        return _live(org, user_id, client_id, _origin(org, token)[1], "refresh_token", base_url)
    return {"active": False}


def _live(org: Org, user_id: str, client_id: str, scope: str, kind: str, base_url: str) -> dict[str, Any]:
    user = org.store.get("User", user_id) or {}
    return {
        "active": True,
        "scope": scope,
        "client_id": client_id,
        "username": user.get("Username"),
        "sub": f"{base_url}/id/{org.organization_id}/{user_id}",
        "token_type": kind,
    }


def _origin(org: Org, token: str) -> tuple[str, str]:
    """Family and scope of a refresh token; one from before families is a family of its own."""
    rows = org.store.execute("SELECT family, scope FROM _refresh_origin WHERE token = ?", (token,))
    return (str(rows[0][0]), str(rows[0][1])) if rows else (token, auth.SCOPES)


def _end_family(org: Org, family: str) -> None:
    members = org.store.execute(
        "SELECT token FROM _refresh_origin WHERE family = ? UNION SELECT token FROM _session_origin WHERE family = ?",
        (family, family),
    )
    for (member,) in members:
        auth.close_session(org, str(member))
