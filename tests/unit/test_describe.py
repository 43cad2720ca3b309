"""What is read from a describe result."""

from __future__ import annotations

from typing import Any

import pytest

from mapping.describe import mark_cascades, object_mapping, snake_case
from mapping.fields import Direction


def described(name: str, type: str = "string", **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": type, "label": name, "createable": True, "updateable": True, **changes}


def describe(name: str, *fields: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "createable": True, "updateable": True, "fields": list(fields), **changes}


@pytest.mark.parametrize(
    ("api_name", "column"),
    [
        ("AccountId", "account_id"),
        ("Region__c", "region_c"),
        ("OpportunityContactRole", "opportunity_contact_role"),
        ("IsWon", "is_won"),
        ("Pricebook2Id", "pricebook_2_id"),
        ("Id", "id"),
        ("SLAExpirationDate__c", "sla_expiration_date_c"),
        ("MRR__c", "mrr_c"),
        ("acme__Deal_Size__c", "acme_deal_size_c"),
        ("NumberofLocations__c", "numberof_locations_c"),
        ("PhotoUrl", "photo_url"),
    ],
)
def test_names_follow_the_warehouse_layout(api_name: str, column: str) -> None:
    assert snake_case(api_name) == column


def test_compound_and_binary_fields_are_left_out_and_their_parts_stay() -> None:
    mapping = object_mapping(
        describe(
            "Account",
            described("BillingStreet", "textarea", compoundFieldName="BillingAddress"),
            described("BillingCity", compoundFieldName="BillingAddress"),
            described("BillingLatitude", "double", compoundFieldName="BillingAddress"),
            described("BillingAddress", "address"),
            described("Body", "base64"),
        )
    )
    assert list(mapping.by_name) == ["BillingStreet", "BillingCity", "BillingLatitude"]
    assert mapping.coupled == (frozenset({"BillingStreet", "BillingCity"}),)


def test_the_parts_of_a_person_name_are_not_decided_together() -> None:
    mapping = object_mapping(
        describe("Contact", described("FirstName", compoundFieldName="Name"), described("Name", nameField=True))
    )
    assert mapping.coupled == ()


def test_a_stage_is_decided_with_its_probability_and_forecast_category() -> None:
    names = ("StageName", "Probability", "ForecastCategoryName")
    mapping = object_mapping(describe("Opportunity", *(described(name) for name in names)))
    assert mapping.group_of("Probability") == frozenset(names)


@pytest.mark.parametrize(
    ("fields", "cursor"),
    [
        (("SystemModstamp", "LastModifiedDate", "CreatedDate"), "SystemModstamp"),
        (("LastModifiedDate", "CreatedDate"), "LastModifiedDate"),
        (("CreatedDate",), "CreatedDate"),
        (("Name",), None),
    ],
)
def test_the_best_field_to_read_by_is_taken(fields: tuple[str, ...], cursor: str | None) -> None:
    assert object_mapping(describe("Thing", *(described(name, "datetime") for name in fields))).cursor == cursor


def test_fields_that_move_without_a_stamp_are_known() -> None:
    mapping = object_mapping(
        describe(
            "Opportunity",
            described("LastViewedDate", "datetime", createable=False, updateable=False),
            described("Score__c", "double", calculated=True),
            described("ExpectedRevenue", "currency", createable=False, updateable=False),
        )
    )
    assert [field.moves_silently for field in mapping.fields] == [True, True, False]
    assert mapping.writable == frozenset()


def test_the_contact_of_a_deals_primary_role_is_refreshed_and_a_roles_own_contact_is_compared() -> None:
    contact = described("ContactId", "reference", updateable=False)
    deal, role = (object_mapping(describe(name, contact)) for name in ("Opportunity", "OpportunityContactRole"))
    assert (deal.by_name["ContactId"].moves_silently, role.by_name["ContactId"].moves_silently) == (True, False)


def test_an_object_that_nobody_may_write_is_read_only() -> None:
    assert object_mapping(describe("OpportunityHistory", createable=False, updateable=False)).read_only


def test_directions_and_columns_are_the_admins() -> None:
    mapping = object_mapping(
        describe("Account", described("Account_Number__c"), described("Site")),
        columns={"Account_Number__c": "account_number_c_2"},
        directions={"Site": Direction.PULL},
    )
    assert (mapping.by_name["Account_Number__c"].column, mapping.by_name["Site"].column) == (
        "account_number_c_2",
        "site",
    )
    assert mapping.writable == frozenset({"Account_Number__c"})


def test_an_external_id_counts_only_where_the_org_has_it() -> None:
    plain = describe("Account", described("Mirror_Id__c"))
    real = describe("Account", described("Mirror_Id__c", externalId=True))
    found = [object_mapping(each, external_id="Mirror_Id__c").external_id for each in (plain, real)]
    assert found == [None, "Mirror_Id__c"]


def test_the_parent_tells_which_children_go_with_it() -> None:
    account = describe(
        "Account",
        childRelationships=[
            {"childSObject": "Contact", "field": "AccountId", "cascadeDelete": True},
            {"childSObject": "Case", "field": "AccountId", "cascadeDelete": False},
        ],
    )
    contact = describe("Contact", described("AccountId", "reference", referenceTo=["Account"]), described("LastName"))
    case = describe("Case", described("AccountId", "reference", referenceTo=["Account"]))
    marked = mark_cascades(map(object_mapping, (contact, case)), {"Account": account, "Contact": contact, "Case": case})
    assert [[field.cascade_delete for field in each.fields] for each in marked] == [[True, False], [False]]
