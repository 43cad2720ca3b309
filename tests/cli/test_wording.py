"""A plan in words and as JSON says the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from connector.sync.model import (
    Create,
    Delete,
    DeleteConflict,
    FieldConflict,
    Forget,
    Plan,
    PutBack,
    Rebase,
    Side,
    Update,
)
from forcemirror import wording
from mapping.record import RecordId

DEAL = RecordId("006A")


def called(object_name: str, record_id: str) -> str:
    return {"006A": "Get Cloudy West"}.get(record_id, "")


def update(side: Side, **fields: object) -> Update:
    before = dict.fromkeys(fields)
    return Update(side, "Opportunity", DEAL, fields, before)  # type: ignore[arg-type]


PLAN = Plan(
    operations=(
        Create(Side.REMOTE, "Contact", RecordId("local-1"), {"Name": "Aparna", "LastName": "Rao"}),
        update(Side.REMOTE, Amount=Decimal("10.50"), CloseDate=date(2026, 12, 18)),
        update(Side.LOCAL, NextStep="Call", SystemModstamp=datetime(2026, 1, 1, tzinfo=UTC)),
        Create(Side.LOCAL, "OpportunityHistory", RecordId("008A"), {}),
        Create(Side.LOCAL, "OpportunityHistory", RecordId("008B"), {}),
        Delete(Side.REMOTE, "Opportunity", DEAL, {}, cascades=(("OpportunityContactRole", RecordId("00K")),)),
        PutBack("Opportunity", DEAL, {"IsWon": False}, {"IsWon": True}),
        Rebase("Opportunity", DEAL, {"NextStep": "same"}),
        Forget("Opportunity", DEAL),
    ),
    conflicts=(
        FieldConflict("Opportunity", DEAL, {"Name": "a"}, {"Name": "b"}, {"Name": None}),
        DeleteConflict("Account", RecordId("001A"), Side.REMOTE, None, {}),
    ),
)


def test_a_plan_is_told_in_lines_under_heads() -> None:
    assert wording.plan_lines(PLAN, called, {"OpportunityHistory"}) == {
        "To Salesforce": [
            'create Contact "Aparna" (local-1)',
            'update Opportunity "Get Cloudy West" (006A): Amount: (empty) -> 10.50; CloseDate: (empty) -> 2026-12-18',
            'delete Opportunity "Get Cloudy West" (006A), and with it 1 record',
        ],
        "To your database": [
            'update Opportunity "Get Cloudy West" (006A): NextStep: (empty) -> Call',
            'put back Opportunity "Get Cloudy West" (006A): IsWon cannot be written in Salesforce',
            "and 2 of OpportunityHistory, which is only read",
        ],
        "Conflicts, which wait for you": [
            'Opportunity "Get Cloudy West" (006A): Name: b in your database, (empty) in Salesforce',
            "Account (no name) (001A): deleted in Salesforce, edited in your database",
        ],
    }


def test_an_update_of_nothing_but_stamps_still_shows_them() -> None:
    plan = Plan(operations=(update(Side.LOCAL, SystemModstamp=datetime(2026, 1, 1, tzinfo=UTC)),))
    (line,) = wording.plan_lines(plan, called)["To your database"]
    assert "SystemModstamp" in line


def test_an_empty_plan_has_no_heads() -> None:
    assert wording.plan_lines(Plan(), called) == {}


def test_a_plan_as_json_holds_every_operation_and_exact_values() -> None:
    told = wording.plan_as_json(PLAN, called)
    assert [(item["verb"], item["object"]) for item in told["to_salesforce"]] == [
        ("create", "Contact"),
        ("update", "Opportunity"),
        ("delete", "Opportunity"),
    ]
    assert told["to_salesforce"][1]["fields"] == {"Amount": "10.50", "CloseDate": "2026-12-18"}
    assert len(told["to_your_database"]) == 4
    assert told["conflicts"][0]["fields"]["Name"] == {
        "before": "a",
        "in_your_database": "b",
        "in_salesforce": None,
    }
    assert told["conflicts"][1]["deleted_in"] == "Salesforce"


def test_a_long_value_is_cut_on_a_line_and_whole_in_json() -> None:
    plan = Plan(operations=(update(Side.LOCAL, Description="x" * 500),))
    assert len(wording.plan_lines(plan, called)["To your database"][0]) < 200
    assert wording.plan_as_json(plan, called)["to_your_database"][0]["fields"]["Description"] == "x" * 500
