"""The fakes keep the contracts too: otherwise what the engine's tests show would prove nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from connector.sync.model import Create, Intent, Side
from mapping.record import Record, RecordId
from tests.contract.ledger_contract import LedgerContract
from tests.contract.replica_contract import ACCOUNT, CREATED, RemoteReplicaContract, ReplicaContract, cloudy
from tests.support.builders import DEALS
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_replica import Fault, MemoryReplica


@dataclass
class MemoryWorld:
    replica: MemoryReplica

    def insert(self, record: Record) -> RecordId:
        return self.replica.insert(ACCOUNT, record)

    def change(self, id: RecordId, fields: Record) -> None:
        self.replica.change(ACCOUNT, id, **fields)

    def remove(self, id: RecordId) -> None:
        self.replica.remove(ACCOUNT, id)

    def holds(self, id: RecordId) -> Record | None:
        return self.replica.holds(ACCOUNT, id)


@dataclass
class MemoryMirror:
    ledger: MemoryLedger

    def insert(self, object_name: str, record: Record) -> RecordId:
        return self.ledger.insert(object_name, record)

    def change(self, object_name: str, id: RecordId, fields: Record) -> None:
        self.ledger.change(object_name, id, **fields)

    def remove(self, object_name: str, id: RecordId) -> None:
        self.ledger.remove(object_name, id)

    def holds(self, object_name: str, id: RecordId) -> Record | None:
        return self.ledger.holds(object_name, id)


class TestMemoryOrg(RemoteReplicaContract):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld(MemoryReplica(DEALS, page_size=2))

    def test_a_create_whose_answer_was_lost_is_found(self, world: MemoryWorld) -> None:
        world.replica.faults = {1: Fault.LOSE_ANSWER}
        create = self.create(world)
        intent = Intent(ACCOUNT, CREATED, create.record, world.replica.server_time())
        list(world.replica.apply([create]))
        found, conclusive = world.replica.find_created(intent)
        assert ([record["Name"] for record in found.values()], conclusive) == (["Get Cloudy"], True)

    def test_a_create_that_never_arrived_is_not_found(self, world: MemoryWorld) -> None:
        world.replica.faults = {1: Fault.LOSE_REQUEST}
        world.insert(cloudy())
        world.replica.now = world.replica._tick()
        intent = Intent(ACCOUNT, CREATED, cloudy(), world.replica.server_time())
        list(world.replica.apply([Create(Side.REMOTE, ACCOUNT, CREATED, cloudy())]))
        assert world.replica.find_created(intent) == ({}, True)


class TestMemoryMirror(ReplicaContract):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld(MemoryReplica(DEALS, side=Side.LOCAL))


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def mirror(self) -> MemoryMirror:
        return MemoryMirror(MemoryLedger(DEALS))
