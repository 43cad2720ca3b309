"""Layouts, object information, record types, tabs and menus."""

from __future__ import annotations

from typing import Any

from playground.ids import MASTER_RECORD_TYPE_ID
from tests.playground.conftest import Caller, problem

ALL_STAGES = 10
RENEWAL_STAGES = ["Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"]


def record_type(api: Caller, name: str) -> str:
    (row,) = api.query(f"SELECT Id FROM RecordType WHERE DeveloperName = '{name}'")
    return str(row["Id"])


def stages(api: Caller, record_type_id: str) -> list[str]:
    answer = api.get(f"/ui-api/object-info/Opportunity/picklist-values/{record_type_id}/StageName")
    return [item["value"] for item in answer.json()["values"]]


def test_a_record_type_offers_the_stages_of_its_sales_process(api: Caller) -> None:
    assert stages(api, record_type(api, "Renewal")) == RENEWAL_STAGES
    assert len(stages(api, record_type(api, "New_Business"))) == ALL_STAGES
    assert len(stages(api, MASTER_RECORD_TYPE_ID)) == ALL_STAGES


def test_stages_tell_what_they_mean(api: Caller) -> None:
    answer = api.get(f"/ui-api/object-info/Opportunity/picklist-values/{MASTER_RECORD_TYPE_ID}/StageName")
    (won,) = (item for item in answer.json()["values"] if item["value"] == "Closed Won")
    assert won["attributes"] == {
        "closed": True,
        "defaultProbability": 100.0,
        "forecastCategoryName": "Closed",
        "picklistAtrributesValueType": "OpportunityStage",
        "won": True,
    }


def test_the_values_of_all_picklists_come_together(api: Caller) -> None:
    body = api.get(f"/ui-api/object-info/Opportunity/picklist-values/{record_type(api, 'Renewal')}").json()
    fields = body["picklistFieldValues"]
    assert [item["value"] for item in fields["StageName"]["values"]] == RENEWAL_STAGES
    assert "LeadSource" in fields
    assert fields["LeadSource"]["defaultValue"] is None


def test_unknown_record_types_and_fields_are_not_found(api: Caller) -> None:
    base = "/ui-api/object-info/Opportunity/picklist-values"
    assert api.get(f"{base}/012000000000001AAA").status_code == 404
    assert problem(api.get(f"{base}/{MASTER_RECORD_TYPE_ID}/Amount"))[1] == "NOT_FOUND"


def test_object_information_agrees_with_describe(api: Caller) -> None:
    info: dict[str, Any] = api.get("/ui-api/object-info/Opportunity").json()
    described: dict[str, Any] = api.get("/sobjects/Opportunity/describe").json()
    assert list(info["fields"]) == [field["name"] for field in described["fields"]]
    assert set(info["recordTypeInfos"]) == {item["recordTypeId"] for item in described["recordTypeInfos"]}
    assert info["fields"]["StageName"]["dataType"] == "Picklist"
    assert info["nameFields"] == ["Name"]


def test_layouts_map_record_types_to_what_they_offer(api: Caller) -> None:
    body = api.get("/sobjects/Opportunity/describe/layouts").json()
    by_name = {item["developerName"]: item for item in body["recordTypeMappings"]}
    (offer,) = (item for item in by_name["Renewal"]["picklistsForRecordType"] if item["picklistName"] == "StageName")
    assert [item["value"] for item in offer["picklistValues"]] == RENEWAL_STAGES
    one = api.get(f"/sobjects/Opportunity/describe/layouts/{record_type(api, 'Renewal')}").json()
    assert one == body["layouts"][0]


def test_every_address_that_a_describe_names_answers(api: Caller) -> None:
    for item in api.get("/sobjects").json()["sobjects"]:
        for url in item["urls"].values():
            if "{" not in url:
                assert api.get(f"https://playground.test{url}").status_code == 200, url


def test_compact_layouts_come_alone_and_together(api: Caller) -> None:
    one = api.get("/sobjects/Account/describe/compactLayouts").json()
    assert api.get("/compactLayouts", params={"q": "Account,Contact"}).json()["Account"] == one
    assert one["compactLayouts"][0]["fieldItems"][0]["layoutComponents"][0]["value"] == "Name"


def test_tabs_menus_and_themes_answer(api: Caller) -> None:
    assert "standard-Opportunity" in {item["name"] for item in api.get("/tabs").json()}
    assert api.get("/theme").json()["themeItems"][0]["name"] == "Pricebook2"
    assert api.get("/appMenu/AppSwitcher").json()["appMenuItems"][0]["label"] == "Sales"
    assert api.get("/appMenu").status_code == 200


def test_what_was_looked_at_last_comes_first(api: Caller) -> None:
    account = api.create("Account", Name="Just seen")
    with api.org.store.transaction():
        api.org.store.update("Account", account, {"LastViewedDate": "2026-11-23T11:59:00.000Z"})
    assert api.get("/recent", params={"limit": "1"}).json()[0]["Name"] == "Just seen"
    assert api.get("/sobjects/Account").json()["recentItems"][0]["Id"] == account


def test_limits_name_what_a_recorded_org_names(api: Caller) -> None:
    limits = api.get("/limits").json()
    assert len(limits) == 47
    assert limits["PermissionSets"] == {
        "Max": 1500,
        "Remaining": 1500,
        "CreateCustom": {"Max": 1000, "Remaining": 1000},
    }


def test_post_with_a_method_name_is_that_method(api: Caller) -> None:
    account = api.create("Account", Name="Before")
    answer = api.post(f"/sobjects/Account/{account}?_HttpMethod=PATCH", {"Name": "After"})
    assert answer.status_code == 204
    assert api.record("Account", account)["Name"] == "After"


def test_update_only_creates_nothing(api: Caller) -> None:
    answer = api.patch("/sobjects/Account/Forcemirror_Id__c/nobody?updateOnly=true", {"Name": "x"})
    assert problem(answer)[:2] == (404, "NOT_FOUND")
