"""Every page as JSON: the same view model, under ``.json`` or when JSON is what the client accepts.

Moments are ISO 8601 in UTC. Decimals are text, so that no digit is lost on the way.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response, current_app, g, render_template, request

from web.formats import iso

WANTED = "forcemirror.json"
SUFFIX = ".json"

Wsgi = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class JsonTwins:
    """Serves ``/anything.json`` by the view of ``/anything``, marked as wanted in JSON."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.endswith(SUFFIX) and environ.get("REQUEST_METHOD") in ("GET", "HEAD") and "/static/" not in path:
            environ["PATH_INFO"] = path.removesuffix(SUFFIX)
            environ[WANTED] = True
        return self._application(environ, start_response)


def wants_json() -> bool:
    """Whether this request is for the twin."""
    if request.environ.get(WANTED):
        return True
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json"


def page(template: str, status: int = 200, **model: Any) -> Response:
    """Answer with a page made of a view model, or with the model as JSON."""
    if wants_json():
        return as_json({"ok": status < 400, **_about(), **model}, status)
    return current_app.make_response((render_template(template, **model), status))


def as_json(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=1)
    return Response(text + "\n", status, mimetype="application/json")


def _about() -> dict[str, Any]:
    organization = g.get("organization")
    if organization is None:
        return {}
    return {
        "organization": {"id": organization.id, "name": organization.name, "kind": organization.kind},
        "synced_at": g.freshness.synced_at,
    }


def plain(value: Any) -> Any:
    """A value as JSON knows it."""
    match value:
        case None | bool() | int() | float() | str():
            return str(value) if isinstance(value, str) else value
        case Decimal():
            return str(value)
        case datetime() | date():
            return iso(value)
        case time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Enum():
            return value.value
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value) if item.repr}
        case _ if isinstance(value, Iterable):
            return [plain(item) for item in value]
    return str(value)
