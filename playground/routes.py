"""Which call goes where, below ``/services/data/vXX.0``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground import (
    bulk2,
    composite,
    composite_graph,
    composite_tree,
    describe_routes,
    errors,
    queries,
    resources,
    rows,
    sobject_collections,
)
from playground.calls import Answer, Call
from playground.sosl import resource as sosl

Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: tuple[str, ...]
    """Segments; ``*`` stands for any one and is handed to the handler."""
    handler: Handler

    def arguments(self, segments: tuple[str, ...]) -> list[str] | None:
        """What the stars stand for, or None when the path is another."""
        if len(segments) != len(self.pattern):
            return None
        taken = []
        for wanted, given in zip(self.pattern, segments, strict=True):
            if wanted == "*":
                taken.append(given)
            elif wanted.lower() != given.lower():
                return None
        return taken


_BESIDE_ROWS = frozenset(
    {
        "approvalLayouts",
        "compactLayouts",
        "defaultValues",
        "describe",
        "eventSeriesUpdates",
        "listviews",
        "quickActions",
    }
)


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, tuple(path.split("/")) if path else (), handler)


ROUTES = (
    _route("GET", "", resources.resource_list),
    _route("GET", "limits", resources.limits),
    _route("GET", "limits/recordCount", resources.record_count),
    _route("GET", "query", queries.query),
    _route("GET", "queryAll", queries.query_all),
    _route("GET", "query/*", queries.query_page),
    _route("GET", "queryAll/*", queries.query_all_page),
    _route("GET", "search", sosl.search),
    _route("GET", "parameterizedSearch", sosl.search_by_url),
    _route("POST", "parameterizedSearch", sosl.search_by_body),
    _route("POST", "composite", composite.composite),
    _route("POST", "composite/batch", composite.batch),
    _route("POST", "composite/graph", composite_graph.graph),
    _route("POST", "composite/tree/*", composite_tree.tree),
    _route("POST", "composite/sobjects", sobject_collections.create),
    _route("PATCH", "composite/sobjects", sobject_collections.update),
    _route("DELETE", "composite/sobjects", sobject_collections.delete),
    _route("GET", "composite/sobjects/*", sobject_collections.retrieve_by_url),
    _route("POST", "composite/sobjects/*", sobject_collections.retrieve_by_body),
    _route("PATCH", "composite/sobjects/*/*", sobject_collections.upsert),
    _route("GET", "sobjects", resources.global_describe),
    _route("GET", "sobjects/*", resources.object_info),
    _route("POST", "sobjects/*", rows.create),
    *(_route(*item) for item in describe_routes.ROUTES),
    _route("GET", "sobjects/*/describe", resources.object_describe),
    _route("GET", "sobjects/*/updated", rows.updated),
    _route("GET", "sobjects/*/deleted", rows.deleted),
    _route("POST", "sobjects/*/Id", rows.create_by_id),
    _route("GET", "sobjects/*/*", rows.read),
    _route("PATCH", "sobjects/*/*", rows.update),
    _route("DELETE", "sobjects/*/*", rows.delete),
    _route("GET", "sobjects/*/*/*", rows.read_below),
    _route("PATCH", "sobjects/*/*/*", rows.upsert),
    _route("DELETE", "sobjects/*/*/*", rows.delete_by_key),
    *(_route(*item) for item in bulk2.ROUTES),
)
"""In order: the first match wins."""


def answer(call: Call) -> Answer:
    """The answer to a call; refusals become answers here and nowhere else."""
    try:
        return _dispatch(call)
    except errors.TypeMismatch as error:
        return Answer(error.status, error.at(call.place_of(error.field)).body())
    except errors.ApiError as error:
        if isinstance(error, errors.UnknownResource) or (error.status == 404 and _is_only_in_real_orgs(call)):
            call.org.journal.add_unknown(call.method, "/".join((call.root, *call.segments)))
        return Answer(error.status, error.body())
    except errors.MultipleMatches as error:
        object_name = call.segments[1]
        return Answer(300, [f"{call.root}/sobjects/{object_name}/{item}" for item in error.record_ids])


def _is_only_in_real_orgs(call: Call) -> bool:
    """Whether the address looks like a row's, but is that of a resource which real orgs have beside the rows."""
    return len(call.segments) > 2 and call.segments[0].lower() == "sobjects" and call.segments[2] in _BESIDE_ROWS


def _dispatch(call: Call) -> Answer:
    method = call.method
    if method == "POST" and "_HttpMethod" in call.args:
        method = call.args["_HttpMethod"].upper()
    method = "GET" if method == "HEAD" else method
    allowed: list[str] = []
    for route in ROUTES:
        arguments: list[Any] | None = route.arguments(call.segments)
        if arguments is None:
            continue
        if route.method == method:
            return route.handler(call.with_method(method), *arguments)
        allowed.append(route.method)
    if allowed:
        known = [name for name in ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE") if name in {*allowed, "HEAD"}]
        raise errors.MethodNotAllowed(call.method, known if "GET" in allowed else known[1:])
    raise errors.UnknownResource
