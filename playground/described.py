"""Objects and fields from describe results: those of another org, or of a custom field somebody wrote down.

What of a describe the schema has no place for is kept with the field and told again by our own describe, so that a
client sees what it would see in the org that the describe came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from playground import describe
from playground.schema import Field, ObjectType, PicklistEntry, Schema

_FIELD_KEYS = {
    "precision": "precision",
    "scale": "scale",
    "digits": "digits",
    "nillable": "nillable",
    "createable": "createable",
    "updateable": "updateable",
    "defaultedOnCreate": "defaulted_on_create",
    "calculated": "calculated",
    "filterable": "filterable",
    "sortable": "sortable",
    "groupable": "groupable",
    "aggregatable": "aggregatable",
    "idLookup": "id_lookup",
    "externalId": "external_id",
    "unique": "unique",
    "caseSensitive": "case_sensitive",
    "nameField": "name_field",
    "restrictedPicklist": "restricted_picklist",
    "restrictedDelete": "restricted_delete",
    "cascadeDelete": "cascade_delete",
    "compoundFieldName": "compound",
    "extraTypeInfo": "extra_type_info",
    "relationshipName": "relationship_name",
}
_OBJECT_KEYS = {
    "label": "label",
    "labelPlural": "label_plural",
    "createable": "createable",
    "updateable": "updateable",
    "deletable": "deletable",
    "undeletable": "undeletable",
    "queryable": "queryable",
    "replicateable": "replicateable",
    "searchable": "searchable",
    "mergeable": "mergeable",
    "custom": "custom",
}
_NOT_STORED = frozenset({"address", "location"})
_LENGTH = 255
"""Of text whose describe does not say."""
_REFERENCE_LENGTH = 18
_SYSTEM_FIELDS = (
    {"name": "Id", "label": "Record ID", "type": "id", "nillable": False, "defaultedOnCreate": True, "idLookup": True},
    {"name": "OwnerId", "label": "Owner ID", "type": "reference", "referenceTo": ["User"], "relationshipName": "Owner",
     "nillable": False, "createable": True, "updateable": True, "defaultedOnCreate": True},
    {"name": "IsDeleted", "label": "Deleted", "type": "boolean", "nillable": False, "defaultedOnCreate": True},
    {"name": "Name", "label": "Name", "type": "string", "length": 80, "createable": True, "updateable": True,
     "nameField": True, "idLookup": True},
    {"name": "CreatedDate", "label": "Created Date", "type": "datetime", "nillable": False, "defaultedOnCreate": True},
    {"name": "CreatedById", "label": "Created By ID", "type": "reference", "referenceTo": ["User"],
     "relationshipName": "CreatedBy", "nillable": False, "defaultedOnCreate": True},
    {"name": "LastModifiedDate", "label": "Last Modified Date", "type": "datetime", "nillable": False,
     "defaultedOnCreate": True},
    {"name": "LastModifiedById", "label": "Last Modified By ID", "type": "reference", "referenceTo": ["User"],
     "relationshipName": "LastModifiedBy", "nillable": False, "defaultedOnCreate": True},
    {"name": "SystemModstamp", "label": "System Modstamp", "type": "datetime", "nillable": False,
     "defaultedOnCreate": True},
)  # fmt: skip
_TAKEN_OVER = {
    "label": "label",
    "length": "length",
    "precision": "precision",
    "scale": "scale",
    "digits": "digits",
    "restrictedPicklist": "restricted_picklist",
    "picklistValues": "picklist",
    "extraTypeInfo": "extra_type_info",
    "filterable": "filterable",
    "sortable": "sortable",
    "groupable": "groupable",
    "aggregatable": "aggregatable",
}
"""What of a standard field may differ between orgs without the playground's rules minding."""
_OWN_RULES = frozenset(
    {
        "type",
        "soapType",
        "nillable",
        "createable",
        "updateable",
        "defaultedOnCreate",
        "permissionable",
        "calculated",
        "defaultValue",
        "referenceTo",
        "relationshipName",
        "cascadeDelete",
        "restrictedDelete",
        "polymorphicForeignKey",
        "namePointing",
        "compoundFieldName",
        "nameField",
        "idLookup",
        "externalId",
        "unique",
        "custom",
    }
)
"""What it tells as the playground does it, whatever the other org's describe says."""


def field_from(raw: Mapping[str, Any]) -> Field:
    """A field from its describe entry; what the entry leaves out is as for a plain field of its type."""
    if not raw.get("name") or not raw.get("type"):
        raise ValueError("A field needs at least name and type.")
    kind = str(raw["type"])
    given: dict[str, Any] = {ours: raw[theirs] for theirs, ours in _FIELD_KEYS.items() if theirs in raw}
    given["length"] = int(raw.get("length", _REFERENCE_LENGTH if kind in ("id", "reference") else _text_length(kind)))
    if kind in ("currency", "double", "percent") and not given.get("precision"):
        given |= {"precision": 18, "scale": given.get("scale", 2)}
    default = raw.get("defaultValue")
    field = Field(
        name=str(raw["name"]),
        label=str(raw.get("label", raw["name"])),
        type=kind,
        reference_to=tuple(raw.get("referenceTo") or ()),
        picklist=tuple(_entry(item) for item in raw.get("picklistValues") or ()),
        default=False if kind == "boolean" and default is None else default,
        stored=kind not in _NOT_STORED,
        **given,
    )
    shown = describe.describe_field(field)
    told = tuple(
        (key, value)
        for key, value in raw.items()
        if key in shown and shown[key] != value and (key != "picklistValues" or _is_dependent(value))
    )
    return replace(field, described=told)


def object_from(raw: Mapping[str, Any], key_prefix: str) -> ObjectType:
    """An object from its describe, or from as little as a name and some fields; it gets the system fields it lacks."""
    name = str(raw["name"])
    given = {ours: raw[theirs] for theirs, ours in _OBJECT_KEYS.items() if theirs in raw}
    label = str(given.pop("label", name.removesuffix("__c").replace("_", " ")))
    fields = [field_from(item) for item in raw.get("fields", ())]
    present = {field.name for field in fields}
    system = [field_from(item) for item in _SYSTEM_FIELDS if item["name"] not in present]
    if raw.get("createable") is not None:
        # A whole describe says itself which system fields there are; only the key is indispensable.
        system = [field for field in system if field.name == "Id"]
    return ObjectType(
        name=name,
        label=label,
        label_plural=str(given.pop("label_plural", f"{label}s")),
        key_prefix=str(raw.get("keyPrefix") or key_prefix),
        fields=(*system, *fields),
        custom=bool(given.pop("custom", name.endswith("__c"))),
        **given,
    )


def add_object(schema: Schema, raw: Mapping[str, Any]) -> Schema:
    """The schema with one object more; ValueError when it has it already."""
    name = str(raw.get("name", ""))
    if not name or name.lower() in schema.by_lower_name:
        raise ValueError(f"The org has an object {name} already." if name else "A new object needs a name.")
    return Schema((*schema.objects, object_from(raw, _free_prefix(schema))))


def apply(schema: Schema, describes: Sequence[Mapping[str, Any]]) -> Schema:
    """The schema after the describes of an org: its objects, fields, labels, picklists and relationships.

    Fields that the playground has and a describe has not stay: rules depend on them.
    """
    objects = {item.name.lower(): item for item in schema.objects}
    for raw in describes:
        known = objects.get(str(raw["name"]).lower())
        if known is None:
            found = object_from(raw, _free_prefix(Schema(tuple(objects.values()))))
        else:
            found = _overlaid(known, raw)
        objects[found.name.lower()] = found
    for raw in describes:
        for child in raw.get("childRelationships", ()):
            _name_children(objects, child)
    return Schema(tuple(objects.values()))


def _overlaid(known: ObjectType, raw: Mapping[str, Any]) -> ObjectType:
    fields = {field.name.lower(): field for field in known.fields}
    for item in raw.get("fields", ()):
        name = str(item["name"]).lower()
        fields[name] = _over(fields[name], item) if name in fields else field_from(item)
    label, plural = raw.get("label", known.label), raw.get("labelPlural", known.label_plural)
    return replace(known, label=label, label_plural=plural, fields=tuple(fields.values()))


def _over(known: Field, item: Mapping[str, Any]) -> Field:
    """A standard field with another org's label, length and values; how it behaves stays."""
    found = field_from({**item, "type": known.type})
    changes = {ours: getattr(found, ours) for theirs, ours in _TAKEN_OVER.items() if theirs in item}
    told = tuple(pair for pair in found.described if pair[0] not in _OWN_RULES)
    return replace(known, described=told, **changes)


def _name_children(objects: dict[str, ObjectType], child: Mapping[str, Any]) -> None:
    """Let a reference field know what its parent calls it."""
    item = objects.get(str(child["childSObject"]).lower())
    field = item.by_lower_name.get(str(child["field"]).lower()) if item else None
    if item is None or field is None or field.child_relationship_name:
        return
    named = replace(
        field,
        child_relationship_name=child.get("relationshipName"),
        cascade_delete=bool(child.get("cascadeDelete")),
        restricted_delete=bool(child.get("restrictedDelete")),
    )
    fields = tuple(named if other is field else other for other in item.fields)
    objects[item.name.lower()] = replace(item, fields=fields)


def _free_prefix(schema: Schema) -> str:
    taken = {item.key_prefix for item in schema.objects}
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return next(f"a{first}{second}" for first in digits for second in digits if f"a{first}{second}" not in taken)


def _text_length(kind: str) -> int:
    return _LENGTH if kind not in ("boolean", "int", "double", "currency", "percent", "date", "datetime") else 0


def _is_dependent(values: Sequence[Any]) -> bool:
    """Whether a picklist's values depend on another field: which do is told as the describe had it."""
    return any(isinstance(item, Mapping) and item.get("validFor") for item in values)


def _entry(raw: Mapping[str, Any] | str) -> PicklistEntry:
    if isinstance(raw, str):
        return PicklistEntry(raw, raw)
    return PicklistEntry(
        value=str(raw["value"]),
        label=str(raw.get("label") or raw["value"]),
        active=bool(raw.get("active", True)),
        default=bool(raw.get("defaultValue", False)),
    )
