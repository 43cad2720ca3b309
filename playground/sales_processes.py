"""Which stages a sales process offers, and so which a record type of Opportunity does.

No object of the API holds this (it is metadata), so the org keeps it as a fact of its own. A process of which nothing
is kept offers every active stage. What is offered binds the pages people work on; the API takes any stage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from playground.store import Row, Store
from playground.work import Work

FACT = "sales_processes"
SEEDED = {
    "Renewal": ("Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"),
}
"""By name of the process; the other process of the scenario offers all stages."""


def seed(store: Store) -> None:
    """Give the processes of the scenario their stages; inside a transaction."""
    rows = store.select("BusinessProcess", "1")
    kept = {str(row["Id"]): list(SEEDED[row["Name"]]) for row in rows if row["Name"] in SEEDED}
    store.set_fact(FACT, json.dumps(kept))


def set_stages(store: Store, process_id: str, stages: Iterable[str]) -> None:
    """Let a process offer these stages; ValueError for a stage that there is not. Inside a transaction."""
    chosen = list(stages)
    known = {row["ApiName"] for row in store.select("OpportunityStage", "1")}
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ValueError(f"The org has no stage {', '.join(unknown)}.")
    store.set_fact(FACT, json.dumps(_kept(store) | {process_id: chosen}))


def rename_stage(store: Store, old: str, new: str) -> None:
    """Follow a stage that got another name; inside a transaction."""
    kept = {key: [new if name == old else name for name in names] for key, names in _kept(store).items()}
    store.set_fact(FACT, json.dumps(kept))


def stages_of(store: Store, record_type: Row | None) -> list[str]:
    """The stages that a record type offers, in set-up order; None is the master record type, which offers all."""
    process_id = record_type.get("BusinessProcessId") if record_type else None
    offered = _kept(store).get(str(process_id)) if process_id else None
    active = [row["ApiName"] for row in store.select("OpportunityStage", "IsActive ORDER BY SortOrder, Id")]
    return [name for name in active if offered is None or name in offered]


def _kept(store: Store) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(store.fact(FACT) or "{}")
    return found


def add_record_type(work: Work, raw: Mapping[str, Any]) -> str:
    """Add a record type: ``object``, ``name``, ``developer_name``, ``stages``. Answer its id; inside a transaction."""
    unknown = sorted(set(raw) - {"object", "name", "developer_name", "stages", "active", "id"})
    if unknown:
        raise ValueError(
            f"A record type has object, name, developer_name, stages, active and id, not {', '.join(unknown)}."
        )
    item = work.schema.by_lower_name.get(str(raw.get("object", "Opportunity")).lower())
    if item is None or not item.has("RecordTypeId"):
        raise ValueError(f"The org has no object {raw.get('object')!r} with record types.")
    name = str(raw["name"])
    developer_name = str(raw.get("developer_name", name.replace(" ", "_")))
    if work.store.select("RecordType", "SobjectType = ? AND DeveloperName = ?", (item.name, developer_name)):
        raise ValueError(f"{item.name} has a record type {developer_name} already.")
    process_id = _add_process(work, name, raw.get("stages")) if item.name == "Opportunity" else None
    row = {
        "Id": str(raw.get("id") or work.store.next_id("012")),
        "Name": name,
        "DeveloperName": developer_name,
        "SobjectType": item.name,
        "BusinessProcessId": process_id,
        "IsActive": int(bool(raw.get("active", True))),
        **_audit(work),
    }
    work.store.insert("RecordType", row)
    return str(row["Id"])


def _add_process(work: Work, name: str, stages: Iterable[str] | None) -> str:
    process_id = work.store.next_id("019")
    row = {"Id": process_id, "Name": name, "TableEnumOrId": "Opportunity", "IsActive": 1, **_audit(work)}
    work.store.insert("BusinessProcess", row)
    if stages is not None:
        set_stages(work.store, process_id, stages)
    return process_id


def _audit(work: Work) -> Row:
    return {
        "CreatedDate": work.stamp,
        "CreatedById": work.user_id,
        "LastModifiedDate": work.stamp,
        "LastModifiedById": work.user_id,
        "SystemModstamp": work.stamp,
    }
