"""Versions, the list of resources, limits, record counts and describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from playground import allowances, describe, labels, navigation, quotas
from playground.calls import Answer, Call
from playground.org import Org
from playground.settings import Settings
from playground.store import quoted

_SEASONS = ("Spring", "Summer", "Winter")
_SPRING_2026 = 66
_RESOURCES = (
    "tabs",
    "appMenu",
    "queryAll",
    "query",
    "identity",
    "composite",
    "theme",
    "recent",
    "limits",
    "jobs",
    "compactLayouts",
    "search",
    "parameterizedSearch",
    "sobjects",
)


def version_label(version: int) -> str:
    """``Spring '26`` for 66: three releases a year."""
    steps = version - _SPRING_2026
    # Winter '27 is the release after Summer '26, so a winter counts to the year that follows.
    season = _SEASONS[steps % 3]
    year = 26 + steps // 3 + int(season == "Winter")
    return f"{season} '{year % 100:02d}"


def versions(org: Org) -> list[dict[str, str]]:
    """``GET /services/data``: ascending, without a log-in."""
    return [
        {"label": version_label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(org.settings.first_version, org.settings.latest_version + 1)
    ]


def with_version_warning(settings: Settings, version: int, answer: Answer) -> Answer:
    """The answer, with the header that deprecated versions carry (salesforce-api.md, section 1.1)."""
    if version > settings.deprecated_through:
        return answer
    warning = (
        f'299 - "This API is deprecated and will be removed by {settings.retires_in}. '
        'Please see https://help.salesforce.com/articleView?id=000351312 for details."'
    )
    return replace(answer, headers={**answer.headers, "Warning": warning})


def resource_list(call: Call) -> Answer:
    """``GET /services/data/vXX.0/``; jsforce needs ``identity``."""
    paths = {name: f"{call.root}/{name}" for name in _RESOURCES}
    paths["identity"] = f"{call.base_url}/id/{call.org.organization_id}/{call.session.user_id}"
    return Answer(200, paths)


def limits(call: Call) -> Answer:
    """``GET /limits/``."""
    counted = call.org.quotas
    body: dict[str, Any] = {name: {"Max": most, "Remaining": most} for name, most in allowances.RECORDED.items()}
    for name, parts in allowances.NESTED.items():
        body[name] |= {part: {"Max": most, "Remaining": most} for part, most in parts.items()}
    body |= {name: {"Max": counted.allowed(name), "Remaining": counted.remaining(name)} for name in quotas.COUNTED}
    return Answer(200, dict(sorted(body.items())))


def record_count(call: Call) -> Answer:
    """``GET /limits/recordCount?sObjects=A,B``: objects without rows are left out."""
    names = call.args.get("sObjects") or call.args.get("sobjects") or ""
    wanted = [name.strip().lower() for name in names.split(",") if name.strip()]
    counts = []
    for item in call.schema.objects:
        if wanted and item.name.lower() not in wanted:
            continue
        alive = " WHERE NOT IsDeleted" if item.has("IsDeleted") else ""
        count = int(call.org.store.execute(f"SELECT count(*) FROM {quoted(item.name)}{alive}")[0][0])
        if count:
            counts.append({"count": count, "name": item.name})
    return Answer(200, {"sObjects": counts})


def global_describe(call: Call) -> Answer:
    """``GET /sobjects/``."""
    return _unless_unmodified(call, describe.global_describe(labels.schema_in(call.schema, call.language), call.root))


def object_info(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/``."""
    item = labels.object_in(call.object_type(object_name), call.language)
    return Answer(
        200,
        {"objectDescribe": describe.global_item(item, call.root), "recentItems": navigation.recent_items(call, item)},
    )


def object_describe(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/describe``."""
    item = labels.object_in(call.object_type(object_name), call.language)
    record_types = call.org.store.select("RecordType", "1")
    return _unless_unmodified(call, describe.object_describe(call.schema, item, call.root, call.base_url, record_types))


def _unless_unmodified(call: Call, body: dict[str, Any]) -> Answer:
    """304 when the caller has seen the schema already; it changes with fields and with what is hidden."""
    changed = call.org.schema_changed_at().astimezone(UTC)
    headers = {"Last-Modified": format_datetime(changed, usegmt=True)}
    since = _header_moment(call.headers.get("if-modified-since"))
    if since and changed <= since:
        return Answer(304, headers=headers)
    return Answer(200, body, headers)


def _header_moment(text: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if parsed and parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    return parsed
