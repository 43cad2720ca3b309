"""Pages: complete, without overlap, and served by an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from playground import ids
from playground.soql import Reading
from tests.playground.soql.small_org import CONTEXT, ENGINE, insert, open_tables

ROWS = 500
ALL_IDS = [ids.make_id("006", number) for number in range(ROWS)]


@pytest.fixture(scope="module")
def org() -> Iterator[sqlite3.Connection]:
    with closing(open_tables()) as connection:
        insert(
            connection,
            "Opportunity",
            (
                {
                    "Id": record_id,
                    "Name": f"deal {number % 7}",
                    "SystemModstamp": f"2026-11-{number // 60 + 1:02d}T00:00:{number % 3:02d}.000Z",
                }
                for number, record_id in enumerate(ALL_IDS)
            ),
        )
        yield connection


def plan(connection: sqlite3.Connection, text: str) -> list[str]:
    sql = ENGINE.prepare(text, CONTEXT).page(limit=2000, offset=0)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.parameters)]


KEYSET = (
    "SELECT Id, Name, Account.Name FROM Opportunity "
    "WHERE (SystemModstamp > {0}) OR (SystemModstamp = {0} AND Id > '{1}') ORDER BY SystemModstamp, Id LIMIT 60"
)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        (KEYSET.format("2026-11-03T00:00:00Z", ALL_IDS[7]), "Opportunity_stamp (SystemModstamp>?)"),
        (
            "SELECT Id FROM Opportunity WHERE SystemModstamp >= 2026-11-03T00:00:00Z "
            "ORDER BY SystemModstamp, Id LIMIT 9",
            "Opportunity_stamp (SystemModstamp>?)",
        ),
        (
            "SELECT Id FROM Opportunity WHERE SystemModstamp < 2026-11-03T00:00:00Z "
            "ORDER BY SystemModstamp DESC LIMIT 9",
            "Opportunity_stamp (SystemModstamp<?)",
        ),
        (
            "SELECT Id FROM Opportunity WHERE SystemModstamp = TODAY ORDER BY SystemModstamp",
            "Opportunity_stamp (SystemModstamp>? AND SystemModstamp<?)",
        ),
        (f"SELECT Id FROM Opportunity WHERE Id = '{ALL_IDS[5]}'", "sqlite_autoindex_Opportunity_1 (Id=?)"),
        (f"SELECT Id FROM Opportunity WHERE Id IN ('{ALL_IDS[5]}')", "sqlite_autoindex_Opportunity_1 (Id=?)"),
    ],
)
def test_an_index_serves_the_filter_and_the_order(org: sqlite3.Connection, text: str, index: str) -> None:
    steps = plan(org, text)

    assert index in steps[0]
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_keyset_pages_bring_every_record_once_in_order(org: sqlite3.Connection) -> None:
    stamp, last, seen = "2026-01-01T00:00:00Z", ids.EMPTY_ID, []
    while True:
        text = KEYSET.format(stamp, last).replace("Id, Name", "Id, SystemModstamp, Name")
        page = ENGINE.rows(org, ENGINE.prepare(text, CONTEXT))
        if not page:
            break
        seen += [(record["SystemModstamp"], record["Id"]) for record in page]
        stamp, last = page[-1]["SystemModstamp"].replace("+0000", "Z"), page[-1]["Id"]

    assert seen == sorted(seen)
    assert sorted(record_id for _, record_id in seen) == ALL_IDS


@pytest.mark.parametrize("text", ["SELECT Id FROM Opportunity", "SELECT Id FROM Opportunity ORDER BY Name DESC"])
def test_pages_by_offset_bring_every_record_once(org: sqlite3.Connection, text: str) -> None:
    prepared = ENGINE.prepare(text, CONTEXT)
    pages = [ENGINE.rows(org, prepared, offset=start, limit=64) for start in range(0, ROWS, 64)]

    seen = [record["Id"] for page in pages for record in page]
    assert len(seen) == ENGINE.count(org, prepared) == ROWS
    assert sorted(seen) == ALL_IDS


def test_a_page_never_reaches_past_the_querys_own_limit(org: sqlite3.Connection) -> None:
    prepared = ENGINE.prepare("SELECT Id FROM Opportunity ORDER BY Id LIMIT 100 OFFSET 10", CONTEXT)

    page = ENGINE.rows(org, prepared, offset=90, limit=50)

    assert [record["Id"] for record in page] == ALL_IDS[100:110]
    assert ENGINE.rows(org, prepared, offset=100, limit=50) == []


@pytest.mark.parametrize("order", ["ORDER BY Name, Id", "ORDER BY SystemModstamp DESC", "", "LIMIT 310 OFFSET 40"])
def test_pages_read_one_after_the_other_run_the_statement_once(org: sqlite3.Connection, order: str) -> None:
    prepared = ENGINE.prepare(f"SELECT Id FROM Opportunity {order}", CONTEXT)
    whole = ENGINE.rows(org, prepared)
    run: list[str] = []
    reading = Reading()
    org.set_trace_callback(lambda text: run.append(text) if "LIMIT" in text else None)
    try:
        pages = [
            ENGINE.rows(org, prepared, offset=start, limit=90, reading=reading) for start in range(0, len(whole), 90)
        ]
    finally:
        org.set_trace_callback(None)
    assert [record for page in pages for record in page] == whole
    assert len(run) == 1


def test_a_page_may_be_asked_for_again_and_out_of_order(org: sqlite3.Connection) -> None:
    prepared = ENGINE.prepare("SELECT Id, Name FROM Opportunity ORDER BY Name", CONTEXT)
    whole = ENGINE.rows(org, prepared)
    reading = Reading()
    for start in (100, 100, 200, 0, 450, 50, 600, 100):
        assert ENGINE.rows(org, prepared, offset=start, limit=50, reading=reading) == whole[start : start + 50]
