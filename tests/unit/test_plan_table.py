"""The decision table, by hand: one line a case. ``None`` stands for an absent record, ``...`` for a field left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from connector.sync.model import (
    Conflict,
    Create,
    Delete,
    DeleteConflict,
    FieldConflict,
    Forget,
    Operation,
    PutBack,
    Rebase,
    RecordState,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.plan import plan
from mapping.fields import Direction, ObjectMapping
from mapping.record import Record, RecordId, Value
from tests.support.builders import ACCOUNT, CONTACT_ROLE, OPPORTUNITY, STAGE, a_field, moment, record_id

ONE = record_id("001", 1)
B = {"Name": "Get Cloudy", "Phone": "1", "Industry": None}


def rec(**changes: Value) -> dict[str, Value]:
    return {**B, **changes}


def decide(
    base: Record | None, local: Record | None, remote: Sighting | None, mapping: ObjectMapping = ACCOUNT, **more: Any
) -> list[Operation | Conflict]:
    found = plan(mapping, {ONE: RecordState(base, local, remote, token=1, **more)}, {})
    return [*found.operations, *found.conflicts]


GONE = Tombstone(deleted_at=moment(60))
NOTHING: list[Operation | Conflict] = []


@dataclass(frozen=True)
class Row:
    meaning: str
    base: Record | None
    local: Record | None
    remote: Sighting | None
    answer: list[Operation | Conflict]


TABLE = [
    Row("in step", B, B, None, NOTHING),
    Row("in step, seen again", B, B, B, NOTHING),
    Row("created here", None, B, None, [Create(Side.REMOTE, "Account", ONE, {"Name": "Get Cloudy", "Phone": "1"})]),
    Row("created there", None, None, B, [Create(Side.LOCAL, "Account", ONE, B)]),
    Row("created on both, alike", None, B, B, [Rebase("Account", ONE, B)]),
    Row(
        "created on both, unlike",
        None,
        B,
        rec(Phone="2"),
        [
            Rebase("Account", ONE, {"Name": "Get Cloudy", "Industry": None}),
            FieldConflict("Account", ONE, None, {"Phone": "1"}, {"Phone": "2"}),
        ],
    ),
    Row(
        "edited here",
        B,
        rec(Phone="2"),
        None,
        [Update(Side.REMOTE, "Account", ONE, {"Phone": "2"}, {"Phone": "1"})],
    ),
    Row(
        "edited there",
        B,
        B,
        rec(Phone="2"),
        [Update(Side.LOCAL, "Account", ONE, {"Phone": "2"}, {"Phone": "1"})],
    ),
    Row("edited alike", B, rec(Phone="2"), rec(Phone="2"), [Rebase("Account", ONE, {"Phone": "2"})]),
    Row(
        "edited unlike",
        B,
        rec(Phone="2"),
        rec(Phone="3"),
        [FieldConflict("Account", ONE, {"Phone": "1"}, {"Phone": "2"}, {"Phone": "3"})],
    ),
    Row(
        "different fields edited on both sides",
        B,
        rec(Phone="2"),
        rec(Industry="Apparel"),
        [
            Update(Side.LOCAL, "Account", ONE, {"Industry": "Apparel"}, {"Industry": None}),
            Update(Side.REMOTE, "Account", ONE, {"Phone": "2"}, {"Phone": "1"}),
        ],
    ),
    Row(
        "one field in conflict, another flows",
        B,
        rec(Phone="2", Name="West"),
        rec(Phone="3"),
        [
            Update(Side.REMOTE, "Account", ONE, {"Name": "West"}, {"Name": "Get Cloudy"}),
            FieldConflict("Account", ONE, {"Phone": "1"}, {"Phone": "2"}, {"Phone": "3"}),
        ],
    ),
    Row(
        "cleared here", B, rec(Phone=None), None, [Update(Side.REMOTE, "Account", ONE, {"Phone": None}, {"Phone": "1"})]
    ),
    Row("cleared there", B, B, rec(Phone=None), [Update(Side.LOCAL, "Account", ONE, {"Phone": None}, {"Phone": "1"})]),
    Row(
        "filled here",
        B,
        rec(Industry="Apparel"),
        B,
        [Update(Side.REMOTE, "Account", ONE, {"Industry": "Apparel"}, {"Industry": None})],
    ),
    Row(
        "cleared here, edited there",
        B,
        rec(Phone=None),
        rec(Phone="3"),
        [FieldConflict("Account", ONE, {"Phone": "1"}, {"Phone": None}, {"Phone": "3"})],
    ),
    Row("cleared on both", B, rec(Phone=None), rec(Phone=None), [Rebase("Account", ONE, {"Phone": None})]),
    Row("deleted here", B, None, None, [Delete(Side.REMOTE, "Account", ONE, B)]),
    Row("deleted there", B, B, GONE, [Delete(Side.LOCAL, "Account", ONE, B, GONE)]),
    Row("deleted on both", B, None, GONE, [Forget("Account", ONE)]),
    Row(
        "deleted here, edited there",
        B,
        None,
        rec(Phone="3"),
        [DeleteConflict("Account", ONE, Side.LOCAL, B, rec(Phone="3"))],
    ),
    Row(
        "edited here, deleted there",
        B,
        rec(Phone="2"),
        GONE,
        [DeleteConflict("Account", ONE, Side.REMOTE, B, rec(Phone="2"))],
    ),
    Row(
        "made here under an id that was deleted there",
        None,
        B,
        GONE,
        [DeleteConflict("Account", ONE, Side.REMOTE, None, B)],
    ),
    Row("a space at the end is no edit", B, rec(Name="Get Cloudy "), None, NOTHING),
    Row("an empty text is no edit of an empty field", B, rec(Industry=""), None, NOTHING),
    Row("never seen anywhere", None, None, GONE, NOTHING),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.meaning)
def test_the_decision_table(row: Row) -> None:
    assert decide(row.base, row.local, row.remote) == row.answer


def test_records_are_planned_in_the_order_of_their_ids() -> None:
    states = {record_id("001", number): RecordState(B, rec(Phone="2"), token=1) for number in (3, 1, 2)}
    assert [operation.id for operation in plan(ACCOUNT, states, {}).operations] == sorted(states)


# What was just seen, and what was known before.


def test_what_was_just_seen_is_planned_on() -> None:
    state = RecordState(B, B, remote=rec(Phone="2"))
    found = plan(ACCOUNT, {ONE: state}, {ONE: rec(Phone="3")})
    assert found.operations == (Update(Side.LOCAL, "Account", ONE, {"Phone": "3"}, {"Phone": "1"}),)


def test_an_older_version_changes_nothing() -> None:
    known = rec(Phone="2", SystemModstamp=moment(100))
    state = RecordState(known, known)
    assert plan(ACCOUNT, {ONE: state}, {ONE: rec(Phone="1", SystemModstamp=moment(50))}).operations == ()


def test_an_older_version_does_not_replace_an_unsettled_newer_one() -> None:
    state = RecordState(B, rec(Phone="2"), remote=rec(Phone="3", SystemModstamp=moment(100)), token=1)
    found = plan(ACCOUNT, {ONE: state}, {ONE: rec(Phone="1", SystemModstamp=moment(50))})
    assert [conflict.remote for conflict in found.conflicts if isinstance(conflict, FieldConflict)] == [{"Phone": "3"}]


def test_a_field_that_did_not_come_along_is_as_it_was() -> None:
    hidden = {"Name": "Get Cloudy", "Industry": "Apparel"}
    state = RecordState(B, rec(Phone="2"), token=1)
    found = plan(ACCOUNT, {ONE: state}, {ONE: hidden})
    assert found.operations == (
        Update(Side.LOCAL, "Account", ONE, {"Industry": "Apparel"}, {"Industry": None}),
        Update(Side.REMOTE, "Account", ONE, {"Phone": "2"}, {"Phone": "1"}),
    )


def test_a_field_without_a_base_is_not_an_empty_field() -> None:
    base = {"Name": "Get Cloudy"}
    assert decide(base, {**base, "Phone": None}, {**base, "Phone": "1"}) == [
        FieldConflict("Account", ONE, {}, {"Phone": None}, {"Phone": "1"})
    ]


def test_a_column_that_is_new_here_takes_what_is_there() -> None:
    base = {"Name": "Get Cloudy"}
    assert decide(base, base, {**base, "Phone": "1"}) == [Update(Side.LOCAL, "Account", ONE, {"Phone": "1"}, {})]


# Deleted rows.


def after_deletion(sighting: Sighting | None, token: int = 0) -> tuple[Operation, ...]:
    return plan(ACCOUNT, {ONE: RecordState(gone=GONE, token=token)}, {ONE: sighting} if sighting else {}).operations


@pytest.mark.parametrize("seconds", [59, 60, 60.5])
def test_nothing_seen_up_to_the_deletion_brings_a_row_back(seconds: float) -> None:
    assert after_deletion(rec(SystemModstamp=moment(seconds))) == ()


def test_a_live_sighting_after_the_deletion_is_an_undelete() -> None:
    seen = rec(SystemModstamp=moment(61))
    assert after_deletion(seen) == (Create(Side.LOCAL, "Account", ONE, seen),)


def test_a_deletion_seen_again_changes_nothing() -> None:
    assert after_deletion(replace(GONE, deleted_at=moment(90))) == ()


def test_a_deletion_learned_to_be_for_good_is_noted() -> None:
    assert after_deletion(replace(GONE, purged=True)) == (Forget("Account", ONE),)


def test_an_edit_of_a_marked_row_is_laid_to_rest() -> None:
    assert after_deletion(None, token=5) == (Forget("Account", ONE),)


def test_a_deletion_from_before_an_undelete_deletes_nothing() -> None:
    undeleted = rec(SystemModstamp=moment(90))
    assert plan(ACCOUNT, {ONE: RecordState(undeleted, undeleted)}, {ONE: GONE}).operations == ()


def test_a_deletion_in_the_second_of_the_last_edit_counts() -> None:
    edited = rec(SystemModstamp=moment(60.4))
    assert plan(ACCOUNT, {ONE: RecordState(edited, edited)}, {ONE: GONE}).operations == (
        Delete(Side.LOCAL, "Account", ONE, edited, GONE),
    )


def test_an_unsettled_deletion_is_not_undone_by_an_older_sighting() -> None:
    state = RecordState(B, rec(Phone="2"), remote=GONE, token=1)
    found = plan(ACCOUNT, {ONE: state}, {ONE: rec(SystemModstamp=moment(50))})
    assert [type(conflict) for conflict in found.conflicts] == [DeleteConflict]


def test_a_deletion_of_what_was_never_mirrored_is_kept_with_its_values() -> None:
    seen = replace(GONE, record=B)
    assert plan(ACCOUNT, {}, {ONE: seen}).operations == (Forget("Account", ONE),)


def test_a_save_without_a_change_does_not_stop_a_deletion_here() -> None:
    base = rec(SystemModstamp=moment(1), LastModifiedDate=moment(1))
    saved = rec(SystemModstamp=moment(9), LastModifiedDate=moment(9))
    assert decide(base, None, saved) == [Delete(Side.REMOTE, "Account", ONE, saved)]


# Fields that only Salesforce sets, and objects that nobody here may write.


def test_a_stamp_travels_with_what_it_stamps() -> None:
    base = rec(SystemModstamp=moment(1), LastModifiedDate=moment(1))
    seen = rec(Phone="2", SystemModstamp=moment(9), LastModifiedDate=moment(9))
    assert decide(base, base, seen) == [
        Update(
            Side.LOCAL,
            "Account",
            ONE,
            {"Phone": "2", "SystemModstamp": moment(9), "LastModifiedDate": moment(9)},
            {"Phone": "1", "SystemModstamp": moment(1), "LastModifiedDate": moment(1)},
        )
    ]


def test_a_push_says_which_version_it_was_planned_on() -> None:
    base = rec(SystemModstamp=moment(1), LastModifiedDate=moment(1))
    (update,) = decide(base, {**base, "Phone": "2"}, None)
    assert isinstance(update, Update)
    assert (update.expected, update.unmodified_since) == ({"Phone": "1"}, moment(1))


def test_an_edit_of_a_calculated_field_is_put_back() -> None:
    base = rec(Rank__c=Decimal(3))
    assert decide(base, {**base, "Rank__c": Decimal(1)}, None) == [
        PutBack("Account", ONE, {"Rank__c": Decimal(3)}, refused={"Rank__c": Decimal(1)})
    ]


def test_an_edit_of_a_calculated_field_loses_to_its_new_value() -> None:
    base = rec(Rank__c=Decimal(3))
    assert decide(base, {**base, "Rank__c": Decimal(1)}, {**base, "Rank__c": Decimal(5)}) == [
        PutBack("Account", ONE, {"Rank__c": Decimal(5)}, refused={"Rank__c": Decimal(1)})
    ]


def test_a_field_that_moves_silently_is_refreshed() -> None:
    base = {"Name": "Sneakers", "LastViewedDate": moment(1)}
    assert decide(base, base, {**base, "LastViewedDate": moment(9)}, OPPORTUNITY) == [
        Update(Side.LOCAL, "Opportunity", ONE, {"LastViewedDate": moment(9)}, {"LastViewedDate": moment(1)})
    ]


def test_a_field_that_moves_silently_does_not_stop_a_deletion_here() -> None:
    base = {"Name": "Sneakers", "LastViewedDate": moment(1)}
    seen = {**base, "LastViewedDate": moment(9)}
    assert decide(base, None, seen, OPPORTUNITY) == [Delete(Side.REMOTE, "Opportunity", ONE, seen)]


def test_a_new_value_of_a_calculated_one_that_is_stamped_stops_a_deletion_here() -> None:
    base = {"Name": "Sneakers", "ExpectedRevenue": Decimal(1)}
    seen = {**base, "ExpectedRevenue": Decimal(2)}
    assert [type(step) for step in decide(base, None, seen, OPPORTUNITY)] == [DeleteConflict]


def test_a_deletion_there_is_not_stopped_by_an_edit_that_could_never_be_sent() -> None:
    base = rec(Rank__c=Decimal(3))
    local = {**base, "Rank__c": Decimal(1)}
    assert decide(base, local, GONE) == [Delete(Side.LOCAL, "Account", ONE, local, GONE)]


def test_a_parent_that_cannot_be_changed_afterwards_is_put_back() -> None:
    base = {"OpportunityId": record_id("006", 1), "Role": "Decision Maker"}
    assert decide(base, {**base, "OpportunityId": record_id("006", 2)}, None, CONTACT_ROLE) == [
        PutBack(
            "OpportunityContactRole",
            ONE,
            {"OpportunityId": record_id("006", 1)},
            refused={"OpportunityId": record_id("006", 2)},
        )
    ]


def test_a_parent_is_sent_along_when_a_child_is_made() -> None:
    row = {"OpportunityId": record_id("006", 1), "Role": None, "IsPrimary": True, "SystemModstamp": moment(1)}
    assert decide(None, row, None, CONTACT_ROLE) == [
        Create(
            Side.REMOTE,
            "OpportunityContactRole",
            ONE,
            {"OpportunityId": record_id("006", 1), "IsPrimary": True},
        )
    ]


class TestReadOnlyObjects:
    base: ClassVar[Record] = {"ApiName": "Prospecting", "SortOrder": 1}

    def test_what_changes_there_is_taken(self) -> None:
        seen = {**self.base, "SortOrder": 2}
        assert decide(self.base, self.base, seen, STAGE) == [
            Update(Side.LOCAL, "OpportunityStage", ONE, {"SortOrder": 2}, {"SortOrder": 1})
        ]

    def test_an_edit_here_is_put_back(self) -> None:
        assert decide(self.base, {**self.base, "SortOrder": 7}, None, STAGE) == [
            PutBack("OpportunityStage", ONE, {"SortOrder": 1}, refused={"SortOrder": 7})
        ]

    def test_a_row_deleted_here_is_restored(self) -> None:
        assert decide(self.base, None, None, STAGE) == [Create(Side.LOCAL, "OpportunityStage", ONE, self.base)]

    def test_a_row_made_here_is_never_sent(self) -> None:
        assert decide(None, self.base, None, STAGE) == []

    def test_what_is_deleted_there_is_deleted_here_whatever_was_edited(self) -> None:
        local = {**self.base, "SortOrder": 7}
        assert decide(self.base, local, GONE, STAGE) == [Delete(Side.LOCAL, "OpportunityStage", ONE, local, GONE)]


def test_a_record_of_an_object_that_cannot_be_deleted_is_restored() -> None:
    assert decide(B, None, None, replace(ACCOUNT, deletable=False)) == [Create(Side.LOCAL, "Account", ONE, B)]


# Fields that are decided together.


DEAL = {"StageName": "Prospecting", "Probability": Decimal(10), "ForecastCategoryName": "Pipeline", "Amount": None}


def test_a_stage_here_and_a_probability_there_are_one_conflict() -> None:
    local, remote = {**DEAL, "StageName": "Qualification"}, {**DEAL, "Probability": Decimal(25)}
    (conflict,) = decide(DEAL, local, remote, OPPORTUNITY)
    assert isinstance(conflict, FieldConflict)
    assert conflict.fields == {"StageName", "Probability", "ForecastCategoryName"}
    assert (conflict.local["Probability"], conflict.remote["Probability"]) == (Decimal(10), Decimal(25))


def test_a_stage_changed_alike_takes_the_probability_that_followed_it() -> None:
    local = {**DEAL, "StageName": "Qualification"}
    remote = {**DEAL, "StageName": "Qualification", "Probability": Decimal(20)}
    assert decide(DEAL, local, remote, OPPORTUNITY) == [
        Rebase("Opportunity", ONE, {"StageName": "Qualification"}),
        Update(Side.LOCAL, "Opportunity", ONE, {"Probability": Decimal(20)}, {"Probability": Decimal(10)}),
    ]


def test_a_stage_changed_here_is_sent_alone() -> None:
    assert decide(DEAL, {**DEAL, "StageName": "Qualification"}, None, OPPORTUNITY) == [
        Update(Side.REMOTE, "Opportunity", ONE, {"StageName": "Qualification"}, {"StageName": "Prospecting"})
    ]


def test_an_amount_flows_past_a_conflict_about_the_stage() -> None:
    local = {**DEAL, "StageName": "Qualification"}
    remote = {**DEAL, "StageName": "Closed Won", "Amount": Decimal(9)}
    first, conflict = decide(DEAL, local, remote, OPPORTUNITY)
    assert first == Update(Side.LOCAL, "Opportunity", ONE, {"Amount": Decimal(9)}, {"Amount": None})
    assert isinstance(conflict, FieldConflict)


def test_a_street_here_and_a_city_there_are_one_conflict() -> None:
    base = {"BillingStreet": "1 Main St", "BillingCity": "Portland"}
    steps = decide(base, {**base, "BillingStreet": "2 Main St"}, {**base, "BillingCity": "Salem"})
    assert [type(step) for step in steps] == [FieldConflict]


# Directions.


def directed(direction: Direction) -> ObjectMapping:
    return replace(ACCOUNT, fields=(a_field("Name"), a_field("Phone", direction=direction), a_field("Industry")))


def test_a_field_that_is_only_read_puts_an_edit_back() -> None:
    assert decide(B, rec(Phone="2"), None, directed(Direction.PULL)) == [
        PutBack("Account", ONE, {"Phone": "1"}, refused={"Phone": "2"})
    ]


def test_a_field_that_is_only_sent_never_takes_what_is_there_without_a_word() -> None:
    assert decide(B, B, rec(Phone="3"), directed(Direction.PUSH)) == [
        FieldConflict("Account", ONE, {"Phone": "1"}, {"Phone": "1"}, {"Phone": "3"})
    ]


def test_the_id_is_no_field_to_compare() -> None:
    made: Record = {**B, "Id": RecordId("local-abc")}
    assert decide({**B, "Id": ONE}, {**B, "Id": ONE}, {**B, "Id": ONE}) == []
    assert "Id" not in decide(None, made, None)[0].record  # type: ignore[union-attr]
