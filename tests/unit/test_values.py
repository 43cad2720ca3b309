"""Values come back as they were, and are compared as Salesforce would hold them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.record import Value
from mapping.values import NotCanonical, canonical, equal, from_json, id_18, to_json
from tests.support.builders import a_field

TEXT = st.text(st.characters(exclude_categories=("Cs",)))
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "string": TEXT,
    "textarea": TEXT,
    "picklist": TEXT,
    "multipicklist": TEXT,
    "phone": TEXT,
    "email": TEXT,
    "url": TEXT,
    "encryptedstring": TEXT,
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "currency": st.decimals(allow_nan=False, allow_infinity=False, places=2),
    "double": st.decimals(-(10**18), 10**18, allow_nan=False, places=8),
    "percent": st.decimals(0, 100, allow_nan=False, places=1),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.just(UTC)),
    "time": st.times(),
    "reference": st.sampled_from(["001000000000001AAA", "local-mfrggzdf", "0015000000Gv7qJ"]),
}


@pytest.mark.parametrize("type_name", VALUES)
def test_a_value_sent_and_read_again_is_the_same_value(type_name: str) -> None:
    field = a_field("F", type_name)

    @given(VALUES[type_name])
    def law(value: Value) -> None:
        before = canonical(field, value)
        wire = json.dumps({"F": to_json(field, before)})
        after = from_json(field, json.loads(wire, parse_float=Decimal)["F"])
        assert after == before
        assert type(after) is type(before)

    law()


@pytest.mark.parametrize("type_name", VALUES)
def test_canonical_twice_is_canonical_once(type_name: str) -> None:
    field = a_field("F", type_name)

    @given(VALUES[type_name])
    def law(value: Value) -> None:
        once = canonical(field, value)
        assert canonical(field, once) == once
        assert equal(field, value, once)

    law()


def test_money_is_exact_to_eighteen_digits() -> None:
    amount = a_field("Amount", "currency")
    exact = Decimal("1234567890123456.78")
    assert to_json(amount, exact) == "1234567890123456.78"
    assert from_json(amount, "1234567890123456.78") == exact


def test_a_plain_amount_goes_out_as_a_plain_number() -> None:
    amount = a_field("Amount", "currency")
    assert json.dumps([to_json(amount, Decimal("10.50")), to_json(amount, Decimal("1E+3"))]) == "[10.5, 1000]"


@pytest.mark.parametrize(
    "raw", ["2026-01-02T03:04:05.678+0000", "2026-01-02T03:04:05.678Z", "2026-01-02T04:04:05.678+01:00"]
)
def test_a_datetime_is_an_instant_however_it_is_written(raw: str) -> None:
    stamp = a_field("SystemModstamp", "datetime")
    assert from_json(stamp, raw) == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def test_a_datetime_goes_out_in_utc_with_milliseconds() -> None:
    stamp = a_field("SystemModstamp", "datetime")
    in_shanghai = datetime(2026, 1, 2, 11, 4, 5, 678999, tzinfo=timezone(timedelta(hours=8)))
    assert to_json(stamp, in_shanghai) == "2026-01-02T03:04:05.678Z"
    assert to_json(stamp, datetime(999, 1, 2, tzinfo=UTC)) == "0999-01-02T00:00:00.000Z"


def test_a_date_never_meets_a_time_zone() -> None:
    close = a_field("CloseDate", "date")
    assert to_json(close, date(2026, 3, 29)) == "2026-03-29"
    with pytest.raises(NotCanonical, match="CloseDate should be a date"):
        from_json(close, "2026-03-29T00:00:00.000Z")


def test_an_empty_text_is_no_text() -> None:
    assert from_json(a_field("NextStep"), "") is None


@pytest.mark.parametrize(
    ("type_name", "left", "right"),
    [
        ("string", "Call Lars ", "Call Lars"),
        ("string", "  ", None),
        ("textarea", "one\r\ntwo", "one\ntwo"),
        ("currency", Decimal("10"), Decimal("10.00")),
        ("reference", "0015000000Gv7qJ", "0015000000Gv7qJAAR"),
        (
            "datetime",
            datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 1, 11, tzinfo=UTC),
        ),
    ],
)
def test_values_that_salesforce_holds_alike_are_equal(type_name: str, left: Value, right: Value) -> None:
    assert equal(a_field("F", type_name), left, right)


@pytest.mark.parametrize(
    ("type_name", "left", "right"),
    [
        ("string", "call lars", "Call Lars"),
        ("string", "", "x"),
        ("currency", Decimal("10"), Decimal("10.01")),
        ("currency", Decimal(0), None),
        ("boolean", False, None),
        ("reference", "0015000000Gv7qJAAR", "0015000000gv7qJAAQ"),
    ],
)
def test_values_that_salesforce_keeps_apart_are_not_equal(type_name: str, left: Value, right: Value) -> None:
    assert not equal(a_field("F", type_name), left, right)


@pytest.mark.parametrize(
    ("type_name", "raw"),
    [
        ("currency", "NaN"),
        ("currency", True),
        ("double", "ten"),
        ("int", "1.5"),
        ("boolean", "yes"),
        ("date", "2026-02-30"),
        ("datetime", "2026-01-01T00:00:00"),
        ("time", "25:00:00.000Z"),
        ("string", 5),
        ("reference", 5),
        ("int", True),
        ("currency", date(2026, 1, 1)),
    ],
)
def test_what_a_field_cannot_hold_is_named_and_not_altered(type_name: str, raw: Value) -> None:
    with pytest.raises(NotCanonical) as refused:
        from_json(a_field("F", type_name), raw)
    assert (refused.value.field, refused.value.raw) == ("F", raw)


def test_a_time_keeps_its_milliseconds() -> None:
    assert from_json(a_field("F", "time"), "10:30:00.250Z") == time(10, 30, 0, 250000)


@pytest.mark.parametrize(
    ("short", "long"), [("0015000000Gv7qJ", "0015000000Gv7qJAAR"), ("001000000000001", "001000000000001AAA")]
)
def test_a_short_id_is_completed(short: str, long: str) -> None:
    assert (id_18(short), id_18(long)) == (long, long)


def test_a_boolean_is_read_from_whatever_a_database_or_a_file_makes_of_it() -> None:
    flag = a_field("IsWon", "boolean")
    assert [canonical(flag, raw) for raw in ("true", "false", 1, 0)] == [True, False, True, False]
