"""What every page carries: the org, its environment, the age of the data, the menu, messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, current_app, flash, g, get_flashed_messages, request, url_for

from local_store.store import Store
from pipeline.sync_state import attention
from web import language, vocabulary
from web.formats import moment
from web.services import Services
from web.words import gettext

STALE_AFTER_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Age:
    """The age of the data, as the header says it."""

    synced_at: datetime | None
    next_at: datetime | None
    sends_at_once: bool
    failed_at: datetime | None
    failure: str
    advice: str
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A note at the top of the next page."""

    title: str
    text: str = ""
    kind: str = "acc"
    sign: str = "tray"
    href: str = ""
    link: str = ""


def services() -> Services:
    """The services of this application."""
    return cast(Services, current_app.extensions["forcemirror"])


def store() -> Store:
    """The mirror."""
    return services().store


def tell(message: Message) -> None:
    """Show a note at the top of the page that comes next."""
    flash({name: getattr(message, name) for name in Message.__slots__})  # type: ignore[arg-type]


def install(app: Flask) -> None:
    """Prepare each request, and hand the templates what every page carries."""
    app.before_request(prepare)
    app.context_processor(everywhere)
    app.jinja_env.globals.update(
        environment_name=vocabulary.environment,
        stage_name=lambda api_name: vocabulary.stage(store(), api_name),
        role_name=lambda api_name: vocabulary.role(store(), api_name),
        category_name=vocabulary.category,
        field_label=lambda object_name, field: vocabulary.field(store(), object_name, field),
        object_name=vocabulary.object_name,
    )


def prepare() -> None:
    """Fix the moment, the org and the age of the data for this request."""
    if request.endpoint and request.endpoint.endswith("static"):
        return
    g.now = services().now()
    g.organization = services().organization()
    g.zone = time_zone(g.organization.time_zone)
    g.freshness = age()


def time_zone(name: str) -> ZoneInfo:
    """The org's time zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def age() -> Age:
    """How old the data is, and whether that is too old."""
    found = services().freshness()
    late = (
        found.interval is not None
        and found.synced_at is not None
        and g.now - found.synced_at > STALE_AFTER_INTERVALS * found.interval
    )
    return Age(
        synced_at=found.synced_at,
        next_at=found.next_at,
        sends_at_once=services().sends_at_once,
        failed_at=found.failed_at,
        failure=found.failure,
        advice=found.advice,
        is_stale=late or found.failed_at is not None,
    )


def everywhere() -> dict[str, Any]:
    """The context of every template."""
    if "organization" not in g:
        return {}
    menu = main_menu()
    return {
        "organization": g.organization,
        "freshness": g.freshness,
        "stale_title": stale_title(),
        "menu": menu,
        "current_menu": next((item["text"] for item in menu if item["current"]), gettext("Menu")),
        "languages": language.switch(),
        "other_theme": language.other_theme(),
        "theme": g.theme,
        "page_language": language.LANGUAGES[g.language][0],
        "moment": g.now,
        "messages": [Message(**values) for values in cast(list[dict[str, str]], get_flashed_messages())],
        "json_href": json_href(),
    }


def stale_title() -> str:
    """What the note under the menu says when the data is old."""
    if g.freshness.synced_at is None:
        return gettext("The last sync failed, and there is no data yet.")
    if g.freshness.failed_at is not None:
        return gettext(
            "The last sync failed. Figures show the state of %(moment)s.", moment=moment(g.freshness.synced_at)
        )
    return gettext("The data is old. Figures show the state of %(moment)s.", moment=moment(g.freshness.synced_at))


def main_menu() -> list[dict[str, Any]]:
    """The main menu, always in this order."""
    waiting = attention(store()).count
    entries = [
        ("pipeline", "pipeline.index", gettext("Pipeline"), 0),
        ("opportunities", "opportunities.index", gettext("Opportunities"), 0),
        ("accounts", "accounts.index", gettext("Accounts"), 0),
        ("contacts", "contacts.index", gettext("Contacts"), 0),
        ("stages", "stages.index", gettext("Stages"), 0),
        ("sync", "sync.index", gettext("Sync"), waiting),
        ("practice", "practice.index", gettext("Practice"), 0),
    ]
    if services().colleague is not None:
        entries.append(("in_salesforce", "in_salesforce.index", gettext("In Salesforce"), 0))
    current = request.path.split("/")[1].replace("-", "_")
    return [
        {"text": text, "href": url_for(endpoint), "current": name == current, "count": count}
        for name, endpoint, text, count in entries
    ]


def json_href() -> str:
    """The address of this page's JSON twin."""
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}.json" + (f"?{query}" if query else "")
