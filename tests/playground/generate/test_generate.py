"""Generated orgs: as many records as ordered, the same for the same seed, following every rule of an org, lifelike."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from playground.catalogue import OBJECT_ORDER, load_schema
from playground.generate import AlreadyFilled, Order, WrongOrder, fill, make_file, parse_order, pieces
from playground.ids import running_number
from playground.org import DATABASE_NAME, Org
from playground.store import FIRST_RUNNING_NUMBER, Store, quoted
from tests.support import pipeline_rules as rules

NOW = datetime(2026, 11, 23, 9, 4, tzinfo=UTC)
SAMPLE = parse_order("opportunities=2000")
SMALL = parse_order("opportunities=60,accounts=9,contacts=20")
Data = Mapping[str, list[dict[str, Any]]]


def silent(_text: str) -> None:
    pass


@contextmanager
def filled(order: Order, seed: int = 7, now: datetime = NOW, processes: int = 0) -> Iterator[Store]:
    store = Store.in_memory(load_schema())
    try:
        fill(store, order, seed, now, silent, processes)
        yield store
    finally:
        store.close()


def rows_in(store: Store) -> Data:
    return {name: store.select(name, "1 ORDER BY rowid") for name in OBJECT_ORDER}


@cache
def sample() -> Data:
    with filled(SAMPLE) as store:
        return rows_in(store)


def digest(order: Order, seed: int = 7, processes: int = 0) -> str:
    with filled(order, seed, processes=processes) as store:
        return hashlib.sha256(repr(rows_in(store)).encode()).hexdigest()


@pytest.mark.parametrize("rule", rules.EVERY_RULE, ids=lambda rule: str(rule.__name__))
def test_a_generated_org_follows_the_rules_of_every_org(rule: Callable[[Data, datetime], None]) -> None:
    rule(sample(), NOW)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
        datetime(2027, 1, 3, 0, 20, tzinfo=UTC),
        datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
        datetime(2027, 4, 5, 9, 31, tzinfo=UTC),
    ],
    ids=str,
)
def test_it_follows_them_at_any_time_of_the_year(now: datetime) -> None:
    with filled(parse_order("opportunities=300"), seed=3, now=now) as store:
        data = rows_in(store)
    for rule in rules.EVERY_RULE:
        rule(data, now)


@pytest.mark.parametrize(
    "text",
    [
        "accounts=1",
        "opportunities=1",
        "opportunities=7,contacts=0",
        "opportunities=2500,accounts=3,contacts=1",
        "accounts=40,contacts=900",
    ],
)
def test_there_are_as_many_as_ordered(text: str) -> None:
    order = parse_order(text)
    with filled(order) as store:
        data = rows_in(store)
    assert [len(data[name]) for name in ("Opportunity", "Account", "Contact")] == [
        order.opportunities,
        order.accounts,
        order.contacts,
    ]
    for rule in rules.EVERY_RULE:
        if order.opportunities or rule is not rules.check_roles_differ:
            rule(data, NOW)


def test_the_same_seed_makes_the_same_org_however_many_processes_make_it() -> None:
    order = parse_order("opportunities=1100,accounts=30")
    assert digest(order) == digest(order, processes=2)


def test_another_seed_makes_another_org() -> None:
    assert digest(SMALL) == digest(SMALL)
    assert digest(SMALL) != digest(SMALL, seed=8)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), filled(SMALL, now=datetime(2026, 11, 23)):  # noqa: DTZ001
        pass


def test_the_pipeline_grows_over_the_years_and_has_its_seasons() -> None:
    created = [date.fromisoformat(str(row["CreatedDate"])[:10]) for row in sample()["Opportunity"]]
    years = Counter((NOW.date() - day).days // 365 for day in created)
    assert years[0] > 1.3 * years[2] > 1.3 * years[3] * 0.9
    months = Counter(day.month for day in created if day > NOW.date() - timedelta(days=1095))
    assert months[8] < months[3]
    assert not any(day.weekday() >= 5 for day in created)


def test_deals_are_won_in_the_last_days_of_a_quarter_more_often_than_in_others() -> None:
    won = [date.fromisoformat(row["CloseDate"]) for row in sample()["Opportunity"] if row["IsWon"]]
    last_days = [day for day in won if day.month % 3 == 0 and day.day > 15]
    assert len(last_days) / len(won) > 0.4


def test_most_deals_are_closed_some_stall_and_close_dates_are_pushed() -> None:
    deals = sample()["Opportunity"]
    still_open = [row for row in deals if not row["IsClosed"]]
    assert 0.05 < len(still_open) / len(deals) < 0.3
    assert any(row["LastStageChangeInDays"] > 150 for row in still_open)
    assert any(row["CloseDate"] < NOW.date().isoformat() for row in still_open)
    assert sum(row["PushCount"] > 0 for row in deals) > len(deals) / 4
    assert max(row["PushCount"] for row in deals) >= 4
    assert {row["RecordTypeId"] for row in deals} == {row["Id"] for row in sample()["RecordType"]}


def test_sales_people_differ_in_what_they_win_and_how_large_it_is() -> None:
    shares, sizes = [], []
    deals = rules.grouped(sample(), "Opportunity", "OwnerId").values()
    for mine in deals:
        closed = [row for row in mine if row["IsClosed"]]
        if len(closed) > 60:
            shares.append(sum(row["IsWon"] for row in closed) / len(closed))
            amounts = sorted(row["Amount"] for row in mine if row["Amount"])
            sizes.append(amounts[len(amounts) // 2])
    assert max(shares) - min(shares) > 0.08
    assert max(sizes) > 1.4 * min(sizes)


def test_jobs_leave_many_records_with_one_stamp_and_people_do_not() -> None:
    deals = sample()["Opportunity"]
    stamps = Counter(row["SystemModstamp"] for row in deals)
    assert stamps.most_common(1)[0][1] >= 20
    assert sum(number == 1 for number in stamps.values()) > len(deals) / 5
    touched_only = [row for row in deals if row["SystemModstamp"] > row["LastModifiedDate"]]
    assert len(touched_only) > 50


def test_accounts_of_the_earlier_system_came_in_batches_of_one_stamp() -> None:
    with filled(parse_order("accounts=3000,contacts=10")) as store:
        created = Counter(row["CreatedDate"] for row in store.select("Account", "1"))
    assert created.most_common(1)[0][1] == 200


def test_ids_rise_with_time() -> None:
    deals = sample()["Opportunity"]
    assert [row["Id"] for row in deals] == sorted(row["Id"] for row in deals)
    late = sum(one["CreatedDate"] > other["CreatedDate"] for one, other in pairwise(deals))
    assert late < len(deals) / 50


def test_new_records_get_ids_beyond_those_that_were_generated(tmp_path: Path) -> None:
    make_file(tmp_path / DATABASE_NAME, parse_order("opportunities=6000,accounts=10,contacts=10"), 7, NOW, silent)
    with Org.open(tmp_path, clock=lambda: NOW) as org:
        before = [running_number(row["Id"]) for row in org.store.select("OpportunityFieldHistory", "1")]
        made = org.create("Opportunity", {"Name": "New", "StageName": "Prospecting", "CloseDate": "2026-12-01"})
        (history,) = org.store.select("OpportunityFieldHistory", "OpportunityId = ?", (made,))
    assert running_number(history["Id"]) > max(before) > FIRST_RUNNING_NUMBER


def test_a_file_has_all_indexes_and_is_whole(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    made = make_file(path, SMALL, 7, NOW, silent)
    assert made is not None
    assert made.rows["Opportunity"] == 60
    store, empty = Store.open(path, load_schema()), Store.in_memory(load_schema())
    try:
        indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        assert store.execute(indexes) == empty.execute(indexes)
        assert store.execute("PRAGMA integrity_check") == [("ok",)]
        assert store.execute("PRAGMA journal_mode") == [("wal",)]
        for name, number in made.rows.items():
            assert store.execute(f"SELECT count(*) FROM {quoted(name)}") == [(number,)]
    finally:
        store.close()
        empty.close()
    assert [item.name for item in tmp_path.iterdir()] == [DATABASE_NAME]


def test_the_same_order_again_keeps_the_file_and_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    make_file(path, SMALL, 7, NOW, silent)
    before = path.read_bytes()
    assert make_file(path, SMALL, 7, NOW, silent) is None
    for order, seed in ((SMALL, 8), (SAMPLE, 7)):
        with pytest.raises(AlreadyFilled, match="--fresh"):
            make_file(path, order, seed, NOW, silent)
    assert path.read_bytes() == before


def test_what_was_begun_and_not_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pieces, "make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_file(tmp_path / DATABASE_NAME, SMALL, 7, NOW, silent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("opportunities=1_000_000", Order(1_000_000, 166_666, 499_998)),
        (" opportunities = 12 , accounts=3", Order(12, 3, 9)),
        ("accounts=5,contacts=0", Order(0, 5, 0)),
        ("opportunities=3", Order(3, 1, 3)),
    ],
)
def test_an_order_says_what_it_wants_and_the_rest_follows(text: str, order: Order) -> None:
    assert parse_order(text) == order
    assert parse_order(str(order)) == order


@pytest.mark.parametrize(
    "text",
    ["", "12", "opportunities", "opportunities=", "opportunities=-1", "opportunities=1.5", "deals=3",
     "accounts=1,accounts=2", "opportunities=5,accounts=0", "contacts=3,accounts=0",
     "opportunities=99999999999", "opportunities=٣"],
)  # fmt: skip
def test_other_orders_are_refused(text: str) -> None:
    with pytest.raises(WrongOrder):
        parse_order(text)
