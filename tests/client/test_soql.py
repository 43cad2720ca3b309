"""SOQL literals and queries. The unescaper below was written from the SOQL reference, apart from the code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.salesforce.errors import NotExpressible
from connector.salesforce.soql import Operator, api_name, compare, is_one_of, literal, record_id, select
from mapping.fields import FieldMapping, ObjectMapping

CONTACT = ObjectMapping(
    name="Contact",
    table="contact",
    label="Contact",
    label_plural="Contacts",
    fields=tuple(
        FieldMapping(name=name, column=name.lower(), type=type_, label=name)
        for name, type_ in (("Id", "id"), ("LastName", "string"), ("SystemModstamp", "datetime"))
    ),
)
AFTER_BACKSLASH = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def unescape(text: str) -> str:
    """Read a SOQL string literal back; fails when it ends early or goes on after its closing quote."""
    assert text[0] == "'"
    out: list[str] = []
    position = 1
    while text[position] != "'":
        if text[position] == "\\":
            position += 1
            out.append(AFTER_BACKSLASH[text[position]])
        else:
            assert text[position] not in "\n\r\t"
            out.append(text[position])
        position += 1
    assert position == len(text) - 1, "the literal ends before its text does"
    return "".join(out)


speakable = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\r\t\b\f'\"\\")).map(str)


@given(speakable)
def test_text_comes_back_as_it_went_in(text: str) -> None:
    assert unescape(literal(text)) == text


@given(st.text(st.sampled_from("'\\ ORx=%"), max_size=12))
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    assert unescape(literal(text)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15))
def test_decimals_come_back_exactly_and_without_an_exponent(number: Decimal) -> None:
    text = literal(number)
    assert Decimal(text) == number
    assert "E" not in text.upper()


@given(
    st.datetimes(
        min_value=datetime(1700, 1, 1),  # noqa: DTZ001
        max_value=datetime(4000, 12, 31),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))]),
    )
)
def test_instants_come_back_to_the_millisecond(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    text = literal(moment)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment


@given(st.dates())
def test_dates_come_back(day: date) -> None:
    assert date.fromisoformat(literal(day)) == day


@pytest.mark.parametrize(("value", "text"), [(None, "null"), (True, "true"), (False, "false"), (7, "7"), (-1, "-1")])
def test_plain_values(value: int | None, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "a\0b",
        "\x1b[31m",
        "\ud800",
        "\x85",
        datetime(2026, 1, 1),  # noqa: DTZ001
        datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
        Decimal("NaN"),
        Decimal("Infinity"),
        1.5,
        ["x"],
    ],
)
def test_what_soql_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(NotExpressible):
        literal(value)  # type: ignore[arg-type]


def test_a_query_reads_as_one() -> None:
    where = compare(CONTACT, "SystemModstamp", Operator.AT_LEAST, datetime(2026, 1, 2, tzinfo=UTC)) & is_one_of(
        CONTACT, "LastName", ["O'Neil"]
    )
    assert select(CONTACT, ["Id", "LastName"], where, ["SystemModstamp", "Id"], 5) == (
        "SELECT Id,LastName FROM Contact WHERE (SystemModstamp >= 2026-01-02T00:00:00.000Z "
        "AND LastName IN ('O\\'Neil')) ORDER BY SystemModstamp,Id LIMIT 5"
    )


@pytest.mark.parametrize("name", ["Nme", "LastName FROM User", "LastName--", ""])
def test_only_names_of_the_describe_stand_in_a_query(name: str) -> None:
    with pytest.raises(NotExpressible):
        select(CONTACT, [name])
    with pytest.raises(NotExpressible):
        compare(CONTACT, name, Operator.EQUALS, "x")


def test_an_empty_list_cannot_be_asked_for() -> None:
    with pytest.raises(NotExpressible):
        is_one_of(CONTACT, "Id", [])


@pytest.mark.parametrize("text", ["0035g00000A1B2CAA", "0035g00000A1B2C/x", "../Account", "0035g00000A1B2CAA\n", ""])
def test_ids_are_checked_before_they_stand_in_a_path(text: str) -> None:
    with pytest.raises(NotExpressible):
        record_id(text)


@pytest.mark.parametrize("text", ["Account/describe", "Account?x", "1Account", "Account\n", "Ac count"])
def test_api_names_are_checked_before_they_stand_in_a_path(text: str) -> None:
    with pytest.raises(NotExpressible):
        api_name(text)
