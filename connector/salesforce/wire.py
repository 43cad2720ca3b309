"""The shapes on the wire: paths, exact JSON, query pages, results of collections. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from connector.salesforce.answers import Effect, ErrorItem, broken_answer, read_errors
from connector.salesforce.composite import Answer
from connector.salesforce.errors import ForeignOrigin, NotExpressible, UnexpectedAnswer
from connector.salesforce.origin import is_plain_path
from connector.salesforce.soql import api_name, record_id

NEXT_PAGE = re.compile(r"/services/data/v\d\d\.0/(query|queryAll)/[0-9A-Za-z-]+\Z")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One page of a query. ``total`` is what Salesforce announced for the whole query."""

    total: int
    records: Sequence[Json]
    next_path: str | None

    @property
    def offset(self) -> int | None:
        """How many rows Salesforce has handed out before the next page, where the address of that page says so."""
        last = (self.next_path or "").rpartition("-")[2]
        return int(last) if last.isdecimal() else None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What a collection call says of one record, in the order of the request."""

    id: str | None
    success: bool
    error: ErrorItem
    created: bool


def record_path(name: str, id: str) -> str:
    """The path of one record."""
    return f"sobjects/{api_name(name)}/{record_id(id)}"


def external_path(name: str, field: str, value: str) -> str:
    """The path of one record by external id."""
    return f"sobjects/{api_name(name)}/{api_name(field)}/{quote(value, safe='')}"


def query_path(resource: str, soql: str) -> str:
    """The path of a query; ``resource`` is ``query`` or ``queryAll``."""
    return f"{resource}/?q={quote(soql, safe='')}"


def updated_path(name: str, start: datetime, end: datetime) -> str:
    """The path of ``/updated/``. Salesforce cuts seconds off both ends."""
    return f"sobjects/{api_name(name)}/updated/?start={_minute(start)}&end={_minute(end)}"


def deleted_path(name: str, start: datetime, end: datetime) -> str:
    """The path of ``/deleted/``. Salesforce cuts seconds off both ends."""
    return f"sobjects/{api_name(name)}/deleted/?start={_minute(start)}&end={_minute(end)}"


def if_unmodified_since(moment: datetime | None) -> Mapping[str, str]:
    """The header for a careful write. HTTP dates have whole seconds, so a fraction is rounded up: rounded down, the
    record would count as modified since for ever."""
    if moment is None:
        return {}
    whole = moment.astimezone(UTC).replace(microsecond=0)
    if moment.microsecond:
        whole = datetime.fromtimestamp(whole.timestamp() + 1, UTC)
    return {"If-Unmodified-Since": format_datetime(whole, usegmt=True)}


def read_page(answer: object, what: str) -> QueryPage:
    """Read a query answer. Raises ``UnexpectedAnswer`` when its parts do not fit together, ``ForeignOrigin`` when its
    next page is not a plain path below ``/services/data``."""
    if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
        raise UnexpectedAnswer(what, "it holds no list of records")
    total, done, next_path = answer.get("totalSize"), answer.get("done"), answer.get("nextRecordsUrl")
    if not isinstance(total, int) or not isinstance(done, bool):
        raise UnexpectedAnswer(what, "it does not say how many rows there are")
    if done == bool(next_path):
        raise UnexpectedAnswer(what, "it does not say whether there is more")
    if next_path is not None and not (NEXT_PAGE.match(str(next_path)) and is_plain_path(str(next_path))):
        raise ForeignOrigin(str(next_path), "pages of its own query")
    if done and len(answer["records"]) > total:
        raise UnexpectedAnswer(what, f"{total} rows were announced, {len(answer['records'])} came")
    return QueryPage(total, answer["records"], next_path)


def write_json(value: Any) -> str:
    """Write JSON with exact decimals: ``json`` can write a Decimal only by way of a float."""
    match value:
        case Decimal():
            if not value.is_finite():
                raise NotExpressible(f"{value} is not a number that JSON knows")
            return format(value, "f")
        case dict() | Mapping():
            return "{" + ",".join(f"{json.dumps(str(key))}:{write_json(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(write_json(item) for item in value) + "]"
        case _:
            return json.dumps(value, allow_nan=False)


def parse_json(text: str, what: str) -> Any:
    """Parse JSON with exact decimals. Raises ``UnexpectedAnswer``."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise UnexpectedAnswer(what, "its JSON cannot be read") from None


def _minute(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise NotExpressible("a date and time without an offset could mean any instant")
    return quote(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"), safe="")


def read_answer(item: Json) -> Answer:
    """Read one part of a composite answer."""
    return Answer(
        str(item["referenceId"]), int(item["httpStatusCode"]), item.get("body"), item.get("httpHeaders") or {}
    )


def read_results(answer: object, expected: int, what: str) -> Sequence[ItemResult]:
    """Read the answer to a collection call. Raises ``AnswerLost`` when the counts differ: who knows what was done."""
    if not isinstance(answer, list) or len(answer) != expected:
        raise broken_answer(what, Effect.WRITE, f"{expected} results were expected")
    return [_result(item) for item in answer]


def _result(item: Json) -> ItemResult:
    error = next(iter(read_errors(item.get("errors") or [])), ErrorItem("", ""))
    return ItemResult(item.get("id"), item.get("success") is True, error, item.get("created") is True)
