"""The seeded scenario: the same for the same seed and time, whole, and consistent with Salesforce's rules."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from playground.catalogue import OBJECT_ORDER, load_schema
from playground.ids import is_id
from playground.seed import INTEGRATION_USERNAME, Dataset, build
from playground.seed.stages import FORECAST_TOKENS, STAGES

NOW = datetime(2026, 11, 23, 9, 4, tzinfo=UTC)
TIMES = (
    NOW,
    datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 20, tzinfo=UTC),
    datetime(2027, 4, 5, 8, 10, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
)
CASES = [(1, NOW), (2, NOW), (7, TIMES[1]), (7, TIMES[2]), (3, TIMES[3]), (5, TIMES[4])]

every_case = pytest.mark.parametrize(("seed", "now"), CASES, ids=lambda value: str(value))


@cache
def scenario(seed: int, now: datetime) -> Dataset:
    return build(seed, now)


def digest(data: Dataset) -> str:
    return hashlib.sha256(json.dumps(data.rows, ensure_ascii=False).encode()).hexdigest()


def grouped(data: Dataset, object_name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows_of(data, object_name):
        found[str(row["OpportunityId"])].append(row)
    return found


def rows_of(data: Dataset, object_name: str) -> list[dict[str, Any]]:
    return list(data.rows[object_name])


def named(data: Dataset, object_name: str, name: str) -> dict[str, Any]:
    (row,) = (row for row in rows_of(data, object_name) if row["Name"] == name)
    return row


def quarter(day: str) -> tuple[int, int]:
    parsed = date.fromisoformat(day)
    return parsed.year, (parsed.month + 2) // 3


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def org_day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo("Europe/London")).date()


def test_the_same_seed_and_time_make_the_same_rows() -> None:
    assert digest(build(1, NOW)) == digest(build(1, NOW))


def test_another_seed_makes_other_rows() -> None:
    assert digest(scenario(1, NOW)) != digest(scenario(2, NOW))


def test_the_same_moment_in_another_time_zone_makes_the_same_rows() -> None:
    elsewhere = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    assert digest(build(1, elsewhere)) == digest(scenario(1, NOW))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build(1, datetime(2026, 11, 23))  # noqa: DTZ001


@every_case
def test_every_row_has_exactly_the_stored_fields_of_its_object(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    assert tuple(data.rows) == OBJECT_ORDER
    for item in load_schema().objects:
        stored = [field.name for field in item.fields if field.stored]
        for row in data.rows[item.name]:
            assert list(row) == stored


@every_case
def test_every_value_is_stored_as_its_type_asks(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    for item in load_schema().objects:
        for row in data.rows[item.name]:
            for field in item.fields:
                if not field.stored:
                    continue
                value = row[field.name]
                where = f"{item.name}.{field.name} = {value!r}"
                if value is None:
                    assert field.nillable, where
                elif field.type == "boolean":
                    assert value in (0, 1), where
                elif field.type == "int":
                    assert isinstance(value, int), where
                elif field.type in ("currency", "percent", "double"):
                    assert isinstance(value, float), where
                elif field.type == "date":
                    date.fromisoformat(str(value))
                elif field.type == "datetime":
                    assert value == stamp(datetime.fromisoformat(str(value))), where
                else:
                    assert isinstance(value, str), where
                    assert 0 < len(value) <= field.length, where


@every_case
def test_every_id_is_well_formed_unique_and_has_its_objects_prefix(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    for item in load_schema().objects:
        ids = [str(row["Id"]) for row in data.rows[item.name]]
        assert len(set(ids)) == len(ids)
        for record_id in ids:
            assert len(record_id) == 18
            assert is_id(record_id)
            assert record_id.startswith(item.key_prefix)


@every_case
def test_every_reference_leads_to_a_row_of_an_object_that_it_may_lead_to(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    owner_of = {str(row["Id"]): name for name, rows in data.rows.items() for row in rows}
    for item in load_schema().objects:
        for field in item.fields:
            if field.type == "reference":
                for row in data.rows[item.name]:
                    target = row[field.name]
                    assert target is None or owner_of[str(target)] in field.reference_to, (item.name, field.name)


@every_case
def test_values_of_picklists_are_in_the_list(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    for item in load_schema().objects:
        for field in item.fields:
            if field.type == "picklist":
                allowed = {entry.value for entry in field.picklist} | {None}
                assert {row[field.name] for row in data.rows[item.name]} <= allowed, (item.name, field.name)


@every_case
def test_every_stamp_is_at_least_an_hour_old_and_in_order(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    limit = stamp(now - timedelta(hours=1))
    for rows in data.rows.values():
        for row in rows:
            stamps = [str(row[name]) for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp") if row.get(name)]
            assert stamps == sorted(stamps)
            assert all(item <= limit for item in stamps)


@every_case
def test_children_are_not_older_than_their_parents(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    created: dict[object, str] = {}
    for rows in data.rows.values():
        created.update({row["Id"]: str(row["CreatedDate"]) for row in rows if "CreatedDate" in row})
    for name, parents in (
        ("Contact", ("AccountId",)),
        ("Opportunity", ("AccountId",)),
        ("OpportunityContactRole", ("OpportunityId", "ContactId")),
        ("OpportunityHistory", ("OpportunityId",)),
        ("Task", ("WhatId",)),
        ("Event", ("WhatId",)),
    ):
        for row in data.rows[name]:
            for parent in parents:
                assert str(row["CreatedDate"]) >= created[row[parent]], (name, row["Id"], parent)


def test_the_stages_are_those_of_a_new_org() -> None:
    rows = scenario(1, NOW).rows["OpportunityStage"]
    assert [row["ApiName"] for row in rows] == [stage.name for stage in STAGES]
    assert [row["SortOrder"] for row in rows] == list(range(1, 11))
    assert [row["DefaultProbability"] for row in rows] == [10, 10, 20, 50, 60, 70, 75, 90, 100, 0]
    assert [row["ForecastCategory"] for row in rows] == ["Pipeline"] * 8 + ["Closed", "Omitted"]
    assert [(row["IsClosed"], row["IsWon"]) for row in rows] == [(0, 0)] * 8 + [(1, 1), (1, 0)]


@every_case
def test_all_ten_stages_have_deals_and_about_two_thirds_are_open(seed: int, now: datetime) -> None:
    deals = scenario(seed, now).rows["Opportunity"]
    counts = Counter(row["StageName"] for row in deals)
    assert set(counts) == {stage.name for stage in STAGES}
    assert min(counts.values()) >= 10
    assert 290 <= len(deals) <= 330
    assert 0.6 <= sum(not row["IsClosed"] for row in deals) / len(deals) <= 0.7


@every_case
def test_what_a_stage_or_a_close_date_sets_is_set(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    stages = {str(row["ApiName"]): row for row in data.rows["OpportunityStage"]}
    set_by_hand = 0
    for row in rows_of(data, "Opportunity"):
        stage = stages[str(row["StageName"])]
        assert (row["IsClosed"], row["IsWon"]) == (stage["IsClosed"], stage["IsWon"])
        assert row["ForecastCategory"] == FORECAST_TOKENS[str(row["ForecastCategoryName"])]
        usual = (stage["DefaultProbability"], stage["ForecastCategoryName"])
        if (row["Probability"], row["ForecastCategoryName"]) != usual:
            assert not row["IsClosed"]
            set_by_hand += 1
        amount, probability = row["Amount"], row["Probability"]
        expected = None if amount is None else pytest.approx(amount * probability / 100, abs=0.0051)
        assert row["ExpectedRevenue"] == expected
        year, number = quarter(str(row["CloseDate"]))
        assert (row["FiscalYear"], row["FiscalQuarter"], row["Fiscal"]) == (year, number, f"{year} {number}")
    assert 20 <= set_by_hand <= 90


@every_case
def test_history_begins_at_creation_and_ends_in_the_current_values(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    history = grouped(data, "OpportunityHistory")
    for row in rows_of(data, "Opportunity"):
        rows = history[str(row["Id"])]
        assert [item["CreatedDate"] for item in rows] == sorted({item["CreatedDate"] for item in rows})
        assert rows[0]["CreatedDate"] == row["CreatedDate"]
        assert (rows[0]["PrevAmount"], rows[0]["PrevCloseDate"]) == (None, None)
        for before, after in pairwise(rows):
            assert (after["PrevAmount"], after["PrevCloseDate"]) == (before["Amount"], before["CloseDate"])
            assert any(before[name] != after[name] for name in ("StageName", "Amount", "Probability", "CloseDate"))
        for name in ("StageName", "Amount", "Probability", "CloseDate", "ExpectedRevenue"):
            assert rows[-1][name] == row[name]


@every_case
def test_fields_that_are_derived_from_history_agree_with_it(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    history = grouped(data, "OpportunityHistory")
    for row in rows_of(data, "Opportunity"):
        rows = history[str(row["Id"])]
        pairs = list(pairwise(rows))
        pushes = sum(str(after["CloseDate"])[:7] > str(before["CloseDate"])[:7] for before, after in pairs)
        moves = [after["CreatedDate"] for before, after in pairs if before["StageName"] != after["StageName"]]
        amounts = [after["Id"] for before, after in pairs if before["Amount"] != after["Amount"]]
        closes = [after["Id"] for before, after in pairs if before["CloseDate"] != after["CloseDate"]]
        assert row["PushCount"] == pushes
        assert row["LastStageChangeDate"] == (moves[-1] if moves else None)
        assert row["LastAmountChangedHistoryId"] == (amounts[-1] if amounts else None)
        assert row["LastCloseDateChangedHistoryId"] == (closes[-1] if closes else None)
        today = org_day(now)
        assert row["AgeInDays"] == (today - date.fromisoformat(str(row["CreatedDate"])[:10])).days
        entered = moves[-1] if moves else row["CreatedDate"]
        assert row["LastStageChangeInDays"] == (today - date.fromisoformat(str(entered)[:10])).days


@every_case
def test_field_history_starts_with_created_chains_and_ends_in_the_current_values(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    history = grouped(data, "OpportunityFieldHistory")
    user_names = {row["Id"]: row["Name"] for row in data.rows["User"]}
    kinds: set[tuple[str, str]] = set()
    for row in rows_of(data, "Opportunity"):
        first, *rest = history[str(row["Id"])]
        assert (first["Field"], first["CreatedDate"], first["NewValue"]) == ("created", row["CreatedDate"], None)
        current: dict[tuple[str, str], object] = {}
        for item in rest:
            key = (item["Field"], item["DataType"])
            kinds.add(key)
            assert item["OldValue"] != item["NewValue"]
            assert current.get(key, item["OldValue"]) == item["OldValue"]
            current[key] = item["NewValue"]
        for (name, kind), value in current.items():
            if name == "Owner":
                assert value == (row["OwnerId"] if kind == "EntityId" else user_names[row["OwnerId"]])
            elif kind in ("Currency", "Percent"):
                assert float(str(value)) == row[str(name)]
            else:
                assert value == row[str(name)]
    assert {name for name, _ in kinds} >= {
        "StageName", "Amount", "CloseDate", "Probability", "ForecastCategoryName", "NextStep", "Owner",
    }  # fmt: skip


@every_case
def test_an_opportunity_has_at_most_one_primary_contact_and_names_it(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    roles = grouped(data, "OpportunityContactRole")
    without = 0
    for row in rows_of(data, "Opportunity"):
        primary = [item["ContactId"] for item in roles[str(row["Id"])] if item["IsPrimary"]]
        assert len(primary) <= 1
        assert row["ContactId"] == (primary[0] if primary else None)
        without += not primary
    assert without <= 40
    assert 520 <= len(data.rows["OpportunityContactRole"]) <= 720


@every_case
def test_contact_roles_are_of_contacts_of_the_deals_account(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    account_of = {row["Id"]: row["AccountId"] for name in ("Contact", "Opportunity") for row in data.rows[name]}
    for row in data.rows["OpportunityContactRole"]:
        assert account_of[row["ContactId"]] == account_of[row["OpportunityId"]]


@every_case
def test_no_two_roles_of_a_deal_have_the_same_contact_and_role(seed: int, now: datetime) -> None:
    rows = scenario(seed, now).rows["OpportunityContactRole"]
    triples = Counter((row["OpportunityId"], row["ContactId"], row["Role"]) for row in rows)
    assert set(triples.values()) == {1}


@every_case
def test_activity_fields_agree_with_tasks_and_events(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    today = org_day(now).isoformat()
    tasks, events = data.rows["Task"], data.rows["Event"]
    assert 1400 <= len(tasks) + len(events) <= 1800
    assert any(not row["IsClosed"] and str(row["ActivityDate"]) < today for row in tasks)
    assert all(row["IsClosed"] == int(row["Status"] == "Completed") for row in tasks)
    for row in rows_of(data, "Opportunity"):
        mine = [item for item in tasks if item["WhatId"] == row["Id"]]
        meetings = [item for item in events if item["WhatId"] == row["Id"]]
        dates = [str(item["ActivityDate"]) for item in (*meetings, *(task for task in mine if task["IsClosed"]))]
        to_do = [item for item in mine if not item["IsClosed"]]
        assert row["LastActivityDate"] == max(dates, default=None)
        coming = any(str(item["ActivityDate"]) >= today for item in meetings)
        assert row["HasOpenActivity"] == int(bool(to_do) or coming)
        assert row["HasOverdueTask"] == int(any(str(item["ActivityDate"]) < today for item in to_do))
        assert not (row["IsClosed"] and to_do)


@every_case
def test_an_activity_belongs_to_the_account_of_what_it_is_about(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    account_of = {row["Id"]: row["AccountId"] for row in data.rows["Opportunity"]}
    account_of.update({row["Id"]: row["Id"] for row in data.rows["Account"]})
    for row in (*data.rows["Task"], *data.rows["Event"]):
        assert row["AccountId"] == account_of[row["WhatId"]]


@every_case
def test_the_last_week_shows_every_kind_of_movement(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    history = grouped(data, "OpportunityHistory")
    week_ago = stamp(now - timedelta(days=7))
    this = quarter(org_day(now).isoformat())
    seen: Counter[str] = Counter()
    for row in rows_of(data, "Opportunity"):
        then = [item for item in history[str(row["Id"])] if str(item["CreatedDate"]) <= week_ago]
        if not then:
            seen["new"] += 1
            continue
        before = then[-1]
        if before["StageName"] in ("Closed Won", "Closed Lost"):
            continue
        if row["IsClosed"]:
            seen["won" if row["IsWon"] else "lost"] += 1
            continue
        was, is_now = quarter(str(before["CloseDate"])) == this, quarter(str(row["CloseDate"])) == this
        seen["moved out"] += was and not is_now
        seen["moved in"] += is_now and not was
        seen["increased"] += (row["Amount"] or 0) > (before["Amount"] or 0)
        seen["decreased"] += (row["Amount"] or 0) < (before["Amount"] or 0)
    for kind in ("new", "won", "lost", "moved out", "moved in", "increased", "decreased"):
        assert seen[kind] >= 3, (kind, seen)
    overdue = sum(
        not row["IsClosed"] and str(row["CloseDate"]) < org_day(now).isoformat() for row in data.rows["Opportunity"]
    )
    assert overdue >= 5


@every_case
def test_the_exercise_is_prepared_but_not_done(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    west = named(data, "Account", "Get Cloudy West")
    assert west["ParentId"] == named(data, "Account", "Get Cloudy")["Id"]
    assert named(data, "Contact", "Lars Johnson")["AccountId"] == west["Id"]
    assert "aparna" not in json.dumps(data.rows).lower()
    for row in rows_of(data, "Opportunity"):
        assert row["AccountId"] != west["Id"] or row["IsClosed"]
        assert not str(row["Name"]).endswith(" - 35 Custom Sneakers")


@every_case
def test_names_of_deals_are_unique_and_short_enough(seed: int, now: datetime) -> None:
    names = [str(row["Name"]) for row in scenario(seed, now).rows["Opportunity"]]
    assert len(set(names)) == len(names)
    assert "Saffron Air - 2,030 Team Kit Shoes" in names


def test_the_integration_user_is_the_first_administrator_and_roles_are_one_tree() -> None:
    rows = scenario(1, NOW).rows
    profiles = {row["Id"]: row["Name"] for row in rows["Profile"]}
    first = rows["User"][0]
    assert (first["Username"], profiles[first["ProfileId"]]) == (INTEGRATION_USERNAME, "System Administrator")
    assert [row["Name"] for row in rows["UserRole"] if row["ParentRoleId"] is None] == ["CEO"]
    assert [row["Name"] for row in rows["User"] if not row["IsActive"]] == ["Owen Pike"]
    owned = {row["OwnerId"] for row in rows["Opportunity"] if not row["IsClosed"]}
    assert {row["Id"] for row in rows["User"] if row["Name"] == "Owen Pike"} <= owned
