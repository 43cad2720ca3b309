"""Values come back from the database as they went in, for every type; or they do not go in at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from connector.sync.model import Page, Tombstone
from local_store.database import read, write
from local_store.errors import ValueNotStorable, ValueTooLong
from local_store.ledger import SqlLedger
from local_store.store import Store
from local_store.types import EXACT_DIGITS, decoder, encoder
from mapping.fields import FieldMapping
from mapping.record import RecordId, Value
from mapping.values import canonical
from tests.store.objects import EVERY_TYPE
from tests.support.examples import examples

MILLISECOND = timedelta(milliseconds=1)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
NUMBERS = st.integers(-(10**EXACT_DIGITS) + 1, 10**EXACT_DIGITS - 1).flatmap(
    lambda digits: st.integers(-12, 6).map(lambda exponent: Decimal(digits).scaleb(exponent))
)
MOMENTS = st.integers(-(10**13), 10**14).map(lambda count: datetime(1970, 1, 1, tzinfo=UTC) + count * MILLISECOND)
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "boolean": st.booleans(),
    "currency": NUMBERS,
    "double": NUMBERS,
    "percent": NUMBERS,
    "int": st.integers(-(2**63) + 1, 2**63 - 1),
    "long": st.integers(-(2**63) + 1, 2**63 - 1),
    "date": st.dates(date(1700, 1, 1), date(4000, 12, 31)),
    "datetime": MOMENTS,
    "time": st.times().map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
    "reference": st.text("0123456789abcXYZ", min_size=18, max_size=18),
}


def values_of(field: FieldMapping) -> st.SearchStrategy[Value]:
    return st.none() | VALUES.get(field.type, TEXTS)


RECORDS = st.fixed_dictionaries({each.name: values_of(each) for each in EVERY_TYPE.fields if each.name.endswith("__c")})


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('values')}/mirror.db") as store:
        store.ensure_object(EVERY_TYPE)
        with write(store.engine) as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys")
        yield store


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=RECORDS, number=st.integers(0, 10**9))
def test_every_record_comes_back_as_it_went_in(everything: Store, values: dict[str, Value], number: int) -> None:
    mapping, ledger = everything.objects["Everything__c"], SqlLedger(everything)
    record_id = RecordId(f"a00{number:012d}AAA")
    record = {**dict.fromkeys(mapping.by_name), **values, "Id": record_id, "IsDeleted": False}
    with write(everything.engine) as connection:
        connection.execute(everything.table("Everything__c").delete())
        connection.exec_driver_sql("DELETE FROM touched")
        connection.execute(everything.tables("Everything__c").base.delete())
    ledger.load(Page("Everything__c", {record_id: record}))
    found = ledger.states("Everything__c", [record_id])[record_id]
    assert found.local == record
    assert {name: canonical(mapping.by_name[name], value) for name, value in record.items()} == record


def test_a_large_round_number_keeps_its_zeros(everything: Store) -> None:
    round_number = Decimal("36028797018964100")
    table = everything.table("Everything__c")
    with write(everything.engine) as connection:
        connection.execute(table.delete())
        connection.execute(table.insert().values(currency_c=round_number))
        assert connection.execute(select(table.c.currency_c)).scalar_one() == round_number


@settings(max_examples=examples(500))
@example(Decimal("0.1"))
@example(Decimal("1234567890123.45"))
@example(Decimal("-0.000000000001"))
@given(NUMBERS)
def test_a_number_of_15_digits_is_exact(number: Decimal) -> None:
    assert decoder("currency")(encoder("currency")(number)) == number


@given(st.integers(10**EXACT_DIGITS, 10**18 - 1).filter(lambda digits: digits % 10 != 0))
def test_a_longer_number_is_refused_and_never_rounded(digits: int) -> None:
    number = Decimal(digits).scaleb(-2)
    try:
        stored = encoder("currency")(number)
    except ValueTooLong as error:
        assert "PostgreSQL" in str(error)
    else:
        assert decoder("currency")(stored) == number


@given(MOMENTS, MOMENTS)
def test_stored_datetimes_sort_as_instants(one: datetime, other: datetime) -> None:
    encode = encoder("datetime")
    assert (encode(one) < encode(other)) == (one < other)


@pytest.mark.parametrize(
    ("type", "written", "value"),
    [
        ("datetime", "2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("datetime", "2026-01-31T10:00:00.000+0000", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("datetime", "2026-01-31T12:30:00.5+02:30", datetime(2026, 1, 31, 10, 0, 0, 500000, tzinfo=UTC)),
        ("datetime", "2026-01-31 10:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("datetime", "2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("date", "2026-01-31 00:00:00", date(2026, 1, 31)),
        ("time", "10:00:00.000Z", time(10)),
        ("boolean", "true", True),
        ("boolean", "FALSE", False),
        ("boolean", 1, True),
        ("boolean", "", None),
        ("currency", "10.50", Decimal("10.5")),
        ("currency", 10, Decimal(10)),
        ("currency", 0.1 + 0.2, Decimal("0.3")),
        ("int", "7", 7),
        ("int", 7.0, 7),
        ("string", "", None),
        ("reference", "001000000000001", "001000000000001AAA"),
        ("reference", "local-abc", "local-abc"),
    ],
)
def test_what_people_write_with_sql_is_understood(everything: Store, type: str, written: object, value: Value) -> None:
    mapping = everything.objects["Everything__c"]
    field = next(each for each in mapping.fields if each.type == type and each.name.endswith("__c"))
    path = everything.engine.url.database
    assert path is not None
    stranger = sqlite3.connect(path, isolation_level=None)
    try:
        stranger.execute("DELETE FROM everything_c")
        stranger.execute(f"INSERT INTO everything_c ({field.column}) VALUES (?)", (written,))
    finally:
        stranger.close()
    table = everything.table("Everything__c")
    with read(everything.engine) as connection:
        found = connection.execute(select(table.c[field.column])).scalar_one()
    assert found == value
    assert type != "datetime" or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("type", "written"), [("date", "soon"), ("datetime", "1.2.26"), ("currency", "ten"), ("boolean", "maybe")]
)
def test_what_cannot_be_understood_comes_back_as_the_text_it_is(type: str, written: str) -> None:
    assert decoder(type)(written) == written
    assert encoder(type)(written) == written


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("datetime", datetime(2026, 1, 31)),  # noqa: DTZ001 - the point is that it has no time zone
        ("datetime", date(2026, 1, 31)),
        ("date", 5),
        ("currency", Decimal("NaN")),
        ("currency", Decimal("Infinity")),
        ("int", 2**63),
        ("string", "\ud800"),
    ],
)
def test_what_the_database_cannot_hold_is_refused(type: str, value: Value) -> None:
    with pytest.raises(ValueNotStorable):
        encoder(type)(value)


def test_a_datetime_of_another_zone_is_kept_as_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert encoder("datetime")(datetime(2026, 1, 31, 19, tzinfo=tokyo)) == "2026-01-31 10:00:00.000"


def test_a_number_too_long_is_set_aside_and_the_rest_of_the_page_is_stored(store: Store, path: Path) -> None:
    good, bad = RecordId("001000000000001AAA"), RecordId("001000000000002AAA")
    SqlLedger(store).load(
        Page(
            "Account", {good: {"AnnualRevenue": Decimal("1.5")}, bad: {"AnnualRevenue": Decimal("1234567890123456.78")}}
        )
    )
    assert SqlLedger(store).states("Account", [good, bad]).keys() == {good}
    with read(store.engine) as connection:
        (told,) = connection.exec_driver_sql("SELECT record_id, kind, message FROM issue").all()
    assert told[:2] == (bad, "quarantined")
    assert "PostgreSQL" in told[2]


def test_a_deleted_record_that_cannot_be_held_is_set_aside_too(store: Store) -> None:
    bad = RecordId("001000000000002AAA")
    tombstone = Tombstone(record={"AnnualRevenue": Decimal("1234567890123456.78")})
    SqlLedger(store).load(Page("Account", {}, tombstones={bad: tombstone}))
    assert SqlLedger(store).states("Account", [bad]) == {}
    with read(store.engine) as connection:
        assert connection.exec_driver_sql("SELECT record_id FROM issue").scalars().all() == [bad]


def test_values_compare_and_add_up_in_queries(store: Store) -> None:
    table = store.table("Opportunity")
    with write(store.engine) as connection:
        for amount, closes in ((Decimal("0.1"), date(2026, 1, 1)), (Decimal("0.2"), date(2026, 2, 1))):
            connection.execute(table.insert().values(amount=amount, close_date=closes, is_won=True))
    with read(store.engine) as connection:
        assert connection.execute(select(func.sum(table.c.amount))).scalar_one() == Decimal("0.3")
        late = select(table.c.amount).where(table.c.close_date >= date(2026, 2, 1), table.c.is_won)
        assert connection.execute(late).scalars().all() == [Decimal("0.2")]
        assert connection.execute(select(func.count()).where(~table.c.is_won)).scalar_one() == 0
        assert connection.execute(select(table.c.amount * 2).order_by(table.c.amount)).scalars().first() == Decimal(
            "0.2"
        )
