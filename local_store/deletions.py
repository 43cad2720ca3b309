"""Deletions that take other records along: what goes, and what a person confirmed about it (design decision 9)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from connector.sync.order import cascading_references
from local_store.database import read, write
from local_store.ledger import SqlLedger
from local_store.store import Store
from local_store.tables import confirmed_deletion
from mapping.record import RecordId

Key = tuple[str, RecordId]


def goes_along(store: Store, object_name: str, record_id: RecordId) -> list[Key]:
    """The mirrored records that Salesforce deletes with a record, however deep, as (object, id)."""
    references = cascading_references(store.objects.values())
    ledger, found = SqlLedger(store), dict[Key, None]()
    level: list[Key] = [(object_name, record_id)]
    while level:
        below: dict[Key, None] = {}
        for name, parent in level:
            for children in ledger.children(name, [parent], references.get(name, ())).values():
                below.update(dict.fromkeys(children))
        level = [key for key in below if key not in found]
        found.update(below)
    return list(found)


def confirm(store: Store, object_name: str, record_id: RecordId) -> None:
    """Note that a person wants a record deleted in Salesforce with all that goes along now."""
    along = len(goes_along(store, object_name, record_id))
    with write(store.engine) as connection:
        withdraw(connection, object_name, record_id)
        connection.execute(
            confirmed_deletion.insert().values(object=object_name, record_id=record_id, records=along, at=store.clock())
        )


def confirmed(store: Store) -> Mapping[Key, int]:
    """The confirmed deletions, each with how many records a person knew to go along."""
    with read(store.engine) as connection:
        rows = connection.execute(select(confirmed_deletion)).all()
    return {(row.object, RecordId(row.record_id)): row.records for row in rows}


def withdraw(connection: Connection, object_name: str, record_id: str) -> None:
    """Forget a confirmation: it was carried out, or the deletion was taken back."""
    wanted = (confirmed_deletion.c.object == object_name, confirmed_deletion.c.record_id == record_id)
    connection.execute(confirmed_deletion.delete().where(*wanted))
