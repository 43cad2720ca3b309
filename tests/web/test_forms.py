"""Making and editing records on the pages, as a person sees it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from local_store.records import Records
from pipeline import people
from tests.web.conftest import Reader

NAME = "Get Cloudy West - 35 Custom Sneakers"


def _new_deal(reader: Reader, **changes: Any) -> dict[str, Any]:
    account = reader.account_id("Get Cloudy West")
    return {
        "Name": NAME,
        "AccountId": account,
        "CloseDate": "2026-12-18",
        "StageName": "Needs Analysis",
        "Probability": "",
        "Amount": "",
        "NextStep": "",
        **changes,
    }


def test_a_new_opportunity_goes_to_salesforce_at_once_and_keeps_its_address(each_reader: Reader) -> None:
    answer = each_reader.send("/opportunities/new", _new_deal(each_reader))
    first_address = answer.headers["Location"]
    assert first_address.startswith("/opportunities/local-")

    # The save was sent, so the address it was made under leads on to the Salesforce id.
    moved = each_reader.get(first_address)
    assert moved.status_code == 302
    text = each_reader.read(moved.headers["Location"])
    assert NAME in text
    assert ("in Salesforce" if each_reader.language == "en" else "在 Salesforce 中") in text
    found = each_reader.services.site.org.store.select("Opportunity", "Name = ?", (NAME,))
    assert [(row["StageName"], row["Probability"], row["CloseDate"]) for row in found] == [
        ("Needs Analysis", 20, "2026-12-18")
    ]


def test_a_probability_that_was_typed_stays_and_an_empty_one_follows_the_stage(patient_reader: Reader) -> None:
    fields = _new_deal(patient_reader, Probability="35", Amount="12,000.50")
    made = patient_reader.send("/opportunities/new", fields).headers["Location"].rsplit("/", 1)[1]
    record = Records(patient_reader.services.store).get("Opportunity", made) or {}
    assert (record["Probability"], record["ForecastCategoryName"]) == (Decimal(35), "Pipeline")
    assert record["Amount"] == Decimal("12000.5")
    assert "set by hand" in patient_reader.read(f"/opportunities/{made}")

    patient_reader.send(f"/opportunities/{made}/edit", {**fields, "Probability": "", "StageName": "Negotiation/Review"})
    record = Records(patient_reader.services.store).get("Opportunity", made) or {}
    assert record["Probability"] == Decimal(90)


def test_only_what_was_changed_waits_to_be_sent(patient_reader: Reader) -> None:
    deal = patient_reader.deal(status=frozenset({"open"}))
    form = patient_reader.read(f"/opportunities/{deal.id}/edit")
    kept = dict(re.findall(r'name="(Name|Amount|CloseDate|Probability)" type="text" value="([^"]*)"', form))
    fields = {**kept, "StageName": deal.stage, "NextStep": "Call Lars about sizes"}

    text = patient_reader.follow(patient_reader.send(f"/opportunities/{deal.id}/edit", fields))

    assert "Saved in your database." in text
    assert "waiting to be sent" in text
    waiting = Records(patient_reader.services.store).waiting("Opportunity", deal.id)
    assert [item.field for item in waiting] == ["NextStep"]
    assert "Call Lars about sizes" in text


def test_a_new_stage_says_what_else_it_set(patient_reader: Reader) -> None:
    deal = patient_reader.deal(stages=frozenset({"Prospecting"}))
    fields = {"Name": deal.name, "CloseDate": "2026-12-24", "StageName": "Perception Analysis"}
    text = patient_reader.follow(patient_reader.send(f"/opportunities/{deal.id}/edit", fields))
    assert "The stage also set Probability 10% → 70%" in text


def test_every_mistake_is_said_at_once_beside_its_field(each_reader: Reader) -> None:
    before = len(each_reader.services.site.org.store.select("Opportunity", "1 = 1"))
    fields = {"Name": " ", "CloseDate": "soon", "Amount": "12,00,0", "StageName": "Made up", "Probability": "120"}
    answer = each_reader.send("/opportunities/new", fields)

    assert answer.status_code == 422
    text = answer.text
    for name in ("Name", "CloseDate", "Amount", "StageName", "Probability"):
        assert re.search(rf'id="{name}"[^>]*aria-invalid="true"', text), name
        assert f'id="{name}-error"' in text
    assert 'role="alert"' in text
    wrong = "Write it as 12000 or 12,000." if each_reader.language == "en" else "请写作 12000 或 12,000。"
    assert wrong in text
    assert 'value="12,00,0"' in text, "what was typed stays"
    assert len(each_reader.services.site.org.store.select("Opportunity", "1 = 1")) == before


@pytest.mark.parametrize("typed", ["2026-12-18", "2026/12/18", "2026年12月18日", "２０２６－１２－１８"])
def test_a_date_is_understood_however_it_is_typed(patient_reader: Reader, typed: str) -> None:
    answer = patient_reader.send("/opportunities/new", _new_deal(patient_reader, CloseDate=typed))
    made = answer.headers["Location"].rsplit("/", 1)[1]
    record = Records(patient_reader.services.store).get("Opportunity", made) or {}
    assert record["CloseDate"] == date(2026, 12, 18)


def test_fields_that_a_form_does_not_name_are_not_written(patient_reader: Reader) -> None:
    deal = patient_reader.deal(status=frozenset({"open"}))
    fields = {
        "Name": deal.name,
        "CloseDate": "2026-12-24",
        "StageName": deal.stage,
        "OwnerId": "005000000000000AAA",
        "AccountId": "001000000000000AAA",
        "IsDeleted": "1",
    }
    patient_reader.send(f"/opportunities/{deal.id}/edit", fields)
    record = Records(patient_reader.services.store).get("Opportunity", deal.id) or {}
    assert record["OwnerId"] == deal.owner_id
    assert record["AccountId"] == deal.account_id


def test_contact_roles_are_added_in_two_steps(reader: Reader) -> None:
    account = reader.account_id("Get Cloudy West")
    reader.send("/contacts/new", {"FirstName": "Aparna", "LastName": "Rao", "AccountId": account})
    deal = reader.send("/opportunities/new", _new_deal(reader)).headers["Location"]
    deal = reader.get(deal).headers["Location"]

    first = reader.read(f"{deal}/contact-roles/new")
    assert "Choose among the contacts of Get Cloudy West." in first
    assert "Aparna Rao" in first
    assert "Lars Johnson" in first
    contact = re.search(r'value="(\w+)"></td><td><label for="\w+"><b>Aparna Rao', first)
    assert contact

    second = reader.read(f"{deal}/contact-roles/new?step=2&contact={contact[1]}")
    assert "Influencer" in second
    address = f"{deal}/contact-roles/new"
    fields = {"contact": contact[1], f"role-{contact[1]}": "Influencer", "primary": contact[1]}
    text = reader.follow(reader.send(address, fields, form=f"{address}?step=2&contact={contact[1]}"))

    assert "Aparna Rao" in text
    assert "Primary" in text
    rows = reader.services.site.org.store.select("OpportunityContactRole", "Role = ?", ("Influencer",))
    assert contact[1] in {row["ContactId"] for row in rows}


def test_choosing_nobody_says_so_and_all_contacts_can_be_searched(reader: Reader) -> None:
    deal = reader.deal(status=frozenset({"open"}))
    assert "Nobody is chosen." in reader.read(f"/opportunities/{deal.id}/contact-roles/new?step=2")
    assert "Lars Johnson" in reader.read(f"/opportunities/{deal.id}/contact-roles/new?q=lars")


def test_a_second_primary_contact_takes_the_mark_from_the_first(patient_reader: Reader) -> None:
    store = patient_reader.services.store
    deal = patient_reader.deal(status=frozenset({"open"}))
    roles = people.contact_roles(store, opportunity_id=deal.id)
    assert any(role.primary for role in roles)
    other = next(
        person.id
        for person in people.contacts(store, "", people_order()).items
        if person.id not in {role.contact_id for role in roles}
    )
    address = f"/opportunities/{deal.id}/contact-roles/new"
    patient_reader.send(
        address, {"contact": other, f"role-{other}": "", "primary": other}, form=f"{address}?contact={other}"
    )
    after = people.contact_roles(store, opportunity_id=deal.id)
    assert [role.contact_id for role in after if role.primary] == [other]


def people_order() -> Any:
    from pipeline.deals import Order

    return Order("name", False)


def test_what_waits_can_be_taken_back(patient_reader: Reader) -> None:
    deal = patient_reader.deal(status=frozenset({"open"}))
    patient_reader.services.update("Opportunity", deal.id, {"NextStep": "Something else"})
    page = f"/opportunities/{deal.id}"
    assert "Something else" in patient_reader.read(page)

    text = patient_reader.follow(patient_reader.send(f"/records/Opportunity/{deal.id}/take-back", form=page))

    assert "Taken back." in text
    assert "Something else" not in text


def test_deleting_asks_first_and_then_says_so(patient_reader: Reader) -> None:
    deal = patient_reader.deal(status=frozenset({"open"}))
    page = f"/records/Opportunity/{deal.id}/delete"
    assert f"Delete {deal.name}?" in patient_reader.read(page)
    assert "Deleted in your database." in patient_reader.follow(patient_reader.send(page))
    assert patient_reader.get(f"/opportunities/{deal.id}").status_code == 404


def test_a_deletion_confirmed_on_its_page_is_sent_with_what_goes_along(patient_reader: Reader) -> None:
    services = patient_reader.services
    deal = patient_reader.deal_with_company()
    page = f"/records/Opportunity/{deal.id}/delete"
    assert "What goes with it:" in patient_reader.read(page)
    patient_reader.send(page)
    services.sync()
    assert services.colleague.read("Opportunity", deal.id) is None
    assert patient_reader.get("/sync.json").get_json()["needs"]["refused"] == 0


def test_a_deletion_made_in_sql_waits_for_a_word_on_the_sync_page(patient_reader: Reader) -> None:
    services = patient_reader.services
    deal = patient_reader.deal_with_company()
    services.records.delete("Opportunity", deal.id)
    services.sync()
    assert services.colleague.read("Opportunity", deal.id) is not None
    inbox = patient_reader.read("/sync")
    assert "A deletion takes other records along and waits for your word" in inbox
    patient_reader.send(f"/records/Opportunity/{deal.id}/confirm-delete", form="/sync")
    services.sync()
    assert services.colleague.read("Opportunity", deal.id) is None
    assert "waits for your word" not in patient_reader.read("/sync")


def test_a_deletion_that_waits_can_be_taken_back(patient_reader: Reader) -> None:
    services = patient_reader.services
    deal = patient_reader.deal_with_company()
    services.records.delete("Opportunity", deal.id)
    services.sync()
    patient_reader.send(f"/records/Opportunity/{deal.id}/take-back", form="/sync")
    services.sync()
    assert services.colleague.read("Opportunity", deal.id) is not None
    assert patient_reader.get(f"/opportunities/{deal.id}").status_code == 200
    assert patient_reader.get("/sync.json").get_json()["needs"]["refused"] == 0


def test_where_deleting_is_not_open_the_page_says_who_opens_it(patient_reader: Reader) -> None:
    patient_reader.services.permissions_now = {"Opportunity": frozenset({"update"})}
    deal = patient_reader.deal(status=frozenset({"open"}))
    text = patient_reader.read(f"/records/Opportunity/{deal.id}/delete")
    assert "forcemirror allow" in text
    assert 'type="submit">Delete' not in text
