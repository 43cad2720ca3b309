"""Who may log in: user names, the one password, and how often."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from playground import errors, values
from playground.store import Row

if TYPE_CHECKING:
    from playground.org import Org


def by_username(org: Org, username: str) -> Row | None:
    """The user of that name, in any case; None when there is none."""
    rows = org.store.select("User", "Username = ? COLLATE NOCASE", (username,))
    return rows[0] if rows else None


def by_password(org: Org, username: str, password: str) -> Row:
    """The active user who logs in with a password and the security token behind it."""
    return _checked(org, username, password, (org.settings.password + org.settings.security_token,))


def at_the_browser(org: Org, username: str, password: str) -> Row:
    """The active user who logs in on a page, where the security token is not needed."""
    plain = org.settings.password
    return _checked(org, username, password, (plain, plain + org.settings.security_token))


def check_active(org: Org, user: Row) -> Row:
    """The user, unless they left or logged in too often within an hour."""
    if not user["IsActive"]:
        raise errors.OAuthError("inactive_user", "user is inactive")
    hour = values.stamp(org.now())[:13]
    with org.store.transaction():
        org.store.execute("DELETE FROM _logins WHERE hour < ?", (hour,))
        count = org.store.execute(
            "INSERT INTO _logins (user_id, hour, logins) VALUES (?, ?, 1) "
            "ON CONFLICT (user_id, hour) DO UPDATE SET logins = logins + 1 RETURNING logins",
            (user["Id"], hour),
        )
    if int(count[0][0]) > org.settings.logins_per_hour:
        raise errors.OAuthError("rate_limit_exceeded", "login rate exceeded")
    return user


def _checked(org: Org, username: str, password: str, accepted: tuple[str, ...]) -> Row:
    user = by_username(org, username)
    matches = [hmac.compare_digest(password.encode(), each.encode()) for each in accepted]
    if user is None or not any(matches):
        raise errors.OAuthError("invalid_grant", "authentication failure")
    return check_active(org, user)
