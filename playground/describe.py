"""Describe results, global and per object, from the schema (salesforce-api.md 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from playground.ids import MASTER_RECORD_TYPE_ID
from playground.schema import Field, ObjectType, PicklistEntry, Schema
from playground.store import Row

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    "anyType": "xsd:anyType",
}
_BYTES_PER_CHARACTER = 3
_NO_LAYOUT = frozenset(
    {"OpportunityHistory", "OpportunityFieldHistory", "OpportunityStage", "RecordType", "Organization", "UserRole"}
)
_MRU = frozenset({"Account", "Contact", "Lead", "Opportunity", "Event", "Task", "User"})
_NO_RECORD_TYPES = frozenset({"OpportunityContactRole", "User", "UserRole", "Profile"})
_GLOBAL = frozenset({"activateable", "deepCloneable", "feedEnabled", "layoutable", "mruEnabled", "triggerable"})
"""Properties of the global list that a catalogue's object may tell otherwise."""
_MORE_URLS = {
    "Event": {"eventSeriesUpdates": "{ID}/fromThisEventOnwards"},
    "User": {"namedLayouts": "describe/namedLayouts/{LayoutName}", "passwordUtilities": "{ID}/password"},
    "UserRole": {"compactLayouts": "describe/compactLayouts"},
}
_SCOPES = (("everything", "All {plural}"), ("mine", "My {plural}"))


def global_describe(schema: Schema, root: str) -> dict[str, Any]:
    """``GET /sobjects/``; ``root`` is ``/services/data/vXX.0``."""
    ordered = sorted(schema.objects, key=lambda item: item.name)
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [global_item(item, root) for item in ordered]}


def global_item(item: ObjectType, root: str) -> dict[str, Any]:
    """The 27 members of an object that the global list and the object's own describe have in common."""
    has_layout = item.name not in _NO_LAYOUT
    return {
        "activateable": False,
        "associateEntityType": "History" if item.name == "OpportunityFieldHistory" else None,
        "associateParentEntity": "Opportunity" if item.name == "OpportunityFieldHistory" else None,
        "createable": item.createable,
        "custom": item.custom,
        "customSetting": False,
        "deepCloneable": item.name == "Opportunity",
        "deletable": item.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": item.name in _MRU,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": item.key_prefix,
        "label": item.label,
        "labelPlural": item.label_plural,
        "layoutable": has_layout,
        "mergeable": item.mergeable,
        "mruEnabled": item.name in _MRU,
        "name": item.name,
        "queryable": item.queryable,
        "replicateable": item.replicateable,
        "retrieveable": True,
        "searchable": item.searchable,
        "triggerable": item.createable and item.name != "UserRole",
        "undeletable": item.undeletable,
        "updateable": item.updateable,
        "urls": _urls(item, root),
    } | {key: value for key, value in item.described if key in _GLOBAL}


def object_describe(
    schema: Schema, item: ObjectType, root: str, base_url: str, record_types: Iterable[Row]
) -> dict[str, Any]:
    """``GET /sobjects/T/describe``."""
    whole = global_item(item, root) | {
        "actionOverrides": [],
        "childRelationships": _child_relationships(schema, item),
        "compactLayoutable": item.name in _MRU or item.name == "OpportunityContactRole",
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(field) for field in item.fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_type_infos(item, root, record_types),
        "searchLayoutable": item.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": _scopes(item),
        "urls": _urls(item, root) | _page_urls(item, base_url),
    }
    return whole | dict(item.described)


def describe_field(field: Field) -> dict[str, Any]:
    """The members of one field."""
    is_reference = field.type == "reference"
    is_custom = field.name.endswith("__c")
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": _byte_length(field),
        "calculated": field.calculated,
        "calculatedFormula": None,
        # Recorded orgs say so of master-detail fields alone; of lookups only the parent's childRelationships tell.
        # The same goes for restrictedDelete.
        "cascadeDelete": field.cascade_delete and is_custom,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": field.createable,
        "custom": is_custom,
        "defaultValue": field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted_on_create,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type_info,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": is_reference and len(field.reference_to) > 1,
        "nillable": field.nillable,
        "permissionable": field.nillable and (field.createable or field.updateable),
        "picklistValues": picklist_values(field.picklist),
        "polymorphicForeignKey": is_reference and len(field.reference_to) > 1,
        "precision": field.precision,
        "queryByDistance": field.type == "address",
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": field.restricted_delete and is_custom,
        "restrictedPicklist": field.restricted_picklist,
        "scale": field.scale,
        "searchPrefilterable": field.name in ("AccountId", "ReportsToId", "ParentId") and is_reference,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    } | dict(field.described)


def picklist_values(entries: Iterable[PicklistEntry]) -> list[dict[str, Any]]:
    """``picklistValues`` of these entries."""
    return [
        {
            "active": entry.active,
            "defaultValue": entry.default,
            "label": entry.label,
            "validFor": None,
            "value": entry.value,
        }
        for entry in entries
    ]


def _byte_length(field: Field) -> int:
    if field.type in ("id", "reference"):
        return field.length
    return field.length * _BYTES_PER_CHARACTER


def _child_relationships(schema: Schema, item: ObjectType) -> list[dict[str, Any]]:
    children = sorted(schema.children.get(item.name, ()), key=lambda child: (child.child, child.field))
    return [
        {
            "cascadeDelete": child.cascade_delete,
            "childSObject": child.child,
            "deprecatedAndHidden": False,
            "field": child.field,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": child.name,
            "restrictedDelete": child.restricted_delete,
        }
        for child in children
    ]


def _record_type_infos(item: ObjectType, root: str, record_types: Iterable[Row]) -> list[dict[str, Any]]:
    if item.name in _NO_LAYOUT | _NO_RECORD_TYPES:
        return []
    types = sorted((row for row in record_types if row["SobjectType"] == item.name), key=lambda row: str(row["Id"]))
    infos = [
        _record_type_info(item, root, row, default=place == 0) for place, row in enumerate(types) if row["IsActive"]
    ]
    master: Mapping[str, Any] = {
        "Name": "Master",
        "DeveloperName": "Master",
        "Id": MASTER_RECORD_TYPE_ID,
        "IsActive": 1,
    }
    return [*infos, _record_type_info(item, root, master, default=not infos)]


def _record_type_info(item: ObjectType, root: str, row: Mapping[str, Any], *, default: bool) -> dict[str, Any]:
    return {
        "active": bool(row["IsActive"]),
        "available": True,
        "defaultRecordTypeMapping": default,
        "developerName": row["DeveloperName"],
        "master": row["Id"] == MASTER_RECORD_TYPE_ID,
        "name": row["Name"],
        "recordTypeId": row["Id"],
        "urls": {"layout": f"{root}/sobjects/{item.name}/describe/layouts/{row['Id']}"},
    }


def _scopes(item: ObjectType) -> list[dict[str, str]]:
    if not item.has("OwnerId"):
        return [{"label": f"All {item.label_plural.lower()}", "name": "everything"}]
    return [{"label": label.format(plural=item.label_plural.lower()), "name": name} for name, label in _SCOPES]


def _urls(item: ObjectType, root: str) -> dict[str, str]:
    sobject = f"{root}/sobjects/{item.name}"
    urls = {"rowTemplate": f"{sobject}/{{ID}}", "describe": f"{sobject}/describe", "sobject": sobject}
    if item.name not in _NO_LAYOUT:
        urls |= {
            "compactLayouts": f"{sobject}/describe/compactLayouts",
            "quickActions": f"{sobject}/quickActions",
            "layouts": f"{sobject}/describe/layouts",
        }
    urls |= {name: f"{sobject}/{path}" for name, path in _MORE_URLS.get(item.name, {}).items()}
    if item.name in _MRU - {"User", "Event"}:
        urls |= {"approvalLayouts": f"{sobject}/describe/approvalLayouts", "listviews": f"{sobject}/listviews"}
    return urls


def _page_urls(item: ObjectType, base_url: str) -> dict[str, str]:
    return {
        "uiDetailTemplate": f"{base_url}/{{ID}}",
        "uiEditTemplate": f"{base_url}/{{ID}}/e",
        "uiNewRecord": f"{base_url}/{item.key_prefix}/e",
    }
