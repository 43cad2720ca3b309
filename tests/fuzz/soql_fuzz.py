"""Throws garbled SOQL and SOSL at the engine: ``python -m tests.fuzz.soql_fuzz --seed 1 --size 20000``.

Statements of the table of cases and grown ones are cut, doubled, mixed and strewn with odd characters. Each must be
answered or refused with a code and a message. What is answered must keep its promises: as many rows as were counted,
and pages that add up to the whole. The first statement that breaks this is printed with its error; exit code 1.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import sys
import tomllib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from playground import sosl
from playground.soql import QueryContext, SoqlError
from playground.sosl import SoslError
from tests.playground.soql.case_org import CASE_CONTEXT, ENGINE, SCHEMA, opened

CASES = Path(__file__).parents[1] / "playground" / "soql" / "cases"
SEARCHES = (
    "FIND {shoes} IN ALL FIELDS RETURNING Account(Id, Name WHERE Rating = 'Hot' ORDER BY Name LIMIT 3), Contact",
    'FIND {"alpha shoes" OR lac* AND NOT (be?a)} IN NAME FIELDS RETURNING Account(Name)',
    "FIND {ann\\@a.test} IN EMAIL FIELDS LIMIT 5",
    "FIND {020} IN PHONE FIELDS RETURNING Account(FORMAT(CreatedDate)) UPDATE TRACKING",
)
ODD = (
    *"'\"\\(){}[];:,.*?%_-+<>=!\x00\n\t\u2028é鞋😀\ud800",
    "''",
    "\\'",
    "null",
    "NOT",
    " AND ",
    " OR ",
    "LIMIT 1",
    "OFFSET 1",
    "99999999999999999999",
    "1e999",
    "TODAY",
    "LAST_N_DAYS:999999999",
    "4000-12-31",
    "USD1",
    "COUNT(",
    "GROUPING(Name)",
    "FORMAT(Amount)",
    "toLabel(",
    "DISTANCE(BillingAddress, GEOLOCATION(1, 1), 'km')",
    "(SELECT Id FROM Contacts)",
    "FIELDS(ALL)",
    "TYPEOF What WHEN Account THEN Name END",
    "WITH",
    "FOR VIEW",
)
_PIECE = re.compile(r"'(?:\\.|[^'\\])*'|\w+|\s+|.", re.DOTALL)


def statements() -> list[str]:
    """All statements of the table of cases."""
    found = []
    for file in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        pattern = table.get("query", "{}")
        for kind in ("rows", "refused", "days"):
            for text, *_ in table.get(kind, {}).values():
                found.append(text if text.startswith("SELECT") else pattern.replace("{}", text))
    return found


class Garbler:
    """Makes statements out of other statements, from a seed."""

    def __init__(self, seed: int, known: list[str]) -> None:
        self._random = random.Random(seed)
        self._known = known
        self._pieces = sorted({piece for text in known for piece in _PIECE.findall(text)})

    def statement(self) -> str:
        text = self._random.choice(self._known)
        for _ in range(self._random.choice((0, 1, 1, 2, 3, 8))):
            text = self._changed(text)
        return text

    def context(self) -> QueryContext:
        return replace(
            CASE_CONTEXT,
            include_deleted=self._random.random() < 0.2,
            api_version=self._random.choice(("31.0", "57.0", "67.0")),
            fiscal_start_month=self._random.randint(1, 12),
            currencies=self._random.choice(({}, {"GBP": 1.0, "USD": 1.25})),
            locale=self._random.choice(("en_GB", "zh_CN", "de_DE", "xx_XX")),
        )

    def page_size(self) -> int:
        return self._random.randint(1, 3)

    def _changed(self, text: str) -> str:
        pieces = _PIECE.findall(text) or [""]
        place = self._random.randrange(len(pieces))
        match self._random.randrange(6):
            case 0:
                del pieces[place]
            case 1:
                pieces.insert(place, self._random.choice(ODD))
            case 2:
                pieces[place] = self._random.choice(self._pieces)
            case 3:
                other = _PIECE.findall(self._random.choice(self._known)) or [""]
                pieces[place:] = other[self._random.randrange(len(other)) :]
            case 4:
                end = self._random.randrange(place, len(pieces))
                pieces[place:place] = pieces[place:end]
            case _:
                other_place = self._random.randrange(len(pieces))
                pieces[place], pieces[other_place] = pieces[other_place], pieces[place]
        return "".join(pieces)


def try_query(connection: sqlite3.Connection, text: str, context: QueryContext, page_size: int) -> bool:
    """Whether the statement was answered. Raise AssertionError, or whatever it broke with."""
    try:
        prepared = ENGINE.prepare(text, context)
    except SoqlError as error:
        assert error.code, "A refusal has a code."
        assert error.message, "A refusal has a message."
        return False
    rows = ENGINE.rows(connection, prepared)
    assert prepared.is_count or ENGINE.count(connection, prepared) == len(rows), "The count is another."
    paged: list[Any] = []
    while not prepared.is_count and len(paged) < len(rows):
        page = ENGINE.rows(connection, prepared, offset=len(paged), limit=page_size)
        assert page, "A page is empty before the end."
        paged += page
    assert paged == rows, "The pages do not add up."
    return True


def try_search(connection: sqlite3.Connection, text: str, context: QueryContext) -> bool:
    """Whether the search was answered."""
    try:
        sosl.run(connection, SCHEMA, sosl.parse(text), context)
    except (SoqlError, SoslError) as error:
        assert error.code, "A refusal has a code."
        assert error.message, "A refusal has a message."
        return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 when nothing broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=20_000, help="how many statements")
    given = parser.parse_args(arguments)
    queries, searches = Garbler(given.seed, statements()), Garbler(given.seed, list(SEARCHES))
    answered = 0
    with closing(opened()) as connection:
        for number in range(given.size):
            is_search = number % 5 == 0
            garbler = searches if is_search else queries
            text, context = garbler.statement(), garbler.context()
            try:
                if is_search:
                    answered += try_search(connection, text, context)
                else:
                    answered += try_query(connection, text, context, garbler.page_size())
            except Exception as error:
                sys.stdout.write(f"Statement {number} of seed {given.seed} broke: {error!r}\n{text!r}\n{context}\n")
                return 1
    sys.stdout.write(f"{given.size} statements: {answered} answered, {given.size - answered} refused, none broke.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
