"""What can be said of a query without running it: its columns (``columns=true``) and a plan (``explain=``).

Some clients ask for the columns before the rows. The plan is a plausible one: the playground does not optimise.
"""

from __future__ import annotations

from typing import Any

from playground.org import Org
from playground.schema import Field, ObjectType, Schema
from playground.soql import Prepared
from playground.store import quoted

_APEX_TYPES = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "currency": "Double",
    "percent": "Double",
    "double": "Double",
    "int": "Integer",
    "date": "Date",
    "datetime": "Datetime",
}
_NUMBERS = frozenset({"Double", "Integer"})


def metadata(schema: Schema, prepared: Prepared) -> dict[str, Any]:
    """The columns of a query, in order; aggregates and subqueries have no field behind them."""
    driving = schema.by_lower_name[prepared.object.lower()]
    columns = [_column(name, _field(schema, driving, name)) for name in prepared.columns]
    return {
        "columnMetadata": columns,
        "entityName": driving.name,
        "groupBy": prepared.is_aggregate,
        "idSelected": "Id" in prepared.columns,
        "keyPrefix": driving.key_prefix,
    }


def plan(org: Org, prepared: Prepared, text: str) -> dict[str, Any]:
    """One plan: a scan of the whole table."""
    rows = int(org.store.execute(f"SELECT count(*) FROM {quoted(prepared.object)}")[0][0])
    scan = {
        "cardinality": rows,
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [],
        "relativeCost": 1.0,
        "sobjectCardinality": rows,
        "sobjectType": prepared.object,
    }
    return {"plans": [scan], "sourceQuery": text}


def _field(schema: Schema, driving: ObjectType, path: str) -> Field | None:
    *relations, name = path.lower().split(".")
    at = driving
    for relation in relations:
        through = at.by_relationship.get(relation)
        target = schema.by_lower_name.get(through.reference_to[0].lower()) if through else None
        if target is None:
            return None
        at = target
    return at.by_lower_name.get(name)


def _column(name: str, field: Field | None) -> dict[str, Any]:
    apex_type = _APEX_TYPES.get(field.type, "String") if field else "Double"
    return {
        "aggregate": field is None,
        "apexType": apex_type,
        "booleanType": apex_type == "Boolean",
        "columnName": name,
        "custom": bool(field and field.name.endswith("__c")),
        "displayName": name,
        "foreignKeyName": field.relationship_name if field else None,
        "insertable": bool(field and field.createable),
        "joinColumns": [],
        "numberType": apex_type in _NUMBERS,
        "textType": apex_type == "String",
        "updatable": bool(field and field.updateable),
    }
