"""Numbers and their lists agree, on a mirror that was synced with the playground's seeded org."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from local_store.database import read, write
from pipeline import deals, forecast, path, people, stages, sync_state, timeline
from pipeline.deals import DealFilter, Order
from pipeline.record_state import RecordState, standing
from tests.support.fake_services import FakeServices, loaded_services

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServices]:
    found = loaded_services(tmp_path_factory.mktemp("pipeline"), sends_at_once=False)
    yield found
    found.close()


def _all(services: FakeServices, wanted: DealFilter) -> list[deals.Deal]:
    return list(deals.page(services.store, wanted, Order("name", False), 0, 10_000).deals)


def test_every_live_opportunity_is_counted_once(services: FakeServices) -> None:
    with read(services.store.engine) as connection:
        count = connection.execute(text("SELECT count(*) FROM opportunity WHERE NOT is_deleted")).scalar_one()
    assert deals.add_up(deals.totals(services.store, DealFilter())).count == count
    assert count > 250


@pytest.mark.parametrize(
    "wanted",
    [
        DealFilter(),
        DealFilter(status=frozenset({"open"})),
        DealFilter(status=frozenset({"won", "open"}), categories=frozenset({"Commit"})),
        DealFilter(status=frozenset({"lost"})),
        DealFilter(stages=frozenset({"Needs Analysis", "Qualification"})),
        DealFilter(first=date(2026, 10, 1), last=date(2026, 12, 31)),
        DealFilter(overdue_on=TODAY),
        DealFilter(no_amount=True),
        DealFilter(text="two rivers"),
        DealFilter(text="nothing is called this"),
    ],
    ids=[
        "all",
        "open",
        "open or won in Commit",
        "lost",
        "two stages",
        "quarter",
        "overdue",
        "no amount",
        "text",
        "none",
    ],
)
def test_a_total_is_the_sum_of_its_list(services: FakeServices, wanted: DealFilter) -> None:
    listed = _all(services, wanted)
    total = deals.add_up(deals.totals(services.store, wanted))
    assert total.count == len(listed)
    assert total.without_amount == sum(deal.amount is None for deal in listed)
    assert sum(total.amounts.values()) == sum(deal.amount or Decimal(0) for deal in listed)


@pytest.mark.parametrize("mode", [forecast.CUMULATIVE, forecast.SINGLE])
def test_every_card_is_the_sum_of_the_list_it_links_to(services: FakeServices, mode: str) -> None:
    buckets = deals.totals(services.store, DealFilter())
    cards = forecast.cards(buckets, mode)
    assert len(cards) == 7
    for card in cards:
        linked = DealFilter(
            status=frozenset(card.selection.status), categories=frozenset(card.selection.categories), counted=True
        )
        assert deals.add_up(deals.totals(services.store, linked)) == card.total, card.key


def test_the_cards_build_on_each_other(services: FakeServices) -> None:
    buckets = deals.totals(services.store, DealFilter())
    single = {card.key: sum(card.total.amounts.values()) for card in forecast.cards(buckets, forecast.SINGLE)}
    held = {card.key: sum(card.total.amounts.values()) for card in forecast.cards(buckets, forecast.CUMULATIVE)}
    assert held["commit"] == single["closed_won"] + single["commit"]
    assert held["most_likely"] == held["commit"] + single["most_likely"]
    assert held["best_case"] == held["most_likely"] + single["best_case"]
    assert held["total"] == held["best_case"] + single["pipeline"] == held["closed_won"] + held["open_pipeline"]


def test_org_stages_and_local_stages_hold_the_same_deals(services: FakeServices) -> None:
    buckets = deals.totals(services.store, DealFilter())
    known = stages.org_stages(services.store)
    by_org = stages.by_org_stage(buckets, known)
    by_local = stages.by_local_stage(buckets, known, services.stage_mapping())
    assert [line.key for line in by_org][:3] == ["Prospecting", "Qualification", "Needs Analysis"]
    assert sum(line.total.count for line in by_org) == sum(line.total.count for line in by_local)
    needs = next(line for line in by_local if line.key == "qualification_needs")
    assert "Needs Analysis" in needs.stages


def test_the_stage_report_counts_what_the_lists_count(services: FakeServices) -> None:
    report = stages.stage_report(services.store, services.stage_mapping())
    assert report.coverage.is_full
    for row in report.rows:
        listed = _all(services, DealFilter(stages=frozenset({row.api_name})))
        assert row.use.count == len(listed)


def test_a_list_is_cut_in_pages_that_follow_each_other(services: FakeServices) -> None:
    order = Order("close", True)
    whole = deals.page(services.store, DealFilter(), order, 0, 10_000)
    first = deals.page(services.store, DealFilter(), order, 0, 50)
    second = deals.page(services.store, DealFilter(), order, 50, 50)
    assert [deal.id for deal in (*first.deals, *second.deals)] == [deal.id for deal in whole.deals[:100]]
    assert first.total.count == whole.total.count


@pytest.mark.parametrize("key", sorted(deals.SORTS))
def test_a_list_can_be_sorted_both_ways_by_every_column(services: FakeServices, key: str) -> None:
    up = deals.page(services.store, DealFilter(), Order(key, False), 0, 10_000).deals
    down = deals.page(services.store, DealFilter(), Order(key, True), 0, 10_000).deals
    assert {deal.id for deal in up} == {deal.id for deal in down}
    amounts = [deal.amount for deal in up if deal.amount is not None]
    if key == "amount":
        assert amounts == sorted(amounts)
        assert down[-1].amount is None, "what is not known comes last, whichever way"


def test_an_edit_by_sql_of_the_stage_counts_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    services = loaded_services(tmp_path_factory.mktemp("sql"), sends_at_once=False)
    deal = _all(services, DealFilter(status=frozenset({"open"})))[0]
    before = deals.add_up(deals.totals(services.store, DealFilter(status=frozenset({"won"}))))
    with write(services.store.engine) as connection:
        connection.execute(text("UPDATE opportunity SET stage_name = 'Closed Won' WHERE id = :id"), {"id": deal.id})
    after = deals.add_up(deals.totals(services.store, DealFilter(status=frozenset({"won"}))))
    services.close()
    assert after.count == before.count + 1


def test_sums_are_exact_to_the_cent(tmp_path_factory: pytest.TempPathFactory) -> None:
    services = loaded_services(tmp_path_factory.mktemp("cents"), sends_at_once=False)
    for n in range(30):
        services.create(
            "Opportunity",
            {"Name": f"Cents {n}", "StageName": "Prospecting", "CloseDate": TODAY, "Amount": Decimal("0.10")},
        )
    total = deals.add_up(deals.totals(services.store, DealFilter(text="Cents")))
    services.close()
    assert (total.count, sum(total.amounts.values())) == (30, Decimal("3.00"))


def test_a_record_stands_as_what_happened_to_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    services = loaded_services(tmp_path_factory.mktemp("states"), sends_at_once=False)
    clean, edited = _all(services, DealFilter(status=frozenset({"open"})))[:2]
    services.update("Opportunity", edited.id, {"NextStep": "Call"})
    made = services.create("Opportunity", {"Name": "New", "StageName": "Prospecting", "CloseDate": TODAY})

    states = {deal.id: deal.state for deal in _all(services, DealFilter())}
    assert states[clean.id] is RecordState.IN_SALESFORCE
    assert states[edited.id] is RecordState.WAITING
    assert states[made] is RecordState.ONLY_HERE
    stands = standing(services.store, "Opportunity", edited.id)
    assert [(item.field, item.here, item.there) for item in stands.waiting] == [("NextStep", "Call", edited.next_step)]
    assert {deal.id for deal in _all(services, DealFilter(state="waiting"))} == {edited.id, made}
    assert sync_state.attention(services.store).waiting == 2
    services.close()


def test_both_histories_tell_a_change_once_and_newest_first(services: FakeServices) -> None:
    told = 0
    for deal in _all(services, DealFilter(status=frozenset({"open"})))[:40]:
        found = timeline.changes(services.store, deal.id, standing(services.store, "Opportunity", deal.id))
        assert [item.at for item in found] == sorted((item.at for item in found), reverse=True)
        keys = [(item.field, item.at, item.new) for item in found]
        assert len(keys) == len(set(keys))
        assert sum(item.created for item in found) == 1
        told += len(found)
    assert told > 80


def test_the_path_knows_where_a_deal_has_been(services: FakeServices) -> None:
    known = stages.org_stages(services.store)
    for deal in _all(services, DealFilter())[:60]:
        steps = path.steps(known, path.visits(services.store, deal.id), deal.stage, services.now())
        assert [step.stage for step in steps if step.state == path.NOW] == [deal.stage]
        assert all((step.days or 0) >= 0 for step in steps)
        assert all(step.visits == 0 for step in steps if step.state == path.SKIPPED)


def test_people_are_found_with_their_parts(services: FakeServices) -> None:
    west = people.accounts(services.store, "get cloudy west", Order("name", False)).items[0]
    assert west.name == "Get Cloudy West"
    found = people.contacts(services.store, "", Order("name", False), account_id=west.id).items
    assert "Lars Johnson" in [contact.name for contact in found]
    deal = next(deal for deal in _all(services, DealFilter(status=frozenset({"open"}))) if deal.contacts)
    roles = people.contact_roles(services.store, opportunity_id=deal.id)
    assert len(roles) == deal.contacts
    assert sum(role.primary for role in roles) <= 1


def test_activities_say_what_is_next_before_what_was(services: FakeServices) -> None:
    seen = 0
    for deal in _all(services, DealFilter())[:60]:
        done = [item.done for item in timeline.activities(services.store, deal.id, TODAY)]
        assert done == sorted(done)
        seen += len(done)
    assert seen > 60


def test_a_run_that_adds_up_says_so() -> None:
    good = sync_state.Counts(received=10, applied=3, unchanged=5, held=1, quarantined=1)
    assert good.adds_up
    assert good.needs_person
    assert not sync_state.Counts(received=10, applied=9).adds_up


def test_runs_are_listed_with_their_account(services: FakeServices) -> None:
    newest = sync_state.runs(services.store)[0]
    assert newest.counts.adds_up
    assert newest.counts.received > 5000
    one = sync_state.one_run(services.store, newest.id)
    assert one is not None
    assert one.counts == newest.counts
    assert (newest.took or timedelta()) >= timedelta()
    assert sync_state.one_run(services.store, 10_000) is None
