"""What the mirror knows of an object and its fields: what describe says, and what the admin decided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property


class Direction(Enum):
    """Which way values of a field or an object may travel."""

    BOTH = "both"
    PULL = "pull"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One entry of a picklist, as describe lists it. ``value`` is the API value, ``label`` what people read."""

    value: str
    label: str
    active: bool = True
    default: bool = False


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One mirrored field. Names are Salesforce API names, ``type`` is describe's (``currency``, ``reference``, ...)."""

    name: str
    column: str
    type: str
    label: str
    createable: bool = False
    updateable: bool = False
    calculated: bool = False
    nillable: bool = True
    defaulted_on_create: bool = False
    external_id: bool = False
    id_lookup: bool = False
    name_field: bool = False
    length: int = 0
    precision: int = 0
    scale: int = 0
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    cascade_delete: bool = False
    compound: str | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted_picklist: bool = False
    direction: Direction = Direction.BOTH
    moves_silently: bool = False
    """The value changes without ``SystemModstamp`` moving (calculated, last viewed, last activity): it is refreshed,
    never compared (design decision 10)."""

    @property
    def writable(self) -> bool:
        """Whether a local value of this field may ever be sent to Salesforce."""
        return (self.createable or self.updateable) and not self.calculated and self.direction is not Direction.PULL


@dataclass(frozen=True)
class ObjectMapping:
    """One mirrored object: its table, its fields, and how it is read.

    ``cursor`` is the field an incremental read goes by: ``SystemModstamp``, ``CreatedDate`` for field history, or
    None for an object that is read whole each time. ``read_only`` objects are never written in Salesforce.
    """

    name: str
    table: str
    label: str
    label_plural: str
    fields: tuple[FieldMapping, ...]
    key_prefix: str | None = None
    read_only: bool = False
    cursor: str | None = "SystemModstamp"
    deletable: bool = True
    undeletable: bool = True
    replicateable: bool = True
    external_id: str | None = None
    """The API name of the field that holds the provisional id on create, where the org has one (decision 5)."""
    coupled: tuple[frozenset[str], ...] = ()
    """Groups of fields that form one conflict and are decided whole (decision 7)."""

    @cached_property
    def by_name(self) -> dict[str, FieldMapping]:
        """Fields by API name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def writable(self) -> frozenset[str]:
        """API names of the fields that may travel to Salesforce."""
        if self.read_only:
            return frozenset()
        return frozenset(field.name for field in self.fields if field.writable)

    @cached_property
    def references(self) -> tuple[FieldMapping, ...]:
        """The fields that point at other records."""
        return tuple(field for field in self.fields if field.reference_to)

    def group_of(self, field: str) -> frozenset[str]:
        """The fields that are decided together with ``field``: its coupled group, or the field alone."""
        return next((group for group in self.coupled if field in group), frozenset({field}))
