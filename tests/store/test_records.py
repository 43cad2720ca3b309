"""Editing records one by one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from local_store.errors import FieldUnknown, RecordUnknown
from local_store.records import FieldDifference, Records, RecordStateName
from local_store.store import Store


def test_a_record_made_here_has_a_provisional_id_and_its_values(store: Store) -> None:
    records = Records(store)
    made = records.insert(
        "Opportunity", {"Name": "Sneakers", "Amount": Decimal("10.50"), "CloseDate": date(2026, 3, 1)}
    )
    assert made.startswith("local-")
    found = records.get("Opportunity", made)
    assert found is not None
    assert (found["Id"], found["Name"], found["Amount"]) == (made, "Sneakers", Decimal("10.5"))
    assert found["CloseDate"] == date(2026, 3, 1)
    assert records.state("Opportunity", made) is RecordStateName.ONLY_HERE


def test_form_texts_are_brought_to_canonical_values(store: Store) -> None:
    records = Records(store)
    made = records.insert("Opportunity", {"Name": "", "Amount": "12.00", "CloseDate": "2026-03-01"})
    found = records.get("Opportunity", made)
    assert found is not None
    assert (found["Name"], found["Amount"], found["CloseDate"]) == (None, Decimal(12), date(2026, 3, 1))


def test_an_edit_shows_field_by_field_what_waits(store: Store) -> None:
    records = Records(store)
    made = records.insert("Account", {"Name": "Acme"})
    records.update("Account", made, {"Name": "Acme Corp"})
    assert records.waiting("Account", made) == (FieldDifference("Name", "Acme Corp", None),)


def test_unknown_fields_and_records_are_refused(store: Store) -> None:
    records = Records(store)
    with pytest.raises(FieldUnknown, match="no mirrored field Nmae"):
        records.insert("Account", {"Nmae": "Acme"})
    with pytest.raises(RecordUnknown):
        records.update("Account", "001000000000001AAA", {"Name": "Acme"})
    with pytest.raises(RecordUnknown):
        records.delete("Account", "001000000000001AAA")
    with pytest.raises(RecordUnknown):
        records.state("Account", "001000000000001AAA")


def test_taking_back_a_record_made_here_removes_it(store: Store) -> None:
    records = Records(store)
    made = records.insert("Account", {"Name": "Acme"})
    records.take_back("Account", made)
    assert records.get("Account", made) is None
    with pytest.raises(RecordUnknown):
        records.state("Account", made)
