"""``/composite`` and ``/composite/batch``: several calls in one (salesforce-api.md 4.1, 4.2).

Graphs of such calls are in :mod:`playground.composite_graph`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from playground import errors, routes
from playground.calls import Answer, Call

SUBREQUESTS_MAX = 25
QUERIES_MAX = 5
"""Of the subrequests so many may be queries or collections."""

_REFERENCE = re.compile(r"@\{([^}]+)\}")
_REFERENCE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_STEP = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
_HALTED_DEPENDANT = "Invalid reference specified. No value for {0} found in {1}"


def composite(call: Call) -> Answer:
    """``POST /composite``: in order, each may refer to what earlier ones answered. The whole counts as one call."""
    subrequests = _subrequests(call)
    if call.record.get("allOrNone") is True:
        return Answer(200, {"compositeResponse": all_or_none(call, subrequests)})
    return Answer(200, {"compositeResponse": _answers(call, subrequests)})


def batch(call: Call) -> Answer:
    """``POST /composite/batch``: independent calls; a failure takes nothing back."""
    requests = _objects(call.record, "batchRequests")
    results: list[dict[str, Any]] = []
    failed = False
    for item in requests:
        if failed and call.record.get("haltOnError") is True:
            error = errors.ApiError("Batch processing halted per request", code="BATCH_PROCESSING_HALTED", status=412)
            results.append({"statusCode": 412, "result": error.body()})
            continue
        answer = _answer(call, str(item.get("method", "GET")), str(item.get("url", "")), item.get("richInput"), {})
        failed = failed or answer.status >= 300
        results.append({"statusCode": answer.status, "result": answer.body if answer.has_body else None})
    return Answer(200, {"hasErrors": failed, "results": results})


class _RolledBack(Exception):
    """One of the subrequests failed, and all were to succeed."""


def all_or_none(call: Call, subrequests: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The answers when all were to succeed: one failure takes all back, and the innocent are PROCESSING_HALTED."""
    items: list[dict[str, Any]] = []
    try:
        with call.org.store.transaction():
            items = _answers(call, subrequests)
            _refuse_any_failure(items)
    except _RolledBack:
        return [item if item["httpStatusCode"] >= 300 else halted(item, ROLLED_BACK) for item in items]
    return items


def _refuse_any_failure(items: list[dict[str, Any]]) -> None:
    if any(item["httpStatusCode"] >= 300 for item in items):
        raise _RolledBack


class _NoValue(Exception):
    """A reference to something that was not answered."""


def _subrequests(call: Call) -> list[Mapping[str, Any]]:
    subrequests = _objects(call.record, "compositeRequest")
    if not all(isinstance(item.get("httpHeaders") or {}, dict) for item in subrequests):
        raise errors.JsonParserError("httpHeaders must be an object at [line:1, column:1]")
    heavy = sum(1 for item in subrequests if _is_heavy(str(item.get("url", ""))))
    if heavy > QUERIES_MAX:
        raise errors.ApiError(
            f"Too many query or collections subrequests: {heavy}. The limit is {QUERIES_MAX}", code="LIMIT_EXCEEDED"
        )
    check_names([item.get("referenceId") for item in subrequests])
    return subrequests


def check_names(names: list[Any]) -> None:
    """Refuse reference ids that are malformed or not unique."""
    for name in names:
        if not isinstance(name, str) or not _REFERENCE_ID.fullmatch(name):
            raise errors.ApiError(f"Invalid reference id: {name}", code="INVALID_INPUT")
        if names.count(name) > 1:
            raise errors.ApiError(f"Duplicate reference id: {name}", code="INVALID_INPUT")


def _objects(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The list of subrequests, refused whole when it is none or too long."""
    items = record.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise errors.JsonParserError(f"{name} must be an array of objects at [line:1, column:1]")
    if len(items) > SUBREQUESTS_MAX:
        raise errors.ApiError(
            f"Too many subrequests: {len(items)}. The limit is {SUBREQUESTS_MAX}", code="LIMIT_EXCEEDED"
        )
    return items


def _is_heavy(url: str) -> bool:
    path = urlsplit(url).path
    return bool(re.search(r"/(query|queryAll)(/|$)|/composite/sobjects(/|$)", path))


def _answers(call: Call, subrequests: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    answered: dict[str, Any] = {}
    items = []
    for subrequest in subrequests:
        name = subrequest["referenceId"]
        try:
            url = _resolved_text(str(subrequest.get("url", "")), answered)
            body = _resolved(subrequest.get("body"), answered)
        except _NoValue as missing:
            items.append(halted({"referenceId": name}, str(missing)))
            continue
        headers = subrequest.get("httpHeaders") or {}
        answer = _answer(call, str(subrequest.get("method", "GET")), url, body, headers)
        if answer.status < 300 and answer.has_body:
            answered[name] = answer.body
        items.append(
            {
                "body": answer.body if answer.has_body else None,
                "httpHeaders": {key: value for key, value in answer.headers.items() if key in ("Location", "ETag")},
                "httpStatusCode": answer.status,
                "referenceId": name,
            }
        )
    return items


def _answer(call: Call, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
    """Answer one subrequest. What writes keeps its own transaction, so a failure takes only itself back."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    if segments[:2] == ["services", "data"]:
        segments = segments[2:]
    version = _version(segments[0]) if segments else None
    if version is None or segments[1:] == ["composite"] or segments[1:2] == ["jobs"]:
        return Answer(404, errors.NotFound().body())
    subcall = replace(
        call,
        version=version,
        method=method.upper(),
        segments=tuple(segments[1:]),
        args=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name.lower(): str(value) for name, value in headers.items()},
        content=b"" if body is None else json.dumps(body).encode("utf-8"),
    )
    fault = call.org.faults.due_within(subcall.method, url)
    if fault is not None:
        return Answer(fault.status or 400, fault.body, fault.headers)
    return routes.answer(subcall)


def _version(text: str) -> int | None:
    match = re.fullmatch(r"v(\d+)\.0", text)
    return int(match[1]) if match else None


def halted(item: Mapping[str, Any], message: str) -> dict[str, Any]:
    """The answer to a subrequest that was not carried out, or was taken back."""
    error = errors.ApiError(message, code="PROCESSING_HALTED")
    return {
        "body": error.body(),
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": item["referenceId"],
    }


def _resolved(value: Any, answered: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _resolved_value(value, answered)
    if isinstance(value, list):
        return [_resolved(item, answered) for item in value]
    if isinstance(value, dict):
        return {name: _resolved(item, answered) for name, item in value.items()}
    return value


def _resolved_value(text: str, answered: Mapping[str, Any]) -> Any:
    whole = _REFERENCE.fullmatch(text)
    return _lookup(whole[1], answered) if whole else _resolved_text(text, answered)


def _resolved_text(text: str, answered: Mapping[str, Any]) -> str:
    return _REFERENCE.sub(lambda match: str(_lookup(match[1], answered)), text)


def _lookup(path: str, answered: Mapping[str, Any]) -> Any:
    """The value that ``refA.records[0].Id`` names in the earlier answers."""
    name, _, rest = path.partition(".")
    place = re.match(r"([A-Za-z][A-Za-z0-9_]*)", path)
    name = place[1] if place else name
    rest = path[len(name) :]
    if name not in answered:
        raise _NoValue(_HALTED_DEPENDANT.format(rest.lstrip("."), name))
    value = answered[name]
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        try:
            value = value[step[1] if step and step[1] else int(step[2])] if step else None
        except (KeyError, IndexError, TypeError):
            value = None
        if step is None or value is None:
            raise _NoValue(_HALTED_DEPENDANT.format(rest.lstrip("."), name))
        at = step.end()
    return value
