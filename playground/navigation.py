"""What an org's own pages are built from: tabs, themes, the app menu, and what somebody looked at last."""

from __future__ import annotations

from typing import Any

from playground.calls import Answer, Call
from playground.schema import ObjectType
from playground.store import quoted

TABS = ("Account", "Contact", "Opportunity", "Product2", "Pricebook2", "Task", "Event")
RECENT_MAX = 200
_APP = {"name": "Sales", "label": "Sales", "description": "Accounts, contacts and opportunities"}


def tabs(call: Call) -> Answer:
    """``GET /tabs``."""
    return Answer(200, [_tab(call, item) for item in call.schema.objects if item.name in TABS or item.custom])


def theme(call: Call) -> Answer:
    """``GET /theme``: objects without colours or pictures of their own."""
    items = [item for item in call.schema.objects if item.name in TABS or item.custom]
    return Answer(200, {"themeItems": [{"colors": [], "icons": [], "name": item.name} for item in items]})


def app_menu(call: Call) -> Answer:
    """``GET /appMenu``: the menus there are."""
    names = ("AppSwitcher", "Salesforce1", "NetworkTabs")
    return Answer(200, {name: f"{call.root}/appMenu/{name}" for name in names})


def app_menu_items(call: Call, name: str) -> Answer:
    """``GET /appMenu/<menu>``: one app in the switcher, nothing elsewhere."""
    if name != "AppSwitcher":
        return Answer(200, {"appMenuItems": []})
    item: dict[str, Any] = {
        "colors": [],
        "content": None,
        "icons": [],
        "type": "TabSet",
        "url": f"{call.base_url}/home/home.jsp",
        **_APP,
    }
    return Answer(200, {"appMenuItems": [item]})


def recent(call: Call) -> Answer:
    """``GET /recent?limit=``: what was looked at last, over all objects."""
    text = call.args.get("limit", "")
    limit = min(int(text), RECENT_MAX) if text.isascii() and text.isdecimal() else RECENT_MAX
    found: list[tuple[str, dict[str, Any]]] = []
    for item in call.schema.objects:
        if item.name in TABS or item.custom:
            found += _viewed(call, item)
    found.sort(key=lambda pair: pair[0], reverse=True)
    return Answer(200, [record for _, record in found[:limit]])


def recent_items(call: Call, item: ObjectType) -> list[dict[str, Any]]:
    """``recentItems`` of ``GET /sobjects/T/``: what was looked at last."""
    return [record for _, record in _viewed(call, item)]


def _viewed(call: Call, item: ObjectType) -> list[tuple[str, dict[str, Any]]]:
    name = next((field.name for field in item.fields if field.name_field), None)
    if name is None or not item.has("LastViewedDate"):
        return []
    alive = " AND NOT IsDeleted" if item.has("IsDeleted") else ""
    with call.org.view(call.session.user_id) as connection:
        rows = connection.execute(
            f"SELECT LastViewedDate, Id, {quoted(name)} FROM {quoted(item.name)} "
            f"WHERE LastViewedDate IS NOT NULL{alive} ORDER BY LastViewedDate DESC, Id LIMIT {RECENT_MAX}"
        ).fetchall()
    return [
        (
            str(viewed),
            {
                "attributes": {"type": item.name, "url": f"{call.root}/sobjects/{item.name}/{record_id}"},
                "Id": record_id,
                name: shown,
            },
        )
        for viewed, record_id, shown in rows
    ]


def _tab(call: Call, item: ObjectType) -> dict[str, Any]:
    return {
        "colors": [],
        "custom": item.custom,
        "iconUrl": None,
        "icons": [],
        "label": item.label_plural,
        "miniIconUrl": None,
        "name": item.name if item.custom else f"standard-{item.name}",
        "sobjectName": item.name,
        "url": f"{call.base_url}/{item.key_prefix}/o",
    }
