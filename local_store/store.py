"""The mirror's database: opened, brought up to date, and described as SQLAlchemy tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, MetaData, Table, select

from local_store import capture_sqlite as capture
from local_store import schema, tables
from local_store.database import connect, read, write
from local_store.errors import ObjectUnknown
from local_store.json_text import dump_mapping, load_mapping
from local_store.migrate import migrate
from local_store.schema import ObjectTables
from mapping.fields import ObjectMapping

ORGANIZATION = "organization"
PERMISSIONS = "permissions"
REVISION = "objects_revision"

VERBS = frozenset({"create", "update", "delete"})

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This machine's clock, aware, in UTC."""
    return datetime.now(UTC)


class Store:
    """One mirror in one database. Safe to share between threads; close it when done.

    ``objects`` are as they were when the store was opened or last refreshed: another process may add some.
    """

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self.engine = engine
        self.clock = clock
        self.metadata = MetaData()
        self._mappings: dict[str, ObjectMapping] = {}
        self._tables: dict[str, ObjectTables] = {}
        self._revision = -1
        self._refreshing = Lock()

    @classmethod
    def open(cls, url: str, clock: Clock = utc_now) -> Store:
        """Open the database behind an SQLAlchemy URL, making it or bringing it up to date.

        Raises ``DatabaseUnusable`` when it is damaged, read-only, or newer than this program.
        """
        store = cls(connect(url), clock)
        try:
            migrate(store.engine)
            store.refresh()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Objects

    @property
    def objects(self) -> Mapping[str, ObjectMapping]:
        """The mirrored objects by API name."""
        return self._mappings

    def mapping(self, object_name: str) -> ObjectMapping:
        """The mapping of one object. Raises ``ObjectUnknown``."""
        try:
            return self._mappings[object_name]
        except KeyError:
            raise ObjectUnknown(object_name) from None

    def tables(self, object_name: str) -> ObjectTables:
        """All tables of one object. Raises ``ObjectUnknown``."""
        self.mapping(object_name)
        return self._tables[object_name]

    def table(self, object_name: str) -> Table:
        """The rows of an object, deleted ones included. Columns are named in snake case."""
        return self.tables(object_name).rows

    def live(self, object_name: str) -> Table:
        """The view of the rows that are not deleted: what people mean."""
        return self.tables(object_name).live

    def assign_columns(self, object_name: str, names: Iterable[str]) -> Mapping[str, str]:
        """The column name of each field, assigned once and kept for ever. Idempotent."""
        with write(self.engine) as connection:
            return schema.assign_columns(connection, object_name, names)

    def ensure_object(self, mapping: ObjectMapping) -> None:
        """Make the tables of an object, or add what its mapping has more than before, and remember the mapping.

        Columns are named as ``assign_columns`` named them, whatever the mapping says. New
        columns, triggers and view come in one transaction; nothing is ever dropped. Idempotent.
        """
        schema.check_name_is_free(mapping.table)
        with write(self.engine) as connection:
            mapping = schema.with_columns(mapping, schema.assign_columns(connection, mapping.name, mapping.by_name))
            schema.note_types(connection, mapping)
            made = schema.object_tables(MetaData(), mapping, schema.vanished(connection, mapping))
            schema.create_or_extend(connection, made)
            capture.rebuild(connection, mapping.name, made)
            self._remember(connection, mapping)
        self.refresh()

    def refresh(self) -> None:
        """Take over what other processes changed in the mirrored objects. Cheap when nothing did."""
        with self._refreshing:
            self._refresh()

    def _refresh(self) -> None:
        with read(self.engine) as connection:
            revision = _setting(connection, REVISION, 0)
            if revision == self._revision:
                return
            found = connection.execute(select(tables.mirror_object.c.mapping)).scalars()
            mappings = {mapping.name: mapping for mapping in map(load_mapping, found)}
            kept = {name: schema.vanished(connection, mapping) for name, mapping in mappings.items()}
        metadata = MetaData()  # a new one: other threads may be using the tables of the old one
        self._tables = {name: schema.object_tables(metadata, mapping, kept[name]) for name, mapping in mappings.items()}
        self._mappings, self.metadata, self._revision = mappings, metadata, revision

    def _remember(self, connection: Connection, mapping: ObjectMapping) -> None:
        known = tables.mirror_object.c.object == mapping.name
        dumped = dump_mapping(mapping)
        if connection.execute(select(tables.mirror_object.c.mapping).where(known)).scalar_one_or_none() == dumped:
            return
        connection.execute(tables.mirror_object.delete().where(known))
        connection.execute(tables.mirror_object.insert().values(object=mapping.name, mapping=dumped))
        _set(connection, REVISION, _setting(connection, REVISION, 0) + 1)

    # Facts and settings

    def organization(self) -> Mapping[str, Any] | None:
        """What is known of the org this mirror was made with: id, name, kind, time zone, ... None before the first."""
        found: Mapping[str, Any] | None = self.setting(ORGANIZATION)
        return found

    def set_organization(self, facts: Mapping[str, Any]) -> None:
        """Remember the org. ``facts`` must be fit for JSON; ``id`` is its 18-character id."""
        self.set_setting(ORGANIZATION, dict(facts))

    def permissions(self) -> Mapping[str, frozenset[str]]:
        """Which kinds of write in Salesforce are open, per object (design decision 8). Missing means none."""
        return {name: frozenset(verbs) for name, verbs in (self.setting(PERMISSIONS) or {}).items()}

    def allow(self, object_name: str, verb: str) -> None:
        """Open one kind of write, ``create``, ``update`` or ``delete``, for one object."""
        self._permit(object_name, self.permissions().get(object_name, frozenset()) | {_verb(verb)})

    def forbid(self, object_name: str, verb: str) -> None:
        """Close one kind of write for one object."""
        self._permit(object_name, self.permissions().get(object_name, frozenset()) - {_verb(verb)})

    def _permit(self, object_name: str, verbs: frozenset[str]) -> None:
        everything = {name: sorted(open_verbs) for name, open_verbs in self.permissions().items()}
        self.set_setting(PERMISSIONS, {**everything, object_name: sorted(verbs)})

    def setting(self, key: str, default: Any = None) -> Any:
        """A fact kept as JSON, or ``default``."""
        with read(self.engine) as connection:
            return _setting(connection, key, default)

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a fact, which must be fit for JSON."""
        with write(self.engine) as connection:
            _set(connection, key, value)

    # Health

    def capture_problems(self) -> list[str]:
        """What is wrong with the capture of local edits, in sentences; empty when every edit is noted."""
        self.refresh()
        with read(self.engine) as connection:
            return capture.problems(connection, self._tables.items())


def capture_stands(store: Store) -> list[str]:
    """The same check as a function, for ``doctor``."""
    return store.capture_problems()


def _verb(verb: str) -> str:
    if verb not in VERBS:
        raise ValueError(f"{verb} is not a kind of write; there are create, update and delete.")
    return verb


def _setting(connection: Connection, key: str, default: Any) -> Any:
    stored = connection.execute(select(tables.setting.c.value).where(tables.setting.c.key == key)).scalar_one_or_none()
    return default if stored is None else json.loads(stored)


def _set(connection: Connection, key: str, value: Any) -> None:
    connection.execute(tables.setting.delete().where(tables.setting.c.key == key))
    connection.execute(tables.setting.insert().values(key=key, value=json.dumps(value, ensure_ascii=False)))
