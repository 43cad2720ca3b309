"""What an admin does to the stages while the org runs, and what follows for opportunities (salesforce-api.md 11.1).

A new default probability leaves opportunities alone; another type (open, won, lost) or forecast category moves all that
stand in the stage. Deactivated stages stay where they are in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from playground import opportunities, sales_processes
from playground.schema import ObjectType, PicklistEntry, Schema
from playground.store import Row, Store
from playground.work import Work

TYPES = {"open": (0, 0), "won": (1, 1), "lost": (1, 0)}
"""IsClosed and IsWon by the type's name."""
_FORECAST_OF = {"open": "Pipeline", "won": "Closed", "lost": "Omitted"}
_LABEL_MAX = 255
_EDITS = frozenset({"label", "api_name", "active", "probability", "type", "forecast_category", "description"})
_PICKLISTS = (("Opportunity", "StageName"),)


def add(work: Work, raw: Mapping[str, Any]) -> str:
    """Add a stage: ``label``, and any of ``api_name``, ``probability``, ``type``, ``forecast_category``, ``after``.

    Answer its id. ValueError names what is wrong.
    """
    _only(raw, _EDITS | {"after"})
    label = _label(raw.get("label"))
    name = _label(raw.get("api_name", label))
    _refuse_known(work.store, name)
    kind = str(raw.get("type", "open"))
    closed, won = _type(kind)
    forecast = _forecast(raw.get("forecast_category", _FORECAST_OF[kind]))
    rows = _rows(work.store)
    row: Row = {
        "Id": work.store.next_id("01J"),
        "MasterLabel": label,
        "ApiName": name,
        "IsActive": int(bool(raw.get("active", True))),
        "SortOrder": max((int(item["SortOrder"] or 0) for item in rows), default=0) + 1,
        "IsClosed": closed,
        "IsWon": won,
        "DefaultProbability": _probability(raw.get("probability", {"won": 100, "lost": 0}.get(kind, 10))),
        "Description": raw.get("description"),
        "CreatedDate": work.stamp,
        "CreatedById": work.user_id,
        **forecast,
        **_stamped(work),
    }
    work.store.insert("OpportunityStage", row)
    if "after" in raw:
        names = [item["ApiName"] for item in rows]
        names.insert(names.index(_named(work.store, raw["after"])["ApiName"]) + 1, name)
        reorder(work, names)
    return str(row["Id"])


def edit(work: Work, name: str, raw: Mapping[str, Any]) -> None:
    """Change a stage: rename it (``label``, ``api_name``), switch it on or off, move its defaults, flip its type."""
    _only(raw, _EDITS)
    stage = _named(work.store, name)
    changes: Row = {}
    if "label" in raw:
        changes["MasterLabel"] = _label(raw["label"])
    if "description" in raw:
        changes["Description"] = raw["description"]
    if "active" in raw:
        changes["IsActive"] = int(bool(raw["active"]))
    if "probability" in raw:
        changes["DefaultProbability"] = _probability(raw["probability"])
    if "type" in raw:
        changes["IsClosed"], changes["IsWon"] = _type(str(raw["type"]))
        if "forecast_category" not in raw:
            changes |= _forecast(_FORECAST_OF[str(raw["type"])])
    if "forecast_category" in raw:
        changes |= _forecast(raw["forecast_category"])
    if "api_name" in raw and raw["api_name"] != stage["ApiName"]:
        _refuse_known(work.store, _label(raw["api_name"]))
        changes["ApiName"] = raw["api_name"]
    work.store.update("OpportunityStage", stage["Id"], changes | _stamped(work))
    _follow(work, stage, changes)


def reorder(work: Work, names: Sequence[str]) -> None:
    """Put the stages in another order; stages that are not named come last, as they were."""
    chosen = [_named(work.store, name)["Id"] for name in names]
    rest = [row["Id"] for row in _rows(work.store) if row["Id"] not in chosen]
    for place, stage_id in enumerate([*chosen, *rest], start=1):
        work.store.update("OpportunityStage", stage_id, {"SortOrder": place} | _stamped(work))


def listed(store: Store) -> list[dict[str, Any]]:
    """All stages in set-up order."""
    names = ("ApiName", "MasterLabel", "IsActive", "SortOrder", "IsClosed", "IsWon")
    more = ("ForecastCategoryName", "DefaultProbability")
    return [{name: row[name] for name in (*names, *more)} for row in _rows(store)]


def with_stages(schema: Schema, store: Store) -> Schema:
    """The schema whose stage picklist is what the stages now are."""
    entries = tuple(
        PicklistEntry(value=str(row["ApiName"]), label=str(row["MasterLabel"]), active=bool(row["IsActive"]))
        for row in _rows(store)
    )
    return Schema(tuple(_with_entries(item, entries) for item in schema.objects))


def _with_entries(item: ObjectType, entries: tuple[PicklistEntry, ...]) -> ObjectType:
    wanted = {field for name, field in _PICKLISTS if name == item.name}
    if all(field.picklist == entries for field in item.fields if field.name in wanted):
        return item
    fields = tuple(replace(field, picklist=entries) if field.name in wanted else field for field in item.fields)
    return replace(item, fields=fields)


def _follow(work: Work, stage: Row, changes: Row) -> None:
    """Let opportunities follow an edited stage: they get a new SystemModstamp, as of any automated change."""
    store, old_name = work.store, stage["ApiName"]
    moved: Row = {}
    if "ApiName" in changes:
        moved["StageName"] = changes["ApiName"]
        sales_processes.rename_stage(store, old_name, changes["ApiName"])
        store.execute("UPDATE OpportunityHistory SET StageName = ? WHERE StageName = ?", (changes["ApiName"], old_name))
    moved |= {
        name: changes[name]
        for name in ("IsClosed", "IsWon", "ForecastCategory", "ForecastCategoryName")
        if name in changes and changes[name] != stage[name]
    }
    if moved:
        for row in store.select("Opportunity", "StageName = ? COLLATE NOCASE", (old_name,)):
            store.update("Opportunity", row["Id"], moved | {"SystemModstamp": work.stamp})


def _rows(store: Store) -> list[Row]:
    return store.select("OpportunityStage", "1 ORDER BY SortOrder, Id")


def _named(store: Store, name: Any) -> Row:
    for row in _rows(store):
        if str(name).lower() in (str(row["ApiName"]).lower(), str(row["MasterLabel"]).lower()):
            return row
    raise ValueError(f"The org has no stage {name!r}.")


def _refuse_known(store: Store, name: str) -> None:
    if any(str(row["ApiName"]).lower() == name.lower() for row in _rows(store)):
        raise ValueError(f"The org has a stage {name!r} already.")


def _label(text: Any) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > _LABEL_MAX:
        raise ValueError(f"A stage is called by 1 to {_LABEL_MAX} characters, not {text!r}.")
    return text


def _type(kind: str) -> tuple[int, int]:
    if kind not in TYPES:
        raise ValueError(f"A stage is of type {', '.join(TYPES)}, not {kind!r}.")
    return TYPES[kind]


def _forecast(name: Any) -> Row:
    if name not in opportunities.FORECAST_CATEGORY:
        raise ValueError(f"A forecast category is {', '.join(opportunities.FORECAST_CATEGORY)}, not {name!r}.")
    return {"ForecastCategoryName": name, "ForecastCategory": opportunities.FORECAST_CATEGORY[name]}


def _probability(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= 100:
        raise ValueError(f"A probability is between 0 and 100, not {value}.")
    return number


def _stamped(work: Work) -> Row:
    return {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp}


def _only(raw: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise ValueError(f"A stage has {', '.join(sorted(known))}, not {', '.join(unknown)}.")
