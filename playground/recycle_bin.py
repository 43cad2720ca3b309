"""The recycle bin empties itself: what was deleted 15 days ago is gone for good (salesforce-api.md 11.4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from playground import values
from playground.store import Store


def expire(store: Store, now: datetime, days: float) -> int:
    """Take out for good what has been in the bin that long; answer how many records. The deletion log stays."""
    before = values.stamp(now - timedelta(days=days))
    with store.transaction():
        gone = 0
        for item in store.schema.objects:
            if not item.has("IsDeleted"):
                continue
            rows = store.execute(
                "SELECT id, max(deleted_at) FROM _deletion WHERE object = ? AND deleted_at <= ? GROUP BY id",
                (item.name, before),
            )
            for record_id, _ in rows:
                row = store.get(item.name, record_id)
                if row and row["IsDeleted"] and not _deleted_since(store, item.name, record_id, before):
                    store.remove(item.name, record_id)
                    gone += 1
        store.execute(
            "DELETE FROM _cleared_reference WHERE root IN (SELECT id FROM _deletion WHERE deleted_at <= ?)", (before,)
        )
        return gone


def _deleted_since(store: Store, object_name: str, record_id: str, before: str) -> bool:
    """Whether it came back and was deleted again later."""
    return bool(
        store.execute(
            "SELECT 1 FROM _deletion WHERE object = ? AND id = ? AND deleted_at > ?", (object_name, record_id, before)
        )
    )
