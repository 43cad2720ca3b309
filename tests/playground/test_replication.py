"""getUpdated and getDeleted (salesforce-api.md 3.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playground import dml
from playground.org import Org
from tests.playground.conftest import Caller, StillClock, problem


def span(start: str, end: str) -> dict[str, str]:
    return {"start": f"2026-11-23T{start}+00:00", "end": f"2026-11-23T{end}+00:00"}


def test_changed_records_are_listed_once_with_how_far_the_org_can_vouch(api: Caller, clock: StillClock) -> None:
    first, second = api.deal(), api.deal()
    clock.advance(minutes=1)
    api.patch(f"/sobjects/Opportunity/{first}", {"NextStep": "Call"})
    clock.advance(minutes=1, seconds=30)

    answer = api.get("/sobjects/Opportunity/updated/", params=span("12:00:00", "12:30:00")).json()

    assert answer == {"ids": [second, first], "latestDateCovered": "2026-11-23T12:02:00.000+0000"}


def test_seconds_are_cut_off_and_the_start_is_included_the_end_not(api: Caller, clock: StillClock) -> None:
    early = api.deal()
    clock.advance(minutes=2)
    late = api.deal()
    clock.advance(minutes=10)

    def found(start: str, end: str) -> list[str]:
        ids: list[str] = api.get("/sobjects/Opportunity/updated/", params=span(start, end)).json()["ids"]
        return ids

    assert found("12:00:59", "12:02:59") == [early]
    assert found("12:02:00", "12:03:00") == [late]


def test_deleted_records_are_listed_and_no_longer_updated(api: Caller, clock: StillClock) -> None:
    deal = api.deal()
    clock.advance(minutes=1)
    api.delete(f"/sobjects/Opportunity/{deal}")
    clock.advance(minutes=5)

    updated = api.get("/sobjects/Opportunity/updated/", params=span("12:00:00", "12:05:00")).json()
    deleted = api.get("/sobjects/Opportunity/deleted/", params=span("12:00:00", "12:05:00")).json()

    assert deal not in updated["ids"]
    assert deleted == {
        "deletedRecords": [{"id": deal, "deletedDate": "2026-11-23T12:01:00.000+0000"}],
        "earliestDateAvailable": "2026-11-08T12:06:00.000+0000",
        "latestDateCovered": "2026-11-23T12:05:00.000+0000",
    }


def test_what_a_deletion_takes_along_is_listed_with_its_own_object(api: Caller, clock: StillClock) -> None:
    account = api.create("Account", Name="A")
    contact = api.create("Contact", LastName="L", AccountId=account)
    api.delete(f"/sobjects/Account/{account}")
    clock.advance(minutes=2)

    answer = api.get("/sobjects/Contact/deleted/", params=span("12:00:00", "12:02:00")).json()

    assert [item["id"] for item in answer["deletedRecords"]] == [contact]


def test_an_open_transaction_holds_back_what_is_vouched_for(api: Caller, org: Org, clock: StillClock) -> None:
    clock.advance(minutes=1, seconds=20)
    with org.long_transaction() as work:
        clock.advance(minutes=30)
        held = api.get("/sobjects/Opportunity/updated/", params=span("12:00:00", "12:31:00")).json()
        with org.store.transaction():
            late = dml.create(
                work,
                org.object_type("Opportunity"),
                {"Name": "Late", "StageName": "Prospecting", "CloseDate": "2026-12-01"},
            )
    free = api.get("/sobjects/Opportunity/updated/", params=span("12:01:00", "12:31:00")).json()

    assert held == {"ids": [], "latestDateCovered": "2026-11-23T12:01:00.000+0000"}
    assert free == {"ids": [late], "latestDateCovered": "2026-11-23T12:31:00.000+0000"}
    assert api.record("Opportunity", late)["SystemModstamp"] == "2026-11-23T12:01:20.000+0000"


@pytest.mark.parametrize(
    ("resource", "start", "end"),
    [
        ("updated", "2026-11-23T12:00:10Z", "2026-11-23T12:00:50Z"),
        ("updated", "2026-10-23T12:00:00Z", "2026-11-23T12:00:00Z"),
        ("deleted", "2026-11-08T11:00:00Z", "2026-11-23T12:00:00Z"),
        ("deleted", "2026-11-23T12:00:00Z", "2026-11-23T11:00:00Z"),
        ("deleted", "yesterday", "today"),
    ],
)
def test_spans_that_cannot_be_answered_are_refused(api: Caller, resource: str, start: str, end: str) -> None:
    answer = api.get(f"/sobjects/Opportunity/{resource}/", params={"start": start, "end": end})

    assert problem(answer)[:2] == (400, "INVALID_REPLICATION_DATE")


def test_stages_have_no_log(api: Caller) -> None:
    assert api.get("/sobjects/OpportunityStage/updated/", params=span("11:00:00", "12:00:00")).status_code == 400


def test_an_undeleted_record_counts_as_updated(api: Caller, org: Org, clock: StillClock) -> None:
    deal = api.deal()
    api.delete(f"/sobjects/Opportunity/{deal}")
    clock.advance(minutes=5)
    org.undelete("Opportunity", deal)
    clock.now += timedelta(minutes=5)

    assert deal in api.get("/sobjects/Opportunity/updated/", params=span("12:05:00", "12:10:00")).json()["ids"]
