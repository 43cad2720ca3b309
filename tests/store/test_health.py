"""What doctor and verify are told about the database."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest

from connector.sync.model import Page
from local_store.errors import ValueTooLong
from local_store.health import Orphan, orphans, problems
from local_store.ledger import SqlLedger
from local_store.records import Records
from local_store.store import Store
from mapping.record import RecordId

ACME, DEAL = RecordId("001000000000001AAA"), RecordId("006000000000001AAA")


def test_a_sound_store_has_nothing_to_tell(store: Store, stranger: sqlite3.Connection) -> None:
    stranger.execute("INSERT INTO account (name) VALUES ('x')")
    assert problems(store) == []


def test_a_base_that_nobody_asked_for_is_told(store: Store, stranger: sqlite3.Connection) -> None:
    stranger.execute("INSERT INTO base_account (id, name) VALUES (?, 'x')", (ACME,))
    (told,) = problems(store)
    assert "Account" in told


def test_a_missing_trigger_is_told(store: Store, stranger: sqlite3.Connection) -> None:
    stranger.execute("DROP TRIGGER capture_delete_opportunity")
    (told,) = problems(store)
    assert "capture_delete_opportunity" in told


def test_a_row_whose_parent_is_missing_is_an_orphan(store: Store) -> None:
    ledger = SqlLedger(store)
    ledger.load(Page("Opportunity", {DEAL: {"Id": DEAL, "AccountId": ACME}}))
    assert orphans(store) == [Orphan("Opportunity", DEAL, "AccountId", ACME)]
    ledger.load(Page("Account", {ACME: {"Id": ACME}}))
    assert orphans(store) == []


def test_an_edit_that_the_database_cannot_hold_is_refused_as_a_whole(store: Store) -> None:
    records = Records(store)
    made = records.insert("Opportunity", {"Name": "Sneakers"})
    with pytest.raises(ValueTooLong, match="PostgreSQL"):
        records.update("Opportunity", made, {"Name": "Boots", "Amount": Decimal("1234567890123456.78")})
    found = records.get("Opportunity", made)
    assert found is not None
    assert found["Name"] == "Sneakers"


def test_records_that_cannot_be_held_are_named_before_anything_is_stored(store: Store) -> None:
    fine, long = {"Amount": Decimal("1.50")}, {"Amount": Decimal("1234567890123456.78")}
    told = SqlLedger(store).unstorable("Opportunity", {ACME: fine, DEAL: long})
    assert told.keys() == {DEAL}
    assert "PostgreSQL" in told[DEAL]
