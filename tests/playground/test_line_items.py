"""Products, prices and line items (salesforce-api.md 11.1)."""

from __future__ import annotations

import pytest

from tests.playground.conftest import Caller, StillClock, problem


def entry_of(api: Caller, code: str, book: str = "Standard Price Book") -> str:
    (row,) = api.query(f"SELECT Id FROM PricebookEntry WHERE ProductCode = '{code}' AND Pricebook2.Name = '{book}'")
    return str(row["Id"])


@pytest.fixture
def deal_id(api: Caller) -> str:
    return api.deal(Amount=5)


def add(api: Caller, deal_id: str, code: str = "TS-101", quantity: float = 10) -> str:
    return api.create(
        "OpportunityLineItem", OpportunityId=deal_id, PricebookEntryId=entry_of(api, code), Quantity=quantity
    )


def test_the_amount_follows_the_line_items(api: Caller, clock: StillClock, deal_id: str) -> None:
    clock.advance(minutes=5)
    add(api, deal_id)
    add(api, deal_id, "TS-901", 100)
    deal = api.record("Opportunity", deal_id)
    assert (deal["Amount"], deal["TotalOpportunityQuantity"], deal["HasOpportunityLineItem"]) == (1490.0, 110.0, True)
    assert deal["ExpectedRevenue"] == 149.0
    assert deal["SystemModstamp"] == "2026-11-23T12:05:00.000+0000"
    amounts = api.query(f"SELECT Amount FROM OpportunityHistory WHERE OpportunityId = '{deal_id}' ORDER BY Amount")
    assert [row["Amount"] for row in amounts] == [5.0, 890.0, 1490.0]


def test_a_line_item_takes_price_and_names_from_its_entry(api: Caller, deal_id: str) -> None:
    item = api.record("OpportunityLineItem", add(api, deal_id))
    assert (item["ListPrice"], item["UnitPrice"], item["TotalPrice"]) == (89.0, 89.0, 890.0)
    assert (item["ProductCode"], item["Name"]) == ("TS-101", "Deal Cumulus Low")


def test_an_amount_that_is_written_is_ignored_without_an_error(api: Caller, deal_id: str) -> None:
    add(api, deal_id)
    assert api.patch(f"/sobjects/Opportunity/{deal_id}", {"Amount": 1, "NextStep": "Call"}).status_code == 204
    deal = api.record("Opportunity", deal_id)
    assert (deal["Amount"], deal["NextStep"]) == (890.0, "Call")


def test_changing_and_deleting_items_moves_the_amount(api: Caller, deal_id: str) -> None:
    first, second = add(api, deal_id), add(api, deal_id, "TS-901", 100)
    api.patch(f"/sobjects/OpportunityLineItem/{first}", {"Quantity": 1})
    assert api.record("Opportunity", deal_id)["Amount"] == 689.0
    api.delete(f"/sobjects/OpportunityLineItem/{second}")
    assert api.record("Opportunity", deal_id)["Amount"] == 89.0
    api.org.undelete("OpportunityLineItem", second)
    assert api.record("Opportunity", deal_id)["Amount"] == 689.0


def test_without_items_the_amount_can_be_written_again(api: Caller, deal_id: str) -> None:
    item = add(api, deal_id)
    api.delete(f"/sobjects/OpportunityLineItem/{item}")
    assert api.record("Opportunity", deal_id)["HasOpportunityLineItem"] is False
    api.patch(f"/sobjects/Opportunity/{deal_id}", {"Amount": 7})
    assert api.record("Opportunity", deal_id)["Amount"] == 7.0


def test_the_price_book_is_locked_while_there_are_items(api: Caller, deal_id: str) -> None:
    add(api, deal_id)
    (retail,) = api.query("SELECT Id FROM Pricebook2 WHERE NOT IsStandard = true")
    status, code, _ = problem(api.patch(f"/sobjects/Opportunity/{deal_id}", {"Pricebook2Id": retail["Id"]}))
    assert (status, code) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_items_come_from_the_price_book_of_the_opportunity(api: Caller, deal_id: str) -> None:
    add(api, deal_id)
    answer = api.post(
        "/sobjects/OpportunityLineItem",
        {"OpportunityId": deal_id, "PricebookEntryId": entry_of(api, "TS-101", "Retailers"), "Quantity": 1},
    )
    assert problem(answer)[1] == "FIELD_INTEGRITY_EXCEPTION"


def test_a_product_has_a_standard_price_before_any_other(api: Caller) -> None:
    product = api.create("Product2", Name="Sandal", IsActive=True)
    books = {row["IsStandard"]: row["Id"] for row in api.query("SELECT Id, IsStandard FROM Pricebook2")}
    price = {"Product2Id": product, "UnitPrice": 5, "IsActive": True}
    refused = api.post("/sobjects/PricebookEntry", price | {"Pricebook2Id": books[False]})
    assert problem(refused)[1:] == ("STANDARD_PRICE_NOT_DEFINED", "No standard price defined for this product")
    api.create("PricebookEntry", **price, Pricebook2Id=books[True])
    api.create("PricebookEntry", **price, Pricebook2Id=books[False])
    second = api.post("/sobjects/PricebookEntry", price | {"Pricebook2Id": books[False]})
    assert problem(second)[1] == "DUPLICATE_VALUE"


def test_deleting_an_opportunity_takes_its_items_along_and_brings_them_back(api: Caller, deal_id: str) -> None:
    item = add(api, deal_id)
    api.delete(f"/sobjects/Opportunity/{deal_id}")
    assert api.get(f"/sobjects/OpportunityLineItem/{item}").status_code == 404
    api.org.undelete("Opportunity", deal_id)
    assert api.record("OpportunityLineItem", item)["TotalPrice"] == 890.0
