"""Records that could not be brought across, kept until they can: the inbox of the pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, select

from connector.sync.model import Issue
from local_store.tables import issue
from mapping.record import RecordId

REFUSED = "refused"
"""Salesforce said no."""

QUARANTINED = "quarantined"
"""A value arrived that its column cannot hold."""

NOT_STORABLE = "QUARANTINED"
"""The code of such an issue, which is also the engine's: it keeps them open until the record comes through."""


def remember(connection: Connection, kind: str, found: Issue, now: datetime, run: int | None = None) -> None:
    """Open an issue, or note that it is still there: one open issue a record, the latest."""
    values = {
        "kind": kind,
        "code": found.code,
        "message": found.message,
        "fields": json.dumps(list(found.fields)),
        "token": found.token,
        "stamp": found.stamp,
        "run": run,
        "last_seen": now,
    }
    present = _open(found.object, [found.id])
    known = connection.execute(issue.update().where(*present).values(**values, attempts=issue.c.attempts + 1))
    if known.rowcount == 0:
        first = {"object": found.object, "record_id": found.id, "attempts": 1, "first_seen": now}
        connection.execute(issue.insert().values(**first, **values))


def quarantine(connection: Connection, object_name: str, record_id: RecordId, reason: str, now: datetime) -> None:
    """Open an issue for a record that this database cannot hold."""
    remember(connection, QUARANTINED, Issue(object_name, record_id, NOT_STORABLE, reason), now)


def close(connection: Connection, object_name: str, ids: Sequence[str], now: datetime) -> None:
    """Close the open issues of records that went through."""
    connection.execute(issue.update().where(*_open(object_name, ids)).values(closed_at=now))


def any_open(connection: Connection, object_name: str, ids: Sequence[str]) -> bool:
    """Whether any of the records has an open issue."""
    return bool(connection.execute(select(exists().where(*_open(object_name, ids)))).scalar_one())


def all_open(connection: Connection) -> list[Issue]:
    """Every open issue, the oldest first."""
    found = connection.execute(select(issue).where(issue.c.closed_at.is_(None)).order_by(issue.c.id))
    return [
        Issue(
            row.object,
            RecordId(row.record_id),
            row.code,
            row.message,
            tuple(json.loads(row.fields)),
            row.token,
            row.stamp,
        )
        for row in found
    ]


def _open(object_name: str, ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return issue.c.object == object_name, issue.c.record_id.in_(ids), issue.c.closed_at.is_(None)
