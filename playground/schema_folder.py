"""``--schema DIR``: lets the playground look like another org, from files that org's own API gave.

``DIR`` holds JSON files, each one answer: ``sobjects/T/describe`` of any objects, and, where the stages are to have
their probabilities, the answer of a query on OpportunityStage. Names of files do not matter. A folder that was loaded
before is not loaded again unless a file has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground import ids, sales_processes, stages
from playground.opportunities import FORECAST_CATEGORY
from playground.org import Org
from playground.work import Work

_LOADED = "schema_folder"
_KNOWN_TYPES = {"Closed Won": "won", "Closed Lost": "lost"}
"""What is taken for closed where no row of OpportunityStage says so."""


class FolderUnusable(ValueError):
    """The folder is not there, is empty, or has a file that is no describe."""


@dataclass(frozen=True, slots=True)
class Answers:
    describes: tuple[Mapping[str, Any], ...]
    stage_rows: tuple[Mapping[str, Any], ...]
    digest: str


def read(directory: Path) -> Answers:
    """The answers in a folder. Raise :class:`FolderUnusable`."""
    paths = sorted(directory.glob("*.json")) if directory.is_dir() else []
    if not paths:
        raise FolderUnusable(f"There is no JSON file in {directory}.")
    describes: list[Mapping[str, Any]] = []
    stage_rows: list[Mapping[str, Any]] = []
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(content)
        try:
            raw = json.loads(content)
        except ValueError as error:
            raise FolderUnusable(f"{path} is no JSON: {error}.") from error
        if isinstance(raw, dict) and isinstance(raw.get("fields"), list) and raw.get("name"):
            describes.append(raw)
        elif isinstance(raw, dict) and isinstance(raw.get("records"), list):
            stage_rows += [row for row in raw["records"] if "MasterLabel" in row]
        elif not (isinstance(raw, dict) and "sobjects" in raw):
            raise FolderUnusable(f"{path} is neither an answer of describe nor of a query on OpportunityStage.")
    return Answers(tuple(describes), tuple(stage_rows), digest.hexdigest())


def load(org: Org, directory: Path) -> bool:
    """Let an org have the objects, fields, picklists, record types and stages of the folder, also after a reset.

    False if it has them already. Raise :class:`FolderUnusable`.
    """
    org.after_reset["schema folder"] = lambda: load(org, directory)
    answers = read(directory)
    if org.store.fact(_LOADED) == answers.digest:
        return False
    with org.store.transaction():
        change = {"describes": [_without_stages(raw) for raw in answers.describes]}
        if change not in org.schema_changes():
            org.change_schema(change)
        work = org.work()
        for raw in answers.describes:
            _take_record_types(work, raw)
        _take_stages(work, answers)
        org.store.set_fact(_LOADED, answers.digest)
    org.refresh_stages()
    return True


def _without_stages(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The describe without the values of StageName: those are rows of OpportunityStage, which an admin may change."""
    if raw["name"] != "Opportunity":
        return raw
    fields = [
        {key: value for key, value in field.items() if key != "picklistValues" or field["name"] != "StageName"}
        for field in raw["fields"]
    ]
    return {**raw, "fields": fields}


def _take_record_types(work: Work, raw: Mapping[str, Any]) -> None:
    """Add the record types of a describe; those of the scenario are switched off where it has any."""
    infos = [info for info in raw.get("recordTypeInfos", ()) if not info.get("master")]
    item = work.schema.by_lower_name[str(raw["name"]).lower()]
    if not infos or not item.has("RecordTypeId"):
        return
    work.store.execute("UPDATE RecordType SET IsActive = 0 WHERE SobjectType = ?", (item.name,))
    for info in infos:
        record_type_id = ids.to_18(str(info["recordTypeId"])[:15])
        developer_name = str(info.get("developerName") or info["name"])
        same = "SobjectType = ? AND (Id = ? OR DeveloperName = ?)"
        known = work.store.select("RecordType", same, (item.name, record_type_id, developer_name))
        if known:
            changes = {"IsActive": int(bool(info.get("active", True))), "Name": info["name"]}
            work.store.update("RecordType", known[0]["Id"], changes)
            continue
        sales_processes.add_record_type(
            work,
            {
                "id": record_type_id,
                "object": item.name,
                "name": info["name"],
                "developer_name": developer_name,
                "active": info.get("active", True),
            },
        )


def _take_stages(work: Work, answers: Answers) -> None:
    wanted = _stages_of(answers)
    if not wanted:
        return
    known = {str(row["ApiName"]) for row in stages.listed(work.store)}
    for raw in wanted:
        name = raw["api_name"]
        if name in known:
            stages.edit(work, name, {key: value for key, value in raw.items() if key != "api_name"})
        else:
            stages.add(work, raw)
    names = [raw["api_name"] for raw in wanted]
    for name in known.difference(names):
        stages.edit(work, name, {"active": False})
    stages.reorder(work, names)


def _stages_of(answers: Answers) -> Sequence[dict[str, Any]]:
    """The stages as rows tell of them, or else as the picklist names them."""
    if answers.stage_rows:
        rows = sorted(answers.stage_rows, key=lambda row: int(row.get("SortOrder") or 0))
        return [_from_row(row) for row in rows]
    for raw in answers.describes:
        for field in raw["fields"]:
            if (raw["name"], field["name"]) == ("Opportunity", "StageName"):
                return [_from_entry(entry) for entry in field.get("picklistValues") or ()]
    return []


def _from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = ("won" if row.get("IsWon") else "lost") if row.get("IsClosed") else "open"
    raw = {
        "api_name": row.get("ApiName") or row["MasterLabel"],
        "label": row["MasterLabel"],
        "active": row.get("IsActive", True),
        "type": kind,
    }
    if row.get("DefaultProbability") is not None:
        raw["probability"] = row["DefaultProbability"]
    if row.get("ForecastCategoryName") in FORECAST_CATEGORY:
        raw["forecast_category"] = row["ForecastCategoryName"]
    return raw


def _from_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    raw = {
        "api_name": entry["value"],
        "label": entry.get("label") or entry["value"],
        "active": entry.get("active", True),
    }
    return raw | ({"type": _KNOWN_TYPES[entry["value"]]} if entry["value"] in _KNOWN_TYPES else {})
