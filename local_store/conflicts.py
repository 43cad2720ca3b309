"""Conflicts: those that wait for somebody, what was decided about them, and the log of all that were settled.

Whatever wins, both values, the base and the rule stay (design decision 7).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.sync.model import Conflict, Decision, DeleteConflict, FieldConflict, Resolution, Side
from local_store.json_text import dump_record, load_record
from local_store.tables import conflict
from mapping.record import RecordId, Value

FIELDS = "fields"
DELETION = "deletion"

WITHDRAWN = "withdrawn"
"""The rule of a conflict that went away because one side took its change back."""


@dataclass(frozen=True, slots=True)
class StoredConflict:
    """A conflict with what became of it. Open while ``closed_at`` is None.

    ``decision`` is the side a person chose; the next run carries it out and closes the conflict.
    """

    id: int
    conflict: Conflict
    opened_at: datetime
    decision: Side | None = None
    decided_by: str | None = None
    closed_at: datetime | None = None
    rule: str | None = None

    @property
    def fields(self) -> Mapping[str, tuple[Value, Value, Value]]:
        """Base, local and remote value of every field in conflict; empty for a deletion against an edit."""
        if isinstance(self.conflict, DeleteConflict):
            return {}
        base = self.conflict.base or {}
        local, remote = self.conflict.local, self.conflict.remote
        return {name: (base.get(name), local.get(name), remote.get(name)) for name in sorted(self.conflict.fields)}


def keep_open(
    connection: Connection, object_name: str, found: Sequence[Conflict], unsettled: Collection[str], now: datetime
) -> None:
    """Make the open conflicts of an object exactly these. One that stays keeps its time, number and decision.

    One that was decided is no conflict to the planner any more; it stays nevertheless while its record is among the
    ``unsettled``: what was decided could not be carried out yet.
    """
    present = {_key(row): row for row in connection.execute(_open().where(conflict.c.object == object_name))}
    wanted = {_key_of(each): each for each in found}
    for key, row in present.items():
        if key not in wanted and not (row.decision is not None and row.record_id in unsettled):
            closed = conflict.update().where(conflict.c.id == row.id)
            connection.execute(closed.values(closed_at=now, rule=WITHDRAWN))
    for key, each in wanted.items():
        if key not in present:
            connection.execute(conflict.insert().values(**as_row(each), opened_at=now))
        elif conflict_of(present[key]) != each:
            changed = conflict.update().where(conflict.c.id == present[key].id)
            connection.execute(changed.values(**as_row(each), decision=None, decided_by=None))


def log_resolution(connection: Connection, resolution: Resolution, now: datetime, run: int | None = None) -> None:
    """Note how a conflict was settled: the open one is closed, one that was settled at once is written down closed.

    One that seemed to have gone away, because its settling was under way, is told as what it was.
    """
    row = as_row(resolution.conflict)
    closing = {"closed_at": now, "rule": resolution.rule, "decision": resolution.keep.value, "run": run}
    about = [conflict.c[name] == row[name] for name in ("object", "record_id", "kind", "fields")]
    unsettled = conflict.c.closed_at.is_(None) | (conflict.c.rule == WITHDRAWN) & (conflict.c.local == row["local"])
    known = connection.execute(
        select(conflict.c.id).where(*about, unsettled).order_by(conflict.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    if known is None:
        connection.execute(conflict.insert().values(**row, opened_at=now, **closing))
    else:
        connection.execute(conflict.update().where(conflict.c.id == known).values(**row, **closing))


def decisions(connection: Connection) -> list[Decision]:
    """What people decided about conflicts that are still open."""
    wanted = _open().where(conflict.c.decision.is_not(None))
    return [Decision(conflict_of(row), Side(row.decision)) for row in connection.execute(wanted)]


def stored(row: Row[Any]) -> StoredConflict:
    """A row of the table as a value."""
    return StoredConflict(
        id=row.id,
        conflict=conflict_of(row),
        opened_at=row.opened_at,
        decision=None if row.decision is None else Side(row.decision),
        decided_by=row.decided_by,
        closed_at=row.closed_at,
        rule=row.rule,
    )


def conflict_of(row: Row[Any]) -> Conflict:
    """The conflict in a row."""
    base, local, remote = load_record(row.base), load_record(row.local), load_record(row.remote)
    record_id = RecordId(row.record_id)
    if row.kind == FIELDS:
        return FieldConflict(row.object, record_id, base, local or {}, remote or {})
    deleted_on = Side(row.deleted_on)
    survivor = remote if deleted_on is Side.LOCAL else local
    return DeleteConflict(row.object, record_id, deleted_on, base, survivor or {})


def as_row(each: Conflict) -> dict[str, Any]:
    """The columns that hold a conflict."""
    row: dict[str, Any] = {"object": each.object, "record_id": each.id, "base": dump_record(each.base)}
    if isinstance(each, FieldConflict):
        return {
            **row,
            "kind": FIELDS,
            "fields": json.dumps(sorted(each.fields)),
            "local": dump_record(each.local),
            "remote": dump_record(each.remote),
            "deleted_on": None,
        }
    survivor, side = dump_record(each.survivor), each.deleted_on.other
    return {
        **row,
        "kind": DELETION,
        "fields": "[]",
        "local": survivor if side is Side.LOCAL else None,
        "remote": survivor if side is Side.REMOTE else None,
        "deleted_on": each.deleted_on.value,
    }


def _open() -> Any:
    return select(conflict).where(conflict.c.closed_at.is_(None)).order_by(conflict.c.id)


def _key(row: Row[Any]) -> tuple[str, str, str]:
    return row.record_id, row.kind, row.fields


def _key_of(each: Conflict) -> tuple[str, str, str]:
    row = as_row(each)
    return row["record_id"], row["kind"], row["fields"]
