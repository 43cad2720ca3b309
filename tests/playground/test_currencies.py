"""Orgs with several currencies."""

from __future__ import annotations

import pytest

from playground.org import Org
from tests.playground.conftest import Caller, problem

GBP_AND_EUR = {"currencies": {"corporate": "GBP", "rates": {"EUR": 1.25}}}


@pytest.fixture
def many(org: Org) -> Org:
    org.change_schema(GBP_AND_EUR)
    return org


def test_an_org_has_one_currency_until_several_are_switched_on(api: Caller) -> None:
    assert problem(api.get("/query", params={"q": "SELECT CurrencyIsoCode FROM Account"}))[1] == "INVALID_FIELD"
    assert api.get("/sobjects/CurrencyType/describe").status_code == 404


def test_every_record_is_in_a_currency(api: Caller, many: Org) -> None:
    assert (
        api.query("SELECT CurrencyIsoCode, COUNT(Id) n FROM Opportunity GROUP BY CurrencyIsoCode")[0]["CurrencyIsoCode"]
        == "GBP"
    )
    deal = api.deal(Amount=250, CurrencyIsoCode="EUR")
    (row,) = api.query(f"SELECT CurrencyIsoCode, convertCurrency(Amount) FROM Opportunity WHERE Id = '{deal}'")
    assert (row["CurrencyIsoCode"], row["Amount"]) == ("EUR", 200.0)
    (history,) = api.query(f"SELECT CurrencyIsoCode FROM OpportunityHistory WHERE OpportunityId = '{deal}'")
    assert history["CurrencyIsoCode"] == "EUR"


def test_currencies_are_rows_with_rates(api: Caller, many: Org) -> None:
    rows = api.query("SELECT IsoCode, ConversionRate, IsCorporate, DecimalPlaces FROM CurrencyType ORDER BY IsoCode")
    assert [(row["IsoCode"], row["ConversionRate"], row["IsCorporate"]) for row in rows] == [
        ("EUR", 1.25, False),
        ("GBP", 1.0, True),
    ]


def test_a_dated_rate_holds_until_the_next_begins(api: Caller, many: Org) -> None:
    for start, rate in (("2026-03-01", 1.2), ("2026-01-01", 1.1)):
        api.create("DatedConversionRate", IsoCode="EUR", StartDate=start, ConversionRate=rate)
    rows = api.query("SELECT StartDate, NextStartDate FROM DatedConversionRate ORDER BY StartDate")
    assert [(row["StartDate"], row["NextStartDate"]) for row in rows] == [
        ("2026-01-01", "2026-03-01"),
        ("2026-03-01", "9999-12-31"),
    ]


def test_an_unknown_currency_is_refused(api: Caller, many: Org) -> None:
    deal = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-12-01", "CurrencyIsoCode": "XXX"}
    assert problem(api.post("/sobjects/Opportunity", deal))[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    with pytest.raises(ValueError, match="no currency"):
        many.change_schema({"currencies": {"corporate": "ZZZ"}})


def test_currencies_stay_on_after_a_reset(api: Caller, many: Org) -> None:
    many.reset()
    assert api.query("SELECT CurrencyIsoCode FROM Account LIMIT 1")[0]["CurrencyIsoCode"] == "GBP"
    assert len(api.query("SELECT Id FROM CurrencyType")) == 2


def test_line_items_follow_their_opportunity(api: Caller, many: Org) -> None:
    deal = api.deal(CurrencyIsoCode="EUR")
    entry = api.query("SELECT Id FROM PricebookEntry WHERE Pricebook2.IsStandard = true LIMIT 1")[0]["Id"]
    item = api.create("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=entry, Quantity=1)
    assert api.record("OpportunityLineItem", item)["CurrencyIsoCode"] == "EUR"
