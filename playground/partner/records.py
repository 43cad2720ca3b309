"""Records between SOAP's sObject and field values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from playground.bulk2.csv_format import number_text
from playground.bulk_operations import Problem
from playground.xml_documents import element, is_nil, local_name

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000")


@dataclass(frozen=True, slots=True)
class Given:
    """A record that a request sent: its object's name, its id if it has one, and values by field name."""

    type_name: str
    record_id: str
    fields: Mapping[str, Any]


def given(item: ElementTree.Element) -> Given:
    """Read an ``sObject``. Empty elements say nothing; ``fieldsToNull`` names what is emptied."""
    type_name = record_id = ""
    fields: dict[str, Any] = {}
    for child in item:
        name, text = local_name(child.tag), (child.text or "").strip()
        if name == "type":
            type_name = text
        elif name == "Id":
            record_id = text
        elif name == "fieldsToNull":
            fields[text] = None
        elif len(child):
            fields[name] = {key: value for key, value in given(child).fields.items() if value is not None}
        elif child.text and not is_nil(child):
            fields[name] = child.text
    return Given(type_name, record_id, fields)


def problem_xml(found: Problem) -> str:
    """An ``errors`` element."""
    named = "".join(element("fields", name) for name in found.fields)
    return f"<errors>{named}{element('message', found.message)}{element('statusCode', found.code)}</errors>"


def record_xml(name: str, record: Mapping[str, Any]) -> str:
    """A record as a query answers it: type and id first, then what was selected, null or not."""
    attributes = record["attributes"]
    parts = [element("sf:type", attributes["type"]), element("sf:Id", record.get("Id"))]
    for key, value in record.items():
        if key != "attributes":
            parts.append(_value_xml(f"sf:{key}", value))
    return f'<{name} xsi:type="sf:sObject">{"".join(parts)}</{name}>'


def page_xml(body: Mapping[str, Any]) -> str:
    """The inside of a QueryResult."""
    more = body.get("nextRecordsUrl")
    locator = str(more).rsplit("/", 1)[-1] if more else None
    listed: Iterable[str] = (record_xml("records", record) for record in body["records"])
    return (
        element("done", bool(body["done"]))
        + element("queryLocator", locator)
        + "".join(listed)
        + element("size", body["totalSize"])
    )


def _value_xml(name: str, value: Any) -> str:
    if isinstance(value, dict) and "records" in value:
        return f'<{name} xsi:type="QueryResult">{page_xml(value)}</{name}>'
    if isinstance(value, dict) and "attributes" in value:
        return record_xml(name, value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(element(key, inner) for key, inner in value.items())}</{name}>"
    if isinstance(value, float):
        return element(name, number_text(value))
    if isinstance(value, str):
        moment = _MOMENT.fullmatch(value)
        return element(name, f"{moment[1]}Z" if moment else value)
    return element(name, value)
