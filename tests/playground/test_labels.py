"""Labels in the language of the user; values stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.ids import MASTER_RECORD_TYPE_ID
from playground.org import Org
from tests.playground.conftest import Caller


@pytest.fixture
def mei(org: Org) -> Iterator[Caller]:
    """A user whose language is Simplified Chinese."""
    row = org.store.select("User", "LanguageLocaleKey = 'zh_CN'")[0]
    caller = Caller(org, row["Username"])
    yield caller
    caller.session.close()


def test_describe_speaks_the_language_of_who_asks(api: Caller, mei: Caller) -> None:
    chinese, english = (caller.get("/sobjects/Opportunity/describe").json() for caller in (mei, api))
    assert (chinese["label"], english["label"]) == ("业务机会", "Opportunity")
    stage = next(field for field in chinese["fields"] if field["name"] == "StageName")
    assert stage["label"] == "阶段"
    assert (stage["picklistValues"][0]["value"], stage["picklistValues"][0]["label"]) == ("Prospecting", "潜在客户发掘")
    assert [field["name"] for field in chinese["fields"]] == [field["name"] for field in english["fields"]]


def test_lists_layouts_and_object_information_do_too(mei: Caller) -> None:
    names = {item["name"]: item["label"] for item in mei.get("/sobjects").json()["sobjects"]}
    assert (names["Account"], names["Task"]) == ("客户", "Task")
    assert mei.get("/sobjects/Account").json()["objectDescribe"]["labelPlural"] == "客户"
    assert mei.get("/ui-api/object-info/Opportunity").json()["fields"]["Amount"]["label"] == "金额"
    path = f"/ui-api/object-info/OpportunityContactRole/picklist-values/{MASTER_RECORD_TYPE_ID}/Role"
    assert mei.get(path).json()["values"][0]["label"] == "业务用户"


def test_to_label_agrees_with_describe(mei: Caller) -> None:
    deal = mei.deal()
    (row,) = mei.query(f"SELECT toLabel(StageName) FROM Opportunity WHERE Id = '{deal}'")
    assert row["StageName"] == "潜在客户发掘"
