"""What logging in keeps in the org's file: connected apps, consents, codes, and where tokens came from.

Moments are whole seconds since 1970 by the org's clock.
"""

from __future__ import annotations

from playground.store import Store

_TABLES = """
CREATE TABLE IF NOT EXISTS _connected_app (client_id TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _approval (
    user_id TEXT NOT NULL, client_id TEXT NOT NULL, PRIMARY KEY (user_id, client_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _login_code (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, user_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL, scope TEXT NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _device_login (
    device_code TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL, scope TEXT NOT NULL,
    expires INTEGER NOT NULL, pause INTEGER NOT NULL, polled INTEGER NOT NULL, state TEXT NOT NULL, user_id TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _refresh_origin (
    token TEXT PRIMARY KEY, family TEXT NOT NULL, scope TEXT NOT NULL, replaced INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _session_origin (
    token TEXT PRIMARY KEY, family TEXT NOT NULL, scope TEXT NOT NULL, issued INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _logins (
    user_id TEXT NOT NULL, hour TEXT NOT NULL, logins INTEGER NOT NULL, PRIMARY KEY (user_id, hour)
) WITHOUT ROWID
"""

PERSONAL = (
    *("_session", "_session_origin", "_refresh_token", "_refresh_origin"),
    *("_approval", "_login_code", "_device_login", "_logins"),
)
"""Tables whose rows belong to people and are not taken over by a copy of the org."""


def prepare(store: Store) -> None:
    """Make the tables where they are missing: files of earlier versions go on serving."""
    with store.transaction() as connection:
        for statement in _TABLES.split(";"):
            connection.execute(statement)


def forget_people(store: Store) -> None:
    """End every session and withdraw every token and consent; connected apps stay."""
    with store.transaction() as connection:
        for name in PERSONAL:
            connection.execute(f"DELETE FROM {name}")
