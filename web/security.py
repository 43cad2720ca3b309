"""What keeps strangers out of the pages: trusted hosts, same-origin posts, CSRF tokens, headers, safe cookies.

Numbers are those of the security checklist in the reliability paper.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_wtf.csrf import CSRFProtect

LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
"""Werkzeug cannot trust an IPv6 literal, so the pages answer to names and IPv4 only."""

BODY_BYTES_MAX = 256 * 1024
FORM_PARTS_MAX = 200

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
"""Only our own files, nothing inline (S4). ``data:`` images are Bootstrap's own drawings inside its stylesheet."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: under it browsers send forms with the origin "null", and our own posts would look foreign.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def protect(app: Flask, hosts: Sequence[str]) -> None:
    """Put every guard in place."""
    app.config.update(
        # Sessions live as long as the process: there is nothing in them but the CSRF token and a message.
        SECRET_KEY=secrets.token_bytes(32),
        TRUSTED_HOSTS=[*hosts],
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES_MAX,
        MAX_FORM_PARTS=FORM_PARTS_MAX,
        SESSION_COOKIE_NAME="forcemirror",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.before_request(refuse_foreign_hosts)
    app.before_request(refuse_foreign_posts)
    CSRFProtect(app)
    app.after_request(add_headers)


def refuse_foreign_hosts() -> None:
    """Answer only under names of this machine, against DNS rebinding (S2)."""
    # Flask checks TRUSTED_HOSTS when it binds the request's address; reading the host here raises if it did not.
    if not request.host:
        abort(400)


def refuse_foreign_posts() -> None:
    """Let a write through only when the browser says that it comes from these pages (S3); silence is a no."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        abort(403)
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)
    if site is None and origin is None:
        abort(403)


def add_headers(response: Response) -> Response:
    """Set the security headers; pages are never stored, our own files may be."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.endpoint is None or not request.endpoint.endswith("static"):
        response.headers["Cache-Control"] = "no-store"
    return response


def own_path(target: str | None, otherwise: str) -> str:
    """A path on this server to go to next, or ``otherwise`` when the wish could lead away from it (S9)."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if "\\" in target or any(ord(character) < 32 for character in target):
        return otherwise
    return target
