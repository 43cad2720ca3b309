"""Reasons to refuse a whole plan (decision 9). Pure.

A guard does not judge single records. It stops a run in which something went wrong with everything: the wrong org, an
emptied table, a mapping that changed its meaning.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.sync.model import Delete, Plan, Side
from mapping.fields import ObjectMapping


@dataclass(frozen=True)
class Limits:
    """How many deletions of one object on one side a run may do without being asked: the larger of both."""

    deletes: int = 20
    percent: int = 5

    def of(self, count: int) -> int:
        """The limit for an object with so many records."""
        return max(self.deletes, count * self.percent // 100)


@dataclass(frozen=True)
class Reason:
    """Why a plan is refused: what was found, and what to do if it is right."""

    code: str
    message: str
    advice: str


WHERE = {Side.LOCAL: "in your database", Side.REMOTE: "in Salesforce"}


def reasons(
    plan: Plan, counts: Mapping[str, int], limits: Limits, allowed_deletes: int | None = None
) -> tuple[Reason, ...]:
    """Why this plan must not be carried out; empty if it may. ``counts`` are the live mirrored records per object.

    ``allowed_deletes`` is the number a person confirmed; it lets a plan through that deletes no more than that.
    """
    found = []
    for (side, name), deletions in sorted(deletions_of(plan).items(), key=lambda item: (item[0][1], item[0][0].value)):
        if allowed_deletes is not None and deletions <= allowed_deletes:
            continue
        # What was deleted here is not counted as live any more, but is still there on the other side.
        total = counts.get(name, 0) + (deletions_directly(plan, side, name) if side is Side.REMOTE else 0)
        if deletions > limits.of(total):
            found.append(_too_many(side, name, deletions, total, limits.of(total)))
        elif deletions > 1 and deletions >= total:
            found.append(_emptied(side, name, deletions))
    return tuple(found)


def deletions_of(plan: Plan) -> Counter[tuple[Side, str]]:
    """How many records of each object a plan deletes on each side, with the children that go along."""
    doomed: set[tuple[Side, str, str]] = set()
    for operation in plan.operations:
        if isinstance(operation, Delete):
            doomed.add((operation.side, operation.object, operation.id))
            doomed.update((operation.side, name, child) for name, child in operation.cascades)
    return Counter((side, name) for side, name, _ in doomed)


def deletions_directly(plan: Plan, side: Side, name: str) -> int:
    """How many records of an object a plan deletes by name, cascades left out."""
    return sum(
        isinstance(operation, Delete) and (operation.side, operation.object) == (side, name)
        for operation in plan.operations
    )


def organization_reasons(expected: str | None, found: str) -> tuple[Reason, ...]:
    """Refuse another org than the one the mirror was made with (invariant 36)."""
    if expected is None or expected == found:
        return ()
    return (
        Reason(
            "another-organization",
            f"This mirror belongs to the org {expected}, but the login leads to {found}. Nothing was changed.",
            "If a sandbox was refreshed, it is a new org: make a new project for it with forcemirror init. "
            "Otherwise check the login.",
        ),
    )


def mapping_reasons(accepted: str | None, objects: Iterable[ObjectMapping]) -> tuple[Reason, ...]:
    """Refuse a mapping that changed what the mirror means, until both sides were compared."""
    if accepted is None or accepted == fingerprint(objects):
        return ()
    return (
        Reason(
            "mapping-changed",
            "The settings of the mirrored objects changed since the last run. Nothing was changed.",
            "Look at forcemirror plan, then accept the new settings with forcemirror sync --accept-mapping.",
        ),
    )


def fingerprint(objects: Iterable[ObjectMapping]) -> str:
    """A hash of what an admin decided about the objects. A new field of the org does not change it."""
    digest = hashlib.sha256()
    for each in sorted(objects, key=lambda each: each.name):
        directions = sorted((field.name, field.direction.value) for field in each.fields)
        ruled = [entry for entry in directions if entry[1] != "both"]
        digest.update(repr((each.name, each.table, each.read_only, each.external_id, ruled)).encode())
    return digest.hexdigest()


def _too_many(side: Side, name: str, deletions: int, total: int, limit: int) -> Reason:
    return Reason(
        "too-many-deletions",
        f"{deletions} of {total} {name} records would be deleted {WHERE[side]}, counting what goes along with them "
        f"(limit {limit}). Nothing was changed.",
        f"Look at forcemirror plan. If that is intended: forcemirror sync --allow-deletes {deletions}",
    )


def _emptied(side: Side, name: str, deletions: int) -> Reason:
    return Reason(
        "side-emptied",
        f"All {deletions} {name} records would be deleted {WHERE[side]}. Nothing was changed.",
        f"Look at forcemirror plan. If that is intended: forcemirror sync --allow-deletes {deletions}",
    )
