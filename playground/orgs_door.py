"""The side door of the server itself: calls below ``/__playground__/orgs`` that make, list and remove orgs.

What stands behind an org's name goes to that org's own side door: ``/__playground__/orgs/acme/reset``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug import Request, Response

from playground import hosts, side_door
from playground.details import details
from playground.org import DEFAULT_SEED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from playground.orgs import Orgs

PREFIX = f"{side_door.PREFIX}/orgs"


def application(orgs: Orgs, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one call, or hand it to the org that it names."""
    target = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", ""))
    path, _, query = target.partition("?")
    name, _, rest = path.removeprefix(PREFIX).lstrip("/").partition("/")
    try:
        if rest:
            inner = f"{side_door.PREFIX}/{rest}"
            environ |= {"PATH_INFO": unquote(inner), "REQUEST_URI": f"{inner}?{query}" if query else inner}
            return orgs.app(orgs.get(unquote(name)))(environ, start_response)
        status, body = _answer(orgs, Request(environ), unquote(name))
    except KeyError as error:
        status, body = 404, {"error": str(error.args[0])}
    except (ValueError, TypeError, OSError) as error:
        status, body = 400, {"error": str(error)}
    return Response(json.dumps(body), status, {"Content-Type": "application/json"})(environ, start_response)


def _answer(orgs: Orgs, request: Request, name: str) -> tuple[int, Any]:
    if request.headers.get("X-Playground") != "1":
        return 403, {"error": "Calls of the side door need the header X-Playground: 1."}
    match request.method, name:
        case "GET", "":
            return 200, {"orgs": [{"name": org.name, "url": orgs.url(org)} for org in orgs.all()]}
        case "POST", "":
            return 201, _made(orgs, json.loads(request.get_data() or b"{}"))
        case "GET", _:
            org = orgs.get(name)
            return 200, details(org, orgs.url(org), orgs.ca_file)
        case "DELETE", _:
            orgs.remove(name)
            return 200, {"removed": name}
    return 405, {"error": f"The orgs of a playground know no {request.method}."}


def _made(orgs: Orgs, body: Any) -> dict[str, Any]:
    """``name``, and ``clone_of`` another org or a ``seed``."""
    if not isinstance(body, dict) or not set(body) <= {"name", "seed", "clone_of"} or {"seed", "clone_of"} <= set(body):
        raise ValueError("An org is made from a name, and a seed or clone_of, as a JSON object.")
    name = hosts.check_name(body.get("name"))
    if "clone_of" in body:
        org = orgs.clone(name, str(body["clone_of"]))
    else:
        org = orgs.create(name, int(body.get("seed", DEFAULT_SEED)))
    return details(org, orgs.url(org), orgs.ca_file)
