"""Host names: the log-in hosts that all orgs share, the My Domain of each org, and the names of this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playground.org import Org

LOGIN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
LOGIN_AUDIENCES = frozenset(f"https://{host}" for host in LOGIN_HOSTS)
OWN_NAMES = ("localhost", "127.0.0.1", "::1", "playground.test")
"""What the playground itself is called where no proxy stands before it."""
_MY_DOMAIN = ".my.salesforce.com"
_SANDBOX_DOMAIN = ".sandbox.my.salesforce.com"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME_LENGTH_MAX = 40


def is_login_host(base_url: str) -> bool:
    """Whether the address is one where every org's people log in."""
    return (urlsplit(base_url).hostname or "") in LOGIN_HOSTS


def my_domain(name: str) -> str:
    """The host of an org: ``acme.my.salesforce.com``, ``acme--uat.sandbox.my.salesforce.com``."""
    return name + (_SANDBOX_DOMAIN if "--" in name else _MY_DOMAIN)


def org_name(host: str) -> str | None:
    """The name in an org's host: its My Domain, or ``acme.localhost``; None for hosts that name no org."""
    for ending in (_SANDBOX_DOMAIN, _MY_DOMAIN, *(f".{own}" for own in ("localhost", "playground.test"))):
        name = host.lower().removesuffix(ending)
        if name != host.lower():
            return name if _LABEL.fullmatch(name) else None
    return None


def instance_url(org: Org, base_url: str) -> str:
    """Where calls of a session go: the org's own host after a log-in at a shared one, else where one is already."""
    if not is_login_host(base_url):
        return base_url
    port = urlsplit(base_url).port
    return f"https://{my_domain(org.name)}" + (f":{port}" if port else "")


def check_name(name: object) -> str:
    """The name, when it can be an org's; ValueError otherwise."""
    # simple-salesforce cuts "-api" out of the host names it is given.
    if isinstance(name, str) and _LABEL.fullmatch(name) and len(name) <= _NAME_LENGTH_MAX and "-api" not in name:
        return name
    raise ValueError(
        f"{name!r} cannot be an org's name: that is at most {_NAME_LENGTH_MAX} lower-case letters, digits and hyphens "
        "between them, without -api."
    )


def is_salesforce(host: str) -> bool:
    """Whether Salesforce serves that host: what the proxy answers for."""
    return host.lower() in LOGIN_HOSTS or (host.lower().endswith(_MY_DOMAIN) and org_name(host) is not None)


def is_ours(host: str) -> bool:
    """Whether the playground has a certificate for that name."""
    return host.lower() in OWN_NAMES or org_name(host) is not None or is_salesforce(host)
