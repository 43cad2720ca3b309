"""Describe results, versions, limits (salesforce-api.md 1.1, 3.3, 3.8)."""

from __future__ import annotations

from typing import Any

import pytest

from playground.org import Org
from playground.resources import version_label
from tests.playground.conftest import HOST, Caller

GLOBAL_KEYS = {
    "activateable",
    "associateEntityType",
    "associateParentEntity",
    "createable",
    "custom",
    "customSetting",
    "deepCloneable",
    "deletable",
    "deprecatedAndHidden",
    "feedEnabled",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
    "keyPrefix",
    "label",
    "labelPlural",
    "layoutable",
    "mergeable",
    "mruEnabled",
    "name",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
    "updateable",
    "urls",
}
OBJECT_KEYS = GLOBAL_KEYS | {
    "actionOverrides",
    "childRelationships",
    "compactLayoutable",
    "defaultImplementation",
    "extendedBy",
    "extendsInterfaces",
    "fields",
    "implementedBy",
    "implementsInterfaces",
    "listviewable",
    "lookupLayoutable",
    "namedLayoutInfos",
    "networkScopeFieldName",
    "recordTypeInfos",
    "searchLayoutable",
    "sobjectDescribeOption",
    "supportedScopes",
}
FIELD_KEYS = {
    "aggregatable",
    "aiPredictionField",
    "autoNumber",
    "byteLength",
    "calculated",
    "calculatedFormula",
    "cascadeDelete",
    "caseSensitive",
    "compoundFieldName",
    "controllerName",
    "createable",
    "custom",
    "defaultValue",
    "defaultValueFormula",
    "defaultedOnCreate",
    "dependentPicklist",
    "deprecatedAndHidden",
    "digits",
    "displayLocationInDecimal",
    "encrypted",
    "externalId",
    "extraTypeInfo",
    "filterable",
    "filteredLookupInfo",
    "formulaTreatNullNumberAsZero",
    "groupable",
    "highScaleNumber",
    "htmlFormatted",
    "idLookup",
    "inlineHelpText",
    "label",
    "length",
    "mask",
    "maskType",
    "name",
    "nameField",
    "namePointing",
    "nillable",
    "permissionable",
    "picklistValues",
    "polymorphicForeignKey",
    "precision",
    "queryByDistance",
    "referenceTargetField",
    "referenceTo",
    "relationshipName",
    "relationshipOrder",
    "restrictedDelete",
    "restrictedPicklist",
    "scale",
    "searchPrefilterable",
    "soapType",
    "sortable",
    "type",
    "unique",
    "updateable",
    "writeRequiresMasterRead",
}


def field_of(api: Caller, object_name: str, name: str) -> dict[str, Any]:
    fields = api.get(f"/sobjects/{object_name}/describe").json()["fields"]
    return next(item for item in fields if item["name"] == name)  # type: ignore[no-any-return]


def test_the_global_describe_lists_every_object_with_its_members(api: Caller, org: Org) -> None:
    answer = api.get("/sobjects/").json()

    assert (answer["encoding"], answer["maxBatchSize"]) == ("UTF-8", 200)
    assert [item["name"] for item in answer["sobjects"]] == sorted(item.name for item in org.schema.objects)
    assert all(set(item) == GLOBAL_KEYS for item in answer["sobjects"])


def test_every_object_can_be_described_with_all_members(api: Caller, org: Org) -> None:
    for item in org.schema.objects:
        described = api.get(f"/sobjects/{item.name}/describe").json()
        assert set(described) == OBJECT_KEYS
        assert [field["name"] for field in described["fields"]] == [field.name for field in item.fields]
        assert all(set(field) == FIELD_KEYS for field in described["fields"])


def test_an_object_alone_answers_its_global_item(api: Caller) -> None:
    assert set(api.get("/sobjects/Account/").json()["objectDescribe"]) == GLOBAL_KEYS


@pytest.mark.parametrize(
    ("object_name", "name", "expected"),
    [
        ("Opportunity", "Id", {"type": "id", "soapType": "tns:ID", "byteLength": 18, "idLookup": True}),
        ("Opportunity", "Name", {"type": "string", "length": 120, "byteLength": 360, "nameField": True}),
        ("Opportunity", "Amount", {"type": "currency", "precision": 18, "scale": 2, "soapType": "xsd:double"}),
        ("Opportunity", "StageName", {"restrictedPicklist": False, "nillable": False, "byteLength": 765}),
        ("Opportunity", "AccountId", {"referenceTo": ["Account"], "relationshipName": "Account"}),
        ("Opportunity", "ContactId", {"createable": True, "updateable": False}),
        ("Contact", "AccountId", {"cascadeDelete": False}),  # Only the parent's childRelationships tell.
        ("OpportunityContactRole", "IsPrimary", {"type": "boolean", "defaultedOnCreate": True}),
        ("Task", "WhatId", {"polymorphicForeignKey": True, "namePointing": True}),
    ],
)
def test_fields_say_what_recorded_orgs_say(api: Caller, object_name: str, name: str, expected: dict[str, Any]) -> None:
    described = field_of(api, object_name, name)

    assert {key: described[key] for key in expected} == expected


def test_relationships_and_record_types_are_told(api: Caller, org: Org) -> None:
    account = api.get("/sobjects/Account/describe").json()
    opportunity = api.get("/sobjects/Opportunity/describe").json()

    contacts = next(item for item in account["childRelationships"] if item["relationshipName"] == "Contacts")
    assert (contacts["childSObject"], contacts["field"], contacts["cascadeDelete"]) == ("Contact", "AccountId", True)
    names = [item["developerName"] for item in opportunity["recordTypeInfos"]]
    kinds = org.store.select("RecordType", "SobjectType = 'Opportunity' AND IsActive ORDER BY Id")
    assert names == [*(row["DeveloperName"] for row in kinds), "Master"]
    assert opportunity["urls"]["uiDetailTemplate"] == f"{HOST}/{{ID}}"


def test_contact_roles_cannot_be_undeleted(api: Caller) -> None:
    described = api.get("/sobjects/OpportunityContactRole/describe").json()

    assert (described["undeletable"], described["replicateable"], described["searchable"]) == (False, True, False)


def test_a_describe_that_was_seen_is_answered_304(api: Caller) -> None:
    for path in ("/sobjects", "/sobjects/Account/describe"):
        seen = api.get(path).headers["Last-Modified"]
        assert api.get(path, headers={"If-Modified-Since": seen}).status_code == 304
        assert api.get(path, headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200


@pytest.mark.parametrize(
    ("version", "label"),
    [
        (31, "Summer '14"),
        (53, "Winter '22"),
        (58, "Summer '23"),
        (65, "Winter '26"),
        (66, "Spring '26"),
        (67, "Summer '26"),
    ],
)
def test_versions_are_named_by_their_season(version: int, label: str) -> None:
    assert version_label(version) == label


def test_versions_are_listed_ascending_without_a_login(api: Caller) -> None:
    for path in ("/services/data", "/services/data/"):
        found = api.get(HOST + path, headers={"Authorization": ""}).json()
        assert found[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
        assert [float(item["version"]) for item in found] == sorted(float(item["version"]) for item in found)


@pytest.mark.parametrize(("version", "status"), [("v30.0", 410), ("v31.0", 200), ("v68.0", 404), ("67.0", 404)])
def test_retired_and_future_versions_do_not_answer(api: Caller, version: str, status: int) -> None:
    assert api.get(f"{HOST}/services/data/{version}/limits").status_code == status


def test_record_counts_leave_out_what_is_empty(api: Caller, org: Org) -> None:
    counts = api.get("/limits/recordCount", params={"sObjects": "OpportunityStage,Nothing"}).json()

    assert counts == {"sObjects": [{"count": 10, "name": "OpportunityStage"}]}
    counted = {item["name"] for item in api.get("/limits/recordCount").json()["sObjects"]}
    assert {item.name for item in org.schema.objects} - counted == {"Lead", "OpportunityLineItem"}


def test_limits_tell_what_remains(api: Caller) -> None:
    limits = api.get("/limits/").json()

    assert limits["DailyApiRequests"] == {"Max": 15000, "Remaining": 14999}
    assert limits["DailyBulkApiBatches"]["Max"] == 15000
