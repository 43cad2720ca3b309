"""Reading an org: completely, with few calls, and so that a kill or a late commit loses nothing (decisions 10, 13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from connector.salesforce.errors import ApiError, UnexpectedAnswer
from connector.salesforce.replica import SalesforceReplica
from connector.sync.model import Checkpoint, Page, Tombstone
from mapping.fields import FieldMapping
from mapping.record import RecordId
from playground import dml
from playground.faults import Effect, Fault
from playground.settings import Settings
from tests.support.playground import MIRRORED, MORNING, PlaygroundSite, playground_site

DEAL = {"Name": "300 pairs", "StageName": "Prospecting", "CloseDate": "2026-12-01"}


@pytest.fixture
def site() -> Iterator[PlaygroundSite]:
    site = playground_site()
    yield site
    site.close()


@pytest.fixture
def narrow_site() -> Iterator[PlaygroundSite]:
    """An org whose query pages hold ten rows."""
    site = playground_site(settings=Settings(query_batch_size=10, query_batch_size_min=1))
    yield site
    site.close()


def observe(replica: SalesforceReplica, wanted: Mapping[str, Checkpoint | None]) -> list[Page]:
    return list(replica.observe(wanted))


def checkpoints(pages: Sequence[Page]) -> dict[str, Checkpoint]:
    return {page.object: page.checkpoint for page in pages if page.checkpoint is not None}


def ids_of(pages: Sequence[Page], name: str) -> set[RecordId]:
    return {id for page in pages if page.object == name for id in (*page.records, *page.tombstones)}


def tombstones(pages: Sequence[Page], name: str) -> dict[RecordId, Tombstone]:
    return {id: tombstone for page in pages if page.object == name for id, tombstone in page.tombstones.items()}


def in_org(site: PlaygroundSite, name: str) -> set[RecordId]:
    return {RecordId(str(row["Id"])) for row in site.org.store.select(name, "1")}


def make_deals(site: PlaygroundSite, number: int) -> list[RecordId]:
    return [RecordId(site.org.create("Opportunity", DEAL | {"Name": f"Deal {each}"})) for each in range(number)]


# Whole reads.


def test_a_first_read_brings_every_row_of_every_object(site: PlaygroundSite) -> None:
    pages = observe(site.replica(site.mappings()), dict.fromkeys(MIRRORED))
    for name in MIRRORED:
        last = [page for page in pages if page.object == name][-1]
        assert ids_of(pages, name) == in_org(site, name), name
        assert last.last
        assert last.complete
        assert last.checkpoint is not None


def test_a_first_read_that_was_killed_goes_on_where_it_was_and_misses_nothing(narrow_site: PlaygroundSite) -> None:
    site = narrow_site
    wanted = in_org(site, "Opportunity")
    replica = site.replica(site.mappings(["Opportunity"]))
    reading = replica.observe({"Opportunity": None})
    stored = [next(reading), next(reading)]
    reading.close()  # type: ignore[attr-defined]
    assert stored[-1].checkpoint is not None
    assert stored[-1].checkpoint.stamp is None
    site.clock.pass_(hours=1)
    moved = min(stored[0].records)
    site.org.update("Opportunity", moved, {"NextStep": "Changed in between"})

    rest = observe(replica, {"Opportunity": stored[-1].checkpoint})

    assert ids_of([*stored, *rest], "Opportunity") == wanted
    assert any(moved in page.records for page in rest)
    assert len(ids_of(rest, "Opportunity") & ids_of(stored, "Opportunity")) == 1
    assert not any(page.complete for page in rest)


def test_a_lost_cursor_is_replaced_by_going_on_after_the_last_row(narrow_site: PlaygroundSite) -> None:
    site = narrow_site
    replica = site.replica(site.mappings(["Opportunity"]))
    nexts = 0

    def drop_the_second_cursor(request: requests.PreparedRequest) -> None:
        nonlocal nexts
        nexts += "queryAll/0" in str(request.url)
        if nexts == 2:
            site.org.locators.close_all()

    site.adapter.meddle = drop_the_second_cursor
    pages = observe(replica, {"Opportunity": None})
    rows = [id for page in pages for id in (*page.records, *page.tombstones)]
    assert nexts > 2
    assert len(rows) == len(set(rows))
    assert set(rows) == in_org(site, "Opportunity")


def test_a_page_with_too_few_rows_is_never_handed_out(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Account"]))
    short = {"totalSize": 3, "done": True, "records": []}
    site.org.faults.add(Fault(Effect.ANSWER, path="queryAll", times=99, status=200, body=short))
    pages = replica.observe({"Account": None})
    with pytest.raises(UnexpectedAnswer, match="3 rows were announced, 0 came"):
        next(pages)


@pytest.mark.parametrize("patience", [2000, 500, 200])
def test_a_query_that_takes_too_long_is_asked_for_in_smaller_pieces(site: PlaygroundSite, patience: int) -> None:
    replica = site.replica(site.mappings(["Opportunity"]))
    too_long = [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
    fits = "|".join(str(size) for size in (2000, 500, 200) if size <= patience)
    slow = rf"queryAll/\?q=((?!LIMIT%20({fits})).)*$"
    site.org.faults.add(Fault(Effect.ANSWER, path=slow, times=999, status=400, body=too_long))
    pages = observe(replica, {"Opportunity": None})
    assert sum(len(page.records) + len(page.tombstones) for page in pages) == len(in_org(site, "Opportunity"))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


# Polls.


def test_a_run_without_changes_costs_three_calls_for_thirteen_objects(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings())
    first = observe(replica, dict.fromkeys(MIRRORED))
    site.clock.pass_(hours=1)
    before = replica.calls
    pages = observe(replica, checkpoints(first))
    assert replica.calls - before == 3
    assert {page.object for page in pages if page.last} == set(MIRRORED)
    assert not any(page.records or page.tombstones for page in pages)


def test_a_change_of_any_object_comes_with_the_same_three_calls(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings())
    first = observe(replica, dict.fromkeys(MIRRORED))
    site.clock.pass_(hours=1)
    deal = RecordId(site.org.create("Opportunity", DEAL))
    before = replica.calls
    pages = observe(replica, checkpoints(first))
    assert replica.calls - before == 3
    assert ids_of(pages, "Opportunity") == {deal}
    assert ids_of(pages, "OpportunityHistory") == {
        RecordId(str(row["Id"])) for row in site.org.store.select("OpportunityHistory", "OpportunityId = ?", (deal,))
    }


def test_a_checkpoint_never_passes_a_transaction_that_is_still_open(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Opportunity"]))
    begun = checkpoints(observe(replica, {"Opportunity": None}))
    site.clock.pass_(hours=1)
    with site.org.long_transaction() as late:
        site.clock.pass_(minutes=30)
        deal = RecordId(site.org.create("Opportunity", DEAL))
        during = observe(replica, begun)
        stamp = checkpoints(during)["Opportunity"].stamp
        assert stamp is not None
        assert stamp <= MORNING + timedelta(hours=1)
        assert ids_of(during, "Opportunity") == {deal}
        with site.org.store.transaction():
            hidden = RecordId(dml.create(late, site.org.object_type("Opportunity"), DEAL))
    site.clock.pass_(minutes=30)
    assert hidden in ids_of(observe(replica, checkpoints(during)), "Opportunity")


def test_a_checkpoint_does_not_go_back(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Opportunity", "OpportunityStage"]))
    ahead = Checkpoint(stamp=MORNING + timedelta(days=1))
    after = checkpoints(observe(replica, {"Opportunity": ahead, "OpportunityStage": ahead}))
    assert after == {"Opportunity": ahead, "OpportunityStage": ahead}


def test_a_machine_that_slept_asks_again_with_the_right_time(site: PlaygroundSite) -> None:
    """The seconds of a sleep are not counted here, so the time we know is hours old until the first answer."""
    replica = site.replica(site.mappings(["Opportunity"]))
    begun = checkpoints(observe(replica, {"Opportunity": None}))
    site.org.shift_clock(timedelta(hours=8))
    deal = RecordId(site.org.create("Opportunity", DEAL))
    before = replica.calls
    pages = observe(replica, begun)
    assert ids_of(pages, "Opportunity") == {deal}
    assert checkpoints(pages)["Opportunity"].stamp == MORNING + timedelta(hours=8)
    assert replica.calls - before == 2


def test_a_poll_with_a_row_too_few_is_not_believed(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Opportunity"]))
    begun = checkpoints(observe(replica, {"Opportunity": None}))
    site.clock.pass_(hours=1)
    make_deals(site, 3)

    def lose_a_row(url: str, body: Any) -> Any:
        for part in body["compositeResponse"]:
            if part["referenceId"].startswith("rows"):
                part["body"]["records"].pop()
        return body

    site.adapter.doctor = lose_a_row
    with pytest.raises(UnexpectedAnswer, match="3 rows were announced, 2 came"):
        observe(replica, begun)


def test_rows_within_the_overlap_are_read_again(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Opportunity"]), overlap=timedelta(minutes=5))
    site.clock.pass_(hours=1)
    deal = RecordId(site.org.create("Opportunity", DEAL))
    site.clock.pass_(minutes=4)
    checkpoint = Checkpoint(stamp=site.clock.now)
    assert ids_of(observe(replica, {"Opportunity": checkpoint}), "Opportunity") == {deal}


def test_many_rows_of_one_second_come_page_by_page_and_a_kill_loses_none(narrow_site: PlaygroundSite) -> None:
    site = narrow_site
    replica = site.replica(site.mappings(["Opportunity"]))
    begun = checkpoints(observe(replica, {"Opportunity": None}))
    site.clock.pass_(hours=1)
    deals = set(make_deals(site, 35))
    site.clock.pass_(hours=1)

    reading = replica.observe(begun)
    stored = [next(reading), next(reading)]
    reading.close()  # type: ignore[attr-defined]
    going_on = stored[-1].checkpoint
    assert going_on is not None
    assert going_on.stamp == begun["Opportunity"].stamp
    assert going_on.after is not None
    rest = observe(replica, {"Opportunity": going_on})

    assert sum(len(page.records) for page in [*stored, *rest]) == 35
    assert ids_of(stored, "Opportunity") | ids_of(rest, "Opportunity") == deals
    assert rest[-1].checkpoint is not None
    assert rest[-1].checkpoint.after is None


def test_the_way_mark_of_a_page_stays_below_rows_that_may_still_appear(narrow_site: PlaygroundSite) -> None:
    """A kill after rows of the last minutes must not make the next read begin above a late commit."""
    site = narrow_site
    replica = site.replica(site.mappings(["Opportunity"]))
    begun = checkpoints(observe(replica, {"Opportunity": None}))
    site.clock.pass_(hours=1)
    make_deals(site, 25)
    site.clock.pass_(minutes=2)
    first = next(iter(replica.observe(begun)))
    assert not first.last
    assert first.checkpoint == begun["Opportunity"]


def test_an_object_that_cannot_be_read_does_not_keep_the_others(site: PlaygroundSite) -> None:
    mappings = site.mappings(["Account", "Contact"])
    first = checkpoints(observe(site.replica(mappings), {"Account": None}))
    site.clock.pass_(hours=1)
    hidden = FieldMapping("Hidden__c", "hidden_c", "string", "Hidden")
    broken = replace(mappings[0], fields=(*mappings[0].fields, hidden))
    pages: list[Page] = []
    with pytest.raises(ApiError, match="Hidden__c"):
        for page in site.replica([broken, mappings[1]]).observe({**first, "Contact": None}):
            pages.append(page)
    assert ids_of(pages, "Contact") == in_org(site, "Contact")


def test_a_session_that_ends_between_two_pages_costs_nothing(narrow_site: PlaygroundSite) -> None:
    site = narrow_site
    replica = site.replica(site.mappings(["Opportunity"]))
    ended: list[Any] = []

    def end_it_once(request: requests.PreparedRequest) -> None:
        if "queryAll/0" in str(request.url) and not ended:
            ended.append(request)
            site.org.expire_sessions()

    site.adapter.meddle = end_it_once
    assert ids_of(observe(replica, {"Opportunity": None}), "Opportunity") == in_org(site, "Opportunity")
    assert ended


def test_a_value_that_its_field_cannot_hold_sets_one_row_aside(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Account"]))
    poisoned = min(in_org(site, "Account"))
    site.org.store.execute("UPDATE Account SET NumberOfEmployees = 'many' WHERE Id = ?", (poisoned,))
    pages = observe(replica, {"Account": None})
    assert {id for page in pages for id in page.quarantined} == {poisoned}
    assert "NumberOfEmployees" in pages[0].quarantined[poisoned]
    assert ids_of(pages, "Account") == in_org(site, "Account") - {poisoned}


# Deletes.


def role_of(site: PlaygroundSite) -> tuple[RecordId, RecordId]:
    deal = RecordId(site.org.create("Opportunity", DEAL))
    contact = site.org.create("Contact", {"LastName": "Buyer"})
    fields = {"OpportunityId": deal, "ContactId": contact, "Role": "Decision Maker"}
    return deal, RecordId(site.org.create("OpportunityContactRole", fields))


def test_a_contact_role_deleted_by_itself_is_told_by_the_delete_log(site: PlaygroundSite) -> None:
    """It leaves no row behind: the log is the only trace, and it costs no call more."""
    deal, role = role_of(site)
    replica = site.replica(site.mappings())
    first = observe(replica, dict.fromkeys(MIRRORED))
    site.clock.pass_(hours=1)
    site.org.delete("OpportunityContactRole", role)
    before = replica.calls
    pages = observe(replica, checkpoints(first))
    assert replica.calls - before == 3
    assert tombstones(pages, "OpportunityContactRole") == {role: Tombstone(deleted_at=site.clock.now, purged=True)}
    assert deal not in tombstones(pages, "Opportunity")


def test_a_contact_role_deleted_with_its_deal_is_in_the_recycle_bin_and_comes_back_with_it(
    site: PlaygroundSite,
) -> None:
    deal, role = role_of(site)
    replica = site.replica(site.mappings())
    first = observe(replica, dict.fromkeys(MIRRORED))
    site.clock.pass_(hours=1)
    site.org.delete("Opportunity", deal)
    gone = observe(replica, checkpoints(first))
    buried = tombstones(gone, "OpportunityContactRole")[role]
    assert not buried.purged
    assert buried.record is not None
    assert buried.record["Role"] == "Decision Maker"
    assert tombstones(gone, "Opportunity")[deal].deleted_at == site.clock.now
    site.clock.pass_(hours=1)
    site.org.undelete("Opportunity", deal)
    back = observe(replica, checkpoints(gone))
    assert deal in ids_of(back, "Opportunity")
    assert not tombstones(back, "Opportunity")


def test_a_record_in_the_delete_log_that_is_there_again_is_not_deleted(site: PlaygroundSite) -> None:
    """The log alone proves nothing: it still names what an undelete brought back (trap 23)."""
    deal, role = role_of(site)
    replica = site.replica(site.mappings())
    first = observe(replica, dict.fromkeys(MIRRORED))
    site.clock.pass_(hours=1)
    site.org.delete("Opportunity", deal)
    site.clock.pass_(seconds=5)
    site.org.undelete("Opportunity", deal)
    site.org.store.execute(
        "UPDATE OpportunityContactRole SET SystemModstamp = '2020-01-01T00:00:00.000Z' WHERE Id = ?", (role,)
    )
    pages = observe(replica, checkpoints(first))
    assert role not in tombstones(pages, "OpportunityContactRole")


def test_an_object_that_cannot_be_probed_is_held_to_the_others_horizon(site: PlaygroundSite) -> None:
    mappings = site.mappings(["Opportunity", "OpportunityStage"])
    replica = site.replica([mappings[0], replace(mappings[1], replicateable=True)])
    site.clock.pass_(hours=1)
    with site.org.long_transaction():
        site.clock.pass_(hours=1)
        after = checkpoints(observe(replica, {"Opportunity": None, "OpportunityStage": None}))
    assert after["OpportunityStage"].stamp == MORNING + timedelta(hours=1)


def test_when_the_delete_log_does_not_reach_back_all_contact_roles_are_listed(site: PlaygroundSite) -> None:
    _, role = role_of(site)
    replica = site.replica(site.mappings())
    first = observe(replica, dict.fromkeys(MIRRORED))
    site.org.delete("OpportunityContactRole", role)
    site.clock.pass_(days=40)
    pages = [page for page in observe(replica, checkpoints(first)) if page.object == "OpportunityContactRole"]
    assert all(page.complete for page in pages)
    assert ids_of(pages, "OpportunityContactRole") == in_org(site, "OpportunityContactRole") - {role}


def test_reading_by_id_tells_deleted_from_purged_from_unknown(site: PlaygroundSite) -> None:
    live, binned, purged = make_deals(site, 3)
    site.org.delete("Opportunity", binned)
    site.org.delete("Opportunity", purged)
    site.org.purge("Opportunity", purged)
    seen = site.replica(site.mappings(["Opportunity"])).read("Opportunity", [live, binned, purged])
    assert not isinstance(seen[live], Tombstone)
    found = seen[binned]
    assert isinstance(found, Tombstone)
    assert not found.purged
    assert found.record is not None
    gone = seen.get(purged)
    assert gone is None or (isinstance(gone, Tombstone) and gone.purged)


def test_reading_many_by_id_costs_one_call(site: PlaygroundSite) -> None:
    replica = site.replica(site.mappings(["Opportunity"]))
    ids = [id for id in in_org(site, "Opportunity") if not site.org.record("Opportunity", id)["IsDeleted"]]
    before = replica.calls
    assert len(replica.read("Opportunity", ids)) == len(ids) > 50
    assert replica.calls - before == 1
