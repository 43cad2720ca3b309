"""Contact roles: one primary contact per opportunity, and rows that go at once (salesforce-api.md 11.2)."""

from __future__ import annotations

import pytest

from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import Caller, StillClock, problem


@pytest.fixture
def deal(api: Caller) -> str:
    return api.deal()


@pytest.fixture
def lars(api: Caller) -> str:
    return api.create("Contact", LastName="Lars")


@pytest.fixture
def mei(api: Caller) -> str:
    return api.create("Contact", LastName="Mei")


def role(api: Caller, deal: str, contact: str, **fields: object) -> str:
    return api.create("OpportunityContactRole", OpportunityId=deal, ContactId=contact, **fields)


def primaries(api: Caller, deal: str) -> set[str]:
    return {
        row["Id"]
        for row in api.query(
            f"SELECT Id FROM OpportunityContactRole WHERE OpportunityId = '{deal}' AND IsPrimary = true"
        )
    }


def test_the_contact_given_on_create_becomes_the_primary_role(api: Caller, lars: str) -> None:
    deal_id = api.deal(ContactId=lars)

    (row,) = api.query(
        f"SELECT ContactId, Role, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '{deal_id}'"
    )

    assert (row["ContactId"], row["Role"], row["IsPrimary"]) == (lars, None, True)
    assert api.record("Opportunity", deal_id)["ContactId"] == lars


def test_a_new_primary_contact_takes_the_place_of_the_former(api: Caller, deal: str, lars: str, mei: str) -> None:
    first = role(api, deal, lars, IsPrimary=True)
    assert api.record("Opportunity", deal)["ContactId"] == lars

    second = role(api, deal, mei, IsPrimary=True)

    assert primaries(api, deal) == {second}
    assert api.record("OpportunityContactRole", first)["IsPrimary"] is False
    assert api.record("Opportunity", deal)["ContactId"] == mei


def test_primary_belongs_to_the_contact_not_to_the_row(api: Caller, deal: str, lars: str) -> None:
    first = role(api, deal, lars, Role="Influencer")
    second = role(api, deal, lars, Role="Evaluator", IsPrimary=True)
    third = role(api, deal, lars)

    assert primaries(api, deal) == {first, second, third}


def test_taking_away_one_of_two_primary_rows_of_a_contact_clears_the_other(api: Caller, deal: str, lars: str) -> None:
    first = role(api, deal, lars, IsPrimary=True)
    role(api, deal, lars)

    api.delete(f"/sobjects/OpportunityContactRole/{first}")

    assert primaries(api, deal) == set()
    assert api.record("Opportunity", deal)["ContactId"] is None


def test_unticking_primary_leaves_the_opportunity_without_one(api: Caller, deal: str, lars: str) -> None:
    row = role(api, deal, lars, IsPrimary=True)

    api.patch(f"/sobjects/OpportunityContactRole/{row}", {"IsPrimary": False})

    assert primaries(api, deal) == set()
    assert api.record("Opportunity", deal)["ContactId"] is None


def test_a_primary_row_given_to_another_contact_stays_primary(api: Caller, deal: str, lars: str, mei: str) -> None:
    row = role(api, deal, lars, IsPrimary=True)

    api.patch(f"/sobjects/OpportunityContactRole/{row}", {"ContactId": mei})

    assert primaries(api, deal) == {row}
    assert api.record("Opportunity", deal)["ContactId"] == mei


def test_equal_roles_of_one_contact_may_stand_side_by_side(api: Caller, deal: str, lars: str) -> None:
    assert role(api, deal, lars, Role="Evaluator") != role(api, deal, lars, Role="Evaluator")


def test_the_opportunity_of_a_role_cannot_be_changed(api: Caller, deal: str, lars: str) -> None:
    row = role(api, deal, lars)

    answer = api.patch(f"/sobjects/OpportunityContactRole/{row}", {"OpportunityId": api.deal()})

    assert problem(answer)[:2] == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_roles_are_not_a_closed_list(api: Caller, deal: str, lars: str) -> None:
    assert api.record("OpportunityContactRole", role(api, deal, lars, Role="Champion"))["Role"] == "Champion"


def test_a_role_deleted_directly_is_gone_at_once_but_listed_as_deleted(
    api: Caller, deal: str, lars: str, clock: StillClock
) -> None:
    row = role(api, deal, lars)
    clock.advance(minutes=2)

    assert api.delete(f"/sobjects/OpportunityContactRole/{row}").status_code == 204

    assert api.query(f"SELECT Id FROM OpportunityContactRole WHERE Id = '{row}'", "queryAll") == []
    assert problem(api.delete(f"/sobjects/OpportunityContactRole/{row}"))[:2] == (404, "ENTITY_IS_DELETED")
    clock.advance(minutes=2)
    span = {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T12:04:00Z"}
    listed = api.get("/sobjects/OpportunityContactRole/deleted/", params=span).json()["deletedRecords"]
    assert listed == [{"id": row, "deletedDate": "2026-11-23T12:02:00.000+0000"}]


def test_a_role_deleted_with_its_opportunity_stays_in_the_bin_and_comes_back_with_it(
    api: Caller, org: Org, deal: str, lars: str
) -> None:
    row = role(api, deal, lars, IsPrimary=True)
    api.delete(f"/sobjects/Opportunity/{deal}")

    (binned,) = api.query(f"SELECT Id, IsDeleted FROM OpportunityContactRole WHERE Id = '{row}'", "queryAll")
    assert binned["IsDeleted"] is True

    org.undelete("Opportunity", deal)
    assert primaries(api, deal) == {row}


def test_roles_go_with_their_contact(api: Caller, deal: str, lars: str) -> None:
    row = role(api, deal, lars, IsPrimary=True)

    api.delete(f"/sobjects/Contact/{lars}")

    assert api.get(f"/sobjects/OpportunityContactRole/{row}").status_code == 404
    assert api.record("Opportunity", deal)["ContactId"] is None


@pytest.mark.parametrize("stamped", [True, False])
def test_whether_a_flipped_row_is_stamped_is_a_setting(clock: StillClock, stamped: bool) -> None:
    with Org.in_memory(clock=clock, settings=Settings(flipped_roles_get_new_stamp=stamped)) as org:
        deal_id = org.create("Opportunity", {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01"})
        contacts = [org.create("Contact", {"LastName": name}) for name in "AB"]
        first = org.create(
            "OpportunityContactRole", {"OpportunityId": deal_id, "ContactId": contacts[0], "IsPrimary": True}
        )
        before = org.record("OpportunityContactRole", first)
        clock.advance(minutes=1)
        org.create("OpportunityContactRole", {"OpportunityId": deal_id, "ContactId": contacts[1], "IsPrimary": True})
        after = org.record("OpportunityContactRole", first)

    assert before and after
    assert (after["IsPrimary"], after["SystemModstamp"] != before["SystemModstamp"]) == (0, stamped)
    assert after["LastModifiedDate"] == before["LastModifiedDate"]


def test_in_the_seeded_org_exactly_the_rows_of_the_primary_contact_are_primary(org: Org) -> None:
    wrong = org.store.execute(
        "SELECT r.Id FROM OpportunityContactRole r JOIN Opportunity o ON o.Id = r.OpportunityId "
        "WHERE r.IsPrimary <> (o.ContactId IS NOT NULL AND o.ContactId = r.ContactId)"
    )

    assert wrong == []
