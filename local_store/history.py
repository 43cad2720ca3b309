"""Our own observations, for reading: which agreed values changed, where, and between which moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from connector.sync.model import Side
from local_store.database import read
from local_store.json_text import load_value
from local_store.store import Store
from local_store.tables import change
from mapping.record import RecordId, Value


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value both sides agreed on became another one.

    The edit was made on ``made_on``. It happened after ``after`` and not after ``until``, by Salesforce's clock; None
    where nothing tells. A deletion is a change of ``IsDeleted``.
    """

    object: str
    id: RecordId
    field: str
    old: Value
    new: Value
    made_on: Side
    after: datetime | None
    until: datetime | None
    noted_at: datetime


def changes(
    store: Store, object_name: str, id: RecordId | None = None, field: str | None = None
) -> tuple[FieldChange, ...]:
    """What was observed of an object, of one record, or of one field, the oldest first."""
    given = {"object": object_name, "record_id": id, "field": field}
    conditions = [change.c[name] == value for name, value in given.items() if value is not None]
    with read(store.engine) as connection:
        return tuple(
            _change(row) for row in connection.execute(select(change).where(*conditions).order_by(change.c.id))
        )


def _change(row: Row[Any]) -> FieldChange:
    return FieldChange(
        object=row.object,
        id=RecordId(row.record_id),
        field=row.field,
        old=load_value(row.old),
        new=load_value(row.new),
        made_on=Side(row.made_on),
        after=row.after,
        until=row.until,
        noted_at=row.noted_at,
    )
