"""Options that set time, load and faults, and what a process tells of itself, on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from playground import command_line
from playground.org import Org
from tests.playground.conftest import StillClock
from tests.playground.test_server import ROOT, WAIT_S, playing

RULES = '[[validation]]\nobject = "Account"\nwhen = { field = "Phone", is = "13" }\nmessage = "Unlucky."\n'


def options(*words: str) -> Namespace:
    return command_line.parser().parse_args(["--dir", "unused", *words])


def test_options_set_time_load_rules_and_faults(org: Org, clock: StillClock, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")
    words = [
        "--clock-fixed",
        "2027-01-01T00:00:00Z",
        "--clock-shift",
        "60",
        "--visibility-delay",
        "5",
        "--latency",
        "0.5",
    ]
    words += ["--automation", str(rules), "--fault", "F21", "--fault", '{"fault": "F11-429", "count": 3}']
    words += ["--set", "daily_api_calls=9", "--set", "bulk_results_in_order=true", "--set", "session_hours=1.5"]

    command_line.prepare(org, options(*words))
    clock.advance(hours=1)

    assert org.now().isoformat() == "2027-01-01T00:01:00+00:00"
    assert (org.settings.visibility_delay_s, org.settings.daily_api_calls, org.settings.session_hours) == (5.0, 9, 1.5)
    assert org.settings.bulk_results_in_order is True
    assert org.latencies.of("GET", "/anything") == 0.5
    assert [item.message for item in org.automation.validations] == ["Unlucky."]
    assert [item["fault"] for item in org.faults.listed()] == ["F21-row-locked", "F11-429"]


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "colour=red"),
        ("--set", "daily_api_calls"),
        ("--set", "tracked_fields=Name"),
        ("--set", "bulk_results_in_order=perhaps"),
        ("--clock-fixed", "soon"),
        ("--port", "70000"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_code_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        options(*words)

    assert ended.value.code == 2


def test_an_ordered_fault_that_there_is_not_stops_the_start(org: Org) -> None:
    with pytest.raises(ValueError, match="no fault"):
        command_line.prepare(org, options("--fault", "F99"))


def ask(details: dict[str, Any], path: str) -> requests.Response:
    with requests.Session() as caller:
        caller.trust_env = False
        caller.verify = details["ca_file"] or False
        caller.headers["Authorization"] = f"Bearer {details['access_token']}"
        return caller.get(f"{details['url']}{path}", timeout=5)


@pytest.mark.end_to_end
def test_a_strict_playground_ends_with_a_complaint_when_it_was_asked_in_vain(tmp_path: Path) -> None:
    with playing(tmp_path, "--strict", "--http") as (process, details):
        assert details["url"].startswith("http://127.0.0.1:")
        assert details["ca_file"] is None
        assert ask(details, "/__playground__/ready").json() == {"ready": True}
        assert ask(details, "/services/data/v67.0/limits").status_code == 200
        for _ in range(2):
            assert ask(details, "/services/data/v67.0/wave/dashboards").status_code == 404
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=WAIT_S)

    assert process.returncode == 6
    assert complaints.count("The playground has no GET /services/data/v67.0/wave/dashboards") == 1
    assert "GET /services/data/v67.0/wave/dashboards (2)" in complaints


def environment(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "playground", "--dir", str(directory), "--env"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S)


@pytest.mark.end_to_end
@pytest.mark.skipif(os.name != "posix", reason="the lines are for a shell")
def test_the_environment_of_a_running_playground_can_be_evaluated(tmp_path: Path) -> None:
    nobody = environment(tmp_path)
    with playing(tmp_path, "--clock-fixed", "2027-01-01T00:00:00Z") as (_, details):
        told = environment(tmp_path)
        script = told.stdout + 'printf "%s %s %s" "$PLAYGROUND_URL" "$SF_ACCESS_TOKEN" "$NODE_EXTRA_CA_CERTS"'
        seen = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=WAIT_S)

    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "No playground runs in" in nobody.stderr
    assert seen.stdout.split() == [details["url"], details["access_token"], details["ca_file"]]


@pytest.mark.end_to_end
def test_a_fixed_clock_stands_still_over_processes(tmp_path: Path) -> None:
    moment = "2027-01-01T00:00:00Z"
    with playing(tmp_path, "--clock-fixed", moment) as (_, details):
        assert ask(details, "/services/data").headers["Date"] == "Fri, 01 Jan 2027 00:00:00 GMT"

    with Org.open(tmp_path) as org:
        assert org.now() - datetime.fromisoformat(moment) == timedelta(0)
