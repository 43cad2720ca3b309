"""Clients that are no dependencies of ours: ``make test-clients`` installs them and names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = "FORCEMIRROR_TEST_CLIENTS"


def folder_of(client: str) -> Path:
    """Where the client was installed; the test is skipped when it was not."""
    chosen = os.environ.get(FOLDER)
    if not chosen:
        pytest.skip(f"{client} is not installed; make test-clients installs it and runs this.")
    found = Path(chosen).resolve() / client
    if not found.is_dir():
        pytest.fail(f"{FOLDER} names {chosen}, but there is no {client} in it.")
    return found


def plain_environment(**more: str) -> dict[str, str]:
    """The environment without proxies and certificates of the machine, and with what is given."""
    ours = {
        "ALL_PROXY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_OPTIONS",
    }
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    return {**kept, **more}
