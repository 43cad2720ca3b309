"""What objects and fields the playground org has. The catalogue itself is data: ``playground/objects/*.json``.

State lives in one SQLite table per object, named as the object's API name, with one column per stored field, named as
the field's API name: ``id``, references, text, picklists, dates (``2026-01-02``) and datetimes
(``2026-01-02T03:04:05.000Z``, UTC) are TEXT; booleans INTEGER 0 or 1; ``int`` INTEGER; ``double``, ``currency`` and
``percent`` REAL. ``Id`` is the primary key. Soft-deleted rows stay with ``IsDeleted = 1``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class PicklistEntry:
    value: str
    label: str
    active: bool = True
    default: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field, with the describe properties that behaviour depends on. ``type`` is describe's type."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = False
    updateable: bool = False
    defaulted_on_create: bool = False
    calculated: bool = False
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    aggregatable: bool = True
    id_lookup: bool = False
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    name_field: bool = False
    restricted_picklist: bool = False
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_relationship_name: str | None = None
    """What the parent calls its children through this field (``Opportunities``); None where it is not queryable."""
    cascade_delete: bool = False
    restricted_delete: bool = False
    compound: str | None = None
    extra_type_info: str | None = None
    picklist: tuple[PicklistEntry, ...] = ()
    default: str | bool | int | float | None = None
    stored: bool = True
    """False for compound fields (``address``) that are put together from their components when read."""
    described: tuple[tuple[str, Any], ...] = ()
    """Properties that describe tells of this field in place of those it would work out."""


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    child: str
    field: str
    name: str | None
    cascade_delete: bool = False
    restricted_delete: bool = False


@dataclass(frozen=True)
class ObjectType:
    """One object with its fields, in describe's order."""

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    undeletable: bool = True
    queryable: bool = True
    replicateable: bool = True
    searchable: bool = True
    mergeable: bool = False
    custom: bool = False
    soft_delete: bool = True
    """False: a directly deleted row is gone at once (OpportunityContactRole), not in the recycle bin."""
    described: tuple[tuple[str, Any], ...] = ()
    """Properties that describe tells of this object in place of those it would work out."""

    @cached_property
    def by_lower_name(self) -> dict[str, Field]:
        """Fields by lower-cased API name: SOQL names are case-insensitive."""
        return {item.name.lower(): item for item in self.fields}

    @cached_property
    def by_relationship(self) -> dict[str, Field]:
        """Reference fields by lower-cased relationship name (``account`` -> AccountId)."""
        return {item.relationship_name.lower(): item for item in self.fields if item.relationship_name}

    def has(self, name: str) -> bool:
        """Whether the object has a field of that name, in any case."""
        return name.lower() in self.by_lower_name


@dataclass(frozen=True)
class Schema:
    """All objects of the org."""

    objects: tuple[ObjectType, ...] = field(default=())

    @cached_property
    def by_lower_name(self) -> dict[str, ObjectType]:
        """Objects by lower-cased API name."""
        return {item.name.lower(): item for item in self.objects}

    @cached_property
    def children(self) -> dict[str, tuple[ChildRelationship, ...]]:
        """Child relationships by parent object name, derived from the reference fields."""
        found: dict[str, list[ChildRelationship]] = {}
        for child in self.objects:
            for item in child.fields:
                for parent in item.reference_to:
                    found.setdefault(parent, []).append(
                        ChildRelationship(
                            child=child.name,
                            field=item.name,
                            name=item.child_relationship_name,
                            cascade_delete=item.cascade_delete,
                            restricted_delete=item.restricted_delete,
                        )
                    )
        return {parent: tuple(relationships) for parent, relationships in found.items()}
