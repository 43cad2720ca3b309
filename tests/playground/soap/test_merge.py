"""merge() and undelete() (salesforce-api.md 11.3)."""

from __future__ import annotations

import pytest

from playground.org import Org
from tests.playground.conftest import Caller, StillClock
from tests.playground.soap.conftest import NS, Soap, record, texts


def request(object_name: str, master: str, *losers: str, **fields: str) -> str:
    named = "".join(f"<recordToMergeIds>{loser}</recordToMergeIds>" for loser in losers)
    return f"<mergeRequests>{record('masterRecord', object_name, Id=master, **fields)}{named}</mergeRequests>"


def merge(*requests: str) -> str:
    return f"<merge>{''.join(requests)}</merge>"


def row(org: Org, object_name: str, record_id: str) -> dict[str, object]:
    found = org.record(object_name, record_id)
    assert found is not None
    return found


def test_losers_go_to_the_bin_and_their_children_to_the_winner(
    soap: Soap, org: Org, api: Caller, clock: StillClock
) -> None:
    winner, first, second = (org.create("Account", {"Name": name}) for name in ("Winner", "First", "Second"))
    contact = org.create("Contact", {"LastName": "Lima", "AccountId": first})
    deal = api.deal(AccountId=second)
    task = org.create("Task", {"Subject": "Call", "WhatId": first})
    daughter = org.create("Account", {"Name": "Daughter", "ParentId": second})
    org.update("Account", winner, {"ParentId": first})
    clock.advance(minutes=5)

    (result,) = soap.results(merge(request("Account", winner, first, second[:15], Phone="1 & 2".replace("&", "&amp;"))))

    assert [item.tag.removeprefix(NS) for item in result][:4] == ["id", "mergedRecordIds", "mergedRecordIds", "success"]
    assert texts(result, "id") == [winner]
    assert texts(result, "mergedRecordIds") == [first, second]
    assert texts(result, "success") == ["true"]
    assert set(texts(result, "updatedRelatedIds")) == {contact, deal, task, daughter}
    for loser in (first, second):
        assert (row(org, "Account", loser)["IsDeleted"], row(org, "Account", loser)["MasterRecordId"]) == (1, winner)
    stamp = "2026-11-23T12:05:00.000Z"
    for object_name, record_id, field in (
        ("Contact", contact, "AccountId"),
        ("Opportunity", deal, "AccountId"),
        ("Task", task, "WhatId"),
        ("Task", task, "AccountId"),
        ("Account", daughter, "ParentId"),
    ):
        assert row(org, object_name, record_id)[field] == winner
        assert row(org, object_name, record_id)["SystemModstamp"] == stamp
    assert row(org, "Account", winner)["ParentId"] is None
    assert row(org, "Account", winner)["Phone"] == "1 & 2"
    assert row(org, "Account", winner)["LastModifiedDate"] == stamp
    lost = api.query(f"SELECT Id FROM Account WHERE IsDeleted = true AND MasterRecordId = '{winner}'", "queryAll")
    assert {item["Id"] for item in lost} == {first, second}
    deleted = api.get("/sobjects/Account/deleted/?start=2026-11-23T11:00:00Z&end=2026-11-23T13:00:00Z").json()
    assert {item["id"] for item in deleted["deletedRecords"]} == {first, second}


def test_a_merged_contact_hands_over_its_roles(soap: Soap, org: Org, api: Caller) -> None:
    winner, loser = (org.create("Contact", {"LastName": name}) for name in ("Winner", "Loser"))
    deal = api.deal(ContactId=loser)
    other = org.create("OpportunityContactRole", {"OpportunityId": deal, "ContactId": winner, "Role": "Evaluator"})

    soap.results(merge(request("Contact", winner, loser)))

    roles = org.store.select("OpportunityContactRole", "OpportunityId = ? ORDER BY Id", (deal,))
    assert {(item["ContactId"], item["IsPrimary"]) for item in roles} == {(winner, 1)}
    assert other in {item["Id"] for item in roles}
    assert row(org, "Opportunity", deal)["ContactId"] == winner


def test_leads_are_merged_too(soap: Soap, org: Org) -> None:
    winner, loser = (org.create("Lead", {"LastName": name, "Company": "C"}) for name in ("Winner", "Loser"))
    task = org.create("Task", {"Subject": "Call", "WhoId": loser})

    (told,) = soap.told(merge(request("Lead", winner, loser, Title="CTO")))

    assert told["success"] == "true"
    assert row(org, "Task", task)["WhoId"] == winner
    assert row(org, "Lead", winner)["Title"] == "CTO"


def test_each_merge_stands_for_itself(soap: Soap, org: Org) -> None:
    one, two, three = (org.create("Account", {"Name": name}) for name in ("One", "Two", "Three"))

    results = soap.results(
        merge(
            request("Account", one, two, Nonsense="x"),
            request("Account", one, three),
            request("Account", one, one),
            request("Account", one, two, "001000000000001", "001000000000002"),
            request("Opportunity", one, two),
            request("Nonsense", one, two),
            request("Account", one, three),
            request("Account", one, "003000000000000"),
        )
    )

    assert [texts(item, "success") for item in results] == [[text] for text in ["false", "true"] + ["false"] * 6]
    assert [texts(item, "statusCode") for item in results] == [
        ["INVALID_FIELD"],
        [],
        ["INVALID_INPUT"],
        ["INVALID_INPUT"],
        ["INVALID_TYPE_FOR_OPERATION"],
        ["INVALID_TYPE"],
        ["ENTITY_IS_DELETED"],
        ["MALFORMED_ID"],
    ]
    assert [part.tag.removeprefix(NS) for part in results[0]] == ["errors", "id", "success"]
    assert row(org, "Account", two)["IsDeleted"] == 0


def test_a_loser_that_comes_back_comes_alone(soap: Soap, org: Org) -> None:
    winner, loser = (org.create("Account", {"Name": name}) for name in ("Winner", "Loser"))
    contact = org.create("Contact", {"LastName": "Lima", "AccountId": loser})
    soap.results(merge(request("Account", winner, loser)))

    assert soap.told(f"<undelete><ids>{loser}</ids></undelete>") == [{"id": loser, "success": "true"}]

    assert (row(org, "Account", loser)["IsDeleted"], row(org, "Account", loser)["MasterRecordId"]) == (0, None)
    assert row(org, "Contact", contact)["AccountId"] == winner


def test_undelete_brings_back_what_went_along(soap: Soap, org: Org, api: Caller) -> None:
    account = org.create("Account", {"Name": "A"})
    contact = org.create("Contact", {"LastName": "Lima", "AccountId": account})
    before = org.create("Contact", {"LastName": "Before", "AccountId": account})
    org.delete("Contact", before)
    org.delete("Account", account)

    child, parent, again, unknown, strange = soap.results(
        f"<undelete><ids>{contact}</ids><ids>{account}</ids><ids>{account}</ids>"
        "<ids>001000000000000</ids><ids>zzz</ids></undelete>"
    )

    assert texts(child, "statusCode") == ["UNDELETE_FAILED"]
    assert texts(child, "message") == ["entity is not in the recycle bin"]
    assert texts(parent, "success") == ["true"]
    assert texts(again, "statusCode") == texts(unknown, "statusCode") == ["UNDELETE_FAILED"]
    assert texts(strange, "statusCode") == ["MALFORMED_ID"]
    assert api.record("Contact", contact)["AccountId"] == account
    assert row(org, "Contact", before)["IsDeleted"] == 1


def test_contact_roles_cannot_be_undeleted(soap: Soap, org: Org, api: Caller) -> None:
    contact = org.create("Contact", {"LastName": "Lima"})
    deal = api.deal(ContactId=contact)
    role = org.store.select("OpportunityContactRole", "OpportunityId = ?", (deal,))[0]["Id"]
    org.delete("Opportunity", deal)

    (result,) = soap.results(f"<undelete><ids>{role}</ids></undelete>")

    assert texts(result, "statusCode") == ["INVALID_TYPE_FOR_OPERATION"]


def test_the_bin_is_emptied_by_id(soap: Soap, org: Org) -> None:
    account = org.create("Account", {"Name": "A"})
    org.delete("Account", account)

    told = soap.told(f"<emptyRecycleBin><ids>{account}</ids></emptyRecycleBin>")

    assert told == [{"id": account, "success": "true"}]
    assert org.record("Account", account) is None


@pytest.mark.parametrize("count", [201])
def test_a_call_takes_so_many_records(soap: Soap, count: int) -> None:
    answer = soap.post(f"<undelete>{'<ids>001000000000000</ids>' * count}</undelete>")

    assert answer.status_code == 500
    assert "<faultcode>sf:EXCEEDED_ID_LIMIT</faultcode>" in answer.text
    assert "<sf:exceptionCode>EXCEEDED_ID_LIMIT</sf:exceptionCode>" in answer.text
