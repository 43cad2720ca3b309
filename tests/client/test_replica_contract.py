"""The Salesforce replica keeps the contract of every remote replica, against the playground org in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from connector.salesforce.replica import SalesforceReplica
from connector.sync.model import Done, Tombstone
from mapping.record import Record, RecordId
from tests.contract.replica_contract import ACCOUNT, RemoteReplicaContract
from tests.support.playground import PlaygroundSite, playground_site


@dataclass
class PlaygroundWorld:
    """The contract's door to the org: a colleague works there directly."""

    site: PlaygroundSite
    replica: SalesforceReplica

    def insert(self, record: Record) -> RecordId:
        self.site.clock.pass_(seconds=1)
        return RecordId(self.site.org.create(ACCOUNT, record))

    def change(self, id: RecordId, fields: Record) -> None:
        self.site.clock.pass_(seconds=2)
        self.site.org.update(ACCOUNT, id, fields)

    def remove(self, id: RecordId) -> None:
        self.site.clock.pass_(seconds=1)
        self.site.org.delete(ACCOUNT, id)

    def holds(self, id: RecordId) -> Record | None:
        seen = self.replica.read(ACCOUNT, [id]).get(id)
        return None if seen is None or isinstance(seen, Tombstone) else seen


@pytest.fixture
def site() -> Iterator[PlaygroundSite]:
    site = playground_site()
    for row in site.org.store.select(ACCOUNT, "NOT IsDeleted"):
        site.org.store.execute("DELETE FROM Account WHERE Id = ?", (row["Id"],))
    yield site
    site.close()


class TestSalesforceReplica(RemoteReplicaContract):
    @pytest.fixture
    def world(self, site: PlaygroundSite) -> PlaygroundWorld:
        return PlaygroundWorld(site, site.replica(site.mappings([ACCOUNT])))


class TestSalesforceReplicaWithExternalId(RemoteReplicaContract):
    @pytest.fixture
    def world(self, site: PlaygroundSite) -> PlaygroundWorld:
        mappings = site.mappings([ACCOUNT], Account="Forcemirror_Id__c")
        return PlaygroundWorld(site, site.replica(mappings))

    def test_two_records_made_by_one_request_after_another_have_different_ids(self, world: PlaygroundWorld) -> None:
        """The provisional id makes a record what it is: the same one sent twice is still one record (invariant 10)."""
        made = [self.one(world.replica, self.create(world, Name=name)) for name in ("One", "Two")]
        assert len({outcome.id for outcome in made if isinstance(outcome, Done)}) == 1
