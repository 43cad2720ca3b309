"""Our own observations: which agreed values changed, on which side the edit was made, and between which moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.sync.model import RecordState, Settlement, Side, Tombstone
from local_store.json_text import dump_value
from local_store.tables import change
from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import Record, RecordId, Value

NOT_OBSERVED = frozenset({"Id", "IsDeleted", "SystemModstamp", "LastModifiedDate", "LastModifiedById"})
"""Stamps tell that something was saved, not what. Deletions are noted by themselves."""


def note(
    connection: Connection,
    mapping: ObjectMapping,
    before: Mapping[RecordId, RecordState],
    settlements: Sequence[Settlement],
    now: datetime,
) -> None:
    """Append what the settlements change in values that both sides agreed on. A record's first sight is no change."""
    if mapping.read_only:
        return
    entries = [
        {"object": mapping.name, "record_id": settlement.id, "noted_at": now, **entry}
        for settlement in settlements
        if settlement.id in before
        for entry in observed(mapping, before[settlement.id], settlement)
    ]
    if entries:
        connection.execute(change.insert(), entries)


def observed(mapping: ObjectMapping, before: RecordState, settlement: Settlement) -> Iterator[dict[str, Any]]:
    """What one settlement tells that was not known before."""
    if isinstance(settlement.local, Tombstone):
        if before.gone is None:
            side = Side.LOCAL if before.local is None and before.base is not None else Side.REMOTE
            yield _entry("IsDeleted", False, True, side, _stamp(before.base), settlement.local.deleted_at)
    elif before.gone is not None:
        yield _entry("IsDeleted", True, False, Side.REMOTE, before.gone.deleted_at, _stamp(settlement.base))
    elif before.base is not None and settlement.base is not None:
        yield from _fields(mapping, before, before.base, settlement.base)


def _fields(mapping: ObjectMapping, before: RecordState, old: Record, new: Record) -> Iterator[dict[str, Any]]:
    after, until = _stamp(old), _stamp(new)
    for field in mapping.fields:
        if _is_observed(field) and field.name in new and new[field.name] != old.get(field.name):
            value = new[field.name]
            here = before.local is not None and before.local.get(field.name) == value
            yield _entry(field.name, old.get(field.name), value, Side.LOCAL if here else Side.REMOTE, after, until)


def _is_observed(field: FieldMapping) -> bool:
    return field.name not in NOT_OBSERVED and not field.moves_silently


def _entry(
    field: str, old: Value, new: Value, side: Side, after: datetime | None, until: datetime | None
) -> dict[str, Any]:
    return {
        "field": field,
        "old": dump_value(old),
        "new": dump_value(new),
        "made_on": side.value,
        "after": after,
        "until": until,
    }


def _stamp(record: Record | None) -> datetime | None:
    found = None if record is None else record.get("SystemModstamp")
    return found if isinstance(found, datetime) else None
