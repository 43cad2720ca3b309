"""From a describe result to an object mapping: which fields are mirrored, under which names, and how they behave.

Pure. Where the admin decided something (directions, an external id field, column names once assigned) it is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mapping.fields import Direction, FieldMapping, ObjectMapping, PicklistValue

NOT_MIRRORED = frozenset({"address", "location", "base64"})
"""Compound fields repeat their parts; binary bodies do not belong into a mirror of deals."""

MOVES_SILENTLY = frozenset(
    {
        "HasOpenActivity",
        "HasOverdueTask",
        "LastActivityDate",
        "LastActivityInDays",
        "LastReferencedDate",
        "LastStageChangeInDays",
        "LastViewedDate",
        "LastCURequestDate",
        "LastCUUpdateDate",
        "AgeInDays",
        "PhotoUrl",
    }
)
"""Fields that Salesforce changes without moving ``SystemModstamp`` although describe does not call them calculated."""

FOLLOWS_ANOTHER_RECORD = {"Opportunity": frozenset({"ContactId"})}
"""Fields that show something of another record: the contact of the primary role (salesforce-api.md 11.1). Whether the
stamp moves with them is not documented, so they are refreshed and never compared."""

CURSORS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""What an incremental read may go by, best first. Field history has only ``CreatedDate``."""

COUPLED = {"Opportunity": (frozenset({"StageName", "Probability", "ForecastCategoryName"}),)}
"""Fields whose values follow each other in Salesforce, so that a conflict in one is a conflict in all (decision 7)."""

GEOCODES = ("Latitude", "Longitude", "GeocodeAccuracy")
"""Parts of an address that Salesforce fills in by itself some time after an edit; they are not decided with it."""

WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def snake_case(api_name: str) -> str:
    """Turn an API name into a table or column name as Fivetran does: ``Pricebook2Id`` becomes ``pricebook_2_id``."""
    return "_".join(word.lower() for word in WORDS.findall(api_name))


def object_mapping(
    describe: Mapping[str, Any],
    *,
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    read_only: bool = False,
    directions: Mapping[str, Direction] | None = None,
    external_id: str | None = None,
) -> ObjectMapping:
    """Make the mapping of one object from its describe result.

    ``columns`` are the names already assigned in the mirror; a field without one gets its snake case name.
    ``external_id`` is kept only where describe says that the field exists and may identify a record.
    """
    described = [item for item in describe["fields"] if item["type"] not in NOT_MIRRORED]
    quiet = FOLLOWS_ANOTHER_RECORD.get(describe["name"], frozenset())
    fields = tuple(_field(item, columns or {}, directions or {}, quiet) for item in described)
    names = {field.name for field in fields}
    writable = any(describe.get(verb, False) for verb in ("createable", "updateable"))
    return ObjectMapping(
        name=describe["name"],
        table=table or snake_case(describe["name"]),
        label=describe.get("label") or describe["name"],
        label_plural=describe.get("labelPlural") or describe.get("label") or describe["name"],
        fields=fields,
        key_prefix=describe.get("keyPrefix"),
        read_only=read_only or not writable,
        cursor=next((cursor for cursor in CURSORS if cursor in names), None),
        deletable=bool(describe.get("deletable", False)),
        undeletable=bool(describe.get("undeletable", False)),
        replicateable=bool(describe.get("replicateable", False)),
        external_id=external_id if _identifies(fields, external_id) else None,
        coupled=_coupled(describe, fields),
    )


def mark_cascades(
    mappings: Iterable[ObjectMapping], describes: Mapping[str, Mapping[str, Any]]
) -> tuple[ObjectMapping, ...]:
    """Mark the reference fields through which deleting a parent deletes the child.

    Only the parent's describe tells (``childRelationships[].cascadeDelete``), hence all describes at once.
    """
    cascading = {
        (relation["childSObject"], relation["field"])
        for describe in describes.values()
        for relation in describe.get("childRelationships", ())
        if relation.get("cascadeDelete") and relation.get("field")
    }
    return tuple(
        replace(
            mapping,
            fields=tuple(
                replace(field, cascade_delete=True) if (mapping.name, field.name) in cascading else field
                for field in mapping.fields
            ),
        )
        for mapping in mappings
    )


def _field(
    item: Mapping[str, Any], columns: Mapping[str, str], directions: Mapping[str, Direction], quiet: frozenset[str]
) -> FieldMapping:
    name = item["name"]
    calculated = bool(item.get("calculated", False))
    return FieldMapping(
        name=name,
        column=columns.get(name) or snake_case(name),
        type=item["type"],
        label=item.get("label") or name,
        createable=bool(item.get("createable", False)),
        updateable=bool(item.get("updateable", False)),
        calculated=calculated,
        nillable=bool(item.get("nillable", True)),
        defaulted_on_create=bool(item.get("defaultedOnCreate", False)),
        external_id=bool(item.get("externalId", False)),
        id_lookup=bool(item.get("idLookup", False)),
        name_field=bool(item.get("nameField", False)),
        length=item.get("length") or 0,
        precision=item.get("precision") or 0,
        scale=item.get("scale") or 0,
        reference_to=tuple(item.get("referenceTo") or ()),
        relationship_name=item.get("relationshipName"),
        cascade_delete=bool(item.get("cascadeDelete", False)),
        compound=item.get("compoundFieldName"),
        picklist=_picklist(item.get("picklistValues") or ()),
        restricted_picklist=bool(item.get("restrictedPicklist", False)),
        direction=directions.get(name, Direction.BOTH),
        moves_silently=calculated or name in MOVES_SILENTLY | quiet,
    )


def _picklist(entries: Iterable[Mapping[str, Any]]) -> tuple[PicklistValue, ...]:
    return tuple(
        PicklistValue(
            value=entry["value"],
            label=entry.get("label") or entry["value"],
            active=bool(entry.get("active", True)),
            default=bool(entry.get("defaultValue", False)),
        )
        for entry in entries
    )


def _identifies(fields: Iterable[FieldMapping], name: str | None) -> bool:
    return any(field.name == name and field.external_id for field in fields)


def _coupled(describe: Mapping[str, Any], fields: Sequence[FieldMapping]) -> tuple[frozenset[str], ...]:
    addresses = [item["name"] for item in describe["fields"] if item["type"] == "address"]
    parts = [
        frozenset(f.name for f in fields if f.compound == address and not f.name.endswith(GEOCODES))
        for address in addresses
    ]
    names = {field.name for field in fields}
    groups = [group & names for group in (*COUPLED.get(describe["name"], ()), *parts)]
    return tuple(group for group in groups if len(group) > 1)
