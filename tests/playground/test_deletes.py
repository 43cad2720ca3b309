"""Deleting: the recycle bin, what goes along, what stands in the way (salesforce-api.md 11.3)."""

from __future__ import annotations

from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import Caller, StillClock, problem


def test_an_account_takes_all_that_hangs_on_it_to_the_bin(api: Caller, org: Org) -> None:
    account = api.create("Account", Name="A")
    contact = api.create("Contact", LastName="L", AccountId=account)
    deal = api.deal(AccountId=account, ContactId=contact)
    task = api.create("Task", Subject="Call", WhatId=deal)
    event = api.create(
        "Event", Subject="Meet", WhoId=contact, ActivityDateTime="2026-12-01T09:00:00Z", DurationInMinutes=30
    )

    assert api.delete(f"/sobjects/Account/{account}").status_code == 204

    gone = (("Account", account), ("Contact", contact), ("Opportunity", deal), ("Task", task), ("Event", event))
    for name, record_id in gone:
        assert api.query(f"SELECT Id FROM {name} WHERE Id = '{record_id}'") == []
        (row,) = api.query(f"SELECT IsDeleted FROM {name} WHERE Id = '{record_id}'", "queryAll")
        assert row["IsDeleted"] is True
    for name in ("OpportunityContactRole", "OpportunityHistory", "OpportunityFieldHistory"):
        rows = api.query(f"SELECT IsDeleted FROM {name} WHERE OpportunityId = '{deal}'", "queryAll")
        assert [row["IsDeleted"] for row in rows] == [True]

    org.undelete("Account", account)
    for name, record_id in gone:
        assert api.record(name, record_id)["IsDeleted"] is False
    assert api.record("Opportunity", deal)["ContactId"] == contact


def test_a_deletion_stamps_the_record_and_names_who_did_it(api: Caller, colleague: Caller, clock: StillClock) -> None:
    deal = api.deal()
    clock.advance(minutes=3)

    colleague.delete(f"/sobjects/Opportunity/{deal}")

    (row,) = api.query(
        f"SELECT SystemModstamp, LastModifiedBy.Username FROM Opportunity WHERE Id = '{deal}'", "queryAll"
    )
    assert row["SystemModstamp"] == "2026-11-23T12:03:00.000+0000"
    assert row["LastModifiedBy"]["Username"] == colleague.username


def test_child_accounts_stay_and_lose_their_parent_until_it_returns(api: Caller, org: Org, clock: StillClock) -> None:
    parent = api.create("Account", Name="A")
    child = api.create("Account", Name="B", ParentId=parent)
    before = api.record("Account", child)
    clock.advance(minutes=1)

    api.delete(f"/sobjects/Account/{parent}")

    after = api.record("Account", child)
    assert after["ParentId"] is None
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["LastModifiedDate"] == before["LastModifiedDate"]
    org.undelete("Account", parent)
    assert api.record("Account", child)["ParentId"] == parent


def test_a_closed_won_opportunity_keeps_its_account(api: Caller) -> None:
    account = api.create("Account", Name="Quayside")
    api.deal(AccountId=account, StageName="Closed Won", Name="Big one")

    status, code, message = problem(api.delete(f"/sobjects/Account/{account}"))

    assert (status, code) == (400, "DELETE_FAILED")
    assert message.startswith("Your attempt to delete Quayside could not be completed because")
    assert "Big one" in message
    assert api.record("Account", account)["IsDeleted"] is False


def test_whether_closed_won_blocks_is_a_setting(clock: StillClock) -> None:
    with Org.in_memory(clock=clock, settings=Settings(closed_won_blocks_account_delete=False)) as org:
        account = org.create("Account", {"Name": "A"})
        org.create(
            "Opportunity",
            {"Name": "D", "StageName": "Closed Won", "CloseDate": "2026-12-01", "AccountId": account},
        )
        org.delete("Account", account)

        assert (org.record("Account", account) or {})["IsDeleted"] == 1


def test_a_child_deleted_before_its_parent_does_not_return_with_it(api: Caller, org: Org) -> None:
    account = api.create("Account", Name="A")
    contact = api.create("Contact", LastName="L", AccountId=account)
    api.delete(f"/sobjects/Contact/{contact}")
    api.delete(f"/sobjects/Account/{account}")

    org.undelete("Account", account)

    assert api.get(f"/sobjects/Contact/{contact}").status_code == 404


def test_a_second_deletion_stands_on_its_own(api: Caller, org: Org, clock: StillClock) -> None:
    account = api.create("Account", Name="A")
    contact = api.create("Contact", LastName="L", AccountId=account)
    api.delete(f"/sobjects/Account/{account}")
    org.undelete("Account", account)
    clock.advance(minutes=1)
    api.delete(f"/sobjects/Contact/{contact}")
    api.delete(f"/sobjects/Account/{account}")

    org.undelete("Account", account)

    assert api.get(f"/sobjects/Contact/{contact}").status_code == 404


def test_what_is_purged_from_the_bin_is_in_no_query(api: Caller, org: Org) -> None:
    deal = api.deal()
    api.delete(f"/sobjects/Opportunity/{deal}")

    org.purge("Opportunity", deal)

    assert api.query(f"SELECT Id FROM Opportunity WHERE Id = '{deal}'", "queryAll") == []
    assert api.query(f"SELECT Id FROM OpportunityHistory WHERE OpportunityId = '{deal}'", "queryAll") == []
    assert problem(api.get(f"/sobjects/Opportunity/{deal}"))[:2] == (404, "ENTITY_IS_DELETED")


def test_users_cannot_be_deleted(api: Caller, org: Org) -> None:
    assert problem(api.delete(f"/sobjects/User/{org.default_user_id}"))[0] == 400


def test_a_role_of_the_hierarchy_has_no_bin_and_leaves_its_users_without_one(api: Caller, org: Org) -> None:
    role = api.create("UserRole", Name="Short-lived", OpportunityAccessForAccountOwner="Edit")
    api.patch(f"/sobjects/User/{org.default_user_id}", {"UserRoleId": role})

    assert api.delete(f"/sobjects/UserRole/{role}").status_code == 204

    assert api.query(f"SELECT Id FROM UserRole WHERE Id = '{role}'", "queryAll") == []
    assert org.user(org.default_user_id)["UserRoleId"] is None
