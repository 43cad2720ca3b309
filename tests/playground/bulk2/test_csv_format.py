"""CSV as Bulk API 2.0 writes and reads it (salesforce-api.md 6.2)."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.bulk2.csv_format import (
    DELIMITERS,
    LINE_ENDINGS,
    CsvRefused,
    RecordReader,
    decoded,
    end_of_rows,
    number_text,
    records,
    written,
)

AWKWARD = st.text(st.sampled_from('a",;|^`\t\n\r é'), max_size=8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (10.0, "10.0"),
        (15000.0, "15000.0"),
        (-0.5, "-0.5"),
        (9_999_999.0, "9999999.0"),
        (9_999_999.99, "9999999.99"),
        (10_000_000.0, "1.0E7"),
        (912_260_031.0, "9.12260031E8"),
        (-912_260_031.25, "-9.1226003125E8"),
        (1e16, "1.0E16"),
        (1.5e300, "1.5E300"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (0.00012345, "1.2345E-4"),
        (1e-7, "1.0E-7"),
        (None, None),
    ],
)
def test_numbers_are_written_as_java_writes_doubles(value: float | None, text: str | None) -> None:
    assert number_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_back_as_it_was(value: float) -> None:
    assert float(str(number_text(value))) == value


def test_every_cell_is_quoted_and_null_is_an_empty_cell() -> None:
    assert written([["a", None, 'b"c', 5, "x\ny"]], "\t", "\r\n") == b'"a"\t""\t"b""c"\t"5"\t"x\ny"\r\n'


@given(
    st.lists(st.lists(AWKWARD, min_size=2, max_size=2), max_size=6),
    st.sampled_from(sorted(DELIMITERS)),
    st.sampled_from(sorted(LINE_ENDINGS)),
    st.integers(1, 7),
)
def test_what_is_written_is_read_back_however_it_is_cut(
    rows: list[list[str]], delimiter: str, line_ending: str, size: int
) -> None:
    mark, line_end = DELIMITERS[delimiter], LINE_ENDINGS[line_ending]
    content = written(rows, mark, line_end)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]

    found = [RecordReader(mark).cells(record) for record in records(decoded(pieces), line_end)]

    assert found == rows


@given(st.lists(st.lists(AWKWARD, min_size=2, max_size=2), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_a_piece_is_cut_between_rows_and_never_inside_one(rows: list[list[str]], line_end: str) -> None:
    content = written(rows, ",", line_end)
    for count in range(len(rows) + 1):
        assert content[: end_of_rows(content, count, line_end.encode())] == written(rows[:count], ",", line_end)


@given(
    st.lists(st.lists(st.text(st.sampled_from('a ",é'), min_size=1, max_size=6), min_size=2, max_size=2), max_size=5)
)
def test_cells_without_quotes_are_read_as_other_programs_write_them(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)

    assert [RecordReader(",").cells(record) for record in records([text.getvalue()], "\n")] == rows


def test_nothing_is_trimmed() -> None:
    assert RecordReader(",").cells('John, Smith ," x "') == ["John", " Smith ", " x "]


@pytest.mark.parametrize("record", ['a, "b"', '"a" ,b', 'a"b,c', '"a"b"', '"open'])
def test_a_quote_in_the_wrong_place_is_refused(record: str) -> None:
    with pytest.raises(CsvRefused, match="unescaped quote"):
        RecordReader(",").cells(record)


def test_other_encodings_are_refused_and_a_byte_order_mark_is_left_out() -> None:
    assert "".join(decoded([b"\xef\xbb", b"\xbfN\xc3", b"\xa9"])) == "Né"
    with pytest.raises(CsvRefused, match="UTF-8"):
        list(decoded([b"N\xe9"]))
    with pytest.raises(CsvRefused, match="UTF-8"):
        list(decoded([b"N\xc3"]))


def test_a_quote_that_never_closes_does_not_fill_the_memory() -> None:
    with pytest.raises(CsvRefused, match="longer than 400000"):
        list(records(['"' + "x" * 300_000] * 2, "\n"))
