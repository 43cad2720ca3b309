"""Rows of Salesforce's JSON to sightings, and records to request bodies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeGuard

from connector.salesforce.errors import NotExpressible, UnexpectedAnswer
from connector.salesforce.wire import Json
from connector.sync.model import Sighting, Tombstone
from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import Record, RecordId, Value, is_provisional
from mapping.values import NotCanonical, from_json, id_18, to_json

Reader = Callable[[Any], Value]


class ParentNotSent(NotExpressible):
    """A record refers to another that was made here and that Salesforce does not have yet."""


@dataclass
class Rows:
    """Rows of one object, sorted into living, deleted and unreadable."""

    records: dict[RecordId, Record] = field(default_factory=dict)
    tombstones: dict[RecordId, Tombstone] = field(default_factory=dict)
    quarantined: dict[RecordId, str] = field(default_factory=dict)

    @property
    def sightings(self) -> dict[RecordId, Sighting]:
        """What was seen, living or deleted."""
        return {**self.records, **self.tombstones}


def selected(mapping: ObjectMapping) -> tuple[str, ...]:
    """The fields to ask for: the id and every mapped field, each once."""
    return ("Id", *(each.name for each in mapping.fields if each.name != "Id"))


def sort_rows(mapping: ObjectMapping, rows: Iterable[Json]) -> Rows:
    """Read rows. One that holds a value its field cannot hold is set aside; the others are not delayed by it."""
    sorted_rows = Rows()
    readers = [(each.name, _reader(each)) for each in mapping.fields]
    for row in rows:
        id = row_id(row)
        try:
            sighting = _read_row(readers, row)
        except NotCanonical as error:
            sorted_rows.quarantined[id] = f"{error.field} should be {error.wanted}"
            continue
        if isinstance(sighting, Tombstone):
            sorted_rows.tombstones[id] = sighting
        else:
            sorted_rows.records[id] = sighting
    return sorted_rows


def row_id(row: Json) -> RecordId:
    """The id of a row, 18 characters. Raises ``UnexpectedAnswer`` for a row without one."""
    if not has_id(row):
        raise UnexpectedAnswer("a read", "a row came without its id")
    return RecordId(id_18(row["Id"]))


def has_id(row: object) -> TypeGuard[Json]:
    """Whether this is a row at all."""
    return isinstance(row, Mapping) and isinstance(row.get("Id"), str)


def _read_row(readers: Sequence[tuple[str, Reader]], row: Json) -> Sighting:
    """Read one row; a deleted one becomes a tombstone that holds it. A field that did not come is left out: missing is
    not null (invariant 32). Raises ``NotCanonical``."""
    record: dict[str, Value] = {
        name: None if (raw := row[name]) is None else read(raw) for name, read in readers if name in row
    }
    if row.get("IsDeleted") is not True:
        return record
    deleted_at, master = record.get("SystemModstamp"), record.get("MasterRecordId")
    return Tombstone(
        deleted_at=deleted_at if isinstance(deleted_at, datetime) else None,
        master=RecordId(master) if isinstance(master, str) else None,
        record=record,
    )


def write_body(mapping: ObjectMapping, values: Record, real_ids: Mapping[RecordId, RecordId]) -> dict[str, Any]:
    """Make a request body. References to records that were just created get their new ids.

    Raises ``NotCanonical`` for a value its field cannot hold and ``ParentNotSent`` for a parent without an id.
    """
    return {
        name: to_json(mapping.by_name[name], _real(mapping.by_name[name], value, real_ids))
        for name, value in values.items()
        if name in mapping.by_name
    }


def createable(mapping: ObjectMapping, record: Record) -> Record:
    """The part of a record that a create may carry: nulls are left to Salesforce's defaults."""
    return {
        name: value
        for name, value in record.items()
        if value is not None and name in mapping.writable and mapping.by_name[name].createable
    }


def _real(field: FieldMapping, value: Value, real_ids: Mapping[RecordId, RecordId]) -> Value:
    if field.type != "reference" or not isinstance(value, str) or not is_provisional(value):
        return value
    real = real_ids.get(RecordId(value))
    if real is None:
        raise ParentNotSent(f"{field.name} points at a record that is not in Salesforce yet")
    return real


def _reader(field: FieldMapping) -> Reader:
    """How to read one field. What most values are is told by a look; ``from_json`` has the last word on the rest."""
    if field.type == "anyType":
        # Old and new values in field history may be of any type; the mirror keeps them as the text that JSON shows.
        return lambda raw: (str(raw).lower() if isinstance(raw, bool) else str(raw)) or None
    usual = _USUAL.get(field.type)
    if usual is None:
        return partial(from_json, field)
    return lambda raw: raw if usual(raw) else from_json(field, raw)


def _is_text(raw: Any) -> bool:
    return type(raw) is str and raw != ""


def _is_long_id(raw: Any) -> bool:
    return type(raw) is str and len(raw) == 18


def _is_boolean(raw: Any) -> bool:
    return type(raw) is bool


_USUAL: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("string", "textarea", "picklist", "multipicklist", "combobox", "phone", "email", "url"), _is_text),
    **dict.fromkeys(("id", "reference"), _is_long_id),
    "boolean": _is_boolean,
}
"""Types whose values mostly arrive in canonical form."""
