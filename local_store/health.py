"""What may be wrong with a store, in sentences for ``doctor`` and ``verify``. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from local_store.database import read
from local_store.schema import ObjectTables
from local_store.store import Store
from local_store.tables import touched
from mapping.fields import FieldMapping
from mapping.record import RecordId


@dataclass(frozen=True, slots=True)
class Orphan:
    """A live row that points at a record the mirror does not hold. The parent may be hidden from our user, or gone."""

    object: str
    id: RecordId
    field: str
    parent: RecordId


def problems(store: Store) -> list[str]:
    """Everything that is wrong with the database itself; empty when it is sound and every local edit is noted."""
    with read(store.engine) as connection:
        return [*_damage(connection), *store.capture_problems(), *_strays(connection, store)]


def orphans(store: Store, limit: int = 1000) -> list[Orphan]:
    """Rows whose parent is missing, for references into mirrored objects."""
    found: list[Orphan] = []
    with read(store.engine) as connection:
        for mapping in store.objects.values():
            for field in mapping.references:
                if set(field.reference_to) <= store.objects.keys():
                    found.extend(_orphans(connection, store, mapping.name, field, limit - len(found)))
    return found


def _damage(connection: Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for line in connection.exec_driver_sql("PRAGMA quick_check(10)").scalars():
        if line != "ok":
            yield f"The database file is damaged: {line}. Restore the last backup, or load the mirror anew."


def _strays(connection: Connection, store: Store) -> Iterator[str]:
    for name in store.objects:
        count = _untouched_bases(connection, name, store.tables(name))
        if count:
            yield f"{count} bases of {name} belong to rows that nobody touched. Run a verification of {name}."


def _untouched_bases(connection: Connection, object_name: str, tables: ObjectTables) -> int:
    is_touched = exists().where(touched.c.object == object_name, touched.c.id == tables.base.c.id)
    return len(connection.execute(select(tables.base.c.id).where(~is_touched)).all())


def _orphans(
    connection: Connection, store: Store, object_name: str, field: FieldMapping, limit: int
) -> Iterator[Orphan]:
    rows = store.live(object_name)
    column = rows.c[field.column]
    wanted = select(rows.c.id, column).where(column.is_not(None))
    for parent in field.reference_to:
        parents = store.table(parent)
        wanted = wanted.where(~exists().where(parents.c.id == column))
    for record_id, pointed_at in connection.execute(wanted.order_by(rows.c.id).limit(max(limit, 0))):
        yield Orphan(object_name, RecordId(record_id), field.name, RecordId(pointed_at))
