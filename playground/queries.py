"""``query``, ``queryAll`` and their pages (salesforce-api.md 3.7)."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any

from playground import errors, query_columns, values
from playground.calls import Answer, Call
from playground.locators import Locator
from playground.org import Org
from playground.soql import Prepared, QueryContext, QueryEngine, Reading, SoqlError
from playground.soql.locales import locale_of
from playground.soql.translations import labels_in

_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_VIEW_DATES = (("view", "LastViewedDate"), ("reference", "LastReferencedDate"))
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
    engine = QueryEngine(call.schema)
    try:
        if "explain" in call.args:
            prepared = engine.prepare(call.args["explain"], context_of(call, include_deleted))
            return Answer(200, query_columns.plan(org, prepared, call.args["explain"]))
        prepared = engine.prepare(_text(call), context_of(call, include_deleted))
        if call.args.get("columns", "").lower() == "true":
            return Answer(200, query_columns.metadata(call.schema, prepared))
        batch_size = _batch_size(call)
        rests = _Rests(call, path, batch_size)
        with org.store.reading():
            with org.view(call.session.user_id) as connection:
                total = engine.count(connection, prepared)
                records = engine.rows(connection, prepared, offset=0, limit=batch_size, more=rests.more)
            _refuse_paged_aggregate(prepared, total, len(records))
            is_whole = total <= len(records) or not records
            snapshot = None if is_whole and not rests.children else org.snapshot_for(call.session.user_id)
    except SoqlError as error:
        raise errors.ApiError(error.message, code=error.code) from error
    _note_views(call, prepared, records)
    if snapshot is None:
        return Answer(200, {"totalSize": total, "done": True, "records": records})
    locator = Locator(
        id=rests.new_id(),
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
    rests.open(locator)
    return Answer(200, _page(call, path, locator, 0, records))


class _Rests:
    """Long lists of children: each gets a locator of its own, on the snapshot of the whole statement's."""

    def __init__(self, call: Call, path: str, batch_size: int) -> None:
        self._call = call
        self._path = path
        self._batch_size = batch_size
        self.children: list[tuple[str, Prepared, int]] = []

    def new_id(self) -> str:
        return self._call.org.locators.new_id()

    def more(self, prepared: Prepared, total: int) -> str:
        """The URL of the rest, see :meth:`QueryEngine.rows`."""
        locator_id = self.new_id()
        self.children.append((locator_id, prepared, total))
        return f"{self._call.root}/{self._path}/{locator_id}-{self._batch_size}"

    def open(self, whole: Locator) -> None:
        """Make the URLs that were given out work."""
        for locator_id, prepared, total in self.children:
            child = replace(
                whole, id=locator_id, prepared=prepared, total=total, parent=whole.parent or whole, reading=Reading()
            )
            self._call.org.locators.add(child)


def _note_views(call: Call, prepared: Prepared, records: list[Any]) -> None:
    """FOR VIEW and FOR REFERENCE leave the time on the records; that is no change of them."""
    item = call.schema.by_lower_name[prepared.object.lower()]
    names = [name for use, name in _VIEW_DATES if use in prepared.usage and item.has(name)]
    if not names:
        return
    seen = {name: values.stamp(call.org.now()) for name in names}
    with call.org.store.transaction():
        for record in records:
            call.org.store.update(item.name, record["attributes"]["url"].rsplit("/", 1)[-1], seen)


def _text(call: Call) -> str:
    if "q" not in call.args:
        raise errors.ApiError("A query string has to be specified", code="MALFORMED_QUERY")
    return call.args["q"]


def context_of(call: Call, include_deleted: bool) -> QueryContext:
    """What the caller's statements depend on besides their text."""
    return context_for(call.org, call.session.user_id, call.version, include_deleted)


def context_for(org: Org, user_id: str, version: int, include_deleted: bool) -> QueryContext:
    """Dates, formats and labels are those of the user; fiscal years and currencies the organization's."""
    user, organization = org.user(user_id), org.organization()
    locale = str(user["LocaleSidKey"])
    currencies = _currencies(org)
    corporate = next((code for code, rate, is_corporate in currencies if is_corporate), None)
    own = locale_of(str(organization.get("DefaultLocaleSidKey") or locale)).currency
    return QueryContext(
        now=org.now(),
        time_zone=org.zone(user["TimeZoneSidKey"]),
        fiscal_start_month=int(organization.get("FiscalYearStartMonth") or 1),
        user_id=user_id,
        api_version=f"{version}.0",
        include_deleted=include_deleted,
        labels=labels_in(str(user["LanguageLocaleKey"])),
        first_weekday=locale_of(locale).first_weekday,
        fiscal_year_by_start=bool(organization.get("UsesStartDateAsFiscalYearName")),
        locale=locale,
        currencies={code: rate for code, rate, _ in currencies},
        corporate_currency=corporate or own,
        user_currency=str(user.get("DefaultCurrencyIsoCode") or corporate or own),
    )


def _currencies(org: Org) -> list[tuple[str, float, bool]]:
    """Code, rate and whether it is the corporate one, of each currency; none in an org that has a single one."""
    if "currencytype" not in org.schema.by_lower_name:
        return []
    rows = org.store.select("CurrencyType", "IsActive")
    return [(str(row["IsoCode"]), float(row["ConversionRate"]), bool(row["IsCorporate"])) for row in rows]


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
    engine = QueryEngine(call.schema)
    rests = _Rests(call, path, locator.batch_size)
    with locator.lock:
        records = engine.rows(
            locator.connection,
            locator.prepared,
            offset=offset,
            limit=locator.batch_size,
            more=rests.more,
            reading=locator.reading,
        )
    rests.open(locator)
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
