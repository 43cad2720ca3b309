"""Opening a store, its objects, its facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from local_store.database import read, write
from local_store.errors import NameTaken, ObjectUnknown
from local_store.store import Store
from tests.store.objects import ACCOUNT, OPPORTUNITY, deals, field, sobject


def test_an_object_comes_back_as_it_was_when_the_store_is_opened_again(store: Store, path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as again:
        assert dict(again.objects) == dict(store.objects)
        assert again.objects["Opportunity"] == OPPORTUNITY


def test_another_store_of_the_same_file_learns_of_new_objects_when_refreshed(store: Store, path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as other:
        store.ensure_object(sobject("Asset", field("Name")))
        assert "Asset" not in other.objects
        other.refresh()
        assert "Asset" in other.objects


def test_an_unknown_object_is_named(store: Store) -> None:
    with pytest.raises(ObjectUnknown, match="no object Lead"):
        store.table("Lead")


def test_a_new_field_becomes_a_column_of_all_tables_and_is_captured(store: Store) -> None:
    with write(store.engine) as connection:
        connection.execute(store.table("Account").insert().values(name="Acme"))
    wider = replace(ACCOUNT, fields=(*ACCOUNT.fields, field("Region__c")))
    store.ensure_object(wider)
    found = store.tables("Account")
    for table in (found.rows, found.base, found.remote, found.live):
        with read(store.engine) as connection:
            connection.execute(select(table.c.region_c)).all()
    assert store.capture_problems() == []


def test_a_vanished_field_keeps_its_column_and_its_data(store: Store) -> None:
    with write(store.engine) as connection:
        connection.execute(store.table("Account").insert().values(name="Acme", description="old friends"))
    store.ensure_object(replace(ACCOUNT, fields=tuple(f for f in ACCOUNT.fields if f.name != "Description")))
    with write(store.engine) as connection:
        connection.execute(store.table("Account").update().values(name="Acme Corp"))
        assert connection.execute(select(store.table("Account").c.description)).scalar_one() == "old friends"
    assert store.capture_problems() == []


def test_colliding_names_get_a_suffix_once_and_for_ever(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    assigned = store.assign_columns("Lead", ["Id", "IsDeleted", "AccountNumber", "Account_Number__c", "AccountNumberC"])
    assert assigned == {
        "Id": "id",
        "IsDeleted": "is_deleted",
        "AccountNumber": "account_number",
        "Account_Number__c": "account_number_c",
        "AccountNumberC": "account_number_c_2",
    }
    assert "AccountNumberC" in caplog.text
    assert store.assign_columns("Lead", ["AccountNumberC", "Account_Number__c"]) == {
        "AccountNumberC": "account_number_c_2",
        "Account_Number__c": "account_number_c",
    }


def test_a_field_never_takes_a_column_of_ours(store: Store) -> None:
    assert store.assign_columns("Lead", ["PurgedAt", "Tombstone", "IsDeleted"]) == {
        "PurgedAt": "purged_at_2",
        "Tombstone": "tombstone_2",
        "IsDeleted": "is_deleted",
    }


def test_a_table_never_takes_a_name_of_ours(store: Store) -> None:
    with pytest.raises(NameTaken, match="touched"):
        store.ensure_object(replace(sobject("Touched"), table="touched"))


def test_reserved_words_are_table_names_like_others(store: Store) -> None:
    store.ensure_object(sobject("User", field("Name")))
    store.ensure_object(sobject("Order", field("Name"), field("Group")))
    with write(store.engine) as connection:
        connection.execute(store.table("Order").insert().values(name="x", group="y"))
        assert connection.execute(select(store.live("Order").c.group)).scalar_one() == "y"


def test_permissions_are_closed_until_opened_one_by_one(store: Store) -> None:
    assert store.permissions() == {}
    store.allow("Account", "update")
    store.allow("Account", "create")
    store.forbid("Account", "update")
    assert store.permissions() == {"Account": frozenset({"create"})}
    with pytest.raises(ValueError, match="destroy"):
        store.allow("Account", "destroy")


def test_the_organization_is_remembered(store: Store) -> None:
    assert store.organization() is None
    store.set_organization({"id": "00D000000000001AAA", "name": "Acme 中文"})
    assert store.organization() == {"id": "00D000000000001AAA", "name": "Acme 中文"}


def test_making_the_same_objects_twice_changes_nothing(store: Store) -> None:
    before = store.capture_problems()
    deals(store)
    assert store.capture_problems() == before == []
