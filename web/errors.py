"""Error pages: what failed, that nothing was changed, what to do, and a number to find it in the log."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from local_store.errors import StoreError
from pipeline.source import NotLoaded
from web import context
from web.services import ServiceRefused
from web.twin import page, wants_json
from web.words import gettext

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(NotLoaded, not_loaded)
    app.register_error_handler(CSRFError, old_form)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(ServiceRefused, service_refused)
    app.register_error_handler(StoreError, store_failed)
    app.register_error_handler(Exception, failed)


def not_loaded(error: NotLoaded) -> Response:
    """The mirror has not been filled yet."""
    return page("errors/not_loaded.html", 200, missing=error.objects, running=context.services().running())


def old_form(_error: CSRFError) -> Response:
    """A form without a valid token: mostly one that was open while the server was restarted."""
    return _page(
        400,
        gettext("This form is too old."),
        gettext("Nothing was changed. Go back, load the page again and send the form once more."),
    )


def refused(error: HTTPException) -> Response:
    """What Flask itself refuses."""
    code = error.code or 500
    if code == 404:
        return _page(
            404,
            gettext("There is no such page or record."),
            gettext("It may have been deleted, or the address is mistyped. The search finds records by name or Id."),
        )
    if code == 403:
        return _page(403, gettext("This was not sent from these pages."), gettext("Nothing was changed."))
    if code == 413:
        return _page(413, gettext("That was too much at once."), gettext("Nothing was changed."))
    if code >= 500:
        return failed(error)
    return _page(code, gettext("This request cannot be answered."), gettext("Nothing was changed."))


def service_refused(error: ServiceRefused) -> Response:
    """A wish that could not be fulfilled and that no page caught."""
    return _page(409, error.message, error.advice, language="en")


def store_failed(error: StoreError) -> Response:
    """The database cannot be used."""
    log.error("the database: %s", error.message)
    return _page(503, error.message, error.advice, language="en")


def failed(error: Exception) -> Response:
    """Anything else. The page says no more than a number; the log has the rest."""
    number = secrets.token_hex(4)
    log.error("request %s: %s %s", number, request.method, request.path, exc_info=error)
    return _page(
        500,
        gettext("This page could not be worked out."),
        gettext(
            "Nothing was changed. Try again; if it happens again, look for request %(number)s in the log.",
            number=number,
        ),
        number=number,
    )


def _page(status: int, title: str, text: str, *, language: str = "", number: str = "") -> Response:
    if "organization" not in g and not wants_json():
        return Response(f"{title} {text}\n", status, mimetype="text/plain")
    return page("errors/error.html", status, title=title, text=text, words_in=language, number=number)
