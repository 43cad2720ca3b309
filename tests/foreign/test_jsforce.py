"""jsforce from npm, unmodified, on Node: each file below ``jsforce/`` is a suite of its own over real TLS."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from playground import auth
from tests.foreign.conftest import Site
from tests.foreign.installed import folder_of, plain_environment

SUITES = sorted((Path(__file__).parent / "jsforce").glob("*.test.cjs"))
TIMEOUT_S = 120


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name.removesuffix(".test.cjs"))
def test_jsforce_works_as_against_salesforce(site: Site, suite: Path) -> None:
    client, node = folder_of("jsforce"), shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed on this machine.")
    settings = site.org.settings
    details = {
        "url": site.url,
        "username": site.username,
        "password": settings.password,
        "security_token": settings.security_token,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "refresh_token": auth.refresh_token(site.org, site.org.default_user_id),
        "organization_id": site.org.organization_id,
    }
    environment = plain_environment(
        PLAYGROUND=json.dumps(details), NODE_EXTRA_CA_CERTS=str(site.ca_file), NODE_PATH=str(client / "node_modules")
    )

    ran = subprocess.run(
        [node, "--test", "--test-reporter=spec", str(suite)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "fail 0" in ran.stdout


def test_there_are_suites() -> None:
    assert [suite.name for suite in SUITES] == ["bulk.test.cjs", "login.test.cjs", "rest.test.cjs"]
