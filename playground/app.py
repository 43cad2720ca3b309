"""The playground org over HTTP: a Flask application, usable by any WSGI server or in-process.

It does what is the same for every call: paths with doubled or trailing slashes, versions, log-in, counting calls,
headers, compression, faults. What a call answers is decided in :mod:`playground.routes`.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, request

from playground import auth, bulk1, errors, resources, routes, side_door, soap
from playground.calls import NO_BODY, Answer, Call
from playground.faults import Fault, error_body
from playground.login import endpoint
from playground.org import Org
from playground.quotas import API_REQUESTS
from playground.spoiling import Spoiled

JSON_TYPE = "application/json;charset=UTF-8"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_GZIP_FROM_BYTES = 512
_URI_BYTES_MAX = 16_384
_log = logging.getLogger(__name__)


def create_app(org: Org) -> Flask:
    """The WSGI application that speaks for ``org``."""
    app = Flask("playground", static_folder=None)
    app.url_map.merge_slashes = False

    def everything(path: str = "") -> Response:
        del path  # Flask has unescaped it; segments are cut from the raw path instead.
        return _Exchange(org).response()

    app.add_url_rule("/", view_func=everything, methods=_METHODS, provide_automatic_options=False)
    app.add_url_rule("/<path:path>", "everything_below", everything, methods=_METHODS, provide_automatic_options=False)
    app.wsgi_app = Spoiled(app.wsgi_app, org)  # type: ignore[method-assign]
    return app


class _Exchange:
    """One request and its response."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._uri = str(request.environ.get("REQUEST_URI") or request.path)
        path = self._uri.split("?", 1)[0]
        # Always read whole, so that the next request on the connection begins where it should.
        self._content = request.get_data()
        self._segments = tuple(unquote(segment) for segment in path.split("/") if segment)

    def response(self) -> Response:
        if len(self._uri) > _URI_BYTES_MAX:
            return self._rest(Answer(414, errors.ApiError("URI too long", code="URI_TOO_LONG").body()))
        fault = request.environ.get("playground.fault")
        if isinstance(fault, Fault):
            return self._spoilt(fault)
        match self._segments:
            case ("__playground__", *rest):
                return self._plain(side_door.answer(self._org, request, tuple(rest)))
            case ("services", "oauth2", name):
                return self._finished(endpoint.oauth(self._org, request, name, self._base_url))
            case ("services", "Soap", _, version, *_):
                return soap.answer(self._org, request, version, self._content, self._base_url)
            case ("services", "async", *rest):
                return self._plain(
                    bulk1.answer(self._org, request.method, tuple(rest), dict(request.headers), self._content)
                )
            case ("services", "data", *rest):
                return self._rest(self._data(tuple(rest)))
            case ("id", organization_id, user_id):
                return self._finished(endpoint.identity(self._org, request, organization_id, user_id, self._base_url))
            case ("setup", "connect"):
                return endpoint.device_page(self._org, request)
        self._org.journal.add_unknown(request.method, self._uri)
        return self._rest(Answer(404, errors.NotFound().body()))

    @property
    def _base_url(self) -> str:
        return request.host_url.rstrip("/")

    def _data(self, segments: tuple[str, ...]) -> Answer:
        if not segments:
            return Answer(200, resources.versions(self._org))
        version = re.fullmatch(r"v(\d+)\.0", segments[0])
        if version is None or int(version[1]) > self._org.settings.latest_version:
            return Answer(404, errors.NotFound().body())
        if int(version[1]) < self._org.settings.first_version:
            message = f"API version {version[1]}.0 is no longer available."
            return Answer(410, errors.ApiError(message, code="UNSUPPORTED_API_VERSION").body())
        try:
            return resources.with_version_warning(
                self._org.settings, int(version[1]), self._authorized(int(version[1]), segments[1:])
            )
        except errors.ApiError as error:
            return Answer(error.status, error.body(), _challenge(error))

    def _authorized(self, version: int, segments: tuple[str, ...]) -> Answer:
        org = self._org
        session = auth.session_of(org, request.headers.get("Authorization"), request.args.get("oauth_token"))
        auth.check_for_rest(session)
        org.begin_request()
        org.quotas.spend(API_REQUESTS)
        call = Call(
            org=org,
            session=session,
            base_url=self._base_url,
            version=version,
            method=request.method,
            segments=segments,
            args=request.args.to_dict(),
            headers={name.lower(): value for name, value in request.headers.items()},
            content=self._content,
        )
        try:
            return routes.answer(call)
        except Exception:
            _log.exception("The playground failed to answer %s %s.", request.method, request.path)
            return Answer(500, error_body(500))

    def _rest(self, answer: Answer) -> Response:
        response = self._plain(answer)
        settings = self._org.settings
        response.headers["Sforce-Limit-Info"] = f"api-usage={self._org.calls_made()}/{settings.daily_api_calls}"
        return response

    def _plain(self, answer: Answer) -> Response:
        content = b""
        if answer.has_body:
            pretty = request.headers.get("X-PrettyPrint") == "1"
            content = _encoded(answer.body, pretty=pretty)
        response = Response(content, answer.status)
        if answer.has_body:
            response.headers["Content-Type"] = JSON_TYPE
        else:
            response.headers.pop("Content-Type", None)
        for name, value in answer.headers.items():
            response.headers[name] = value
        # Real orgs state the time; a moved clock shows here too, so that clients can measure the difference.
        response.headers["Date"] = format_datetime(self._org.now(), usegmt=True)
        response.headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("Accept-Encoding", "") and len(content) >= _GZIP_FROM_BYTES:
            response.set_data(gzip.compress(content, compresslevel=1))
            response.headers["Content-Encoding"] = "gzip"
        return response

    def _spoilt(self, fault: Fault) -> Response:
        """What a fault answers in place of the org."""
        status = fault.status or 503
        body = fault.body if fault.body is not None else error_body(status)
        if fault.content is not None:
            body = fault.content.encode("utf-8")
        response = self._rest(Answer(status, body, fault.headers))
        if fault.content is not None and "Content-Type" not in fault.headers:
            response.headers["Content-Type"] = fault.content_type
        return response

    def _finished(self, answer: Answer | Response) -> Response:
        return answer if isinstance(answer, Response) else self._plain(answer)


def _challenge(error: errors.ApiError) -> dict[str, str]:
    return {"WWW-Authenticate": "Token"} if error.status == 401 else {}


def _encoded(body: Any, *, pretty: bool) -> bytes:
    if body is NO_BODY:
        return b""
    if isinstance(body, bytes):
        return body
    layout: dict[str, Any] = {"indent": 2, "separators": (",", " : ")} if pretty else {"separators": (",", ":")}
    return json.dumps(body, ensure_ascii=False, **layout).encode("utf-8")
