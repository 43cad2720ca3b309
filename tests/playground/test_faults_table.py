"""docs/faults.md tells the truth: all 75 faults, each by a switch that there is or a fixture that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.fault_catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| F(\d+) \| (.+?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
NAME = re.compile(r"`([\w-]+)`")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall((ROOT / "docs" / "faults.md").read_text(encoding="utf-8"))


def test_there_are_75_faults_each_with_a_switch_or_a_fixture(rows: list[tuple[str, str, str, str]]) -> None:
    assert [int(row[0]) for row in rows] == list(range(1, 76))
    assert [row[0] for row in rows if not NAME.findall(row[2] + row[3])] == []


def test_the_switches_are_those_of_the_catalogue(rows: list[tuple[str, str, str, str]]) -> None:
    told = [(f"F{row[0]}", name) for row in rows for name in NAME.findall(row[2])]

    assert told == [(item.number, item.name) for item in sorted(CATALOGUE, key=lambda item: int(item.number[1:]))]


def test_the_fixtures_are_there_and_used(rows: list[tuple[str, str, str, str]]) -> None:
    made = (ROOT / "tests" / "faults" / "conftest.py").read_text(encoding="utf-8")
    used = (ROOT / "tests" / "faults" / "test_this_side.py").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture\ndef (\w+)\(", made)) - {"mirror"}
    told = {name for row in rows for name in NAME.findall(row[3])}

    assert told == fixtures
    assert [name for name in sorted(told) if not re.search(rf"\b{name}\b", used)] == []
