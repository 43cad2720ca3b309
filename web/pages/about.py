"""How every number is worked out, and help."""

from __future__ import annotations

from flask import Blueprint, Response

from web.twin import page

blueprint = Blueprint("about", __name__, url_prefix="/about")


@blueprint.get("")
def index() -> Response:
    """Definitions and help."""
    return page("about/index.html")
