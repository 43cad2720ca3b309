"""Stages that an admin changes while the org runs (salesforce-api.md 10.5, 11.1)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.playground.conftest import HOST, Caller, StillClock


def side(api: Caller, method: str, path: str, body: Any = None) -> requests.Response:
    return api(method, f"{HOST}/__playground__/{path}", json=body, headers={"X-Playground": "1"})


def entries(api: Caller) -> dict[str, dict[str, Any]]:
    fields = api.get("/sobjects/Opportunity/describe").json()["fields"]
    (stage,) = (field for field in fields if field["name"] == "StageName")
    return {item["value"]: item for item in stage["picklistValues"]}


def test_a_label_changes_and_no_record_does(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    before = api.record("Opportunity", deal)
    clock.advance(minutes=5)
    assert side(api, "POST", "stages/Prospecting", {"label": "Searching"}).status_code == 200
    assert entries(api)["Prospecting"]["label"] == "Searching"
    assert api.record("Opportunity", deal) == before
    assert api.query(f"SELECT toLabel(StageName) FROM Opportunity WHERE Id = '{deal}'")[0]["StageName"] == "Searching"


def test_another_api_name_moves_every_record(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    clock.advance(minutes=5)
    side(api, "POST", "stages/Prospecting", {"label": "Searching", "api_name": "Searching"})
    found = api.record("Opportunity", deal)
    assert found["StageName"] == "Searching"
    assert found["SystemModstamp"] > found["LastModifiedDate"]
    assert "Prospecting" not in entries(api)


def test_a_deactivated_stage_stays_where_it_is_in_use(api: Caller) -> None:
    deal = api.deal()
    side(api, "POST", "stages/Prospecting", {"active": False})
    assert entries(api)["Prospecting"]["active"] is False
    assert api.record("Opportunity", deal)["StageName"] == "Prospecting"


def test_another_type_moves_all_opportunities_of_the_stage(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    clock.advance(minutes=5)
    side(api, "POST", "stages/Prospecting", {"type": "won"})
    found = api.record("Opportunity", deal)
    assert (found["IsClosed"], found["IsWon"], found["ForecastCategoryName"]) == (True, True, "Closed")
    assert (found["Probability"], found["LastModifiedDate"]) == (10.0, "2026-11-23T12:00:00.000+0000")


def test_another_probability_is_for_later_changes_only(api: Caller) -> None:
    deal = api.deal()
    side(api, "POST", "stages/Prospecting", {"probability": 33})
    assert api.record("Opportunity", deal)["Probability"] == 10.0
    assert api.record("Opportunity", api.deal())["Probability"] == 33.0


def test_a_new_stage_stands_where_it_was_put_and_works(api: Caller) -> None:
    new = {"label": "Trial", "probability": 40, "after": "Qualification", "forecast_category": "Best Case"}
    listed = side(api, "POST", "stages", new).json()["stages"]
    assert [item["ApiName"] for item in listed][:3] == ["Prospecting", "Qualification", "Trial"]
    assert list(entries(api))[2] == "Trial"
    found = api.record("Opportunity", api.deal(StageName="Trial"))
    assert (found["Probability"], found["ForecastCategory"]) == (40.0, "BestCase")


def test_stages_can_be_put_in_another_order(api: Caller) -> None:
    side(api, "PUT", "stages", {"order": ["Closed Lost", "Closed Won"]})
    assert list(entries(api))[:3] == ["Closed Lost", "Closed Won", "Prospecting"]


def test_a_change_of_stages_makes_describes_newer(api: Caller, clock: StillClock) -> None:
    seen = api.get("/sobjects/Opportunity/describe").headers["Last-Modified"]
    clock.advance(minutes=5)
    side(api, "POST", "stages/Prospecting", {"label": "Searching"})
    answer = api.get("/sobjects/Opportunity/describe", headers={"If-Modified-Since": seen})
    assert answer.status_code == 200


def test_a_reset_brings_the_stages_of_the_scenario_back(api: Caller) -> None:
    side(api, "POST", "stages", {"label": "Trial"})
    api.org.reset()
    assert "Trial" not in entries(api)


def test_a_renamed_stage_stays_in_its_sales_process(api: Caller) -> None:
    (row,) = api.query("SELECT Id FROM RecordType WHERE DeveloperName = 'Renewal'")
    side(api, "POST", "stages/Qualification", {"api_name": "Checked"})
    answer = api.get(f"/ui-api/object-info/Opportunity/picklist-values/{row['Id']}/StageName")
    assert answer.json()["values"][0]["value"] == "Checked"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("stages", {"label": ""}),
        ("stages", {"label": "Prospecting"}),
        ("stages", {"label": "x", "type": "maybe"}),
        ("stages", {"label": "x", "forecast_category": "Never"}),
        ("stages/Prospecting", {"probability": 101}),
        ("stages/Prospecting", {"colour": "red"}),
        ("stages/Nowhere", {"active": False}),
        ("record-types", {"name": "x", "stages": ["Nowhere"]}),
        ("record-types", {"name": "x", "object": "Contact"}),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(api: Caller, path: str, body: Any) -> None:
    before = entries(api)
    assert side(api, "POST", path, body).status_code == 400
    assert entries(api) == before


def test_a_new_record_type_offers_the_stages_it_was_given(api: Caller) -> None:
    body = {"name": "Pilot", "stages": ["Prospecting", "Closed Won"]}
    record_type_id = side(api, "POST", "record-types", body).json()["id"]
    answer = api.get(f"/ui-api/object-info/Opportunity/picklist-values/{record_type_id}/StageName")
    assert [item["value"] for item in answer.json()["values"]] == ["Prospecting", "Closed Won"]
    infos = api.get("/sobjects/Opportunity/describe").json()["recordTypeInfos"]
    assert "Pilot" in {item["name"] for item in infos}
