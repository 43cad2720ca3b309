"""Decisions that do not fit the org are told all at once, each with its field."""

from __future__ import annotations

from dataclasses import replace

from mapping.check import problems
from mapping.fields import Direction
from tests.support.builders import ACCOUNT, STAGE, a_field


def test_decisions_that_fit_are_no_problem() -> None:
    mapping = replace(ACCOUNT, fields=(*ACCOUNT.fields, a_field("Mirror_Id__c", external_id=True)))
    found = problems(
        mapping, directions={"Phone": Direction.PUSH, "Rank__c": Direction.PULL}, external_id="Mirror_Id__c"
    )
    assert found == ()


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        ACCOUNT,
        directions={"Rank__c": Direction.PUSH, "Phon": Direction.PULL},
        named=["Zzz__c"],
        external_id="Industry",
    )
    assert [(each.object, each.field) for each in found] == [
        ("Account", "Phon"),
        ("Account", "Zzz__c"),
        ("Account", "Rank__c"),
        ("Account", "Industry"),
    ]


def test_a_misspelled_field_is_told_its_likely_name() -> None:
    (problem,) = problems(ACCOUNT, named=["Phon"])
    assert problem.message == "Account has no field Phon. Did you mean Phone?"


def test_a_field_that_is_nowhere_near_may_be_hidden() -> None:
    (problem,) = problems(ACCOUNT, named=["Zzz__c"])
    assert "may be hidden" in problem.message


def test_nothing_of_a_read_only_object_can_be_sent() -> None:
    (problem,) = problems(STAGE, directions={"ApiName": Direction.PUSH})
    assert "does not let anybody write" in problem.message


def test_an_external_id_must_be_settable_when_a_record_is_made() -> None:
    late = a_field("Mirror_Id__c", external_id=True, createable=False)
    (problem,) = problems(replace(ACCOUNT, fields=(*ACCOUNT.fields, late)), external_id="Mirror_Id__c")
    assert "cannot be set when a record is made" in problem.message


def test_an_object_without_ids_cannot_be_mirrored() -> None:
    (problem,) = problems(replace(ACCOUNT, fields=(a_field("Name"),)))
    assert problem.field is None
