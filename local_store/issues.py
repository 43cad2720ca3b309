"""Records that could not be brought across, kept until they can: the inbox of the pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.sync.model import Issue
from local_store.tables import issue
from mapping.record import RecordId

REFUSED = "refused"
"""Salesforce said no."""

QUARANTINED = "quarantined"
"""A value arrived that its column cannot hold."""

NOT_STORABLE = "NOT_STORABLE"


def remember(connection: Connection, kind: str, found: Issue, now: datetime, run: int | None = None) -> None:
    """Open an issue, or note that it is still there: one open issue per record and kind."""
    present = (
        issue.c.object == found.object,
        issue.c.record_id == found.id,
        issue.c.kind == kind,
        issue.c.closed_at.is_(None),
    )
    values = {
        "code": found.code,
        "message": found.message,
        "fields": json.dumps(list(found.fields)),
        "token": found.token,
        "stamp": found.stamp,
        "run": run,
        "last_seen": now,
    }
    known = connection.execute(issue.update().where(*present).values(**values, attempts=issue.c.attempts + 1))
    if known.rowcount == 0:
        connection.execute(
            issue.insert().values(
                object=found.object, record_id=found.id, kind=kind, attempts=1, first_seen=now, **values
            )
        )


def quarantine(connection: Connection, object_name: str, record_id: RecordId, reason: str, now: datetime) -> None:
    """Open an issue for a record that this database cannot hold."""
    remember(connection, QUARANTINED, Issue(object_name, record_id, NOT_STORABLE, reason), now)


def close(connection: Connection, object_name: str, ids: Sequence[str], now: datetime) -> None:
    """Close the open issues of records that went through."""
    connection.execute(
        issue.update()
        .where(issue.c.object == object_name, issue.c.record_id.in_(ids), issue.c.closed_at.is_(None))
        .values(closed_at=now)
    )
