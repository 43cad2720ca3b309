"""``query``, ``queryAll`` and their pages (salesforce-api.md 3.7)."""

from __future__ import annotations

import re
import threading
from typing import Any

from playground import errors, query_columns
from playground.calls import Answer, Call
from playground.locators import Locator
from playground.soql import Prepared, QueryContext, QueryEngine, SoqlError

_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_PAGE = re.compile(r"([0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)-(\d+)")


def query(call: Call) -> Answer:
    """``GET /query?q=``: live rows only."""
    return _first_page(call, "query", include_deleted=False)


def query_all(call: Call) -> Answer:
    """``GET /queryAll?q=``: also rows in the recycle bin."""
    return _first_page(call, "queryAll", include_deleted=True)


def query_page(call: Call, page: str) -> Answer:
    """``GET /query/<locator>-<offset>``."""
    return _next_page(call, "query", page)


def query_all_page(call: Call, page: str) -> Answer:
    """``GET /queryAll/<locator>-<offset>``."""
    return _next_page(call, "queryAll", page)


def _first_page(call: Call, path: str, *, include_deleted: bool) -> Answer:
    org = call.org
    engine = QueryEngine(org.schema)
    try:
        if "explain" in call.args:
            prepared = engine.prepare(call.args["explain"], _context(call, include_deleted))
            return Answer(200, query_columns.plan(org, prepared, call.args["explain"]))
        prepared = engine.prepare(_text(call), _context(call, include_deleted))
        if call.args.get("columns", "").lower() == "true":
            return Answer(200, query_columns.metadata(org.schema, prepared))
        batch_size = _batch_size(call)
        with org.store.reading() as connection:
            total = engine.count(connection, prepared)
            records = list(engine.rows(connection, prepared, offset=0, limit=batch_size))
            _refuse_paged_aggregate(prepared, total, len(records))
            if total <= len(records) or not records:
                return Answer(200, {"totalSize": total, "done": True, "records": records})
            snapshot = org.store.snapshot()
    except SoqlError as error:
        raise errors.ApiError(error.message, code=error.code) from error
    with org.store.transaction():
        locator_id = org.store.next_id("01g")
    locator = Locator(
        id=locator_id,
        token=call.session.token,
        user_id=call.session.user_id,
        connection=snapshot,
        prepared=prepared,
        total=total,
        batch_size=batch_size,
        opened=org.now(),
        lock=threading.Lock(),
    )
    org.locators.add(locator)
    return Answer(200, _page(call, path, locator, 0, records))


def _text(call: Call) -> str:
    if "q" not in call.args:
        raise errors.ApiError("A query string has to be specified", code="MALFORMED_QUERY")
    return call.args["q"]


def _context(call: Call, include_deleted: bool) -> QueryContext:
    """Dates are those of the caller's time zone."""
    org = call.org
    return QueryContext(
        now=org.now(),
        time_zone=org.zone(org.user(call.session.user_id)["TimeZoneSidKey"]),
        fiscal_start_month=int(org.organization().get("FiscalYearStartMonth") or 1),
        user_id=call.session.user_id,
        api_version=f"{call.version}.0",
        include_deleted=include_deleted,
    )


def _refuse_paged_aggregate(prepared: Prepared, total: int, shown: int) -> None:
    if prepared.is_aggregate and total > shown:
        raise SoqlError(
            "EXCEEDED_ID_LIMIT",
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
        )


def _next_page(call: Call, path: str, page: str) -> Answer:
    match = _PAGE.fullmatch(page)
    if match is None:
        raise errors.ApiError("invalid query locator", code="INVALID_QUERY_LOCATOR")
    locator = call.org.locators.get(match[1], call.session.token, call.org.now())
    offset = int(match[2])
    engine = QueryEngine(call.org.schema)
    with locator.lock:
        records = list(engine.rows(locator.connection, locator.prepared, offset=offset, limit=locator.batch_size))
    return Answer(200, _page(call, path, locator, offset, records))


def _page(call: Call, path: str, locator: Locator, offset: int, records: list[Any]) -> dict[str, Any]:
    reached = offset + len(records)
    done = reached >= locator.total or not records
    body: dict[str, Any] = {"totalSize": locator.total, "done": done}
    if not done:
        body["nextRecordsUrl"] = f"{call.root}/{path}/{locator.id}-{reached}"
    return body | {"records": records}


def _batch_size(call: Call) -> int:
    settings = call.org.settings
    match = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    if match is None:
        return settings.query_batch_size
    return min(max(int(match[1]), settings.query_batch_size_min), settings.query_batch_size)
