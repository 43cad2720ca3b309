"""What no real org has: calls below ``/__playground__/`` that reset the org, move its clock and order faults.

Every call needs the header ``X-Playground: 1``, so that a web page in somebody's browser cannot make one.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Request

from playground import errors, values
from playground.calls import Answer
from playground.faults import Fault
from playground.org import Org

PREFIX = "/__playground__"


def answer(org: Org, request: Request, segments: tuple[str, ...]) -> Answer:
    """Answer one call; refusals are ``{"error": "a sentence"}``."""
    if request.headers.get("X-Playground") != "1":
        return Answer(403, {"error": "Calls of the side door need the header X-Playground: 1."})
    try:
        return _answer(org, request.method, segments, _body(request))
    except errors.ApiError as error:
        return Answer(error.status, {"error": error.message})
    except (ValueError, TypeError) as error:
        return Answer(400, {"error": str(error)})


def _answer(org: Org, method: str, segments: tuple[str, ...], body: dict[str, Any]) -> Answer:
    match method, segments:
        case "GET", ():
            return Answer(200, {"now": values.stamp(org.now()), "calls": org.calls_made()})
        case "POST", ("reset",):
            org.reset(int(body["seed"]) if "seed" in body else None)
        case "POST", ("clock",):
            org.shift_clock(timedelta(seconds=float(body.get("shift_s", 0))))
        case "POST", ("sessions", "expire"):
            org.expire_sessions()
        case "POST", ("faults",):
            org.faults.add(Fault.from_json(body))
        case "DELETE", ("faults",):
            org.faults.clear()
        case "POST", ("undelete",):
            org.undelete(str(body.get("object")), str(body.get("id")))
        case "POST", ("purge",):
            org.purge(str(body.get("object")), str(body.get("id")))
        case _:
            return Answer(404, {"error": "The side door has no such call; docs/playground.md lists them."})
    return Answer(200, {"now": values.stamp(org.now())})


def _body(request: Request) -> dict[str, Any]:
    content = request.get_data()
    body = json.loads(content) if content.strip() else {}
    if not isinstance(body, dict):
        raise TypeError("The body must be a JSON object.")
    return body
