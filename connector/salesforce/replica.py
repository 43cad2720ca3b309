"""The Salesforce org as a replica: what the sync engine knows of Salesforce is this, and only this."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.salesforce.client import SalesforceClient
from connector.salesforce.reading import Reader
from connector.salesforce.rows import selected, sort_rows
from connector.salesforce.soql import Condition, Operator, compare, select
from connector.salesforce.writing import Writer
from connector.sync.model import Checkpoint, Create, Delete, Intent, Operation, Outcome, Page, Side, Sighting, Update
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, Value

TRIPLE = ("OpportunityId", "ContactId", "Role")
"""What identifies a contact role, which cannot have an external id (API paper section 10.2)."""
NAMES = ("Name", "LastName", "Subject")
CLOCK_SLACK = timedelta(seconds=2)
"""HTTP dates are cut to the second, and so are Salesforce's stamps."""


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """How the org is read and written."""

    overlap: timedelta = timedelta(minutes=5)
    """How far below its checkpoint an incremental read begins, for changes that became visible late."""
    collection_from: int = 25
    """From how many writes of one kind on they travel as collections, without ``If-Unmodified-Since``."""


class SalesforceReplica:
    """A ``RemoteReplica`` on a client."""

    side = Side.REMOTE

    def __init__(
        self, client: SalesforceClient, objects: Sequence[ObjectMapping], settings: ReplicaSettings | None = None
    ) -> None:
        settings = settings or ReplicaSettings()
        self._client = client
        self._objects = {mapping.name: mapping for mapping in objects}
        self._reader = Reader(client, objects, settings.overlap)
        self._writer = Writer(client, objects, self._reader, settings.collection_from)
        self._overlap = settings.overlap

    @property
    def calls(self) -> int:
        """API calls made so far. Logging in is not one."""
        return self._client.calls

    def organization_id(self) -> str:
        """The 18-character id of the org."""
        return self._client.organization_id()

    def server_time(self) -> datetime:
        """The org's clock, aware UTC."""
        return self._client.server_time()

    def observe(self, wanted: Mapping[str, Checkpoint | None]) -> Iterator[Page]:
        """See ``Replica.observe``."""
        return self._reader.observe(wanted)

    def read(self, object_name: str, ids: Collection[RecordId]) -> Mapping[RecordId, Sighting]:
        """See ``Replica.read``."""
        return self._reader.read(object_name, ids)

    def apply(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """See ``Replica.apply``. Takes creates, updates and deletes of the remote side."""
        writes = [each for each in operations if isinstance(each, Create | Update | Delete)]
        assert len(writes) == len(operations), "only creates, updates and deletes can be applied"
        assert all(each.side is Side.REMOTE for each in writes), "an operation of the other side"
        return self._writer.apply(writes)

    def find_created(self, intent: Intent) -> tuple[Mapping[RecordId, Record], bool]:
        """See ``RemoteReplica.find_created``.

        With an external id the look is conclusive at once: sending the same upsert again creates nothing twice. A
        candidate may have been deleted meanwhile; it counts all the same, so that it is not made a second time.
        """
        mapping = self._objects[intent.object]
        if mapping.external_id is not None:
            return self._candidates(mapping, compare(mapping, mapping.external_id, Operator.EQUALS, intent.id)), True
        # How far Salesforce vouches is asked first: what becomes visible between the two questions is then found.
        covered = self._reader.covered_until(mapping)
        return self._candidates(mapping, self._made_by_us(mapping, intent)), covered > intent.sent_at

    def _made_by_us(self, mapping: ObjectMapping, intent: Intent) -> Condition:
        since = intent.sent_at.replace(microsecond=0) - CLOCK_SLACK
        where = compare(mapping, "CreatedDate", Operator.AT_LEAST, since)
        where &= compare(mapping, "CreatedById", Operator.EQUALS, self._client.user_id())
        for name in self._identifying(mapping, intent.record):
            where &= compare(mapping, name, Operator.EQUALS, _as_kept(intent.record.get(name)))
        return where

    def _identifying(self, mapping: ObjectMapping, record: Record) -> Sequence[str]:
        if all(name in mapping.by_name for name in TRIPLE):
            return TRIPLE
        return [name for name in NAMES if record.get(name) is not None][:1]

    def _candidates(self, mapping: ObjectMapping, where: Condition) -> dict[RecordId, Record]:
        rows = sort_rows(mapping, self._client.records(select(mapping, selected(mapping), where, ("Id",))))
        buried = {id: tombstone.record for id, tombstone in rows.tombstones.items() if tombstone.record is not None}
        return {**rows.records, **buried}


def _as_kept(value: Value) -> Value:
    """Salesforce trims text before it keeps it."""
    return value.strip() if isinstance(value, str) else value
