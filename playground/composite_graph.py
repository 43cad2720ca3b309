"""``/composite/graph``: several atomic chains of calls in one (salesforce-api.md 4.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from playground import composite, errors
from playground.calls import Answer, Call

GRAPHS_MAX = 75
NODES_MAX = 500
"""Of all graphs of a request together."""
DEPTH_MAX = 15
NODE_TYPES_MAX = 15
FAILED_GRAPHS_MAX = 14
"""After so many failures the rest is not tried."""

_REFERENCE = re.compile(r"@\{([A-Za-z][A-Za-z0-9_]*)")

Node = Mapping[str, Any]


def graph(call: Call) -> Answer:
    """``POST /composite/graph``: each graph succeeds or is taken back as a whole, apart from the others."""
    results = []
    failures = 0
    for name, nodes in _graphs(call):
        if failures >= FAILED_GRAPHS_MAX:
            answers = [composite.halted(node, composite.ROLLED_BACK) for node in nodes]
        else:
            answers = composite.all_or_none(call, list(nodes))
        successful = all(answer["httpStatusCode"] < 300 for answer in answers)
        failures += int(not successful)
        results.append({"graphId": name, "graphResponse": {"compositeResponse": answers}, "isSuccessful": successful})
    return Answer(200, {"graphs": results})


def _graphs(call: Call) -> list[tuple[str, Sequence[Node]]]:
    """The graphs by id; one that breaks a limit or a rule of form makes the whole request refused."""
    items = call.record.get("graphs")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise errors.JsonParserError("graphs must be an array of objects at [line:1, column:1]")
    _refuse_more("graphs", len(items), GRAPHS_MAX)
    graphs = [(str(item.get("graphId", "")), _nodes(item)) for item in items]
    _refuse_more("nodes", sum(len(nodes) for _, nodes in graphs), NODES_MAX)
    names = [name for name, _ in graphs]
    for name in names:
        if not name or names.count(name) > 1:
            raise errors.ApiError(f"Invalid or duplicate graph id: {name}", code="INVALID_INPUT")
    return graphs


def _nodes(item: Mapping[str, Any]) -> Sequence[Node]:
    nodes = item.get("compositeRequest")
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise errors.JsonParserError("compositeRequest must be an array of objects at [line:1, column:1]")
    if not all(isinstance(node.get("httpHeaders") or {}, dict) for node in nodes):
        raise errors.JsonParserError("httpHeaders must be an object at [line:1, column:1]")
    composite.check_names([node.get("referenceId") for node in nodes])
    _refuse_more("node types", len({_kind(node) for node in nodes}), NODE_TYPES_MAX)
    _refuse_more("levels", _depth(nodes), DEPTH_MAX)
    return nodes


def _kind(node: Node) -> tuple[str, str]:
    """What makes two nodes of one type: method and object."""
    segments = [segment for segment in urlsplit(str(node.get("url", ""))).path.split("/") if segment]
    after = segments[segments.index("sobjects") + 1 :] if "sobjects" in segments else segments
    return str(node.get("method", "GET")).upper(), after[0].lower() if after else ""


def _depth(nodes: Sequence[Node]) -> int:
    """How many nodes the longest chain of references has."""
    depth: dict[str, int] = {}
    for node in nodes:
        text = json.dumps([node.get("url"), node.get("body")])
        depth[node["referenceId"]] = 1 + max((depth.get(name, 0) for name in _REFERENCE.findall(text)), default=0)
    return max(depth.values(), default=0)


def _refuse_more(what: str, number: int, most: int) -> None:
    if number > most:
        raise errors.ApiError(f"Too many {what}: {number}. The limit is {most}", code="LIMIT_EXCEEDED")
