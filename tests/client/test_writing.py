"""Writing to an org: carefully, at most once, and with an outcome for every record (decisions 5 and 6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.salesforce.errors import QuotaExhausted
from connector.salesforce.replica import SalesforceReplica
from connector.sync.model import Create, Delete, Done, Intent, Moved, Refused, Side, Tombstone, Unknown, Update
from mapping.record import Record, RecordId, Value
from playground.faults import Effect, Fault
from playground.settings import Settings
from tests.support.playground import MORNING, PlaygroundSite, playground_site

DEAL: dict[str, Value] = {"Name": "300 pairs", "StageName": "Prospecting", "CloseDate": date(2026, 12, 1)}
WRITTEN = ("Account", "Contact", "Opportunity", "OpportunityContactRole")
LOCKED = {
    "errorCode": "UNABLE_TO_LOCK_ROW",
    "message": "unable to obtain exclusive access to this record",
    "fields": [],
}


@pytest.fixture
def site() -> Iterator[PlaygroundSite]:
    site = playground_site()
    yield site
    site.close()


@pytest.fixture
def replica(site: PlaygroundSite) -> SalesforceReplica:
    return site.replica(site.mappings(WRITTEN))


def in_json(record: Record) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in record.items()}


def make_deal(site: PlaygroundSite, **values: Value) -> RecordId:
    return RecordId(site.org.create("Opportunity", in_json(DEAL | values)))


def seen(replica: SalesforceReplica, id: RecordId, name: str = "Opportunity") -> Record:
    record = replica.read(name, [id])[id]
    assert not isinstance(record, Tombstone)
    return record


def update(replica: SalesforceReplica, id: RecordId, **fields: Value) -> Update:
    now = seen(replica, id)
    expected = {name: now[name] for name in fields}
    return Update(Side.REMOTE, "Opportunity", id, fields, expected, now["LastModifiedDate"])  # type: ignore[arg-type]


def create(id: str, name: str = "Opportunity", **values: Value) -> Create:
    return Create(Side.REMOTE, name, RecordId(f"local-{id}"), (DEAL if name == "Opportunity" else {}) | values)


def delete(replica: SalesforceReplica, id: RecordId, name: str = "Opportunity") -> Delete:
    return Delete(Side.REMOTE, name, id, seen(replica, id, name))


def meddle_before(site: PlaygroundSite, method: str, part: str, edit: Callable[[], None]) -> None:
    """Let a colleague act right before the first call that carries a part with this method and path."""
    acted: list[str] = []

    def meddle(request: requests.PreparedRequest) -> None:
        if "/composite" not in str(request.url) or acted:
            return
        parts = json.loads(request.body or "{}").get("compositeRequest", ())
        if any(each["method"] == method and part in each["url"] for each in parts):
            acted.append(method)
            edit()

    site.adapter.meddle = meddle


def parts_sent(site: PlaygroundSite) -> list[dict[str, Any]]:
    bodies = [json.loads(request.body or "{}") for request in site.adapter.sent if "/composite" in str(request.url)]
    return [part for body in bodies for part in body.get("compositeRequest", ())]


# Updates.


def test_an_update_looks_writes_and_looks_again_in_two_calls(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    operations = [update(replica, make_deal(site), NextStep=f"Call {number}") for number in range(10)]
    before = replica.calls
    outcomes = list(replica.apply(operations))
    assert replica.calls - before == 2
    assert [outcome.operation for outcome in outcomes] == operations
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    patches = [part for part in parts_sent(site) if part["method"] == "PATCH"]
    assert len(patches) == 10
    assert all("If-Unmodified-Since" in part["httpHeaders"] for part in patches)
    assert all(set(part["body"]) == {"NextStep"} for part in patches)


def test_what_is_seen_afterwards_is_the_orgs_and_not_ours(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    """The stage brings its probability along (invariant 22)."""
    id = make_deal(site)
    [outcome] = replica.apply([update(replica, id, StageName="Negotiation/Review")])
    assert isinstance(outcome, Done)
    assert not isinstance(outcome.seen, Tombstone)
    assert outcome.seen["Probability"] == Decimal(90)


def test_an_edit_between_the_look_and_the_write_is_not_overwritten(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    id = make_deal(site)
    operation = update(replica, id, NextStep="Ours")

    def colleague() -> None:
        site.clock.pass_(seconds=2)
        site.org.update("Opportunity", id, {"NextStep": "Theirs"})

    meddle_before(site, "PATCH", id, colleague)
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Moved)
    assert not isinstance(outcome.seen, Tombstone)
    assert outcome.seen is not None
    assert outcome.seen["NextStep"] == "Theirs"
    assert seen(replica, id)["NextStep"] == "Theirs"


def test_an_edit_of_the_very_same_second_is_kept_for_the_conflict_log(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    """No header can see it; the look inside the same call does (invariants 4 and 6)."""
    id = make_deal(site)
    operation = update(replica, id, NextStep="Ours")
    meddle_before(site, "PATCH", id, lambda: site.org.update("Opportunity", id, {"NextStep": "Theirs"}))
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Done)
    assert outcome.overwritten == {"NextStep": "Theirs"}


def test_an_update_that_overwrote_nothing_unseen_says_so(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    [outcome] = replica.apply([update(replica, make_deal(site), NextStep="Ours")])
    assert isinstance(outcome, Done)
    assert outcome.overwritten is None


def test_an_edit_of_another_field_since_the_plan_is_planned_again(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    """Stage and probability belong together: a plan made on an older version of the record is not carried out."""
    id = make_deal(site)
    operation = update(replica, id, Probability=Decimal(55))
    site.clock.pass_(seconds=2)
    site.org.update("Opportunity", id, {"StageName": "Closed Won"})
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Moved)


def test_a_record_deleted_between_the_look_and_the_write_is_a_tombstone(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    id = make_deal(site)
    operation = update(replica, id, NextStep="Ours")
    meddle_before(site, "PATCH", id, lambda: site.org.delete("Opportunity", id))
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Moved)
    assert isinstance(outcome.seen, Tombstone)


def test_a_session_that_ends_before_the_write_does_not_lose_the_condition(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    id = make_deal(site)
    since = site.clock.now
    site.clock.pass_(seconds=2)
    site.org.update("Opportunity", id, {"NextStep": "Theirs"})
    ended: list[int] = []

    def end_it_once(_: requests.PreparedRequest) -> None:
        if not ended:
            ended.append(1)
            site.org.expire_sessions()

    site.adapter.meddle = end_it_once
    with pytest.raises(Exception, match="refused PATCH") as caught:
        site.client.update("Opportunity", id, {"NextStep": "Ours"}, unmodified_since=since)
    assert caught.value.status == 412  # type: ignore[attr-defined]
    patches = [request for request in site.adapter.sent if request.method == "PATCH"]
    assert len(patches) == 2
    assert patches[0].headers["If-Unmodified-Since"] == patches[1].headers["If-Unmodified-Since"]
    assert patches[0].headers["Authorization"] != patches[1].headers["Authorization"]
    assert seen(replica, id)["NextStep"] == "Theirs"


def test_a_refused_value_is_refused_with_the_field_and_the_others_go_through(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    good, bad = make_deal(site), make_deal(site)
    operations = [update(replica, bad, Name="x" * 500), update(replica, good, NextStep="Call")]
    refused, done = replica.apply(operations)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.fields) == ("STRING_TOO_LONG", ("Name",))
    assert isinstance(done, Done)


def test_two_updates_of_one_record_come_one_after_the_other(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    first = replace(update(replica, make_deal(site), NextStep="One"), unmodified_since=None)
    second = replace(first, fields={"NextStep": "Two"}, expected={"NextStep": "One"})
    assert all(isinstance(outcome, Done) for outcome in replica.apply([first, second]))
    assert seen(replica, first.id)["NextStep"] == "Two"


def test_many_updates_travel_as_collections(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    ids = [make_deal(site, Name=f"Deal {number}") for number in range(210)]
    now = replica.read("Opportunity", ids)
    operations = [
        Update(Side.REMOTE, "Opportunity", id, {"NextStep": "Call"}, {"NextStep": now[id]["NextStep"]})  # type: ignore[index]
        for id in ids
    ]
    since = site.clock.now
    site.clock.pass_(seconds=2)
    operations[7] = replace(operations[7], fields={"Name": "x" * 500})
    operations[8] = replace(operations[8], unmodified_since=since)
    site.org.update("Opportunity", ids[8], {"StageName": "Closed Won"})
    site.org.update("Opportunity", ids[9], {"NextStep": "Theirs"})
    before = replica.calls
    outcomes = list(replica.apply(operations))
    assert replica.calls - before <= 4
    assert [outcome.operation for outcome in outcomes] == operations
    assert isinstance(outcomes[7], Refused)
    assert isinstance(outcomes[8], Moved)
    assert isinstance(outcomes[9], Moved)
    done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    assert len(done) == 207
    assert all(outcome.seen["NextStep"] == "Call" for outcome in done)  # type: ignore[index]


# Creates.


def test_a_family_is_created_in_one_go_and_children_get_their_parents_ids(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    operations = [
        create("acme", "Account", Name="Acme"),
        create("ann", "Contact", LastName="Ann", AccountId="local-acme"),
        create("deal", AccountId="local-acme"),
        create("role", "OpportunityContactRole", OpportunityId="local-deal", ContactId="local-ann", Role="Evaluator"),
    ]
    outcomes = list(replica.apply(operations))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    account, contact, deal, role = [outcome.id for outcome in outcomes if isinstance(outcome, Done)]
    assert seen(replica, contact, "Contact")["AccountId"] == account
    assert seen(replica, role, "OpportunityContactRole")["OpportunityId"] == deal


def test_a_create_carries_only_what_was_filled_in(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    """A null would keep Salesforce from filling in its default; a read-only field would be refused."""
    mapping = site.mappings(["Opportunity"])[0]
    blank: dict[str, Value] = dict.fromkeys(mapping.by_name)
    [outcome] = replica.apply([create("deal", **(blank | DEAL | {"IsClosed": False}))])
    assert isinstance(outcome, Done)
    [post] = [part for part in parts_sent(site) if part["method"] == "POST" and part["url"].endswith("Opportunity")]
    assert set(post["body"]) == set(DEAL)


def test_a_parent_created_in_the_same_batch_is_waited_for(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    operations = [
        create("top", "Account", Name="Top"),
        create("sub", "Account", Name="Sub", ParentId="local-top"),
    ]
    top, sub = replica.apply(operations)
    assert isinstance(top, Done)
    assert isinstance(sub, Done)
    assert sub.seen["ParentId"] == top.id  # type: ignore[index]


def test_a_child_whose_parent_is_not_in_the_org_is_not_sent(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    before = len(site.adapter.sent)
    [outcome] = replica.apply([create("deal", AccountId="local-nowhere")])
    assert isinstance(outcome, Refused)
    assert outcome.code == "PARENT_NOT_SENT"
    assert len(site.adapter.sent) == before


def test_many_creates_travel_as_collections_and_keep_their_order(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    operations = [create(f"d{number}", Name=f"Deal {number}") for number in range(60)]
    operations[3] = create("d3", Name=None)
    before = replica.calls
    outcomes = list(replica.apply(operations))
    assert replica.calls - before == 2
    assert isinstance(outcomes[3], Refused)
    names = [outcome.seen["Name"] for outcome in outcomes if isinstance(outcome, Done)]  # type: ignore[index]
    assert names == [f"Deal {number}" for number in range(60) if number != 3]


@pytest.mark.parametrize("number", [1, 30])
def test_a_create_by_external_id_sent_twice_makes_one_record(site: PlaygroundSite, number: int) -> None:
    replica = site.replica(site.mappings(["Opportunity"], Opportunity="Forcemirror_Id__c"))
    operations = [create(f"d{each}", Name=f"Deal {each}") for each in range(number)]
    first = [outcome.id for outcome in replica.apply(operations) if isinstance(outcome, Done)]
    again = [outcome.id for outcome in replica.apply(operations) if isinstance(outcome, Done)]
    assert first == again
    assert len(first) == number
    assert seen(replica, first[0])["Forcemirror_Id__c"] == "local-d0"


# Lost answers.


def lose(site: PlaygroundSite, effect: Effect) -> None:
    site.org.faults.add(Fault(effect, path="/composite$", method="POST"))


@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
@pytest.mark.parametrize("external_id", [None, "Forcemirror_Id__c"])
def test_after_a_lost_answer_a_look_tells_whether_the_record_was_made(
    site: PlaygroundSite, effect: Effect, external_id: str | None
) -> None:
    external_ids = {"Opportunity": external_id} if external_id else {}
    replica = site.replica(site.mappings(["Opportunity"], **external_ids))
    operation = create("deal", Name="Lost and found?")
    intent = Intent("Opportunity", operation.id, operation.record, replica.server_time())
    site.clock.pass_(seconds=3)
    lose(site, effect)
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Unknown)
    assert "may have been done" in outcome.error

    found, is_conclusive = replica.find_created(intent)
    assert len(found) == (1 if effect is Effect.DROP_AFTER else 0)
    assert is_conclusive is (external_id is not None)
    site.clock.pass_(minutes=2)
    found, is_conclusive = replica.find_created(intent)
    assert len(found) == (1 if effect is Effect.DROP_AFTER else 0)
    assert is_conclusive


def test_a_look_is_not_conclusive_while_an_older_transaction_is_open(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    operation = create("deal")
    with site.org.long_transaction():
        site.clock.pass_(minutes=1)
        intent = Intent("Opportunity", operation.id, operation.record, site.clock.now)
        site.clock.pass_(hours=1)
        assert replica.find_created(intent) == ({}, False)


def test_a_lost_contact_role_is_found_by_its_triple(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    deal, contact = make_deal(site), site.org.create("Contact", {"LastName": "Ann"})
    triple = {"OpportunityId": deal, "ContactId": contact, "Role": "Evaluator"}
    site.org.create("OpportunityContactRole", triple | {"Role": "Other"})
    old = site.org.create("OpportunityContactRole", triple)
    site.clock.pass_(minutes=5)
    operation = create("role", "OpportunityContactRole", **triple)
    intent = Intent("OpportunityContactRole", operation.id, operation.record, replica.server_time())
    lose(site, Effect.DROP_AFTER)
    assert isinstance(next(iter(replica.apply([operation]))), Unknown)
    found, _ = replica.find_created(intent)
    assert len(found) == 1
    assert old not in found


def test_a_record_of_that_name_made_by_somebody_else_is_not_ours(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    somebody = next(
        str(row["Id"]) for row in site.org.store.select("User", "IsActive") if row["Id"] != site.org.default_user_id
    )
    intent = Intent("Account", RecordId("local-a"), {"Name": "Acme"}, replica.server_time())
    site.org.create("Account", {"Name": "Acme"}, user_id=somebody)
    assert replica.find_created(intent)[0] == {}


def test_a_lost_record_that_was_deleted_meanwhile_still_counts_as_made(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    """Otherwise it would be made again, and a delete be undone (invariant 7)."""
    intent = Intent("Account", RecordId("local-a"), {"Name": "Acme"}, replica.server_time())
    id = RecordId(site.org.create("Account", {"Name": "Acme"}))
    site.org.delete("Account", id)
    assert set(replica.find_created(intent)[0]) == {id}


@pytest.mark.parametrize("number", [2, 40])
def test_a_lost_answer_leaves_every_record_of_its_call_unknown(
    site: PlaygroundSite, replica: SalesforceReplica, number: int
) -> None:
    operations = [update(replica, make_deal(site), NextStep="Call") for _ in range(number)]
    lose(site, Effect.DROP_AFTER)
    outcomes = list(replica.apply(operations))
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)
    writes = [part for part in parts_sent(site) if part["method"] == "PATCH"]
    assert len(writes) == (1 if number == 40 else number)


# Deletes.


def test_deletes_look_first_and_show_what_went(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    ids = [make_deal(site, Name=f"Deal {number}") for number in range(5)]
    operations = [delete(replica, id) for id in ids]
    before = replica.calls
    outcomes = list(replica.apply(operations))
    assert replica.calls - before == 2
    for outcome in outcomes:
        assert isinstance(outcome, Done)
        assert isinstance(outcome.seen, Tombstone)
        assert not outcome.seen.purged
        assert outcome.seen.record is not None


def test_many_deletes_travel_together(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    ids = [make_deal(site, Name=f"Deal {number}") for number in range(170)]
    now = replica.read("Opportunity", ids)
    operations = [Delete(Side.REMOTE, "Opportunity", id, now[id]) for id in ids]  # type: ignore[arg-type]
    before = replica.calls
    outcomes = list(replica.apply(operations))
    assert replica.calls - before == 2
    assert all(isinstance(each, Done) and isinstance(each.seen, Tombstone) and each.seen.record for each in outcomes)
    assert all(site.org.record("Opportunity", id)["IsDeleted"] for id in ids)  # type: ignore[index]


def test_a_deleted_contact_role_is_gone_for_good_and_its_values_are_kept(
    site: PlaygroundSite, replica: SalesforceReplica
) -> None:
    contact = site.org.create("Contact", {"LastName": "Ann"})
    fields = {"OpportunityId": make_deal(site), "ContactId": contact, "Role": "Evaluator"}
    id = RecordId(site.org.create("OpportunityContactRole", fields))
    [outcome] = replica.apply([delete(replica, id, "OpportunityContactRole")])
    assert isinstance(outcome, Done)
    assert isinstance(outcome.seen, Tombstone)
    assert outcome.seen.purged
    assert outcome.seen.record is not None
    assert outcome.seen.record["Role"] == "Evaluator"


def test_a_delete_the_org_forbids_is_refused_in_its_words(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    account = RecordId(site.org.create("Account", {"Name": "Won"}))
    make_deal(site, AccountId=account, StageName="Closed Won")
    [outcome] = replica.apply([delete(replica, account, "Account")])
    assert isinstance(outcome, Refused)
    assert outcome.code == "DELETE_FAILED"


# Locks and limits.


def locked_answer(name: str = "n0") -> dict[str, Any]:
    parts = [
        {"referenceId": name, "httpStatusCode": 400, "body": [LOCKED], "httpHeaders": {}},
        {"referenceId": f"{name}_seen", "httpStatusCode": 200, "body": {"oops": 1}, "httpHeaders": {}},
        {"referenceId": "before", "httpStatusCode": 200, "body": [], "httpHeaders": {}},
    ]
    return {"compositeResponse": parts}


def test_a_locked_row_is_tried_again_after_growing_pauses(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    id = make_deal(site)
    operation = update(replica, id, NextStep="Call")
    fault = Fault(Effect.ANSWER, path="/composite$", method="POST", times=2, status=200, body=locked_answer())
    site.org.faults.add(fault)
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Done)
    assert site.clock.now - MORNING == timedelta(seconds=0.5 + 1.0)


def test_a_row_that_stays_locked_is_refused_in_the_end(site: PlaygroundSite, replica: SalesforceReplica) -> None:
    operation = update(replica, make_deal(site), NextStep="Call")
    fault = Fault(Effect.ANSWER, path="/composite$", method="POST", times=99, status=200, body=locked_answer())
    site.org.faults.add(fault)
    [outcome] = replica.apply([operation])
    assert isinstance(outcome, Refused)
    assert outcome.code == "UNABLE_TO_LOCK_ROW"


def test_outcomes_until_the_quota_is_spent_are_kept() -> None:
    site = playground_site(settings=Settings(daily_api_calls=60))
    try:
        replica = site.replica(site.mappings(["Opportunity"]))
        operations = [create(f"d{number}", Name=f"Deal {number}") for number in range(24)]
        site.client.session.open_budget(replace(site.client.session.settings.budget, calls=1))
        outcomes = replica.apply(operations)
        kept = [next(outcomes) for _ in range(12)]
        with pytest.raises(QuotaExhausted):
            next(outcomes)
        assert all(isinstance(outcome, Done) for outcome in kept)
    finally:
        site.close()
