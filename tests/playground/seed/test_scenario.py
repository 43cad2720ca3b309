"""The seeded scenario: the same for the same seed and time, whole, and consistent with Salesforce's rules."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from playground.seed import INTEGRATION_USERNAME, Dataset, build
from playground.seed.stages import STAGES
from tests.support import pipeline_rules as rules

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


def named(data: Dataset, object_name: str, name: str) -> dict[str, Any]:
    (row,) = (row for row in rules.rows_of(data.rows, object_name) if row["Name"] == name)
    return row


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
    rules.check_stored_fields(scenario(seed, now).rows, now)


@every_case
def test_every_value_is_stored_as_its_type_asks(seed: int, now: datetime) -> None:
    rules.check_values(scenario(seed, now).rows, now)


@every_case
def test_every_id_is_well_formed_unique_and_has_its_objects_prefix(seed: int, now: datetime) -> None:
    rules.check_ids(scenario(seed, now).rows, now)


@every_case
def test_every_reference_leads_to_a_row_of_an_object_that_it_may_lead_to(seed: int, now: datetime) -> None:
    rules.check_references(scenario(seed, now).rows, now)


@every_case
def test_values_of_picklists_are_in_the_list(seed: int, now: datetime) -> None:
    rules.check_picklists(scenario(seed, now).rows, now)


@every_case
def test_every_stamp_is_at_least_an_hour_old_and_in_order(seed: int, now: datetime) -> None:
    rules.check_stamps(scenario(seed, now).rows, now)


@every_case
def test_children_are_not_older_than_their_parents(seed: int, now: datetime) -> None:
    rules.check_ages_of_children(scenario(seed, now).rows, now)


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
    rules.check_stage_fields(scenario(seed, now).rows, now)


@every_case
def test_some_probabilities_are_set_by_hand_and_every_tracked_field_changes(seed: int, now: datetime) -> None:
    rows = scenario(seed, now).rows
    assert 20 <= rules.set_by_hand(rows) <= 90
    assert {row["Field"] for row in rows["OpportunityFieldHistory"]} >= {
        "StageName", "Amount", "CloseDate", "Probability", "ForecastCategoryName", "NextStep", "Owner",
    }  # fmt: skip


@every_case
def test_there_are_as_many_roles_and_activities_as_a_person_can_look_through(seed: int, now: datetime) -> None:
    rows = scenario(seed, now).rows
    assert sum(row["ContactId"] is None for row in rows["Opportunity"]) <= 40
    assert 520 <= len(rows["OpportunityContactRole"]) <= 720
    assert 1400 <= len(rows["Task"]) + len(rows["Event"]) <= 1800
    today = rules.org_day(now).isoformat()
    assert any(not row["IsClosed"] and str(row["ActivityDate"]) < today for row in rows["Task"])


@every_case
def test_history_begins_at_creation_and_ends_in_the_current_values(seed: int, now: datetime) -> None:
    rules.check_history(scenario(seed, now).rows, now)


@every_case
def test_fields_that_are_derived_from_history_agree_with_it(seed: int, now: datetime) -> None:
    rules.check_derived_from_history(scenario(seed, now).rows, now)


@every_case
def test_field_history_starts_with_created_chains_and_ends_in_the_current_values(seed: int, now: datetime) -> None:
    rules.check_field_history(scenario(seed, now).rows, now)


@every_case
def test_an_opportunity_has_at_most_one_primary_contact_and_names_it(seed: int, now: datetime) -> None:
    rules.check_primary_contacts(scenario(seed, now).rows, now)


@every_case
def test_contact_roles_are_of_contacts_of_the_deals_account(seed: int, now: datetime) -> None:
    rules.check_contacts_of_roles(scenario(seed, now).rows, now)


@every_case
def test_no_two_roles_of_a_deal_have_the_same_contact_and_role(seed: int, now: datetime) -> None:
    rules.check_roles_differ(scenario(seed, now).rows, now)


@every_case
def test_activity_fields_agree_with_tasks_and_events(seed: int, now: datetime) -> None:
    rules.check_activity_fields(scenario(seed, now).rows, now)


@every_case
def test_an_activity_belongs_to_the_account_of_what_it_is_about(seed: int, now: datetime) -> None:
    rules.check_accounts_of_activities(scenario(seed, now).rows, now)


@every_case
def test_the_last_week_shows_every_kind_of_movement(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    history = rules.grouped(data.rows, "OpportunityHistory")
    week_ago = rules.stamp(now - timedelta(days=7))
    this = rules.quarter(rules.org_day(now).isoformat())
    seen: Counter[str] = Counter()
    for row in rules.rows_of(data.rows, "Opportunity"):
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
        was, is_now = rules.quarter(str(before["CloseDate"])) == this, rules.quarter(str(row["CloseDate"])) == this
        seen["moved out"] += was and not is_now
        seen["moved in"] += is_now and not was
        seen["increased"] += (row["Amount"] or 0) > (before["Amount"] or 0)
        seen["decreased"] += (row["Amount"] or 0) < (before["Amount"] or 0)
    for kind in ("new", "won", "lost", "moved out", "moved in", "increased", "decreased"):
        assert seen[kind] >= 3, (kind, seen)
    overdue = sum(
        not row["IsClosed"] and str(row["CloseDate"]) < rules.org_day(now).isoformat()
        for row in data.rows["Opportunity"]
    )
    assert overdue >= 5


@every_case
def test_the_exercise_is_prepared_but_not_done(seed: int, now: datetime) -> None:
    data = scenario(seed, now)
    west = named(data, "Account", "Get Cloudy West")
    assert west["ParentId"] == named(data, "Account", "Get Cloudy")["Id"]
    assert named(data, "Contact", "Lars Johnson")["AccountId"] == west["Id"]
    assert "aparna" not in json.dumps(data.rows).lower()
    for row in rules.rows_of(data.rows, "Opportunity"):
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
