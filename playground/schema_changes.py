"""Fields that an admin adds or changes while the org runs: new ones, longer ones, other picklist values.

A change is JSON of the catalogue's own form (see :mod:`playground.catalogue`)::

    {"object": "Opportunity", "add": [{"name": "Region__c", "label": "Region", "type": "string", "size": 40,
     "flags": "NCUisg"}], "change": {"NextStep": {"size": 80}, "StageName": {"add_picklist": ["Frozen"]}}}

A new field may also be written as describe has it (``nillable``, ``length``, ``picklistValues``, ``inlineHelpText``).
``{"add_object": {"name": "Shoe__c", "fields": [...]}}`` adds an object; ``{"describes": [...]}`` takes over another
org's (see :mod:`playground.described`), ``{"currencies": {...}}`` switches several on (:mod:`playground.currencies`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from playground import catalogue, currencies, described
from playground.schema import Field, ObjectType, PicklistEntry, Schema

_CATALOGUE_ONLY = {"size", "picklist", "compound", "childRelationshipName", "default"}
"""Keys by which a new field is known to be written as the catalogue has it."""


def apply(schema: Schema, change: Mapping[str, Any]) -> Schema:
    """The schema after one change; ValueError names what is wrong with it."""
    if "describes" in change:
        return described.apply(schema, change["describes"])
    if "currencies" in change:
        return currencies.with_currencies(schema, change["currencies"])
    if "add_object" in change:
        return described.add_object(schema, change["add_object"])
    unknown = sorted(set(change) - {"object", "add", "change"})
    if unknown:
        raise ValueError(f"A change of the schema has object, add and change, not {', '.join(unknown)}.")
    found = schema.by_lower_name.get(str(change.get("object", "")).lower())
    if found is None:
        raise ValueError(f"The org has no object {change.get('object')!r}.")
    changed = _changed(found, change)
    return Schema(tuple(changed if item is found else item for item in schema.objects))


def _changed(item: ObjectType, change: Mapping[str, Any]) -> ObjectType:
    changes = {str(name).lower(): dict(what) for name, what in dict(change.get("change", {})).items()}
    missing = sorted(set(changes) - set(item.by_lower_name))
    if missing:
        raise ValueError(f"{item.name} has no field {', '.join(missing)}.")
    fields = [_changed_field(field, changes.get(field.name.lower(), {})) for field in item.fields]
    for raw in change.get("add", ()):
        field = _new_field(raw, item.name)
        if item.has(field.name):
            raise ValueError(f"{item.name} has a field {field.name} already.")
        fields.append(field)
    return replace(item, fields=tuple(fields))


def _new_field(raw: Mapping[str, Any], object_name: str) -> Field:
    if "flags" not in raw and not _CATALOGUE_ONLY & raw.keys():
        return described.field_from({"createable": True, "updateable": True, "custom": True, **raw})
    try:
        return catalogue.read_field({"label": raw.get("name"), "flags": "NCUisg", **raw}, object_name)
    except KeyError as error:
        raise ValueError(f"A new field needs {error}.") from error


def _changed_field(field: Field, change: Mapping[str, Any]) -> Field:
    unknown = sorted(set(change) - {"label", "type", "size", "nillable", "add_picklist", "drop_picklist"})
    if unknown:
        raise ValueError(f"Of a field label, type, size, nillable and picklists can change, not {', '.join(unknown)}.")
    if "size" in change:
        field = replace(field, length=int(change["size"]))
    if "nillable" in change:
        field = replace(field, nillable=bool(change["nillable"]))
    if "label" in change:
        field = replace(field, label=str(change["label"]))
    if "type" in change:
        field = replace(field, type=str(change["type"]))
    dropped = change.get("drop_picklist", ())
    entries = tuple(entry for entry in field.picklist if entry.value not in dropped)
    added = tuple(PicklistEntry(str(value), str(value)) for value in change.get("add_picklist", ()))
    return replace(field, picklist=entries + added)
