"""The values of picklists as a record type offers them."""

from __future__ import annotations

from typing import Any

from playground import errors, ids, sales_processes
from playground.ids import MASTER_RECORD_TYPE_ID
from playground.schema import Field, ObjectType, PicklistEntry
from playground.store import Row, Store

_STAGE = ("Opportunity", "StageName")


def record_types(store: Store, object_name: str) -> list[Row]:
    """The record types of an object, by id."""
    return store.select("RecordType", "SobjectType = ? ORDER BY Id", (object_name,))


def record_type(store: Store, object_name: str, text: str) -> Row | None:
    """The record type with that id; None for the master record type; NOT_FOUND for any other."""
    record_type_id = ids.to_18(text[:15]) if ids.is_id(text) else text
    if record_type_id == MASTER_RECORD_TYPE_ID:
        return None
    for row in record_types(store, object_name):
        if row["Id"] == record_type_id:
            return row
    raise errors.NotFound


def offered(store: Store, item: ObjectType, field: Field, chosen: Row | None) -> list[PicklistEntry]:
    """The active values of a field, as far as the record type (None: the master) offers them."""
    active = [entry for entry in field.picklist if entry.active]
    if (item.name, field.name) != _STAGE:
        return active
    stages = sales_processes.stages_of(store, chosen)
    return [entry for entry in active if entry.value in stages]


def fields_of(item: ObjectType) -> list[Field]:
    """The fields that have values to choose from."""
    return [field for field in item.fields if field.type in ("picklist", "multipicklist")]


def stage_attributes(store: Store, value: str) -> dict[str, Any] | None:
    """What the UI API tells of a stage besides its label; its own spelling of the type's name."""
    rows = store.select("OpportunityStage", "ApiName = ?", (value,))
    if not rows:
        return None
    return {
        "closed": bool(rows[0]["IsClosed"]),
        "defaultProbability": rows[0]["DefaultProbability"],
        "forecastCategoryName": rows[0]["ForecastCategory"],
        "picklistAtrributesValueType": "OpportunityStage",
        "won": bool(rows[0]["IsWon"]),
    }


def attributes_of(store: Store, item: ObjectType, field: Field, value: str) -> dict[str, Any] | None:
    """The UI API's attributes of a value; None for fields that have none."""
    return stage_attributes(store, value) if (item.name, field.name) == _STAGE else None
