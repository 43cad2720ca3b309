"""``--env``: what other programs need in their environment to talk to a running playground."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

INFO_NAME = "playground.json"


class NotRunning(Exception):
    """No playground answers for the folder."""


def exports(directory: Path) -> str:
    """Lines for a shell to evaluate; :class:`NotRunning` when no playground runs in the folder.

    The certificate authority replaces the usual ones, for requests and curl: only the playground is trusted then.
    """
    try:
        info = json.loads((directory / INFO_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotRunning(f"No playground runs in {directory}.") from error
    values = {
        "PLAYGROUND_URL": info["url"],
        "PLAYGROUND_TOKEN": info["access_token"],
        "SF_ORG_INSTANCE_URL": info["instance_url"],
        "SF_ACCESS_TOKEN": info["access_token"],
        "SF_ORG_API_VERSION": info["api_version"],
    }
    if info["ca_file"]:
        names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        values |= dict.fromkeys(names, info["ca_file"])
    if info.get("proxy"):
        values |= dict.fromkeys(("HTTPS_PROXY", "https_proxy"), info["proxy"])
    return "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in values.items())
