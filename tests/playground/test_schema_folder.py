"""``--schema DIR``: the playground looks like another org."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playground import schema_folder
from playground.org import Org
from tests.playground.conftest import Caller

OPPORTUNITY = {
    "name": "Opportunity",
    "label": "Deal",
    "labelPlural": "Deals",
    "fields": [
        {"name": "Name", "label": "Deal name", "type": "string", "length": 60},
        {
            "name": "StageName",
            "label": "Step",
            "type": "picklist",
            "picklistValues": [{"value": "Hello", "label": "Hello"}, {"value": "Closed Won", "label": "Yes"}],
        },
        {
            "name": "Budget__c",
            "label": "Budget",
            "type": "currency",
            "precision": 18,
            "scale": 2,
            "createable": True,
            "updateable": True,
            "custom": True,
            "inlineHelpText": "What they have",
        },
    ],
    "recordTypeInfos": [
        {"name": "Pilot", "developerName": "Pilot", "recordTypeId": "012000000000001AAA", "active": True},
        {"name": "Master", "developerName": "Master", "recordTypeId": "012000000000000AAA", "master": True},
    ],
}
SHOE = {
    "name": "Shoe__c",
    "label": "Shoe",
    "labelPlural": "Shoes",
    "keyPrefix": "a9Z",
    "custom": True,
    "fields": [
        {"name": "Name", "type": "string", "length": 80, "nameField": True, "createable": True},
        {
            "name": "Deal__c",
            "type": "reference",
            "referenceTo": ["Opportunity"],
            "relationshipName": "Deal__r",
            "createable": True,
        },
    ],
}
STAGES = {
    "records": [
        {"MasterLabel": "Hello", "ApiName": "Hello", "SortOrder": 1, "DefaultProbability": 35.0, "IsClosed": False}
    ]
}


def folder(path: Path, *answers: dict[str, Any]) -> Path:
    for number, answer in enumerate(answers):
        (path / f"{number}.json").write_text(json.dumps(answer), encoding="utf-8")
    return path


def test_objects_fields_labels_stages_and_record_types_are_those_of_the_folder(
    api: Caller, org: Org, tmp_path: Path
) -> None:
    parent = OPPORTUNITY | {
        "childRelationships": [{"childSObject": "Shoe__c", "field": "Deal__c", "relationshipName": "Shoes__r"}]
    }
    assert schema_folder.load(org, folder(tmp_path, parent, SHOE)) is True
    described = api.get("/sobjects/Opportunity/describe").json()
    fields = {field["name"]: field for field in described["fields"]}
    assert described["label"] == "Deal"
    assert (fields["Name"]["label"], fields["Name"]["length"]) == ("Deal name", 60)
    assert [item["value"] for item in fields["StageName"]["picklistValues"] if item["active"]] == [
        "Hello",
        "Closed Won",
    ]
    assert fields["Budget__c"]["inlineHelpText"] == "What they have"
    assert [item["name"] for item in described["recordTypeInfos"]] == ["Pilot", "Master"]
    deal = api.deal(StageName="Hello", Budget__c=5)
    shoe = api.create("Shoe__c", Name="Left", Deal__c=deal)
    assert shoe.startswith("a9Z")
    (row,) = api.query(f"SELECT Budget__c, (SELECT Name FROM Shoes__r) FROM Opportunity WHERE Id = '{deal}'")
    assert row["Shoes__r"]["records"][0]["Name"] == "Left"
    assert api.record("Opportunity", api.deal(StageName="Closed Won"))["IsWon"] is True


def test_rows_of_stages_say_what_stages_mean(api: Caller, org: Org, tmp_path: Path) -> None:
    schema_folder.load(org, folder(tmp_path, OPPORTUNITY, STAGES))
    assert api.record("Opportunity", api.deal(StageName="Hello"))["Probability"] == 35.0


def test_a_folder_is_loaded_once_until_it_changes(org: Org, tmp_path: Path) -> None:
    folder(tmp_path, OPPORTUNITY)
    assert schema_folder.load(org, tmp_path) is True
    assert schema_folder.load(org, tmp_path) is False
    folder(tmp_path, OPPORTUNITY, SHOE)
    assert schema_folder.load(org, tmp_path) is True
    assert org.schema.by_lower_name["shoe__c"].key_prefix == "a9Z"


def test_a_reset_keeps_the_look_of_the_folder(api: Caller, org: Org, tmp_path: Path) -> None:
    schema_folder.load(org, folder(tmp_path, OPPORTUNITY))
    org.reset()
    org.reset()
    fields = {field["name"]: field for field in api.get("/sobjects/Opportunity/describe").json()["fields"]}
    assert [item["value"] for item in fields["StageName"]["picklistValues"] if item["active"]] == [
        "Hello",
        "Closed Won",
    ]
    assert len(org.schema_changes()) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "Opportunity"}'])
def test_a_file_that_is_no_describe_is_named(org: Org, tmp_path: Path, content: str) -> None:
    (tmp_path / "odd.json").write_text(content, encoding="utf-8")
    with pytest.raises(schema_folder.FolderUnusable, match=r"odd\.json"):
        schema_folder.load(org, tmp_path)


def test_a_folder_without_files_is_refused(org: Org, tmp_path: Path) -> None:
    with pytest.raises(schema_folder.FolderUnusable, match="no JSON file"):
        schema_folder.load(org, tmp_path / "none")
