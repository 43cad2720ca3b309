"""Where requests may go: one pinned origin, taken from a short list of hosts that are Salesforce's own.

Security paper section 3.2: ``https://host`` followed by ``@evil.test/x`` or ``.evil.test`` is another host, and so are
some spellings with backslashes. Therefore addresses are taken apart here, compared part by part, and refused in doubt.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from connector.salesforce.errors import ForeignOrigin

SALESFORCE_SUFFIXES = (".my.salesforce.com", ".my.salesforce.mil", ".salesforce.com")
"""``.salesforce.com`` covers login, test, My Domain and its sandboxes."""

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z|\[[0-9a-f:]+\]\Z")
PATH = re.compile(r"/(services|id)/[!-.0-\[\]-~][!-\[\]-~]*\Z")
"""Printable ASCII without backslash, under ``/services/`` or ``/id/``, not going on with a second slash."""


class Profile(Enum):
    """What kind of org this connection is for. Credentials of one kind are never sent to the other."""

    SALESFORCE = "salesforce"
    PLAYGROUND = "playground"


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme (always https), host and port."""

    host: str
    port: int = 443

    def __str__(self) -> str:
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")


def parse_origin(url: str, profile: Profile) -> Origin:
    """Take the origin from a login or instance address. Raises ``ForeignOrigin`` for a host that is not allowed."""
    origin = _origin_of(url)
    if origin is None or urlsplit(url).path not in {"", "/"} or not _is_allowed(origin.host, profile):
        raise ForeignOrigin(url, _allowed_hosts(profile))
    return origin


def check_url(url: str, pinned: Origin) -> None:
    """Raise ``ForeignOrigin`` unless the address is a plain path below the pinned origin."""
    if _origin_of(url) != pinned or not PATH.match(urlsplit(url).path) or "#" in url:
        raise ForeignOrigin(url, str(pinned))


def is_plain_path(path: str) -> bool:
    """Tell whether a path that a server sent (``nextRecordsUrl``) is safe to put behind the pinned origin."""
    return bool(PATH.match(path)) and "//" not in path and ".." not in path


def _origin_of(url: str) -> Origin | None:
    if not url.isascii() or not url.isprintable() or any(character in url for character in "\\ "):
        return None
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Origin(host, port) if HOST.match(host) and ".." not in host else None


def _is_allowed(host: str, profile: Profile) -> bool:
    match profile:
        case Profile.SALESFORCE:
            return host.endswith(SALESFORCE_SUFFIXES)
        case Profile.PLAYGROUND:
            return _is_loopback(host)


def _is_loopback(host: str) -> bool:
    # .test and .localhost are reserved (RFC 6761): no such name ever leads to somebody else's machine.
    if host == "localhost" or host.endswith((".localhost", ".test")):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _allowed_hosts(profile: Profile) -> str:
    if profile is Profile.PLAYGROUND:
        return "a playground on this machine (https://localhost)"
    return "Salesforce over https (https://*.my.salesforce.com, https://login.salesforce.com)"
