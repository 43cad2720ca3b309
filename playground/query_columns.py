"""What can be said of a query without running it: its columns (``columns=true``) and a plan (``explain=``).

Some clients ask for the columns before the rows. The plan is a plausible one: the playground does not optimise.
"""

from __future__ import annotations

from typing import Any

from playground.org import Org
from playground.schema import Field, ObjectType, Schema
from playground.soql import Prepared, QueryEngine
from playground.soql.plan import indexed_fields
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
_SELECTIVE = 0.3
"""A standard index serves a filter that leaves less than this part of the rows (salesforce-api.md, section 8.6)."""
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
    """The plans, cheapest first: the index that leads to the rows, if one does, and a scan of the whole table.

    ``relativeCost`` above 1 means that a filter is not selective, as real orgs say it; the figures are ours.
    """
    rows = int(org.store.execute(f"SELECT count(*) FROM {quoted(prepared.object)}")[0][0])
    with org.store.reading() as connection:
        found = QueryEngine(org.schema).count(connection, prepared)
        fields = indexed_fields(connection, prepared)
    whole = {"cardinality": rows, "sobjectCardinality": rows, "sobjectType": prepared.object}
    scan = {**whole, "fields": [], "leadingOperationType": "TableScan", "notes": [], "relativeCost": 1.0}
    if not fields:
        return {"plans": [scan], "sourceQuery": text}
    cost = round(found / (rows * _SELECTIVE), 3) if rows else 0.0
    index = {
        **whole,
        "cardinality": found,
        "fields": fields,
        "leadingOperationType": "Index",
        "notes": [],
        "relativeCost": cost,
    }
    return {"plans": sorted([index, scan], key=_cost), "sourceQuery": text}


def _cost(item: dict[str, Any]) -> float:
    return float(item["relativeCost"])


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
