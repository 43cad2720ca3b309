"""Layouts, compact layouts, list views and quick actions, as far as an org with no page of its own has them.

Each object has one layout, in two columns, with every field that people can write; it is the same for all record types.
Which picklist values a record type offers is told truly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground import describe, errors, ids, labels, picklists
from playground.calls import Answer, Call
from playground.ids import MASTER_RECORD_TYPE_ID
from playground.schema import Field, ObjectType
from playground.store import Row

_COLUMNS = 2
_LAYOUT_PREFIX = "00h"


def layouts(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/describe/layouts``."""
    item = _layoutable(call, object_name)
    rows: list[Row | None] = [*picklists.record_types(call.org.store, item.name), None]
    return Answer(
        200,
        {
            "layouts": [_layout(call, item)],
            "recordTypeMappings": [_mapping(call, item, row, default=place == 0) for place, row in enumerate(rows)],
            "recordTypeSelectorRequired": [len(rows) > 2],
        },
    )


def layout(call: Call, object_name: str, record_type_id: str) -> Answer:
    """``GET /sobjects/T/describe/layouts/<record type>``."""
    item = _layoutable(call, object_name)
    picklists.record_type(call.org.store, item.name, record_type_id)
    return Answer(200, _layout(call, item))


def compact_layouts(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/describe/compactLayouts``."""
    return Answer(200, _compact(call, labels.object_in(call.object_type(object_name), call.language)))


def compact_layouts_of_many(call: Call) -> Answer:
    """``GET /compactLayouts?q=Account,Contact``."""
    names = [name.strip() for name in call.args.get("q", "").split(",") if name.strip()]
    items = [call.object_type(name) for name in names]
    return Answer(200, {item.name: _compact(call, item) for item in items})


def approval_layouts(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/describe/approvalLayouts``: no approval process is set up."""
    call.object_type(object_name)
    return Answer(200, {"approvalLayouts": []})


def list_views(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/listviews``: nobody has made one."""
    item = call.object_type(object_name)
    return Answer(200, {"done": True, "listviews": [], "nextRecordsUrl": None, "size": 0, "sobjectType": item.name})


def quick_actions(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/quickActions``: there are none."""
    call.object_type(object_name)
    return Answer(200, [])


def _layoutable(call: Call, object_name: str) -> ObjectType:
    item = labels.object_in(call.object_type(object_name), call.language)
    if not describe.global_item(item, call.root)["layoutable"]:
        raise errors.NotFound
    return item


def _layout(call: Call, item: ObjectType) -> dict[str, Any]:
    sections = [_section(item)]
    return {
        "buttonLayoutSection": {"detailButtons": []},
        "detailLayoutSections": sections,
        "editLayoutSections": sections,
        "feedView": None,
        "highlightsPanelLayoutSection": None,
        "id": ids.make_id(_LAYOUT_PREFIX, int(item.key_prefix, 36)),
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": None,
        "relatedLists": _related_lists(call, item),
        "saveOptions": [],
    }


def _section(item: ObjectType) -> dict[str, Any]:
    fields = [field for field in item.fields if field.createable or field.updateable or field.name_field]
    rows = [fields[start : start + _COLUMNS] for start in range(0, len(fields), _COLUMNS)]
    return {
        "collapsed": False,
        "columns": _COLUMNS,
        "heading": f"{item.label} Information",
        "layoutRows": [{"layoutItems": [_item(field) for field in row], "numItems": len(row)} for row in rows],
        "layoutSectionId": None,
        "parentLayoutId": None,
        "rows": len(rows),
        "tabOrder": "LeftToRight",
        "useCollapsibleSection": False,
        "useHeading": False,
    }


def _item(field: Field) -> dict[str, Any]:
    return {
        "editableForNew": field.createable,
        "editableForUpdate": field.updateable,
        "label": field.label,
        "layoutComponents": [
            {
                "details": describe.describe_field(field),
                "displayLines": 1,
                "tabOrder": 1,
                "type": "Field",
                "value": field.name,
            }
        ],
        "placeholder": False,
        "required": not field.nillable and field.type != "boolean" and field.createable,
    }


def _related_lists(call: Call, item: ObjectType) -> list[dict[str, Any]]:
    lists = []
    for child in call.schema.children.get(item.name, ()):
        child_type = call.schema.by_lower_name.get(child.child.lower())
        if child.name is None or child_type is None:
            continue
        lists.append(
            {
                "accessLevelRequiredForCreate": None,
                "buttons": [],
                "columns": [_column(child_type, field) for field in child_type.fields if field.name_field],
                "custom": child_type.custom,
                "field": child.field,
                "label": child_type.label_plural,
                "limitRows": 0,
                "name": child.name,
                "sobject": child.child,
                "sort": [],
            }
        )
    return lists


def _column(item: ObjectType, field: Field) -> dict[str, Any]:
    return {
        "field": f"{item.name}.{field.name}",
        "fieldApiName": field.name,
        "format": None,
        "label": field.label,
        "lookupId": f"{item.name}.Id",
        "name": field.name,
        "sortable": field.sortable,
    }


def _mapping(call: Call, item: ObjectType, row: Row | None, *, default: bool) -> dict[str, Any]:
    record_type_id = row["Id"] if row else MASTER_RECORD_TYPE_ID
    return {
        "active": bool(row["IsActive"]) if row else True,
        "available": True,
        "defaultRecordTypeMapping": default,
        "developerName": row["DeveloperName"] if row else "Master",
        "layoutId": ids.make_id(_LAYOUT_PREFIX, int(item.key_prefix, 36)),
        "master": row is None,
        "name": row["Name"] if row else "Master",
        "picklistsForRecordType": [_offer(call, item, field, row) for field in picklists.fields_of(item)],
        "recordTypeId": record_type_id,
        "urls": {"layout": f"{call.root}/sobjects/{item.name}/describe/layouts/{record_type_id}"},
    }


def _offer(call: Call, item: ObjectType, field: Field, row: Row | None) -> dict[str, Any]:
    entries = picklists.offered(call.org.store, item, field, row)
    return {"picklistName": field.name, "picklistValues": describe.picklist_values(entries)}


def _compact(call: Call, item: ObjectType) -> dict[str, Any]:
    rows: Sequence[Row] = picklists.record_types(call.org.store, item.name)
    mappings = [(row["Id"], row["Name"]) for row in rows] + [(MASTER_RECORD_TYPE_ID, "Master")]
    url = f"{call.root}/sobjects/{item.name}/describe/compactLayouts"
    return {
        "compactLayouts": [
            {
                "actions": [],
                "fieldItems": [_item(field) for field in item.fields if field.name_field],
                "id": None,
                "imageItems": [],
                "label": "System Default",
                "name": "SYSTEM",
                "objectType": item.name,
            }
        ],
        "defaultCompactLayoutId": None,
        "recordTypeCompactLayoutMappings": [
            {
                "available": True,
                "compactLayoutId": None,
                "compactLayoutName": "SYSTEM",
                "recordTypeId": record_type_id,
                "recordTypeName": name,
                "urls": {"compactLayout": url},
            }
            for record_type_id, name in mappings
        ],
        "urls": {"primary": f"{url}/primary"},
    }
