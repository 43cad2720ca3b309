"""Ids: provisional ones for records made here, and the present id behind one that became an alias."""

from __future__ import annotations

import base64
import secrets

from sqlalchemy import Connection, select

from local_store.tables import id_alias
from mapping.record import PROVISIONAL_PREFIX, RecordId


def provisional_id() -> RecordId:
    """A fresh id for a record made here: ``local-`` and 26 letters of lower-case base32, 130 random bits.

    The same length as the ids that the database gives to rows inserted by plain SQL.
    """
    letters = base64.b32encode(secrets.token_bytes(20)).decode("ascii").lower()
    return RecordId(PROVISIONAL_PREFIX + letters[:26])


def resolve(connection: Connection, record_id: str) -> RecordId:
    """Follow aliases to the present id. An id that is no alias is its own answer."""
    seen = {record_id}
    while True:
        found = connection.execute(select(id_alias.c.id).where(id_alias.c.alias == record_id)).scalar_one_or_none()
        if found is None or found in seen:
            return RecordId(record_id)
        seen.add(found)
        record_id = found
