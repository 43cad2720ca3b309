"""The object catalogue and record ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.catalogue import OBJECT_ORDER, load_schema
from playground.ids import EMPTY_ID, MASTER_RECORD_TYPE_ID, is_id, make_id, to_18


@pytest.mark.parametrize(
    "known", [EMPTY_ID, MASTER_RECORD_TYPE_ID, "0057e00000RmwSWAAZ", "01gD0000002HU6KIAW", "00530000009jiRgAAI"]
)
def test_the_last_three_characters_follow_from_the_first_fifteen(known: str) -> None:
    assert to_18(known[:15]) == known
    assert is_id(known)
    assert is_id(known[:15])


@pytest.mark.parametrize("wrong", ["", "006", "0057e00000RmwSWAAA", "0057e00000RmwSWA", "0057e00000RmwS-AAZ", "x" * 18])
def test_what_is_not_an_id_is_told_apart(wrong: str) -> None:
    assert not is_id(wrong)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_two_numbers_make_two_ids_even_where_case_is_lost(one: int, other: int) -> None:
    first, second = make_id("006", one), make_id("006", other)
    assert is_id(first)
    assert (first == second) == (one == other)
    assert (first.lower() == second.lower()) == (one == other)


def test_ids_refuse_a_wrong_prefix_and_numbers_that_do_not_fit() -> None:
    for prefix, number in (("06", 1), ("006", -1), ("006", 62**9)):
        with pytest.raises(ValueError, match=r"key prefix|does not fit"):
            make_id(prefix, number)


def test_every_object_has_an_id_first_and_its_own_prefix() -> None:
    objects = load_schema().objects
    assert tuple(item.name for item in objects) == OBJECT_ORDER
    assert len({item.key_prefix for item in objects}) == len(objects)
    for item in objects:
        assert (item.fields[0].name, item.fields[0].type) == ("Id", "id")
        assert len(item.by_lower_name) == len(item.fields)


def test_every_reference_names_an_object_and_what_can_be_followed_has_a_name() -> None:
    for item in load_schema().objects:
        for field in item.fields:
            assert (field.type == "reference") == bool(field.reference_to), (item.name, field.name)
            assert field.relationship_name is None or field.reference_to


def test_a_parent_has_no_two_child_relationships_of_one_name_from_one_object() -> None:
    for parent, children in load_schema().children.items():
        names = [child.name for child in children if child.name]
        assert len(set(names)) == len(names), parent


def test_contact_roles_cannot_have_an_external_id_and_are_gone_when_deleted() -> None:
    schema = load_schema().by_lower_name
    role = schema["opportunitycontactrole"]
    assert not any(field.external_id for field in role.fields)
    assert (role.undeletable, role.searchable, role.soft_delete) == (False, False, False)
    for name in ("account", "contact", "opportunity"):
        assert [field.name for field in schema[name].fields if field.external_id] == ["Forcemirror_Id__c"]


def test_required_on_create_is_what_salesforce_says() -> None:
    required = {
        item.name: [f.name for f in item.fields if f.createable and not f.nillable and not f.defaulted_on_create]
        for item in load_schema().objects
    }
    assert required["Opportunity"] == ["Name", "StageName", "CloseDate"]
    assert required["OpportunityContactRole"] == ["OpportunityId", "ContactId"]
    assert required["Account"] == ["Name"]
    assert required["Contact"] == ["LastName"]


def test_objects_without_the_usual_stamps_are_as_salesforce_has_them() -> None:
    schema = load_schema().by_lower_name
    assert not schema["opportunityfieldhistory"].has("SystemModstamp")
    assert not schema["user"].has("IsDeleted")
    assert not schema["opportunitystage"].has("IsDeleted")
