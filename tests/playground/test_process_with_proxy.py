"""The playground as a process with a proxy, a key for its app and further orgs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.playground.test_server import ROOT, playing


@pytest.mark.end_to_end
def test_a_proxy_a_key_and_further_orgs_come_with_a_process(tmp_path: Path) -> None:
    with playing(tmp_path / "org", "--proxy") as (_, details):
        with requests.Session() as caller:
            caller.trust_env = False
            caller.verify = details["ca_file"]
            caller.proxies = {"https": details["proxy"]}
            made = caller.post(
                f"{details['url']}/__playground__/orgs", json={"name": "acme"}, headers={"X-Playground": "1"}
            ).json()
            for base in (made["url"], f"https://{made['host']}"):
                answer = caller.get(
                    f"{base}/services/data/v67.0/limits", headers={"Authorization": f"Bearer {made['access_token']}"}
                )
                assert answer.status_code == 200
        environment = subprocess.run(
            [sys.executable, "-m", "playground", "--dir", str(tmp_path / "org"), "--env"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert f"export HTTPS_PROXY={details['proxy']}\n" in environment
        assert Path(details["app_key_file"]).stat().st_mode & 0o077 == 0
        program = (
            "import sys; from simple_salesforce import Salesforce; "
            "sf = Salesforce(username=sys.argv[1], consumer_key=sys.argv[2], privatekey_file=sys.argv[3]); "
            "print(sf.sf_instance, sf.query('SELECT COUNT() FROM OpportunityStage')['totalSize']); sf.session.close()"
        )
        known = dict(line.removeprefix("export ").split("=", 1) for line in environment.splitlines())
        told = subprocess.run(
            [sys.executable, "-c", program, made["username"], details["client_id"], details["app_key_file"]],
            env={"PATH": os.environ["PATH"], **known},
            check=True,
            capture_output=True,
            text=True,
        )
        assert told.stdout == "acme.my.salesforce.com 10\n"

    with playing(tmp_path / "org") as (_, details), requests.Session() as caller:
        caller.trust_env = False
        caller.verify = details["ca_file"]
        assert details["proxy"] is None
        listed = caller.get(f"{details['url']}/__playground__/orgs", headers={"X-Playground": "1"}).json()
        assert [item["name"] for item in listed["orgs"]] == ["playground", "acme"]


@pytest.mark.end_to_end
def test_apps_in_the_folder_are_registered(tmp_path: Path) -> None:
    folder_of_org = tmp_path / "org"
    folder_of_org.mkdir()
    (folder_of_org / "connected-apps.json").write_text('[{"client_id": "mine"}]', encoding="utf-8")

    with playing(folder_of_org) as (_, details), requests.Session() as caller:
        caller.trust_env = False
        caller.verify = details["ca_file"]
        listed = caller.get(f"{details['url']}/__playground__/connected-apps", headers={"X-Playground": "1"}).json()
        assert "mine" in [item["client_id"] for item in listed["connected_apps"]]
