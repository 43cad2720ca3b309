"""CSV as Bulk API 2.0 reads and writes it (salesforce-api.md 6.2): delimiters, line endings, quotes, numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
HEADER_CHARACTERS_MAX = 32_000
RECORD_CHARACTERS_MAX = 400_000
CELL_CHARACTERS_MAX = 131_072
COLUMNS_MAX = 5_000
PLAIN_FROM, PLAIN_BELOW = 1e-3, 1e7
"""Numbers between these are written without an exponent."""


class CsvRefused(Exception):
    """Uploaded data that is not the CSV the job announced. ``message`` is what the job says of it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def number_text(value: float | None) -> str | None:
    """A number as results show it: ``15000.0``, but ``9.12260031E8`` from ten million on, as Java writes doubles."""
    if value is None:
        return None
    if value == 0 or PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        return repr(float(value))
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    # Where the point stands behind the first digit that counts.
    leading_zeros = len(whole + fraction) - len(digits)
    power = int(exponent or 0) + len(whole) - 1 - leading_zeros
    digits = digits.rstrip("0") or "0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"


def written(rows: Iterable[Sequence[Any]], delimiter: str, line_end: str) -> bytes:
    """Rows with every cell quoted; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode("utf-8")


def end_of_rows(content: bytes, rows: int, line_end: bytes) -> int:
    """Where the first ``rows`` rows of quoted CSV end. A line end inside quotes ends no row."""
    position = 0
    for _ in range(rows):
        start = position
        quotes = 0
        while True:
            found = content.find(line_end, position)
            if found < 0:
                return len(content)
            quotes += content.count(b'"', start, found)
            start = position = found + len(line_end)
            if quotes % 2 == 0:
                break
    return position


def decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """Text of UTF-8 pieces; CsvRefused for other encodings."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise CsvRefused("ClientInputError : The data is not encoded in UTF-8") from None


def records(pieces: Iterable[str], line_end: str) -> Iterator[str]:
    """The records of a text, without their line ends; line ends inside quotes belong to the record."""
    rest = ""
    for piece in pieces:
        rest += piece
        position = 0
        while (end := _record_end(rest, position, line_end)) >= 0:
            yield rest[position:end]
            position = end + len(line_end)
        rest = rest[position:]
        if len(rest) > RECORD_CHARACTERS_MAX:
            # As long as a quote is open a record may go on; but not for ever.
            raise CsvRefused(f"InvalidBatch : A record is longer than {RECORD_CHARACTERS_MAX} characters")
    if rest:
        yield rest


def _record_end(text: str, start: int, line_end: str) -> int:
    """Where the record that begins at ``start`` ends; -1 when its end has not arrived yet."""
    quotes, counted, position = 0, start, start
    while True:
        found = text.find(line_end, position)
        if found < 0:
            return -1
        quotes += text.count('"', counted, found)
        counted = position = found + len(line_end)
        if quotes % 2 == 0:
            return found


class RecordReader:
    """Cuts records into cells. Nothing is trimmed; a quote inside an unquoted cell is refused."""

    def __init__(self, delimiter: str) -> None:
        mark = re.escape(delimiter)
        self._cell = re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^"{mark}]*))({mark}|\Z)')

    def cells(self, record: str) -> list[str]:
        """The cells of a record."""
        found: list[str] = []
        position = 0
        while True:
            match = self._cell.match(record, position)
            if match is None:
                raise CsvRefused(
                    "InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within "
                    "a quote"
                )
            in_quotes, bare, end = match.groups()
            found.append(bare if in_quotes is None else in_quotes.replace('""', '"'))
            if not end:
                return found
            position = match.end()
