"""Fields and objects that are added while the org runs (salesforce-api.md 3.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.org import Org
from tests.playground.conftest import Caller, StillClock, problem

REGION = {
    "name": "Region__c",
    "label": "Region",
    "type": "picklist",
    "length": 255,
    "restrictedPicklist": True,
    "inlineHelpText": "Where the shops are",
    "picklistValues": [{"value": "North", "label": "The North", "active": True, "defaultValue": False}, "South"],
}
SHOE = {
    "name": "Shoe__c",
    "label": "Shoe",
    "fields": [
        {"name": "Size__c", "label": "Size", "type": "double", "precision": 4, "scale": 1, "createable": True},
        {
            "name": "Account__c",
            "label": "Account",
            "type": "reference",
            "referenceTo": ["Account"],
            "relationshipName": "Account__r",
            "createable": True,
            "updateable": True,
        },
    ],
}


def describe_field(api: Caller, object_name: str, name: str) -> dict[str, Any]:
    fields = api.get(f"/sobjects/{object_name}/describe").json()["fields"]
    (found,) = (field for field in fields if field["name"] == name)
    return dict(found)


def test_a_custom_field_is_described_queried_and_written(api: Caller, org: Org) -> None:
    old = api.deal(Name="Before the field")
    org.change_schema({"object": "Opportunity", "add": [REGION]})
    found = describe_field(api, "Opportunity", "Region__c")
    assert (found["custom"], found["inlineHelpText"], found["restrictedPicklist"]) == (
        True,
        "Where the shops are",
        True,
    )
    assert [item["label"] for item in found["picklistValues"]] == ["The North", "South"]
    assert api.record("Opportunity", old)["Region__c"] is None
    new = api.deal(Region__c="North")
    assert [row["Id"] for row in api.query("SELECT Id FROM Opportunity WHERE Region__c = 'North'")] == [new]
    refused = api.patch(f"/sobjects/Opportunity/{new}", {"Region__c": "Nowhere"})
    assert problem(refused)[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_a_custom_object_has_its_table_relationships_and_system_fields(api: Caller, org: Org) -> None:
    org.change_schema({"add_object": SHOE})
    account = api.create("Account", Name="Feet Ltd")
    shoe = api.create("Shoe__c", Name="Left", Size__c=9.5, Account__c=account)
    assert shoe.startswith("a0")
    (row,) = api.query("SELECT Name, Size__c, Account__r.Name, Owner.Name FROM Shoe__c")
    assert (row["Size__c"], row["Account__r"]["Name"]) == (9.5, "Feet Ltd")
    assert "Shoe__c" in {item["name"] for item in api.get("/sobjects").json()["sobjects"]}
    api.delete(f"/sobjects/Shoe__c/{shoe}")
    assert [row["IsDeleted"] for row in api.query("SELECT IsDeleted FROM Shoe__c", "queryAll")] == [True]


def test_what_was_added_survives_a_restart_a_reset_and_a_snapshot(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as org:
        org.change_schema({"add_object": SHOE})
        org.change_schema({"object": "Shoe__c", "add": [REGION]})
        org.snapshots.take("clean")
        shoe = org.create("Shoe__c", {"Name": "Left", "Region__c": "South"})
    with Org.open(tmp_path, clock=clock) as org:
        row = org.record("Shoe__c", shoe)
        assert row
        assert row["Region__c"] == "South"
        org.reset()
        assert org.record("Shoe__c", shoe) is None
        assert org.create("Shoe__c", {"Name": "Right"})


@pytest.mark.parametrize(
    "change",
    [
        {"add_object": {"fields": []}},
        {"add_object": {"name": "Account"}},
        {"object": "Opportunity", "add": [{"name": "NoType__c"}]},
        {"object": "Opportunity", "add": [{"name": "Name", "type": "string"}]},
        {"object": "Nothing__c", "add": []},
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(org: Org, change: dict[str, Any]) -> None:
    before = org.schema
    with pytest.raises(ValueError, match=r"."):
        org.change_schema(change)
    assert org.schema is before
