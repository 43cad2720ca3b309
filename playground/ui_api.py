"""The UI API's object information and picklist values per record type, of which real clients ask most.

Shapes are those of the UI API's documentation as far as they are known; no recorded answer was found. (unsourced)
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from playground import errors, labels, picklists
from playground.calls import Answer, Call
from playground.ids import MASTER_RECORD_TYPE_ID
from playground.schema import Field, ObjectType
from playground.store import Row

_DATA_TYPES = {
    "id": "Reference",
    "datetime": "DateTime",
    "textarea": "TextArea",
    "combobox": "ComboBox",
    "multipicklist": "MultiPicklist",
    "encryptedstring": "EncryptedString",
    "anyType": "AnyType",
}


def object_info(call: Call, object_name: str) -> Answer:
    """``GET /ui-api/object-info/T``."""
    return _tagged(_object_info(call, _seen(call, object_name)))


def object_directory(call: Call) -> Answer:
    """``GET /ui-api/object-info``: all objects by name."""
    objects = {
        item.name: {
            "apiName": item.name,
            "keyPrefix": item.key_prefix,
            "label": item.label,
            "labelPlural": item.label_plural,
            "nameFields": _name_fields(item),
            "objectInfoUrl": f"{call.root}/ui-api/object-info/{item.name}",
            "supported": True,
        }
        for item in call.schema.objects
    }
    return _tagged({"objects": objects})


def picklist_values(call: Call, object_name: str, record_type_id: str) -> Answer:
    """``GET /ui-api/object-info/T/picklist-values/<record type>``."""
    item = _seen(call, object_name)
    chosen = picklists.record_type(call.org.store, item.name, record_type_id)
    values = {field.name: _values(call, item, field, chosen) for field in picklists.fields_of(item)}
    return _tagged({"picklistFieldValues": values})


def picklist_values_of_field(call: Call, object_name: str, record_type_id: str, field_name: str) -> Answer:
    """``GET /ui-api/object-info/T/picklist-values/<record type>/<field>``."""
    item = _seen(call, object_name)
    chosen = picklists.record_type(call.org.store, item.name, record_type_id)
    field = item.by_lower_name.get(field_name.lower())
    if field is None or field not in picklists.fields_of(item):
        raise errors.NotFound
    return Answer(200, _values(call, item, field, chosen))


def _seen(call: Call, object_name: str) -> ObjectType:
    return labels.object_in(call.object_type(object_name), call.language)


def _tagged(body: dict[str, Any]) -> Answer:
    return Answer(200, body | {"eTag": _tag(body)})


def _tag(body: Any) -> str:
    return hashlib.sha1(json.dumps(body, sort_keys=True).encode(), usedforsecurity=False).hexdigest()[:32]


def _values(call: Call, item: ObjectType, field: Field, chosen: Row | None) -> dict[str, Any]:
    store = call.org.store
    entries = picklists.offered(store, item, field, chosen)
    values: list[dict[str, Any]] = [
        {
            "attributes": picklists.attributes_of(store, item, field, entry.value),
            "label": entry.label,
            "validFor": [],
            "value": entry.value,
        }
        for entry in entries
    ]
    default = next((value for value, entry in zip(values, entries, strict=True) if entry.default), None)
    record_type_id = chosen["Id"] if chosen else MASTER_RECORD_TYPE_ID
    url = f"{call.root}/ui-api/object-info/{item.name}/picklist-values/{record_type_id}/{field.name}"
    body: dict[str, Any] = {"controllerValues": {}, "defaultValue": default, "url": url, "values": values}
    return body | {"eTag": _tag(body)}


def _object_info(call: Call, item: ObjectType) -> dict[str, Any]:
    rows = [row for row in picklists.record_types(call.org.store, item.name) if row["IsActive"]]
    infos = [(row["Id"], row["Name"], False, place == 0) for place, row in enumerate(rows)]
    infos.append((MASTER_RECORD_TYPE_ID, "Master", True, not rows))
    return {
        "apiName": item.name,
        "associateEntityType": None,
        "associateParentEntity": None,
        "childRelationships": [
            {
                "childObjectApiName": child.child,
                "fieldName": child.field,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": child.name,
            }
            for child in call.schema.children.get(item.name, ())
            if child.name
        ],
        "createable": item.createable,
        "custom": item.custom,
        "defaultRecordTypeId": next(found for found, _, _, default in infos if default),
        "deletable": item.deletable,
        "dependentFields": {},
        "feedEnabled": False,
        "fields": {field.name: _field(call, item, field) for field in item.fields},
        "keyPrefix": item.key_prefix,
        "label": item.label,
        "labelPlural": item.label_plural,
        "layoutable": True,
        "mruEnabled": True,
        "nameFields": _name_fields(item),
        "queryable": item.queryable,
        "recordTypeInfos": {
            found: {
                "available": True,
                "defaultRecordTypeMapping": default,
                "master": master,
                "name": name,
                "recordTypeId": found,
            }
            for found, name, master, default in infos
        },
        "searchLayoutable": item.searchable,
        "searchable": item.searchable,
        "themeInfo": None,
        "updateable": item.updateable,
    }


def _name_fields(item: ObjectType) -> list[str]:
    names = [field.name for field in item.fields if field.name_field]
    return names + [name for name in ("FirstName", "LastName") if item.has(name)]


def _field(call: Call, item: ObjectType, field: Field) -> dict[str, Any]:
    parents = [call.schema.by_lower_name.get(name.lower()) for name in field.reference_to]
    return {
        "apiName": field.name,
        "calculated": field.calculated,
        "compound": field.type in ("address", "location"),
        "compoundComponentName": None,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "controllingFields": [],
        "createable": field.createable,
        "custom": field.name.endswith("__c"),
        "dataType": _DATA_TYPES.get(field.type, field.type[:1].upper() + field.type[1:]),
        "extraTypeInfo": field.extra_type_info,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "nameField": field.name_field,
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": field.precision,
        "reference": field.type == "reference",
        "referenceTargetField": None,
        "referenceToInfos": [
            {"apiName": parent.name, "nameFields": _name_fields(parent)} for parent in parents if parent
        ],
        "relationshipName": field.relationship_name,
        "required": not field.nillable and field.type != "boolean" and field.createable,
        "scale": field.scale,
        "searchPrefilterable": False,
        "sortable": field.sortable,
        "unique": field.unique,
        "updateable": field.updateable,
    }
