"""Holds the playground's describes against recorded ones and prints where they differ.

    python -m tests.fidelity.compare_describes DIR

``DIR`` and the folders in it may hold answers of ``sobjects/T/describe`` (whole, or with fewer keys) and ``sobjects``.
Every key of a recording must be there, and every standard field must have the recorded values. Exit code 1 when
anything differs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.adapter import PlaygroundAdapter
from playground.org import Org

HOST = "https://playground.test"
_NO_ORG = re.compile(r"(/services/data/)v[0-9x.]+|https?://[^/]+")
"""What differs from org to org in every address."""
_LISTS = frozenset({"fields", "childRelationships", "recordTypeInfos", "sobjects"})


@dataclass(frozen=True, slots=True)
class Difference:
    """``where`` is ``Object`` or ``Object.Field``; ``what`` the property; None stands for *not there*."""

    source: str
    where: str
    what: str
    recorded: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.source}: {self.where} {self.what}: recorded {_short(self.recorded)}, ours {_short(self.ours)}"


class Ours:
    """The describes of a playground org."""

    def __init__(self, org: Org) -> None:
        import requests

        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount(HOST, PlaygroundAdapter(org))
        self._session.headers["Authorization"] = f"Bearer {org.login().token}"

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def get(self, path: str) -> dict[str, Any] | None:
        """The answer, or None when it is not found."""
        answer = self._session.get(f"{HOST}/services/data/v67.0/{path}")
        return dict(answer.json()) if answer.status_code == 200 else None


def recordings(directory: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Describes, of objects and of orgs, with a short name of the file each is in."""
    for path in sorted(directory.rglob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(raw, dict) and ("sobjects" in raw or (isinstance(raw.get("fields"), list) and "name" in raw)):
            yield str(path.relative_to(directory)), raw


def compare(ours: Ours, source: str, recorded: Mapping[str, Any]) -> list[Difference]:
    """Where our describe of the same object differs from a recorded one."""
    if "sobjects" in recorded:
        return _compare_global(ours, source, recorded)
    name = str(recorded["name"])
    mine = ours.get(f"sobjects/{name}/describe")
    if mine is None:
        return [Difference(source, name, "object", "present", None)]
    found = _compare_members(source, name, recorded, mine)
    found += _compare_fields(source, name, recorded["fields"], mine["fields"])
    found += _compare_children(ours, source, name, recorded, mine)
    found += _compare_keys(source, f"{name} recordTypeInfos", recorded, mine, "recordTypeInfos")
    return found


def _compare_global(ours: Ours, source: str, recorded: Mapping[str, Any]) -> list[Difference]:
    mine = ours.get("sobjects") or {}
    found = _compare_members(source, "(all objects)", recorded, mine)
    by_name = {item["name"]: item for item in mine["sobjects"]}
    for item in recorded["sobjects"]:
        if item["name"] in by_name:
            found += _compare_members(source, item["name"], item, by_name[item["name"]])
    return found


def _compare_fields(
    source: str, name: str, recorded: Sequence[Mapping[str, Any]], mine: Sequence[Mapping[str, Any]]
) -> list[Difference]:
    by_name = {field["name"]: field for field in mine}
    found = []
    for field in recorded:
        if field.get("custom") or field["name"].endswith("__c"):
            continue
        where = f"{name}.{field['name']}"
        if field["name"] not in by_name:
            found.append(Difference(source, where, "field", "present", None))
        else:
            found += _compare_members(source, where, field, by_name[field["name"]])
    return found


def _compare_children(
    ours: Ours, source: str, name: str, recorded: Mapping[str, Any], mine: Mapping[str, Any]
) -> list[Difference]:
    """Child relationships of objects that the playground has."""
    known = {(item["childSObject"], item["field"]): item for item in mine["childRelationships"]}
    objects = {item["name"] for item in (ours.get("sobjects") or {})["sobjects"]}
    found = []
    for child in recorded.get("childRelationships", ()):
        key = (child["childSObject"], child["field"])
        if key[0] not in objects or key[1].endswith("__c"):
            continue
        where = f"{name} child {key[0]}.{key[1]}"
        if key not in known:
            found.append(Difference(source, where, "relationship", child["relationshipName"], None))
        else:
            found += _compare_members(source, where, child, known[key])
    return found


def _compare_keys(
    source: str, where: str, recorded: Mapping[str, Any], mine: Mapping[str, Any], name: str
) -> list[Difference]:
    """Only the keys: what record types there are is an org's own."""
    theirs, own = recorded.get(name) or [], mine.get(name) or []
    if not theirs or not own:
        return []
    missing = sorted(set(theirs[0]) - set(own[0]))
    return [Difference(source, where, key, "present", None) for key in missing]


def _compare_members(source: str, where: str, recorded: Mapping[str, Any], mine: Mapping[str, Any]) -> list[Difference]:
    found = []
    for key, value in recorded.items():
        if key in _LISTS or key.startswith("_"):
            continue
        if key not in mine:
            found.append(Difference(source, where, key, value, None))
        elif _without_org(value) != _without_org(mine[key]):
            found.append(Difference(source, where, key, value, mine[key]))
    return found


def _without_org(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_ORG.sub(r"\1", value)
    if isinstance(value, list):
        return [_without_org(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_org(item) for key, item in value.items()}
    return value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "..."


def main(arguments: Sequence[str]) -> int:
    """Print all differences, then how many there are."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("Give the folder that holds the recorded describes.\n")
        return 2
    with Org.in_memory() as org:
        ours = Ours(org)
        try:
            found = [item for source, raw in recordings(Path(arguments[0])) for item in compare(ours, source, raw)]
        finally:
            ours.close()
    for item in found:
        sys.stdout.write(f"{item}\n")
    sys.stdout.write(f"{len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
