"""Rows of JSON become canonical records, the quick way and the thorough way alike."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.salesforce.errors import UnexpectedAnswer
from connector.salesforce.rows import sort_rows
from mapping.fields import FieldMapping, ObjectMapping
from mapping.values import NotCanonical, from_json

ID = "0065g00000A1B2CAAV"
TYPES = ("id", "reference", "string", "textarea", "picklist", "boolean", "currency", "int", "date", "datetime", "url")
RAW = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=20),
    st.integers(-5, 5),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.dates().map(date.isoformat),
    st.datetimes().map(lambda moment: datetime.isoformat(moment, timespec="milliseconds") + "+0000"),
    st.sampled_from([ID, ID[:15], "", "true"]),
)


def one_field(type: str) -> ObjectMapping:
    field = FieldMapping("F", "f", type, "F")
    return ObjectMapping(name="T", table="t", label="T", label_plural="T", fields=(field,))


@given(st.sampled_from(TYPES), RAW)
def test_the_quick_look_and_the_thorough_one_agree(type: str, raw: Any) -> None:
    mapping = one_field(type)
    rows = sort_rows(mapping, [{"Id": ID, "F": raw}])
    try:
        thorough = from_json(mapping.fields[0], raw)
    except NotCanonical:
        assert list(rows.quarantined) == [ID]
    else:
        assert repr(rows.records[ID]["F"]) == repr(thorough)  # type: ignore[index]


@pytest.mark.parametrize(
    ("raw", "kept"), [(True, "true"), (Decimal("1.50"), "1.50"), (3, "3"), ("x", "x"), (None, None)]
)
def test_values_of_any_type_are_kept_as_text(raw: Any, kept: str | None) -> None:
    assert sort_rows(one_field("anyType"), [{"Id": ID, "F": raw}]).records == {ID: {"F": kept}}


def test_a_field_that_did_not_come_is_missing_and_not_null() -> None:
    assert sort_rows(one_field("string"), [{"Id": ID}]).records == {ID: {}}


@pytest.mark.parametrize("row", [{}, {"Id": None}, None, []])
def test_a_row_without_an_id_is_no_row(row: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        sort_rows(one_field("string"), [row])
