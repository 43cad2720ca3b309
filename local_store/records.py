"""Reading and editing single records, for the pages and the Python API.

Edits are plain SQL on the mirror's tables: the same triggers note them as note everybody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, Table, exists, select

from local_store import deletions, ids, issues
from local_store import rows as rows_of
from local_store.capture_sqlite import pause, resume
from local_store.database import read, write
from local_store.errors import FieldUnknown, RecordUnknown
from local_store.store import Store
from local_store.tables import conflict, issue, touched
from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import Record, RecordId, Value
from mapping.values import NotCanonical, canonical, equal


class RecordStateName(Enum):
    """How a record stands, in the words of the pages."""

    IN_SALESFORCE = "in_salesforce"
    ONLY_HERE = "only_here"
    WAITING = "waiting"
    CONFLICT = "conflict"
    REFUSED = "refused"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field whose value here is waiting to be sent. ``in_salesforce`` is what both sides last agreed on."""

    field: str
    here: Value
    in_salesforce: Value


class Records:
    """The records of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, object_name: str, record_id: str) -> Record | None:
        """A record by its id or by an id it had before; None when there is none, or it is deleted."""
        mapping = self._store.mapping(object_name)
        table = self._store.table(object_name)
        with read(self._store.engine) as connection:
            present = ids.resolve(connection, record_id)
            row = connection.execute(select(table).where(table.c.id == present)).one_or_none()
        if row is None or rows_of.is_marked(row):
            return None
        return rows_of.as_record(mapping, row)

    def insert(self, object_name: str, record: Record) -> RecordId:
        """Make a record here, under a provisional id. It waits to be sent. Raises ``FieldUnknown``."""
        mapping = self._store.mapping(object_name)
        record_id = ids.provisional_id()
        values = rows_of.as_row(mapping, record_id, _checked(mapping, record))
        with write(self._store.engine) as connection:
            connection.execute(self._store.table(object_name).insert().values(values))
        return record_id

    def update(self, object_name: str, record_id: str, fields: Mapping[str, Value]) -> None:
        """Set fields of a record here. Raises ``RecordUnknown`` and ``FieldUnknown``."""
        mapping = self._store.mapping(object_name)
        table = self._store.table(object_name)
        checked = _checked(mapping, fields)
        with write(self._store.engine) as connection:
            present = ids.resolve(connection, record_id)
            values = rows_of.as_row(mapping, present, checked)
            changed = connection.execute(
                table.update().where(table.c.id == present, ~table.c.is_deleted).values(values)
            )
            if changed.rowcount == 0:
                raise RecordUnknown(object_name, record_id)

    def delete(self, object_name: str, record_id: str) -> None:
        """Delete a record here. It is deleted in Salesforce when a run may. Raises ``RecordUnknown``."""
        table = self._store.table(object_name)
        with write(self._store.engine) as connection:
            present = ids.resolve(connection, record_id)
            gone = connection.execute(table.delete().where(table.c.id == present, ~table.c.is_deleted))
            if gone.rowcount == 0:
                raise RecordUnknown(object_name, record_id)

    def take_back(self, object_name: str, record_id: str) -> None:
        """Undo what was edited here and not sent: the row becomes what both sides last agreed on.

        A record that was only made here goes away. Raises ``RecordUnknown`` when nothing is known of it.
        """
        found = self._store.tables(object_name)
        with write(self._store.engine) as connection:
            present = ids.resolve(connection, record_id)
            touch = (touched.c.object == object_name, touched.c.id == present)
            if connection.execute(select(touched.c.seq).where(*touch)).one_or_none() is None:
                self._expect(connection, object_name, present)
                return
            pause(connection)
            base = connection.execute(select(found.base).where(found.base.c.id == present)).one_or_none()
            if base is None:
                rows_of.remove(connection, found.rows, [present])
            else:
                rows_of.upsert(connection, found.rows, [dict(base._mapping)])
            rows_of.remove(connection, found.base, [present])
            connection.execute(touched.delete().where(*touch))
            deletions.withdraw(connection, object_name, present)
            issues.close(connection, object_name, [present], self._store.clock())
            resume(connection)

    def state(self, object_name: str, record_id: str) -> RecordStateName:
        """How a record stands. Raises ``RecordUnknown``."""
        found = self._store.tables(object_name)
        with read(self._store.engine) as connection:
            present = ids.resolve(connection, record_id)
            if _has(connection, conflict, object_name, present):
                return RecordStateName.CONFLICT
            if _has(connection, issue, object_name, present):
                return RecordStateName.REFUSED
            touch = select(touched.c.seq).where(touched.c.object == object_name, touched.c.id == present)
            if connection.execute(touch).one_or_none() is None:
                row = self._expect(connection, object_name, present)
                return RecordStateName.DELETED if row else RecordStateName.IN_SALESFORCE
            has_base = connection.execute(select(exists().where(found.base.c.id == present))).scalar_one()
        return RecordStateName.WAITING if has_base else RecordStateName.ONLY_HERE

    def waiting(self, object_name: str, record_id: str) -> tuple[FieldDifference, ...]:
        """Field by field, what is waiting to be sent; empty when the record is as in Salesforce.

        A record deleted here differs in every field that has a value, one made here in all that will be sent.
        """
        mapping = self._store.mapping(object_name)
        found = self._store.tables(object_name)
        with read(self._store.engine) as connection:
            present = ids.resolve(connection, record_id)
            if not rows_of.find_tokens(connection, object_name, [present]):
                return ()
            here = rows_of.find_rows(connection, found.rows, [present]).get(present)
            base = rows_of.find_rows(connection, found.base, [present]).get(present)
        local = rows_of.as_record(mapping, here) if here is not None else {}
        agreed = rows_of.as_record(mapping, base) if base is not None else {}
        return tuple(
            FieldDifference(field.name, local.get(field.name), agreed.get(field.name))
            for field in mapping.fields
            if (base is not None or field.name in mapping.writable)
            if not _alike(field, local.get(field.name), agreed.get(field.name))
        )

    def resolve(self, record_id: str) -> RecordId:
        """The present id behind an id that may have been replaced: old addresses redirect to it."""
        with read(self._store.engine) as connection:
            return ids.resolve(connection, record_id)

    def _expect(self, connection: Connection, object_name: str, record_id: RecordId) -> bool:
        table = self._store.table(object_name)
        row = connection.execute(select(table.c.is_deleted).where(table.c.id == record_id)).one_or_none()
        if row is None:
            raise RecordUnknown(object_name, record_id)
        return bool(row[0])


def _checked(mapping: ObjectMapping, record: Record) -> dict[str, Value]:
    fields = mapping.by_name
    for name in record:
        if name not in fields:
            raise FieldUnknown(mapping.name, name)
    return {name: canonical(fields[name], value) for name, value in record.items() if name != "Id"}


def _alike(field: FieldMapping, left: Value, right: Value) -> bool:
    try:
        return equal(field, left, right)
    except NotCanonical:
        return left == right


def _has(connection: Connection, table: Table, object_name: str, record_id: str) -> bool:
    found = exists().where(table.c.object == object_name, table.c.record_id == record_id, table.c.closed_at.is_(None))
    return bool(connection.execute(select(found)).scalar_one())
