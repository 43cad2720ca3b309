"""Rows: what a real org answers to create, read, change, delete and upsert (salesforce-api.md 3.2, 5)."""

from __future__ import annotations

from typing import Any

import pytest

from playground.org import Org
from tests.playground.conftest import Caller, StillClock, problem


def test_a_created_record_answers_its_id_and_its_location(api: Caller) -> None:
    answer = api.post("/sobjects/Account/", {"Name": "Quayside"})

    record_id = answer.json()["id"]
    assert answer.status_code == 201
    assert answer.json() == {"id": record_id, "success": True, "errors": []}
    assert answer.headers["Location"] == f"/services/data/v67.0/sobjects/Account/{record_id}"
    assert len(record_id) == 18
    assert record_id.startswith("001")


def test_a_record_is_read_with_all_its_fields_in_their_json_forms(api: Caller, org: Org) -> None:
    account_id = api.create(
        "Account", Name="Quayside", AnnualRevenue="1500.4", NumberOfEmployees=12, BillingCity="Porto"
    )

    record = api.record("Account", account_id)

    assert record["attributes"] == {"type": "Account", "url": f"/services/data/v67.0/sobjects/Account/{account_id}"}
    assert record["AnnualRevenue"] == 1500.0  # The field has no decimals.
    assert record["NumberOfEmployees"] == 12
    assert record["CreatedDate"] == "2026-11-23T12:00:00.000+0000"
    assert record["OwnerId"] == record["CreatedById"] == record["LastModifiedById"] == org.default_user_id
    assert record["IsDeleted"] is False
    assert record["BillingAddress"] == {
        "city": "Porto",
        "country": None,
        "geocodeAccuracy": None,
        "latitude": None,
        "longitude": None,
        "postalCode": None,
        "state": None,
        "street": None,
    }
    assert record["ShippingAddress"] is None
    assert set(record) == {"attributes"} | {field.name for field in org.object_type("Account").fields}


def test_text_is_trimmed_and_empty_text_is_null(api: Caller) -> None:
    account_id = api.create("Account", Name="  Quayside ", Site="   ", Phone="")

    record = api.record("Account", account_id)

    assert (record["Name"], record["Site"], record["Phone"]) == ("Quayside", None, None)


def test_a_chosen_set_of_fields_comes_with_the_id(api: Caller) -> None:
    account_id = api.create("Account", Name="Quayside")

    answer = api.get(f"/sobjects/Account/{account_id}", params={"fields": "name,Site"})

    assert answer.json() == {
        "attributes": {"type": "Account", "url": f"/services/data/v67.0/sobjects/Account/{account_id}"},
        "Name": "Quayside",
        "Site": None,
        "Id": account_id,
    }


def test_fifteen_characters_of_an_id_are_enough_and_eighteen_are_answered(api: Caller) -> None:
    account_id = api.create("Account", Name="Quayside")
    contact_id = api.create("Contact", LastName="Lima", AccountId=account_id[:15])

    assert api.record("Account", account_id[:15])["Id"] == account_id
    assert api.record("Contact", contact_id)["AccountId"] == account_id


def test_field_names_may_be_written_in_any_case(api: Caller) -> None:
    account_id = api.create("account", nAmE="Quayside")

    assert api.record("ACCOUNT", account_id)["Name"] == "Quayside"


def test_a_change_answers_204_without_a_body_and_stamps_the_record(
    api: Caller, colleague: Caller, clock: StillClock
) -> None:
    account_id = api.create("Account", Name="Quayside")
    clock.advance(minutes=5, microseconds=700_000)

    answer = colleague.patch(f"/sobjects/Account/{account_id}", {"Site": "Harbour"})

    record = api.record("Account", account_id)
    assert (answer.status_code, answer.content) == (204, b"")
    assert record["SystemModstamp"] == record["LastModifiedDate"] == "2026-11-23T12:05:00.000+0000"
    assert record["CreatedDate"] == "2026-11-23T12:00:00.000+0000"
    assert record["LastModifiedById"] != record["CreatedById"]


def test_a_deleted_record_is_gone_and_says_so(api: Caller) -> None:
    account_id = api.create("Account", Name="Quayside")

    assert api.delete(f"/sobjects/Account/{account_id}").status_code == 204

    gone = (404, "ENTITY_IS_DELETED", "entity is deleted")
    assert problem(api.delete(f"/sobjects/Account/{account_id}")) == gone
    assert problem(api.get(f"/sobjects/Account/{account_id}")) == gone
    assert problem(api.patch(f"/sobjects/Account/{account_id}", {"Name": "x"})) == gone


REFUSALS: list[tuple[dict[str, Any], str, str, list[str] | None]] = [
    ({"Nonsense": 1}, "INVALID_FIELD", "No such column 'Nonsense' on sobject of type Opportunity", None),
    (
        {"Name": ""},
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name]",
        ["Name"],
    ),
    (
        {"Name": "x" * 121},
        "STRING_TOO_LONG",
        f"Name: data value too large: {'x' * 121} (max length=120)",
        ["Name"],
    ),
    (
        {"IsClosed": True},
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: IsClosed. Please check the security settings of this field and verify that it "
        "is read/write for your profile or permission set.",
        ["IsClosed"],
    ),
    (
        {"ContactId": None},
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: ContactId. Please check the security settings of this field and verify that "
        "it is read/write for your profile or permission set.",
        ["ContactId"],
    ),
    (
        {"ForecastCategoryName": "Maybe"},
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Forecast Category: bad value for restricted picklist field: Maybe",
        ["ForecastCategoryName"],
    ),
    (
        {"Amount": "much"},
        "JSON_PARSER_ERROR",
        "Cannot deserialize instance of currency from VALUE_STRING value much or request may be missing a required "
        "field at [line:1, column:12]",
        None,
    ),
    (
        {"CloseDate": "soon"},
        "JSON_PARSER_ERROR",
        "Cannot deserialize instance of date from VALUE_STRING value soon or request may be missing a required field "
        "at [line:1, column:15]",
        None,
    ),
    (
        {"IsPrivate": 7},
        "JSON_PARSER_ERROR",
        "Cannot deserialize instance of boolean from VALUE_NUMBER_INT value 7 or request may be missing a required "
        "field at [line:1, column:15]",
        None,
    ),
    (
        {"Amount": 1e17},
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Amount: value outside of valid range on numeric field: 1e+17",
        ["Amount"],
    ),
    ({"AccountId": "nope"}, "MALFORMED_ID", "Account ID: id value of incorrect type: nope", ["AccountId"]),
    ({"AccountId": "001000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["AccountId"]),
    ({"CampaignId": "701000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["CampaignId"]),
]


@pytest.mark.parametrize(("body", "code", "message", "fields"), REFUSALS, ids=lambda value: str(value)[:40])
def test_a_change_that_a_real_org_refuses_is_refused_in_its_words(
    api: Caller, body: dict[str, Any], code: str, message: str, fields: list[str] | None
) -> None:
    opportunity_id = api.deal()
    before = api.record("Opportunity", opportunity_id)

    answer = api.patch(f"/sobjects/Opportunity/{opportunity_id}", body)

    expected: dict[str, Any] = {"message": message, "errorCode": code}
    assert answer.status_code == 400
    assert answer.json() == [expected if fields is None else expected | {"fields": fields}]
    assert api.record("Opportunity", opportunity_id) == before


def test_all_required_fields_that_are_missing_are_named(api: Caller) -> None:
    assert problem(api.post("/sobjects/Opportunity", {"Amount": 1})) == (
        400,
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name, StageName, CloseDate]",
    )


def test_a_reference_to_another_kind_of_record_is_refused(api: Caller) -> None:
    deal_id = api.deal()

    assert problem(api.patch(f"/sobjects/Opportunity/{deal_id}", {"AccountId": deal_id})) == (
        400,
        "FIELD_INTEGRITY_EXCEPTION",
        f"Account ID: id value of incorrect type: {deal_id}",
    )


def test_a_reference_to_a_deleted_record_is_refused(api: Caller) -> None:
    account_id = api.create("Account", Name="Quayside")
    api.delete(f"/sobjects/Account/{account_id}")

    answer = api.post("/sobjects/Contact", {"LastName": "Lima", "AccountId": account_id})

    assert problem(answer) == (400, "ENTITY_IS_DELETED", "entity is deleted")


def test_an_address_of_a_row_that_never_was_is_not_found(api: Caller) -> None:
    assert problem(api.get("/sobjects/Account/001000000000001AAA")) == (
        404,
        "NOT_FOUND",
        "The requested resource does not exist",
    )
    assert problem(api.get("/sobjects/Nothing/001000000000001AAA"))[:2] == (404, "NOT_FOUND")
    assert problem(api.get("/sobjects/Account/word")) == (
        404,
        "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: word",
    )


def test_an_id_of_another_object_in_a_path_is_malformed(api: Caller) -> None:
    deal_id = api.deal()

    assert problem(api.get(f"/sobjects/Account/{deal_id}")) == (
        400,
        "MALFORMED_ID",
        f"Account ID: id value of incorrect type: {deal_id}",
    )


def test_read_only_objects_cannot_be_written(api: Caller) -> None:
    answer = api.post("/sobjects/OpportunityStage", {"ApiName": "Dreaming"})

    assert problem(answer)[:2] == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")


def test_a_body_that_is_no_json_is_refused(api: Caller) -> None:
    answer = api("POST", "/sobjects/Account", data=b"{Name}")

    assert problem(answer)[:2] == (400, "JSON_PARSER_ERROR")


def test_upsert_creates_then_changes(api: Caller) -> None:
    path = "/sobjects/Account/Forcemirror_Id__c/local-%2F1"

    first = api.patch(path, {"Name": "Quayside"})
    second = api.patch(path, {"Name": "Quayside & Sons"})

    account_id = first.json()["id"]
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()) == (
        200,
        {"id": account_id, "success": True, "errors": [], "created": False},
    )
    assert api.get(path).json()["Name"] == "Quayside & Sons"
    assert api.record("Account", account_id)["Forcemirror_Id__c"] == "local-/1"


def test_up_to_version_45_an_upsert_that_changes_answers_204(api: Caller) -> None:
    url = "https://playground.test/services/data/v45.0/sobjects/Account/Forcemirror_Id__c/a"

    first, second = api.patch(url, {"Name": "A"}), api.patch(url, {"Name": "B"})

    assert first.status_code == 201
    assert "created" not in first.json()
    assert (second.status_code, second.content) == (204, b"")


def test_upsert_by_a_field_that_is_no_key_is_not_found(api: Caller) -> None:
    assert problem(api.patch("/sobjects/Account/Site/x", {"Name": "A"})) == (
        404,
        "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: Site",
    )


def test_an_upsert_that_matches_several_answers_their_addresses(api: Caller) -> None:
    ids = sorted(api.create("Contact", LastName="Lima", Email="lima@example.com") for _ in range(2))

    answer = api.patch("/sobjects/Contact/Email/LIMA@example.com", {"LastName": "Li"})

    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v67.0/sobjects/Contact/{item}" for item in ids]


def test_an_external_id_is_unique(api: Caller) -> None:
    first = api.create("Account", Name="A", Forcemirror_Id__c="x")

    answer = api.post("/sobjects/Account", {"Name": "B", "Forcemirror_Id__c": "x"})

    assert problem(answer) == (
        400,
        "DUPLICATE_VALUE",
        f"duplicate value found: Forcemirror_Id__c duplicates value on record with id: {first}",
    )


def test_a_parent_can_be_named_by_its_external_id(api: Caller) -> None:
    account_id = api.create("Account", Name="A", Forcemirror_Id__c="x")

    contact_id = api.create("Contact", LastName="Lima", Account={"Forcemirror_Id__c": "x"})
    missing = api.post("/sobjects/Contact", {"LastName": "Lima", "Account": {"Forcemirror_Id__c": "y"}})

    assert api.record("Contact", contact_id)["AccountId"] == account_id
    assert problem(missing) == (
        400,
        "INVALID_FIELD",
        "Foreign key external ID: y not found for field Forcemirror_Id__c in entity Account",
    )


def test_a_condition_on_the_time_of_the_last_change_is_kept(api: Caller, clock: StillClock) -> None:
    deal_id = api.deal()
    path = f"/sobjects/Opportunity/{deal_id}"
    seen = api.get(path).headers["Last-Modified"]

    assert api.patch(path, {"NextStep": "Call"}, headers={"If-Unmodified-Since": seen}).status_code == 204
    clock.advance(seconds=1)
    assert api.patch(path, {"NextStep": "Write"}).status_code == 204
    refused = api.patch(path, {"NextStep": "Visit"}, headers={"If-Unmodified-Since": seen})
    assert refused.status_code == 412
    assert api.record("Opportunity", deal_id)["NextStep"] == "Write"
    assert api.patch(path, {"NextStep": "x"}, headers={"If-Unmodified-Since": "yesterday"}).status_code == 400


def test_a_record_that_did_not_change_is_answered_304(api: Caller) -> None:
    path = f"/sobjects/Opportunity/{api.deal()}"
    seen = api.get(path).headers["Last-Modified"]

    answer = api.get(path, headers={"If-Modified-Since": seen})

    assert (answer.status_code, answer.content) == (304, b"")


def test_only_accounts_have_etags(api: Caller, clock: StillClock) -> None:
    path = f"/sobjects/Account/{api.create('Account', Name='A')}"
    tag = api.get(path).headers["ETag"]
    clock.advance(seconds=2)

    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert api.patch(path, {"Name": "B"}, headers={"If-Match": tag}).status_code == 204
    assert api.patch(path, {"Name": "C"}, headers={"If-Match": tag}).status_code == 412
    assert "ETag" not in api.get(f"/sobjects/Opportunity/{api.deal()}").headers


def test_relationships_can_be_followed_by_their_names(api: Caller) -> None:
    account_id = api.create("Account", Name="A")
    contact_id = api.create("Contact", LastName="Lima", AccountId=account_id)

    assert api.get(f"/sobjects/Contact/{contact_id}/Account").json()["Name"] == "A"
    children = api.get(f"/sobjects/Account/{account_id}/Contacts").json()
    assert (children["totalSize"], children["records"][0]["Id"]) == (1, contact_id)
    assert api.get(f"/sobjects/Account/{account_id}/Nothing").status_code == 404


def test_a_post_may_stand_for_a_patch(api: Caller) -> None:
    account_id = api.create("Account", Name="A")

    assert api.post(f"/sobjects/Account/{account_id}?_HttpMethod=PATCH", {"Name": "B"}).status_code == 204
    assert api.record("Account", account_id)["Name"] == "B"


def test_an_account_cannot_be_its_own_grandparent(api: Caller) -> None:
    parent = api.create("Account", Name="A")
    child = api.create("Account", Name="B", ParentId=parent)

    assert problem(api.patch(f"/sobjects/Account/{parent}", {"ParentId": child}))[:2] == (400, "CIRCULAR_DEPENDENCY")
