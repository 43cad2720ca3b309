"""Puts the pages together."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, redirect, url_for
from flask_bootstrap import Bootstrap5
from werkzeug.wrappers import Response

from web import context, errors, formats, language, security
from web.pages import (
    about,
    accounts,
    conflicts,
    contacts,
    in_salesforce,
    opportunities,
    pipeline,
    practice,
    records,
    search,
    stages,
    states,
    sync,
)
from web.services import Services
from web.twin import JsonTwins

PAGES = (
    pipeline,
    opportunities,
    accounts,
    contacts,
    stages,
    sync,
    conflicts,
    records,
    practice,
    in_salesforce,
    search,
    about,
    states,
)


def create_app(services: Services, *, hosts: Sequence[str] = security.LOOPBACK_HOSTS, preferred: str = "") -> Flask:
    """Make the web application for one mirror.

    ``hosts`` are the host names it answers to. ``preferred`` is the language before a reader chooses one.
    """
    app = Flask(__name__)
    app.extensions["forcemirror"] = services
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    language.install(app, preferred)
    security.protect(app, hosts)
    context.install(app)
    formats.add_to(app)
    errors.install(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    app.add_url_rule("/", "home", home)
    app.wsgi_app = JsonTwins(app.wsgi_app)  # type: ignore[method-assign]
    return app


def home() -> Response:
    """The first page is the pipeline."""
    return redirect(url_for("pipeline.index"))
