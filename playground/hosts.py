"""Host names: the log-in hosts that all orgs share, and the My Domain of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playground.org import Org

LOGIN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
MY_DOMAIN = ".my.salesforce.com"
SANDBOX_DOMAIN = ".sandbox.my.salesforce.com"
LOGIN_AUDIENCES = frozenset(f"https://{host}" for host in LOGIN_HOSTS)
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def is_login_host(base_url: str) -> bool:
    """Whether the address is one where every org's people log in."""
    return (urlsplit(base_url).hostname or "") in LOGIN_HOSTS


def my_domain(name: str) -> str:
    """The host of an org: ``acme.my.salesforce.com``, ``acme--uat.sandbox.my.salesforce.com``."""
    return name + (SANDBOX_DOMAIN if "--" in name else MY_DOMAIN)


def instance_url(org: Org, base_url: str) -> str:
    """Where calls of a session go: the org's own host after a log-in at a shared one, else where one is already."""
    if not is_login_host(base_url):
        return base_url
    port = urlsplit(base_url).port
    return f"https://{my_domain(org.name)}" + (f":{port}" if port else "")


def check_name(name: str) -> str:
    """The name, when it can be a host's; ValueError otherwise."""
    # simple-salesforce cuts "-api" out of the host names it is given.
    if not _NAME.fullmatch(name) or "-api" in name:
        raise ValueError(
            f"An org's name is at most 40 lower-case letters, digits and hyphens between them, without -api: {name!r}."
        )
    return name


def is_salesforce(host: str) -> bool:
    """Whether Salesforce serves that host: what the proxy answers for."""
    return host in LOGIN_HOSTS or host.endswith(MY_DOMAIN)
