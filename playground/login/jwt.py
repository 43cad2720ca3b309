"""The JWT bearer flow: an assertion signed with RS256, checked with the certificate of its connected app."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from playground import errors, hosts
from playground.login import apps, certificates, people, tokens

if TYPE_CHECKING:
    from playground.org import Org

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LATEST_EXPIRY_S = 300
"""How far ahead ``exp`` may lie. Three minutes are allowed; the rest is for clocks that differ. (unsourced)"""
_SURELY_MILLISECONDS = 10**12


def grant(org: Org, form: Mapping[str, str], base_url: str) -> dict[str, str]:
    """Answer ``grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer``. No refresh token comes of it."""
    signed, claims, signature = _parts(form.get("assertion", ""))
    app = apps.find(org, _text(claims, "iss"))
    _check_signature(app, signed, signature)
    _check_audience(claims.get("aud"), hosts.instance_url(org, base_url), base_url)
    _check_expiry(claims.get("exp"), int(org.now().timestamp()))
    user = people.by_username(org, _text(claims, "sub") or _text(claims, "prn") or "")
    if user is None or not apps.is_approved(org, str(user["Id"]), app):
        raise errors.OAuthError("invalid_grant", "user hasn't approved this consumer")
    people.check_active(org, user)
    scope = " ".join(item for item in app.granted(form.get("scope")).split() if item != "refresh_token")
    return tokens.response(org, str(user["Id"]), app, scope, base_url)


def subject(assertion: str) -> str:
    """Whom an assertion speaks for, unchecked; empty when it cannot be read."""
    try:
        return _text(_parts(assertion)[1], "sub") or ""
    except errors.OAuthError:
        return ""


def _parts(assertion: str) -> tuple[bytes, dict[str, Any], bytes]:
    """What was signed, the claims, and the signature."""
    pieces = assertion.split(".")
    if len(pieces) != 3:
        raise _invalid()
    try:
        header, claims = json.loads(_decoded(pieces[0])), json.loads(_decoded(pieces[1]))
        signature = _decoded(pieces[2])
    except (ValueError, RecursionError):
        raise _invalid() from None
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "RS256":
        raise _invalid()
    return f"{pieces[0]}.{pieces[1]}".encode(), claims, signature


def _check_signature(app: apps.ConnectedApp, signed: bytes, signature: bytes) -> None:
    try:
        certificates.public_key(app.certificate).verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature):
        raise _invalid() from None


def _check_audience(audience: object, *own: str) -> None:
    given = audience if isinstance(audience, list) else [audience]
    if not {str(item).rstrip("/") for item in given} & {*hosts.LOGIN_AUDIENCES, *own}:
        raise errors.OAuthError("invalid_grant", "audience is invalid")


def _check_expiry(expires: object, now: int) -> None:
    """``exp`` is a number; simple-salesforce sends it as a text, sf in milliseconds, and real orgs take both."""
    try:
        moment = int(float(str(expires)))
    except (ValueError, OverflowError):
        raise _invalid() from None
    if moment <= now:
        raise errors.OAuthError("invalid_grant", "expired authorization code")
    if now + LATEST_EXPIRY_S < moment < _SURELY_MILLISECONDS:
        raise _invalid()


def _decoded(piece: str) -> bytes:
    return base64.b64decode(piece.encode("ascii") + b"=" * (-len(piece) % 4), altchars=b"-_", validate=True)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None


def _invalid() -> errors.OAuthError:
    return errors.OAuthError("invalid_grant", "invalid assertion")
