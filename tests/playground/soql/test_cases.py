"""The table of cases: what the reference says a query answers or is refused with (salesforce-api.md, sections 5, 8).

``cases/*.toml``: ``[rows]`` has queries and the values of the records they answer, in order; ``[refused]`` queries and
the code and the last line of the message; ``[days]`` date literals and the days they name. A query may be only what
differs from the file's ``query``, which has ``{}`` in that place. ``~`` is null; a record of one value is that value;
``COUNT()`` answers its number. ``[context]`` is what differs from the usual context.
"""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from playground.soql import QueryContext, SoqlError
from playground.soql.translations import labels_in
from tests.playground.soql.case_org import CASE_CONTEXT, ENGINE, FIRST_DAY, LAST_DAY, opened, opened_calendar

FILES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
CASES_MIN = 400


def cases(kind: str) -> list[Any]:
    found = []
    for file in FILES:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        pattern, context = table.get("query", "{}"), context_of(table.get("context", {}))
        for words, (text, *expected) in table.get(kind, {}).items():
            query = pattern.replace("{}", text) if "{}" in pattern and not text.startswith("SELECT") else text
            found.append(pytest.param(query, context, expected, id=f"{file.stem}: {words}"))
    return found


def context_of(changes: dict[str, Any]) -> QueryContext:
    language = {"labels": labels_in(changes["language"])} if "language" in changes else {}
    return replace(CASE_CONTEXT, **{key: value for key, value in changes.items() if key != "language"}, **language)


@pytest.fixture(scope="module")
def org() -> Iterator[sqlite3.Connection]:
    with closing(opened()) as connection:
        yield connection


@pytest.fixture(scope="module")
def calendar() -> Iterator[sqlite3.Connection]:
    with closing(opened_calendar()) as connection:
        yield connection


def shown(value: Any) -> Any:
    """A value of an answer as the tables write it."""
    match value:
        case None:
            return "~"
        case {"records": records}:
            return [shown(record) for record in records]
        case dict():
            values = [shown(item) for key, item in value.items() if key != "attributes"]
            return values[0] if len(values) == 1 else values
        case _:
            return value


@pytest.mark.parametrize(("query", "context", "expected"), cases("rows"))
def test_the_query_answers(org: sqlite3.Connection, query: str, context: QueryContext, expected: list[Any]) -> None:
    prepared = ENGINE.prepare(query, context)

    count = ENGINE.count(org, prepared)
    answered = [count] if prepared.is_count else [shown(record) for record in ENGINE.rows(org, prepared)]

    assert [answered] == expected
    assert prepared.is_count or count == len(answered)


@pytest.mark.parametrize(("query", "context", "expected"), cases("refused"))
def test_the_query_is_refused(query: str, context: QueryContext, expected: list[str]) -> None:
    with pytest.raises(SoqlError) as refusal:
        ENGINE.prepare(query, context)

    assert [refusal.value.code, refusal.value.message.rsplit("\n", 1)[-1]] == expected


@pytest.mark.parametrize(("query", "context", "expected"), cases("days"))
def test_the_literal_names_these_days(
    calendar: sqlite3.Connection, query: str, context: QueryContext, expected: list[str]
) -> None:
    first, _, last = expected[0].partition("..")
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    days = [(start + timedelta(days=number)).isoformat() for number in range((end - start).days + 1)]

    answered = [shown(record) for record in ENGINE.rows(calendar, ENGINE.prepare(query, context))]

    assert start > FIRST_DAY, "The calendar must show that the day before is not in the range."
    assert end < LAST_DAY
    assert answered == days


def test_there_are_enough_cases() -> None:
    assert sum(len(cases(kind)) for kind in ("rows", "refused", "days")) >= CASES_MIN
