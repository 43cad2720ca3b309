"""The web server flow with PKCE: a consent page, a code that serves once, tokens for the code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from playground import auth, errors
from playground.login import apps, tokens

if TYPE_CHECKING:
    from playground.org import Org

CODE_LIFETIME_S = 15 * 60
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43,128}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app asks a person for."""

    app: apps.ConnectedApp
    redirect_uri: str
    scope: str
    state: str | None
    challenge: str
    """Of the code verifier, by S256; empty without PKCE."""


class BackToApp(Exception):
    """The browser is to be sent back to the app, with a code or an error."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def wish(org: Org, query: Mapping[str, str], base_url: str) -> Wish:
    """Read ``GET /services/oauth2/authorize``.

    A wrong client or address raises :class:`errors.OAuthError`, for the browser must not be sent anywhere then;
    everything else that is wrong raises :class:`BackToApp`.
    """
    app = apps.find(org, query.get("client_id"))
    redirect_uri = query.get("redirect_uri") or (app.redirect_uris[0] if len(app.redirect_uris) == 1 else "")
    if not redirect_uri:
        raise errors.OAuthError("redirect_uri_missing", "redirect_uri not provided")
    if not app.allows_redirect(redirect_uri, base_url):
        raise errors.OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
    state = query.get("state")
    try:
        _check_possible(query)
        challenge = _challenge(app, query)
        scope = app.granted(query.get("scope"))
    except errors.OAuthError as error:
        raise BackToApp(_back(redirect_uri, {**error.body(), "state": state})) from None
    return Wish(app, redirect_uri, scope, state, challenge)


def allow(org: Org, asked: Wish, user_id: str) -> BackToApp:
    """Remember the consent and answer where the browser goes with its code."""
    code = "aPrx" + auth.secret()
    now = int(org.now().timestamp())
    with org.store.transaction():
        apps.approve(org, user_id, asked.app.client_id)
        org.store.execute("DELETE FROM _login_code WHERE expires < ?", (now - CODE_LIFETIME_S,))
        org.store.execute(
            "INSERT INTO _login_code (code, client_id, user_id, redirect_uri, challenge, scope, expires, used) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            (
                code,
                asked.app.client_id,
                user_id,
                asked.redirect_uri,
                asked.challenge,
                asked.scope,
                now + CODE_LIFETIME_S,
            ),
        )
    return BackToApp(_back(asked.redirect_uri, {"code": code, "state": asked.state}))


def deny(asked: Wish) -> BackToApp:
    """Where the browser goes when the person says no."""
    refusal = {"error": "access_denied", "error_description": "end-user denied authorization"}
    return BackToApp(_back(asked.redirect_uri, {**refusal, "state": asked.state}))


def exchange(org: Org, form: Mapping[str, str], base_url: str) -> dict[str, Any]:
    """Answer ``grant_type=authorization_code``."""
    app = apps.find(org, form.get("client_id"))
    with org.store.transaction():
        rows = org.store.execute(
            "SELECT client_id, user_id, redirect_uri, challenge, scope, expires, used FROM _login_code WHERE code = ?",
            (form.get("code", ""),),
        )
        if not rows or rows[0][0] != app.client_id:
            raise errors.OAuthError("invalid_grant", "invalid authorization code")
        _, user_id, redirect_uri, challenge, scope, expires, used = rows[0]
        if used or int(org.now().timestamp()) > expires:
            raise errors.OAuthError("invalid_grant", "expired authorization code")
        if form.get("client_secret") or not challenge:
            apps.check_secret(app, form.get("client_secret"))
        if form.get("redirect_uri") != redirect_uri:
            raise errors.OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if challenge and not hmac.compare_digest(_s256(form.get("code_verifier", "")), str(challenge).rstrip("=")):
            raise errors.OAuthError("invalid_grant", "invalid code verifier")
        if not org.user(str(user_id))["IsActive"]:
            raise errors.OAuthError("inactive_user", "user is inactive")
        org.store.execute("UPDATE _login_code SET used = 1 WHERE code = ?", (form["code"],))
        return tokens.response_with_refresh(org, str(user_id), app, str(scope), base_url)


def _check_possible(query: Mapping[str, str]) -> None:
    if query.get("response_type") != "code":
        raise errors.OAuthError("unsupported_response_type", "response type not supported")
    if query.get("prompt") == "none" or query.get("immediate") == "true":
        # Nobody is ever logged in here before the page is shown.
        raise errors.OAuthError("immediate_unsuccessful", "user must be logged in and have approved the app")


def _challenge(app: apps.ConnectedApp, query: Mapping[str, str]) -> str:
    """S256 is the only method; clients that send a challenge without naming one mean it too."""
    challenge = query.get("code_challenge", "")
    if not challenge:
        if app.requires_pkce:
            raise errors.OAuthError("invalid_request", "missing required code challenge")
        return ""
    if query.get("code_challenge_method", "S256") != "S256" or not _CHALLENGE.fullmatch(challenge.rstrip("=")):
        raise errors.OAuthError("invalid_request", "invalid code challenge")
    return challenge


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode("ascii").rstrip("=")


def _back(uri: str, parameters: Mapping[str, str | None]) -> str:
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{uri}{'&' if urlsplit(uri).query else '?'}{query}"
