"""What the org does with opportunities (salesforce-api.md 11.1)."""

from __future__ import annotations

from typing import Any

import pytest

from playground.opportunities import fiscal_period
from playground.org import Org
from playground.settings import Settings
from tests.playground.conftest import Caller, StillClock

FOLLOWS = ("Probability", "ForecastCategoryName", "ForecastCategory", "IsClosed", "IsWon")


def follows(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record[name] for name in FOLLOWS)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("Prospecting", (10, "Pipeline", "Pipeline", False, False)),
        ("Negotiation/Review", (90, "Commit", "Forecast", False, False)),
        ("Closed Won", (100, "Closed", "Closed", True, True)),
        ("Closed Lost", (0, "Omitted", "Omitted", True, False)),
    ],
)
def test_the_stage_sets_probability_forecast_closed_and_won(
    api: Caller, org: Org, stage: str, expected: tuple[Any, ...]
) -> None:
    row = org.store.select("OpportunityStage", "ApiName = ?", (stage,))[0]

    record = api.record("Opportunity", api.deal(StageName=stage))

    assert follows(record)[0] == row["DefaultProbability"] == expected[0]
    assert record["ForecastCategory"] == row["ForecastCategory"]
    assert follows(record)[3:] == expected[3:]


def test_a_probability_sent_with_the_stage_wins(api: Caller) -> None:
    deal_id = api.deal(StageName="Qualification", Probability=35, ForecastCategoryName="Best Case")

    assert follows(api.record("Opportunity", deal_id)) == (35, "Best Case", "BestCase", False, False)


def test_a_later_change_of_stage_overwrites_a_manual_probability(api: Caller) -> None:
    deal_id = api.deal(Probability=35)

    api.patch(f"/sobjects/Opportunity/{deal_id}", {"StageName": "Needs Analysis"})

    assert api.record("Opportunity", deal_id)["Probability"] == 20


def test_other_changes_and_the_same_stage_again_leave_a_manual_probability_alone(api: Caller) -> None:
    deal_id = api.deal(Probability=35)

    api.patch(f"/sobjects/Opportunity/{deal_id}", {"NextStep": "Call", "StageName": "Prospecting"})

    assert api.record("Opportunity", deal_id)["Probability"] == 35


def test_an_unknown_stage_is_accepted_as_open(api: Caller) -> None:
    record = api.record("Opportunity", api.deal(StageName="In Progress"))

    assert record["StageName"] == "In Progress"
    assert follows(record) == (0, "Pipeline", "Pipeline", False, False)


def test_expected_revenue_is_amount_times_probability(api: Caller) -> None:
    deal_id = api.deal(Amount=1999.99, Probability=33)
    assert api.record("Opportunity", deal_id)["ExpectedRevenue"] == 660.0

    api.patch(f"/sobjects/Opportunity/{deal_id}", {"Amount": None})
    assert api.record("Opportunity", deal_id)["ExpectedRevenue"] is None


@pytest.mark.parametrize(
    ("day", "first_month", "starts_name", "expected"),
    [
        ("2026-01-31", 1, False, "2026 1"),
        ("2026-12-01", 1, False, "2026 4"),
        ("2026-03-31", 4, False, "2026 4"),
        ("2026-04-01", 4, False, "2027 1"),
        ("2026-04-01", 4, True, "2026 1"),
    ],
)
def test_the_fiscal_period_follows_the_close_date_and_the_orgs_year(
    day: str, first_month: int, starts_name: bool, expected: str
) -> None:
    organization = {"FiscalYearStartMonth": first_month, "UsesStartDateAsFiscalYearName": int(starts_name)}

    period = fiscal_period(day, organization)

    assert period["Fiscal"] == expected == f"{period['FiscalYear']} {period['FiscalQuarter']}"


def test_a_change_of_stage_is_dated_and_a_new_record_has_none(api: Caller, clock: StillClock) -> None:
    deal_id = api.deal()
    assert api.record("Opportunity", deal_id)["LastStageChangeDate"] is None

    clock.advance(hours=1)
    api.patch(f"/sobjects/Opportunity/{deal_id}", {"StageName": "Qualification"})

    assert api.record("Opportunity", deal_id)["LastStageChangeDate"] == "2026-11-23T13:00:00.000+0000"


def test_only_moves_into_a_later_calendar_month_count_as_pushes(api: Caller) -> None:
    deal_id = api.deal(CloseDate="2027-04-01")
    counts = []
    for day in ("2027-04-30", "2027-05-01", "2027-03-01", "2028-01-01"):
        api.patch(f"/sobjects/Opportunity/{deal_id}", {"CloseDate": day})
        counts.append(api.record("Opportunity", deal_id)["PushCount"])

    assert counts == [0, 1, 1, 2]


def history(api: Caller, deal_id: str) -> list[dict[str, Any]]:
    return api.query(
        "SELECT StageName, Amount, CloseDate, Probability, ExpectedRevenue, ForecastCategory, PrevAmount, "
        f"PrevCloseDate FROM OpportunityHistory WHERE OpportunityId = '{deal_id}' ORDER BY CreatedDate, Id"
    )


def test_history_has_a_row_for_the_creation_and_one_for_each_change_of_four_fields(
    api: Caller, clock: StillClock
) -> None:
    deal_id = api.deal(Amount=100)
    for change in ({"NextStep": "Call"}, {"Amount": 200}, {"StageName": "Qualification", "CloseDate": "2026-12-24"}):
        clock.advance(minutes=1)
        api.patch(f"/sobjects/Opportunity/{deal_id}", change)

    rows = history(api, deal_id)

    assert [(row["StageName"], row["Amount"], row["CloseDate"]) for row in rows] == [
        ("Prospecting", 100, "2026-12-15"),
        ("Prospecting", 200, "2026-12-15"),
        ("Qualification", 200, "2026-12-24"),
    ]
    assert [(row["PrevAmount"], row["PrevCloseDate"]) for row in rows] == [
        (None, None),
        (100, "2026-12-15"),
        (200, "2026-12-15"),
    ]


def test_the_opportunity_points_at_the_history_rows_of_its_last_changes(api: Caller) -> None:
    deal_id = api.deal(Amount=100)
    assert api.record("Opportunity", deal_id)["LastAmountChangedHistoryId"] is None

    api.patch(f"/sobjects/Opportunity/{deal_id}", {"Amount": 200})

    record = api.record("Opportunity", deal_id)
    newest = api.query(f"SELECT Id FROM OpportunityHistory WHERE OpportunityId = '{deal_id}' AND Amount = 200")
    assert record["LastAmountChangedHistoryId"] == newest[0]["Id"]
    assert record["LastCloseDateChangedHistoryId"] is None


def test_field_history_tells_old_and_new_values_and_names_of_owners(api: Caller, colleague: Caller, org: Org) -> None:
    deal_id = api.deal()
    new_owner = org.user_id(str(colleague.username))
    api.patch(f"/sobjects/Opportunity/{deal_id}", {"StageName": "Qualification", "OwnerId": new_owner})

    rows = api.query(
        f"SELECT Field, DataType, OldValue, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{deal_id}'"
    )

    told = {(row["Field"], row["DataType"], row["OldValue"], row["NewValue"]) for row in rows}
    old, new = org.user(org.default_user_id), org.user(new_owner)
    assert told == {
        ("created", "Text", None, None),
        ("StageName", "DynamicEnum", "Prospecting", "Qualification"),
        ("Owner", "Text", old["Name"], new["Name"]),
        ("Owner", "EntityId", old["Id"], new["Id"]),
    }


def test_which_fields_history_tracks_is_a_setting(clock: StillClock) -> None:
    with Org.in_memory(clock=clock, settings=Settings(tracked_fields=("NextStep",))) as org:
        deal_id = org.create("Opportunity", {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01"})
        org.update("Opportunity", deal_id, {"NextStep": "Call", "Amount": 5})

        rows = org.store.select("OpportunityFieldHistory", "OpportunityId = ? ORDER BY Id", (deal_id,))

    assert [(row["Field"], row["NewValue"]) for row in rows] == [("created", None), ("NextStep", "Call")]


def test_an_inactive_user_cannot_become_the_owner(api: Caller, org: Org) -> None:
    leaver = org.store.select("User", "NOT IsActive LIMIT 1")[0]["Id"]

    answer = api.post(
        "/sobjects/Opportunity",
        {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01", "OwnerId": leaver},
    )

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INACTIVE_OWNER_OR_USER")


def test_ages_move_with_the_calendar_and_without_a_stamp(api: Caller, org: Org, clock: StillClock) -> None:
    deal_id = api.deal()
    before = api.record("Opportunity", deal_id)

    clock.advance(days=3, hours=-12.5)  # Not a minute of the third day in London.
    session = api.session.headers["Authorization"]
    api.session.headers["Authorization"] = f"Bearer {org.login().token}"
    after = api.record("Opportunity", deal_id)

    assert (before["AgeInDays"], after["AgeInDays"], after["LastStageChangeInDays"]) == (0, 2, 2)
    assert after["SystemModstamp"] == before["SystemModstamp"]
    assert session


def test_activities_show_on_the_opportunity_without_a_stamp(api: Caller, clock: StillClock) -> None:
    account_id = api.create("Account", Name="A")
    deal_id = api.deal(AccountId=account_id)
    before = api.record("Opportunity", deal_id)
    clock.advance(minutes=1)

    task_id = api.create("Task", Subject="Call", WhatId=deal_id, ActivityDate="2026-11-20")
    overdue = api.record("Opportunity", deal_id)
    api.patch(f"/sobjects/Task/{task_id}", {"Status": "Completed"})
    done = api.record("Opportunity", deal_id)

    assert (overdue["HasOpenActivity"], overdue["HasOverdueTask"], overdue["LastActivityDate"]) == (True, True, None)
    assert (done["HasOpenActivity"], done["HasOverdueTask"], done["LastActivityDate"]) == (False, False, "2026-11-20")
    assert (overdue["LastActivityInDays"], done["LastActivityInDays"]) == (None, 3)
    assert before["SystemModstamp"] == overdue["SystemModstamp"] == done["SystemModstamp"]
    task = api.record("Task", task_id)
    assert (task["AccountId"], task["IsClosed"]) == (account_id, True)


@pytest.mark.parametrize("probability", [-1, 101])
def test_a_probability_beyond_certainty_is_refused(api: Caller, probability: int) -> None:
    answer = api.patch(f"/sobjects/Opportunity/{api.deal()}", {"Probability": probability})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "NUMBER_OUTSIDE_VALID_RANGE")
