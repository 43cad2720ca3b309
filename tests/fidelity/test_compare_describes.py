"""The comparison finds what differs, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.org import Org
from tests.fidelity import compare_describes
from tests.fidelity.compare_describes import Ours


@pytest.fixture(scope="module")
def ours() -> Iterator[Ours]:
    with Org.in_memory() as org:
        made = Ours(org)
        yield made
        made.close()


@pytest.fixture
def recorded(ours: Ours) -> dict[str, Any]:
    return copy.deepcopy(ours.get("sobjects/Opportunity/describe") or {})


def told(ours: Ours, recorded: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item.where, item.what) for item in compare_describes.compare(ours, "file", recorded)]


def test_our_own_describes_do_not_differ_from_ours(ours: Ours, recorded: dict[str, Any]) -> None:
    assert told(ours, recorded) == []
    assert told(ours, ours.get("sobjects") or {}) == []


def test_another_value_a_missing_key_and_a_missing_field_are_told(ours: Ours, recorded: dict[str, Any]) -> None:
    recorded["fields"][0]["label"] = "Deal number"
    recorded["fields"][1]["madeUp"] = True
    recorded["fields"].append({"name": "IqScore", "custom": False})
    recorded["childRelationships"].append({"childSObject": "Task", "field": "AccountId", "relationshipName": None})
    recorded["brandNew"] = 1
    assert told(ours, recorded) == [
        ("Opportunity", "brandNew"),
        ("Opportunity.Id", "label"),
        ("Opportunity.IsDeleted", "madeUp"),
        ("Opportunity.IqScore", "field"),
        ("Opportunity child Task.AccountId", "relationship"),
    ]


def test_addresses_versions_and_custom_fields_do_not_count(ours: Ours, recorded: dict[str, Any]) -> None:
    recorded["urls"] = json.loads(
        json.dumps(recorded["urls"]).replace("v67.0", "v48.0").replace("playground.test", "x.my.salesforce.com")
    )
    recorded["fields"].append({"name": "Their__c", "custom": True})
    assert told(ours, recorded) == []


def test_the_command_says_what_differs_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"name": "Nothing", "fields": []}), encoding="utf-8")
    assert compare_describes.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == 'a.json: Nothing object: recorded "present", ours null\n1 differences\n'
    assert compare_describes.main([]) == 2
