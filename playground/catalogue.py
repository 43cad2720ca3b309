"""Reads the object catalogue (``playground/objects/*.json``) into a :class:`playground.schema.Schema`.

One file per object. Top-level keys are those of :class:`ObjectType` in camel case; what is left out has the class's
default. A field is one line with these keys:

``name``, ``label``, ``type``
    as describe gives them.
``size``
    depends on the type: length of text, ``[precision, scale]`` of currency, percent and double, digits of int. Left
    out for booleans, dates and datetimes, and for ids and references, which are 18 long.
``flags``
    one letter per property that is true: N nillable, C createable, U updateable, D defaultedOnCreate, F calculated,
    i filterable, s sortable, g groupable, L idLookup, X externalId, R restrictedPicklist, n nameField, q unique,
    c caseSensitive.
``aggregatable``
    only where it differs from the type's habit: booleans, addresses and fields that cannot be filtered are not.
``referenceTo``, ``relationshipName``, ``childRelationshipName``, ``cascadeDelete``, ``restrictedDelete``
    of references. ``referenceTo`` may name objects that the playground does not have (Campaign, Group): such a field
    is there and always null. ``cascadeDelete`` is what the parent's childRelationships say; the field's own entry in
    describe says false for a lookup all the same.
``compound``, ``extraTypeInfo``, ``default``
    as describe gives them. Booleans default to false.
``picklist``
    values; ``{"value", "label", "default", "active"}`` where the label differs, the value is the default or inactive.
``describe``
    of a field or an object: properties that describe tells as they were recorded, where it would work out others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from playground.schema import Field, ObjectType, PicklistEntry, Schema

OBJECT_ORDER = (
    "Organization",
    "Profile",
    "UserRole",
    "User",
    "BusinessProcess",
    "RecordType",
    "OpportunityStage",
    "Pricebook2",
    "Product2",
    "PricebookEntry",
    "Account",
    "Contact",
    "Opportunity",
    "Lead",
    "OpportunityContactRole",
    "OpportunityLineItem",
    "OpportunityHistory",
    "OpportunityFieldHistory",
    "Task",
    "Event",
)
"""Parents before children, so that rows can be inserted in this order."""

_ID_LENGTH = 18
_NUMBERS = frozenset({"currency", "percent", "double"})
_FLAGS = {
    "N": "nillable",
    "C": "createable",
    "U": "updateable",
    "D": "defaulted_on_create",
    "F": "calculated",
    "i": "filterable",
    "s": "sortable",
    "g": "groupable",
    "L": "id_lookup",
    "X": "external_id",
    "R": "restricted_picklist",
    "n": "name_field",
    "q": "unique",
    "c": "case_sensitive",
}
_FIELD_KEYS = {
    "relationshipName": "relationship_name",
    "childRelationshipName": "child_relationship_name",
    "cascadeDelete": "cascade_delete",
    "restrictedDelete": "restricted_delete",
    "compound": "compound",
    "extraTypeInfo": "extra_type_info",
    "aggregatable": "aggregatable",
    "default": "default",
}
_OBJECT_KEYS = {
    "name": "name",
    "label": "label",
    "labelPlural": "label_plural",
    "keyPrefix": "key_prefix",
    "createable": "createable",
    "updateable": "updateable",
    "deletable": "deletable",
    "undeletable": "undeletable",
    "queryable": "queryable",
    "replicateable": "replicateable",
    "searchable": "searchable",
    "mergeable": "mergeable",
    "custom": "custom",
    "softDelete": "soft_delete",
}


@cache
def load_schema() -> Schema:
    """All objects of the playground, in :data:`OBJECT_ORDER`."""
    return Schema(tuple(load_object(name) for name in OBJECT_ORDER))


@cache
def load_object(name: str) -> ObjectType:
    """An object of the catalogue, also one that an org has only when it is switched on."""
    text = files("playground").joinpath("objects", f"{name}.json").read_text(encoding="utf-8")
    return _object_type(json.loads(text))


def _object_type(raw: Mapping[str, Any]) -> ObjectType:
    _refuse_unknown_keys(raw, {*_OBJECT_KEYS, "fields", "describe"}, f"object {raw['name']}")
    given = {ours: raw[theirs] for theirs, ours in _OBJECT_KEYS.items() if theirs in raw}
    given["described"] = tuple(raw.get("describe", {}).items())
    return ObjectType(fields=tuple(read_field(item, raw["name"]) for item in raw["fields"]), **given)


def read_field(raw: Mapping[str, Any], object_name: str) -> Field:
    """One field as a file of the catalogue has it; ValueError or KeyError for what is wrong."""
    where = f"field {object_name}.{raw['name']}"
    _refuse_unknown_keys(
        raw, {*_FIELD_KEYS, "name", "label", "type", "size", "flags", "referenceTo", "picklist", "describe"}, where
    )
    _refuse_unknown_keys(dict.fromkeys(raw["flags"]), set(_FLAGS), where)
    kind = raw["type"]
    given: dict[str, Any] = {name: letter in raw["flags"] for letter, name in _FLAGS.items()}
    given["aggregatable"] = kind not in ("boolean", "address") and given["filterable"]
    given["default"] = False if kind == "boolean" else None
    given.update(_size(kind, raw.get("size")))
    given.update({ours: raw[theirs] for theirs, ours in _FIELD_KEYS.items() if theirs in raw})
    return Field(
        name=raw["name"],
        label=raw["label"],
        type=kind,
        reference_to=tuple(raw.get("referenceTo", ())),
        picklist=tuple(_picklist_entry(item) for item in raw.get("picklist", ())),
        stored=kind != "address",
        described=tuple(raw.get("describe", {}).items()),
        **given,
    )


def _size(kind: str, size: Any) -> dict[str, int]:
    if kind in _NUMBERS:
        precision, scale = size
        return {"precision": precision, "scale": scale}
    if kind == "int":
        return {"digits": size}
    if kind in ("id", "reference"):
        return {"length": _ID_LENGTH}
    return {"length": size or 0}


def _picklist_entry(raw: str | Mapping[str, Any]) -> PicklistEntry:
    if isinstance(raw, str):
        return PicklistEntry(value=raw, label=raw)
    return PicklistEntry(
        value=raw["value"],
        label=raw.get("label", raw["value"]),
        active=raw.get("active", True),
        default=raw.get("default", False),
    )


def _refuse_unknown_keys(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise ValueError(f"The catalogue's {where} has keys that nobody reads: {', '.join(unknown)}.")
