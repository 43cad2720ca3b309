"""Which index a statement's rows are found by: SQLite's own plan, in the words of the API's ``explain``."""

from __future__ import annotations

import re
import sqlite3

from playground.soql.engine import Prepared
from playground.soql.sqlite import prepare_connection

_BOUND = re.compile(r"(\w+)[=<>]")


def indexed_fields(connection: sqlite3.Connection, prepared: Prepared) -> list[str]:
    """The fields whose index leads to the driving object's rows; empty where all of them are read."""
    prepare_connection(connection)
    sql = prepared.page(limit=None, offset=0)
    if prepared.is_count:
        # A count has no outputs of its own.
        sql = type(sql)(sql.text.replace("SELECT  ", "SELECT 1 ", 1), sql.parameters)
    alias = re.escape(prepared.query.select.table.alias)
    search = re.compile(rf"SEARCH {alias} USING (?:COVERING )?INDEX \S+ \((.*)\)")
    for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.parameters):
        found = search.match(detail)
        if found:
            return list(dict.fromkeys(_BOUND.findall(found[1])))
    return []
