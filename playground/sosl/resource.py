"""``/search`` and ``/parameterizedSearch`` over REST (salesforce-api.md, sections 3.2 and 8.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from playground import errors
from playground.calls import Answer, Call, parse_json
from playground.queries import context_of
from playground.soql import SoqlError
from playground.sosl.errors import SoslError, malformed, no_search_term
from playground.sosl.parse import GROUPS, ROWS_MAX, Returning, Search, parse, returning_of
from playground.sosl.search import run

WRAPPED_SINCE = 37
"""Older versions answer a bare list."""
_RESERVED = re.compile(r"([{}\\])")
_CLAUSES = (("where", "WHERE"), ("orderBy", "ORDER BY"), ("limit", "LIMIT"), ("offset", "OFFSET"))


def search(call: Call) -> Answer:
    """``GET /search?q=FIND {…}``."""
    if not call.args.get("q"):
        raise _refused(no_search_term())
    return _answer(call, lambda: parse(call.args["q"]))


def search_by_url(call: Call) -> Answer:
    """``GET /parameterizedSearch?q=Acme&sobject=Account&Account.fields=Id,Name``."""
    names = [name.strip() for name in call.args.get("sobject", "").split(",") if name.strip()]
    for key in call.args:
        name, dot, _ = key.partition(".")
        if dot and name.lower() not in {item.lower() for item in names}:
            names.append(name)
    objects = []
    for name in names:
        own = {key.partition(".")[2]: value for key, value in call.args.items() if key.startswith(f"{name}.")}
        objects.append({"name": name, **own})
    body = {**call.args, "sobjects": objects}
    return _answer(call, lambda: _from_parameters(body))


def search_by_body(call: Call) -> Answer:
    """``POST /parameterizedSearch``."""
    body = parse_json(call.content)
    if not isinstance(body, dict):
        raise errors.JsonParserError("The HTTP entity body must be a JSON object.")
    return _answer(call, lambda: _from_parameters(body))


def _answer(call: Call, read: Any) -> Answer:
    org = call.org
    try:
        wanted = read()
        with org.view(call.session.user_id) as connection:
            records = run(connection, call.schema, wanted, context_of(call, include_deleted=False))
    except (SoslError, SoqlError) as error:
        raise _refused(error) from error
    return Answer(200, {"searchRecords": records} if call.version >= WRAPPED_SINCE else records)


def _refused(error: SoslError | SoqlError) -> errors.ApiError:
    return errors.ApiError(error.message, code=error.code)


def _from_parameters(body: Mapping[str, Any]) -> Search:
    """``q`` is the search term itself here: braces in it are meant literally."""
    term = body.get("q")
    if not isinstance(term, str) or not term.strip():
        raise malformed("No search term found. The parameter q must be given.")
    group = str(body.get("in") or "ALL").lower().removesuffix(" fields")
    if group not in GROUPS:
        raise malformed(f"unexpected token: '{body.get('in')}'")
    listed = body.get("sobjects") or []
    if not isinstance(listed, list):
        raise malformed("sobjects must be a list")
    returning = tuple(_object(item, body) for item in listed)
    limit = _number(body, "overallLimit", ROWS_MAX)
    return Search(_RESERVED.sub(r"\\\1", term) if "\\" not in term else term, group, returning, min(limit, ROWS_MAX))


def _object(item: Any, body: Mapping[str, Any]) -> Returning:
    given: Mapping[str, Any] = item if isinstance(item, Mapping) else {"name": item}
    fields = _names(given.get("fields") or body.get("fields") or [])
    clauses = {"limit": body.get("defaultLimit"), **given}
    parts = [f"{keyword} {clauses[name]}" for name, keyword in _CLAUSES if clauses.get(name) not in (None, "")]
    return returning_of(str(given.get("name", "")), " ".join([", ".join(fields), *parts]))


def _names(given: Any) -> Sequence[str]:
    if isinstance(given, str):
        return [name.strip() for name in given.split(",") if name.strip()]
    if not isinstance(given, list):
        raise malformed("fields must be a list")
    return [str(name) for name in given]


def _number(body: Mapping[str, Any], name: str, default: int) -> int:
    value = str(body.get(name, default))
    if not value.isdecimal():
        raise malformed(f"{name} must be a number: {value}")
    return int(value[:6])
