"""Connected apps: who may ask for tokens, with what secret or certificate, and where people are sent back to.

One app comes with the org's settings; ``PlatformCLI``, the Salesforce command line's own, is known too. Others are
registered through the side door or a file.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playground import errors
from playground.login import certificates

if TYPE_CHECKING:
    from playground.org import Org

SCOPES = ("refresh_token", "api", "web", "id")
"""The scopes of an app that names none, in the order in which tokens state them."""
KNOWN_SCOPES = frozenset(
    {
        *("api", "web", "id", "openid", "profile", "email", "address", "phone", "full", "refresh_token"),
        *("offline_access", "chatter_api", "custom_permissions", "lightning", "content", "visualforce", "wave_api"),
        *("eclair_api", "pardot_api", "sfap_api", "cdp_api", "interaction_api", "chatbot_api", "user_registration_api"),
    }
)
CLI_CLIENT_ID = "PlatformCLI"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OWN_SUCCESS_PAGE = "/services/oauth2/success"


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    client_id: str
    client_secret: str = ""
    """Empty for a public client, which has none to show."""
    name: str = "Connected App"
    certificate: str = ""
    """PEM of the certificate or public key that JWT assertions are checked with."""
    redirect_uris: tuple[str, ...] = ()
    """Where people may be sent back to, to the letter; none registered means any address on loopback."""
    scopes: tuple[str, ...] = SCOPES
    rotates_refresh_tokens: bool = False
    """Every use of a refresh token replaces it, and an old one ends its whole family."""
    requires_pkce: bool = False
    users_preauthorized: bool = True
    """Whether an administrator approved the app for everybody; else each user consents once in a browser."""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ConnectedApp:
        """Read an app as the side door takes it; raise ValueError naming what is wrong."""
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(raw) - known)
        if unknown:
            raise ValueError(f"A connected app has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        if not isinstance(raw.get("client_id"), str) or not raw["client_id"]:
            raise ValueError("A connected app needs a client_id.")
        given = dict(raw)
        for name in ("redirect_uris", "scopes"):
            if name in given:
                if not isinstance(given[name], list) or not all(isinstance(item, str) for item in given[name]):
                    raise ValueError(f"{name} must be a list of texts.")
                given[name] = tuple(given[name])
        if raw.get("certificate"):
            certificates.public_key(str(raw["certificate"]))
        strange = sorted(set(given.get("scopes", ())) - KNOWN_SCOPES)
        if strange:
            raise ValueError(f"There are no scopes named {', '.join(strange)}.")
        return cls(**given)

    def allows_redirect(self, uri: str, base_url: str) -> bool:
        """Whether people may be sent to ``uri``; it is compared to the letter with what is registered."""
        if self.redirect_uris:
            return uri in self.redirect_uris
        try:
            parts = urlsplit(uri)
        except ValueError:
            return False
        if uri == base_url + _OWN_SUCCESS_PAGE or uri == "https://login.salesforce.com" + _OWN_SUCCESS_PAGE:
            return True
        # Browsers read a backslash as a slash, and cut out line ends: both would lead elsewhere than they seem to.
        plain = uri.isascii() and uri.isprintable() and not set(uri) & set(' \\"<>') and "@" not in parts.netloc
        return plain and parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK

    def granted(self, wanted: str | None) -> str:
        """The scopes that a request for ``wanted`` is given; all of the app's when it names none."""
        asked = (wanted or "").split()
        if not asked:
            return " ".join(self.scopes)
        allowed = {*self.scopes, "id"}
        if "refresh_token" in allowed or "offline_access" in allowed:
            allowed |= {"refresh_token", "offline_access"}
        if set(asked) - (KNOWN_SCOPES if "full" in allowed else allowed | {"openid"}):
            raise errors.OAuthError("invalid_scope", "the requested scope is not allowed")
        return " ".join(dict.fromkeys([*asked, "id"]))

    def to_json(self) -> dict[str, Any]:
        """What :meth:`from_json` takes."""
        return asdict(self)


def find(org: Org, client_id: str | None) -> ConnectedApp:
    """The app of that consumer key; ``invalid_client_id`` when the org has none."""
    rows = org.store.execute("SELECT definition FROM _connected_app WHERE client_id = ?", (client_id or "",))
    if rows:
        return ConnectedApp.from_json(json.loads(rows[0][0]))
    if client_id == org.settings.client_id:
        return default_app(org)
    if client_id == CLI_CLIENT_ID:
        return ConnectedApp(CLI_CLIENT_ID, name="Salesforce CLI")
    raise errors.OAuthError("invalid_client_id", "client identifier invalid")


def default_app(org: Org) -> ConnectedApp:
    """The app that comes with the org."""
    return ConnectedApp(org.settings.client_id, org.settings.client_secret, "Forcemirror Playground")


def register(org: Org, app: ConnectedApp) -> None:
    """Keep an app, in place of an earlier one of the same consumer key. It survives a restart and a reset."""
    with org.store.transaction():
        org.store.execute(
            "INSERT INTO _connected_app (client_id, definition) VALUES (?, ?) "
            "ON CONFLICT (client_id) DO UPDATE SET definition = excluded.definition",
            (app.client_id, json.dumps(app.to_json())),
        )


def registered(org: Org) -> list[ConnectedApp]:
    """Every app that was registered, by consumer key."""
    rows = org.store.execute("SELECT definition FROM _connected_app ORDER BY client_id")
    return [ConnectedApp.from_json(json.loads(row[0])) for row in rows]


def copy(source: Org, target: Org) -> None:
    """Register the apps of one org in another."""
    for app in registered(source):
        register(target, app)


def register_file(org: Org, path: Path) -> None:
    """Register the apps of a JSON file, a list of what :meth:`ConnectedApp.from_json` takes; or raise ValueError."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise ValueError(f"{path} must hold a JSON list of connected apps.")
    for item in raw:
        register(org, ConnectedApp.from_json(item))


def certify_default(org: Org, certificate: str) -> None:
    """Give the org's own app a certificate, unless it has one already."""
    app = find(org, org.settings.client_id)
    secret = org.settings.client_secret
    register(org, replace(app, client_secret=secret, certificate=app.certificate or certificate))


def authenticated(org: Org, client_id: str | None, client_secret: str | None) -> ConnectedApp:
    """The app that shows this secret; a public client shows none."""
    app = find(org, client_id)
    check_secret(app, client_secret)
    return app


def check_secret(app: ConnectedApp, client_secret: str | None) -> None:
    """Raise ``invalid_client`` unless the secret is the app's."""
    if not hmac.compare_digest((client_secret or "").encode(), app.client_secret.encode()):
        raise errors.OAuthError("invalid_client", "invalid client credentials")


def approve(org: Org, user_id: str, client_id: str) -> None:
    """Remember that a user lets an app act for them."""
    with org.store.transaction():
        org.store.execute("INSERT OR IGNORE INTO _approval (user_id, client_id) VALUES (?, ?)", (user_id, client_id))


def is_approved(org: Org, user_id: str, app: ConnectedApp) -> bool:
    """Whether the app may act for the user without asking."""
    if app.users_preauthorized:
        return True
    sql = "SELECT 1 FROM _approval WHERE user_id = ? AND client_id = ?"
    return bool(org.store.execute(sql, (user_id, app.client_id)))
