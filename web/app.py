"""Puts the pages together."""

from __future__ import annotations

from flask import Flask

from web.services import Services


def create_app(services: Services) -> Flask:
    """Make the web application for one mirror."""
    app = Flask(__name__)
    app.extensions["forcemirror"] = services
    return app
