"""Which stages a sales process offers, and so which a record type of Opportunity does.

No object of the API holds this (it is metadata), so the org keeps it as a fact of its own. A process of which nothing
is kept offers every active stage. What is offered binds the pages people work on; the API takes any stage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from playground.store import Row, Store

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
