"""What a program needs to know to use an org: ``playground.json``, and the answers of the side door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playground import auth, hosts
from playground.org import Org


def details(org: Org, url: str, ca_file: Path | None) -> dict[str, Any]:
    """Address, credentials and an open session of the org."""
    user = org.user(org.default_user_id)
    colleagues = org.store.select("User", "IsActive AND Id <> ? ORDER BY Id", (user["Id"],))
    return {
        "name": org.name,
        "url": url,
        "instance_url": url,
        "host": hosts.my_domain(org.name),
        "ca_file": str(ca_file.resolve()) if ca_file else None,
        "username": user["Username"],
        "password": org.settings.password,
        "security_token": org.settings.security_token,
        "client_id": org.settings.client_id,
        "client_secret": org.settings.client_secret,
        "access_token": org.login().token,
        "refresh_token": auth.refresh_token(org, str(user["Id"])),
        "organization_id": org.organization_id,
        "api_version": f"{org.settings.latest_version}.0",
        "colleagues": [row["Username"] for row in colleagues],
    }
