"""The mirror's memory as the engine sees it: a ``Ledger`` in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection, func, select, union

from connector.sync.model import Checkpoint, Conflict, Intent, Page, RecordState, Settlement, Tombstone
from local_store import adoption, issues, loading, settling, states, tables
from local_store import capture_sqlite as capture
from local_store import rows as rows_of
from local_store.conflicts import keep_open
from local_store.database import read, write
from local_store.ids import resolve as present_id
from local_store.json_text import dump_record, load_record
from local_store.lock import RunLock
from local_store.lock import check as check_fence
from local_store.store import Store
from mapping.record import Record, RecordId


class SqlLedger:
    """Rows, bases, unsettled sightings and checkpoints of a store.

    With a ``lock``, every write while it is held first checks that nobody else took it over (invariant 30), and raises
    ``LockLost`` when somebody did.
    """

    def __init__(self, store: Store, lock: RunLock | None = None) -> None:
        self._store = store
        self._lock = lock

    # Reading

    def checkpoints(self) -> Mapping[str, Checkpoint]:
        """How far each object has been read. Objects never read are missing."""
        with read(self._store.engine) as connection:
            found = connection.execute(select(tables.checkpoint)).all()
        return {
            row.object: Checkpoint(
                stamp=row.stamp, after=None if row.after_stamp is None else (row.after_stamp, RecordId(row.after_id))
            )
            for row in found
        }

    def states(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, RecordState]:
        """What is known about these records; ids the mirror has never seen are missing."""
        with read(self._store.engine) as connection:
            return self._states(connection, object_name, ids)

    def waiting(self, object_name: str) -> Mapping[RecordId, RecordState]:
        """Every record that was touched here, or has an unsettled remote sighting."""
        remote = self._store.tables(object_name).remote
        wanted = union(select(tables.touched.c.id).where(tables.touched.c.object == object_name), select(remote.c.id))
        with read(self._store.engine) as connection:
            return self._states(connection, object_name, connection.execute(wanted).scalars().all())

    def _states(
        self, connection: Connection, object_name: str, wanted: Collection[RecordId]
    ) -> Mapping[RecordId, RecordState]:
        known = states.find(connection, object_name, self._store.tables(object_name), wanted)
        return states.states(self._store.mapping(object_name), known)

    def live_count(self, object_name: str) -> int:
        """How many rows of an object are not deleted."""
        table = self._store.table(object_name)
        with read(self._store.engine) as connection:
            found = connection.execute(select(func.count()).select_from(table).where(table.c.is_deleted.is_(False)))
            return int(found.scalar_one())

    def children(
        self, object_name: str, ids: Collection[RecordId], cascading: Sequence[tuple[str, str]]
    ) -> Mapping[RecordId, Sequence[tuple[str, RecordId]]]:
        """The live mirrored rows that point at these records through the given (object, reference field) pairs."""
        found: dict[RecordId, list[tuple[str, RecordId]]] = {}
        with read(self._store.engine) as connection:
            for child, field in cascading:
                table = self._store.table(child)
                column = table.c[self._store.mapping(child).by_name[field].column]
                for batch in rows_of.batches(ids):
                    pointing = select(column, table.c.id).where(column.in_(batch), table.c.is_deleted.is_(False))
                    for parent, record_id in connection.execute(pointing.order_by(table.c.id)):
                        found.setdefault(RecordId(parent), []).append((child, RecordId(record_id)))
        return found

    def resolve(self, id: RecordId) -> RecordId:
        """The present id behind an id that may be an alias."""
        with read(self._store.engine) as connection:
            return present_id(connection, id)

    # Writing

    def load(self, page: Page) -> None:
        """Store a page of an object that is being read for the first time, with its checkpoint, set-wise.

        Rows that were touched here or are known already are left alone. Records that the database cannot hold become
        issues.
        """
        mapping, found = self._store.mapping(page.object), self._store.tables(page.object)
        now = self._store.clock()
        with self._unnoticed() as connection:
            refused = loading.insert_new(connection, mapping, found, page.records)
            for record_id, reason in refused.items():
                issues.quarantine(connection, page.object, record_id, reason, now)
            known = states.states(mapping, states.find(connection, page.object, found, page.tombstones.keys()))
            traces = [
                Settlement(record_id, 0, local=tombstone, base=None)
                for record_id, tombstone in page.tombstones.items()
                if record_id not in known
            ]
            self._carry_out(connection, page.object, traces)
            if page.checkpoint is not None:
                _move(connection, page.object, page.checkpoint)

    def unstorable(self, object_name: str, records: Mapping[RecordId, Record]) -> Mapping[RecordId, str]:
        """The records that this database cannot hold as they are, each with the reason."""
        mapping = self._store.mapping(object_name)
        found = ((record_id, loading.not_storable(mapping, [record])) for record_id, record in records.items())
        return {record_id: reason for record_id, reason in found if reason is not None}

    def settle(
        self, object_name: str, settlements: Sequence[Settlement], checkpoint: Checkpoint | None = None
    ) -> Sequence[RecordId]:
        """Bring records to the given standing and move the checkpoint, in one transaction.

        Answers the ids whose token had moved: nothing was done for those, and they must be planned again.
        The checkpoint is moved only if every settlement went through.
        """
        with self._unnoticed() as connection:
            tokens = rows_of.find_tokens(connection, object_name, [each.id for each in settlements])
            moved = [each.id for each in settlements if tokens.get(each.id, 0) != each.token]
            still = [each for each in settlements if tokens.get(each.id, 0) == each.token]
            self._carry_out(connection, object_name, still)
            if checkpoint is not None and not moved:
                _move(connection, object_name, checkpoint)
        return moved

    def adopt(self, object_name: str, provisional: RecordId, id: RecordId, settlement: Settlement) -> bool:
        """Replace a provisional id by the Salesforce id everywhere, remember the alias, and settle, in one
        transaction (decision 4). Answers False, and changes only the ids, when the token had moved."""
        with self._unnoticed() as connection:
            token = rows_of.find_tokens(connection, object_name, [provisional]).get(provisional, 0)
            adoption.adopt(connection, self._store, object_name, provisional, id)
            if token != settlement.token:
                return False
            token = rows_of.find_tokens(connection, object_name, [id]).get(id, 0)
            self._carry_out(connection, object_name, [replace(settlement, id=id, token=token)])
            return True

    def _carry_out(self, connection: Connection, object_name: str, settlements: Sequence[Settlement]) -> None:
        mapping, now = self._store.mapping(object_name), self._store.clock()
        storable: list[Settlement] = []
        for settlement in settlements:
            reason = loading.not_storable(mapping, _records(settlement))
            if reason is None:
                storable.append(settlement)
            else:
                issues.quarantine(connection, object_name, settlement.id, reason, now)
        settling.carry_out(connection, mapping, self._store.tables(object_name), storable, now)

    def remember_intent(self, intent: Intent) -> None:
        """Commit that a create is about to be sent."""
        with self._committing() as connection:
            _drop_intent(connection, intent.object, intent.id)
            connection.execute(tables.intent.insert().values(_intent_row(intent)))

    def intents(self) -> Sequence[Intent]:
        """Creates whose answer was never stored."""
        with read(self._store.engine) as connection:
            found = connection.execute(
                select(tables.intent).order_by(tables.intent.c.sent_at, tables.intent.c.id)
            ).all()
        return [Intent(row.object, RecordId(row.id), load_record(row.record) or {}, row.sent_at) for row in found]

    def drop_intent(self, object_name: str, id: RecordId) -> None:
        """Forget an intent whose outcome is known."""
        with self._committing() as connection:
            _drop_intent(connection, object_name, id)

    def open_conflicts(self, object_name: str, conflicts: Sequence[Conflict]) -> None:
        """Make the open conflicts of the named object exactly these, keeping since when each is known."""
        remote = self._store.tables(object_name).remote
        with self._committing() as connection:
            unsettled = connection.execute(select(remote.c.id)).scalars().all()
            keep_open(connection, object_name, conflicts, unsettled, self._store.clock())

    @contextmanager
    def _committing(self) -> Iterator[Connection]:
        with write(self._store.engine) as connection:
            check_fence(connection, None if self._lock is None else self._lock.fence)
            yield connection

    @contextmanager
    def _unnoticed(self) -> Iterator[Connection]:
        """A transaction whose writes the triggers do not note. No other writer can be inside at the same time."""
        with self._committing() as connection:
            capture.pause(connection)
            yield connection
            capture.resume(connection)


def _intent_row(intent: Intent) -> dict[str, object]:
    return {
        "object": intent.object,
        "id": intent.id,
        "record": dump_record(intent.record),
        "sent_at": intent.sent_at,
    }


def _drop_intent(connection: Connection, object_name: str, record_id: RecordId) -> None:
    intent = tables.intent
    connection.execute(intent.delete().where(intent.c.object == object_name, intent.c.id == record_id))


def _records(settlement: Settlement) -> Iterator[Record]:
    for side in (settlement.local, settlement.base, settlement.remote):
        record = side.record if isinstance(side, Tombstone) else side
        if record is not None:
            yield record


def _move(connection: Connection, object_name: str, to: Checkpoint) -> None:
    """Move an object's checkpoint. Its stamp never goes back (invariant 15)."""
    checkpoint = tables.checkpoint
    stamp = connection.execute(
        select(checkpoint.c.stamp).where(checkpoint.c.object == object_name)
    ).scalar_one_or_none()
    latest = max((each for each in (stamp, to.stamp) if each is not None), default=None)
    after_stamp, after_id = to.after or (None, None)
    connection.execute(checkpoint.delete().where(checkpoint.c.object == object_name))
    connection.execute(
        checkpoint.insert().values(object=object_name, stamp=latest, after_stamp=after_stamp, after_id=after_id)
    )
