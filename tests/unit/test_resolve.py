"""Who wins a conflict, and why."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from connector.sync.model import (
    Decision,
    Delete,
    DeleteConflict,
    FieldConflict,
    Operation,
    Policy,
    RecordState,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.plan import plan
from connector.sync.resolve import Policies, Settled, settle
from mapping.fields import Direction, ObjectMapping
from mapping.record import Record, Value
from tests.support.builders import ACCOUNT, OPPORTUNITY, a_field, moment, record_id

ONE = record_id("001", 1)
HOUR = 3600


def settled(state: RecordState, policies: Policies, *decisions: Decision, mapping: ObjectMapping = ACCOUNT) -> Settled:
    states = {ONE: state}
    return settle(mapping, plan(mapping, states, {}), states, {}, policies, decisions)


def rec(phone: Value, seconds: float = 0, **more: Value) -> Record:
    stamps = {"SystemModstamp": moment(seconds), "LastModifiedDate": moment(seconds)}
    return {"Name": "Get Cloudy", "Phone": phone, **stamps, **more}


def clash(touched: float | None = None, remote_at: float = HOUR, remote: Sighting | None = None) -> RecordState:
    """Phone 2 here, phone 3 there. ``touched`` is when the row was changed here, by our clock."""
    at = None if touched is None else moment(touched)
    return RecordState(rec("1"), rec("2"), remote or rec("3", remote_at), token=1, touched_at=at)


def writes(found: Settled, side: Side) -> list[Operation]:
    return [each for each in found.plan.on(side) if not isinstance(each, Update) or "Phone" in each.fields]


def test_without_a_rule_it_waits_for_a_person() -> None:
    found = settled(clash(), Policies())
    assert [type(each) for each in found.plan.conflicts] == [FieldConflict]
    assert found.resolutions == ()


def test_a_policy_of_a_field_goes_before_the_objects() -> None:
    policies = Policies(
        default=Policy.MANUAL, objects={"Account": Policy.SALESFORCE}, fields={("Account", "Phone"): Policy.LOCAL}
    )
    found = settled(clash(), policies)
    assert [each.keep for each in found.resolutions] == [Side.LOCAL]
    (update,) = writes(found, Side.REMOTE)
    assert isinstance(update, Update)
    assert (update.fields, update.expected, update.unmodified_since) == ({"Phone": "2"}, {"Phone": "3"}, moment(HOUR))


def test_fields_decided_together_but_ruled_differently_wait() -> None:
    deal = {"StageName": "Prospecting", "Probability": Decimal(10), "ForecastCategoryName": "Pipeline"}
    state = RecordState(deal, {**deal, "StageName": "Qualification"}, {**deal, "Probability": Decimal(50)}, token=1)
    policies = Policies(default=Policy.LOCAL, fields={("Opportunity", "Probability"): Policy.SALESFORCE})
    assert len(settled(state, policies, mapping=OPPORTUNITY).plan.conflicts) == 1


def test_a_group_kept_here_sends_only_what_was_changed_here() -> None:
    deal = {"StageName": "Prospecting", "Probability": Decimal(10), "ForecastCategoryName": "Pipeline"}
    state = RecordState(deal, {**deal, "StageName": "Qualification"}, {**deal, "Probability": Decimal(50)}, token=1)
    found = settled(state, Policies(default=Policy.LOCAL), mapping=OPPORTUNITY)
    (update,) = found.plan.on(Side.REMOTE)
    assert isinstance(update, Update)
    assert update.fields == {"StageName": "Qualification"}


def test_what_a_resolution_sends_joins_what_is_sent_anyway() -> None:
    state = RecordState(rec("1"), rec("2", Industry="Toys"), rec("3", HOUR, Industry=None), token=1)
    found = settled(state, Policies(default=Policy.LOCAL))
    (update,) = found.plan.on(Side.REMOTE)
    assert isinstance(update, Update)
    assert update.fields == {"Industry": "Toys", "Phone": "2"}


@pytest.mark.parametrize(
    ("touched", "keep"),
    [(HOUR + 60, Side.LOCAL), (HOUR - 60, Side.REMOTE)],
)
def test_the_newest_wins(touched: float, keep: Side) -> None:
    found = settled(clash(touched), Policies(default=Policy.NEWEST))
    assert [(each.keep, each.rule) for each in found.resolutions] == [(keep, "newest")]


@pytest.mark.parametrize("touched", [HOUR, HOUR + 1, HOUR - 2, None])
def test_the_newest_is_left_to_a_person_where_the_clocks_cannot_tell(touched: float | None) -> None:
    assert settled(clash(touched), Policies(default=Policy.NEWEST)).resolutions == ()


def test_the_newest_is_corrected_by_the_offset_of_the_clocks() -> None:
    """Our clock is ten minutes slow: an edit that we call 11 minutes older was made a minute before theirs."""
    slow = Policies(default=Policy.NEWEST, clock_offset=timedelta(minutes=10))
    assert settled(clash(HOUR - 11 * 60), slow).resolutions == (), "inside the offset nobody can tell"
    assert [each.keep for each in settled(clash(HOUR - 25 * 60), slow).resolutions] == [Side.REMOTE]
    assert [each.keep for each in settled(clash(HOUR + 60), slow).resolutions] == [Side.LOCAL]


def test_the_newest_of_an_edit_and_a_deletion_there() -> None:
    gone = Tombstone(deleted_at=moment(HOUR))
    found = settled(clash(HOUR - 60, remote=gone), Policies(default=Policy.NEWEST))
    assert [each.keep for each in found.resolutions] == [Side.REMOTE]
    assert [type(each) for each in found.plan.on(Side.LOCAL)] == [Delete]


def test_a_decision_goes_before_every_policy() -> None:
    (conflict,) = settled(clash(), Policies()).plan.conflicts
    found = settled(clash(), Policies(default=Policy.SALESFORCE), Decision(conflict, Side.LOCAL))
    assert [(each.keep, each.rule) for each in found.resolutions] == [(Side.LOCAL, "person")]


def test_a_decision_holds_although_the_record_was_saved_again_without_a_change() -> None:
    gone_here = RecordState(rec("1"), None, rec("3", 10), token=1)
    (conflict,) = settled(gone_here, Policies()).plan.conflicts
    assert isinstance(conflict, DeleteConflict)
    saved_again = RecordState(rec("1"), None, rec("3", 99), token=1)
    found = settled(saved_again, Policies(), Decision(conflict, Side.LOCAL))
    assert [type(each) for each in found.plan.on(Side.REMOTE)] == [Delete]


def test_a_field_that_is_only_sent_wins_and_is_logged() -> None:
    mapping = ObjectMapping(
        "Account", "account", "", "", (a_field("Name"), a_field("Phone", direction=Direction.PUSH)), cursor=None
    )
    state = RecordState(rec("1"), rec("1"), rec("3"))
    found = settled(state, Policies(), mapping=mapping)
    (update,) = found.plan.on(Side.REMOTE)
    assert isinstance(update, Update)
    assert (update.fields, update.expected) == ({"Phone": "1"}, {"Phone": "3"})
    assert [each.rule for each in found.resolutions] == ["direction push"]
