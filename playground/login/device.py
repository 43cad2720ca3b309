"""The device flow: a code to type on another screen, and polling until somebody did."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground import auth, errors
from playground.login import apps, tokens

if TYPE_CHECKING:
    from playground.org import Org

LIFETIME_S = 10 * 60
PAUSE_S = 5
"""How long a client waits between two polls; one that does not is told so and has to wait as much longer."""
PAGE = "/setup/connect"
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
_CODE_LENGTH = 8


def begin(org: Org, form: Mapping[str, str], base_url: str) -> dict[str, Any]:
    """Answer ``response_type=device_code``."""
    app = apps.find(org, form.get("client_id"))
    scope = app.granted(form.get("scope"))
    device_code = auth.secret()
    user_code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    now = int(org.now().timestamp())
    with org.store.transaction():
        org.store.execute("DELETE FROM _device_login WHERE expires < ?", (now - LIFETIME_S,))
        org.store.execute(
            "INSERT INTO _device_login (device_code, user_code, client_id, scope, expires, pause, polled, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'pending')",
            (device_code, user_code, app.client_id, scope, now + LIFETIME_S, PAUSE_S, now - PAUSE_S),
        )
    return {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": base_url + PAGE,
        "interval": PAUSE_S,
    }


def poll(org: Org, form: Mapping[str, str], base_url: str) -> dict[str, Any]:
    """Answer ``grant_type=device``: tokens, once somebody allowed it."""
    app = apps.find(org, form.get("client_id"))
    if form.get("client_secret"):
        apps.check_secret(app, form["client_secret"])
    code, now = form.get("code", ""), int(org.now().timestamp())
    with org.store.transaction():
        rows = org.store.execute(
            "SELECT client_id, scope, expires, pause, polled, state, user_id FROM _device_login WHERE device_code = ?",
            (code,),
        )
        if not rows or rows[0][0] != app.client_id:
            raise errors.OAuthError("invalid_grant", "invalid device code")
        _, scope, expires, pause, polled, state, user_id = rows[0]
        if state == "used" or now > expires:
            raise errors.OAuthError("invalid_grant", "expired device code")
        if state == "allowed":
            org.store.execute("UPDATE _device_login SET state = 'used' WHERE device_code = ?", (code,))
            return tokens.response_with_refresh(org, str(user_id), app, str(scope), base_url)
        hasty = now - polled < pause
        org.store.execute(
            "UPDATE _device_login SET polled = ?, pause = ? WHERE device_code = ?",
            (now, pause + PAUSE_S if hasty else pause, code),
        )
    if state == "denied":
        raise errors.OAuthError("access_denied", "end-user denied authorization")
    if hasty:
        raise errors.OAuthError("slow_down", "polling too frequently")
    raise errors.OAuthError("authorization_pending", "end-user authorization is pending")


def waiting(org: Org, user_code: str) -> apps.ConnectedApp | None:
    """The app that waits for somebody to type this code; None when there is none."""
    rows = org.store.execute(
        "SELECT client_id FROM _device_login WHERE user_code = ? AND state = 'pending' AND expires >= ?",
        (tidy(user_code), int(org.now().timestamp())),
    )
    return apps.find(org, str(rows[0][0])) if rows else None


def allow(org: Org, user_code: str, user_id: str, app: apps.ConnectedApp) -> None:
    """Let the device act for that user."""
    with org.store.transaction():
        apps.approve(org, user_id, app.client_id)
        org.store.execute(
            "UPDATE _device_login SET state = 'allowed', user_id = ? WHERE user_code = ?", (user_id, tidy(user_code))
        )


def deny(org: Org, user_code: str) -> None:
    """Tell the device no."""
    with org.store.transaction():
        org.store.execute("UPDATE _device_login SET state = 'denied' WHERE user_code = ?", (tidy(user_code),))


def tidy(user_code: str) -> str:
    """A code as it was given, however it was typed."""
    return "".join(user_code.split()).replace("-", "").upper()
