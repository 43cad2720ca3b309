"""What every ``Replica`` keeps, whichever side it is. Subclass it, and hand over a ``World`` of your own.

    class TestMyReplica(ReplicaContract):
        @pytest.fixture
        def world(self) -> World: ...

The contract speaks of accounts, with ``Name``, ``Phone`` and ``Industry``.
"""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from connector.sync.model import (
    Checkpoint,
    Create,
    Delete,
    Done,
    Moved,
    Outcome,
    Page,
    Refused,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.ports import RemoteReplica, Replica
from mapping.record import Record, RecordId, Value

ACCOUNT = "Account"
CREATED = RecordId("local-contract0001")


class World(Protocol):
    """A replica, and the door through which somebody else changes what it holds."""

    @property
    def replica(self) -> Replica:
        """The replica under contract, knowing the object Account."""

    def insert(self, record: Record) -> RecordId:
        """Somebody else makes an account."""

    def change(self, id: RecordId, fields: Record) -> None:
        """Somebody else edits an account. At least a second passes before the replica is asked again."""

    def remove(self, id: RecordId) -> None:
        """Somebody else deletes an account."""

    def holds(self, id: RecordId) -> Record | None:
        """What anybody would see of an account now; None if it is deleted or unknown."""


def cloudy(**values: Value) -> dict[str, Value]:
    return {"Name": "Get Cloudy", "Phone": "555 0100", "Industry": "Apparel", **values}


def part(sighting: Sighting | None, *names: str) -> dict[str, Value]:
    """The named fields of a live sighting."""
    assert sighting is not None
    assert not isinstance(sighting, Tombstone)
    return {name: sighting[name] for name in names or ("Name", "Phone", "Industry")}


def read_all(replica: Replica, checkpoint: Checkpoint | None = None) -> list[Page]:
    return [page for page in replica.observe({ACCOUNT: checkpoint}) if page.object == ACCOUNT]


def records_of(pages: list[Page]) -> dict[RecordId, Record]:
    return {id: record for page in pages for id, record in page.records.items()}


def tombstones_of(pages: list[Page]) -> dict[RecordId, Tombstone]:
    return {id: tombstone for page in pages for id, tombstone in page.tombstones.items()}


class ReplicaContract:
    """The promises of ``connector.sync.ports.Replica``."""

    refuses_nameless = True
    """Whether this side refuses an account without a name; a plain table does not."""

    @pytest.fixture
    def world(self) -> Any:
        raise pytest.UsageError("a contract needs a world")

    @pytest.fixture
    def replica(self, world: World) -> Replica:
        return world.replica

    def create(self, world: World, **values: Value) -> Create:
        return Create(world.replica.side, ACCOUNT, CREATED, cloudy(**values))

    def update(self, world: World, id: RecordId, fields: Record, expected: Record) -> Update:
        since = part(world.replica.read(ACCOUNT, [id])[id], "LastModifiedDate")["LastModifiedDate"]
        return Update(world.replica.side, ACCOUNT, id, fields, expected, since)  # type: ignore[arg-type]

    def one(self, replica: Replica, operation: Create | Update | Delete) -> Outcome:
        outcomes = list(replica.apply([operation]))
        assert len(outcomes) == 1
        assert outcomes[0].operation == operation
        return outcomes[0]

    # Reading.

    def test_it_knows_which_side_it_is(self, replica: Replica) -> None:
        assert replica.side in Side

    def test_a_whole_read_brings_every_live_record(self, world: World) -> None:
        ids = [world.insert(cloudy(Name=f"Account {number}")) for number in range(3)]
        found = records_of(read_all(world.replica))
        assert [part(found[id], "Name")["Name"] for id in ids] == ["Account 0", "Account 1", "Account 2"]

    def test_a_whole_read_ends_with_its_last_page_and_a_checkpoint(self, world: World) -> None:
        world.insert(cloudy())
        pages = read_all(world.replica)
        assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
        assert pages[-1].complete
        assert pages[-1].checkpoint is not None

    def test_an_empty_object_is_read_as_empty(self, replica: Replica) -> None:
        pages = read_all(replica)
        assert (records_of(pages), tombstones_of(pages), pages[-1].last) == ({}, {}, True)

    def test_a_change_after_the_checkpoint_is_read(self, world: World) -> None:
        quiet, busy = world.insert(cloudy(Name="Quiet")), world.insert(cloudy(Name="Busy"))
        checkpoint = read_all(world.replica)[-1].checkpoint
        world.change(busy, {"Phone": "555 0199"})
        pages = read_all(world.replica, checkpoint)
        assert part(records_of(pages)[busy], "Phone") == {"Phone": "555 0199"}
        assert not any(page.complete for page in pages), "a partial read must not claim to list everything"
        assert world.holds(quiet) is not None

    def test_a_record_made_after_the_checkpoint_is_read(self, world: World) -> None:
        checkpoint = read_all(world.replica)[-1].checkpoint
        id = world.insert(cloudy())
        assert id in records_of(read_all(world.replica, checkpoint))

    def test_a_deletion_after_the_checkpoint_is_read_as_a_tombstone(self, world: World) -> None:
        id = world.insert(cloudy())
        checkpoint = read_all(world.replica)[-1].checkpoint
        world.remove(id)
        pages = read_all(world.replica, checkpoint)
        assert id in tombstones_of(pages)
        assert id not in records_of(pages)

    def test_nothing_but_the_objects_asked_for_is_read(self, replica: Replica) -> None:
        assert {page.object for page in replica.observe({ACCOUNT: None})} <= {ACCOUNT}
        assert list(replica.observe({})) == []

    def test_records_are_read_by_id(self, world: World) -> None:
        id = world.insert(cloudy())
        assert part(world.replica.read(ACCOUNT, [id])[id]) == cloudy()

    def test_a_deleted_record_is_read_as_a_tombstone(self, world: World) -> None:
        id = world.insert(cloudy())
        world.remove(id)
        assert isinstance(world.replica.read(ACCOUNT, [id])[id], Tombstone)

    def test_an_id_that_nobody_knows_is_missing_and_not_deleted(self, world: World) -> None:
        id = world.insert(cloudy())
        unknown = RecordId(id[:3] + "00000000ZZZZ" + "AAA")
        assert unknown not in world.replica.read(ACCOUNT, [unknown, id])

    def test_reading_nothing_answers_nothing(self, replica: Replica) -> None:
        assert dict(replica.read(ACCOUNT, [])) == {}

    # Writing.

    def test_a_create_is_done_and_seen(self, world: World) -> None:
        outcome = self.one(world.replica, self.create(world, Phone=None))
        assert isinstance(outcome, Done)
        assert part(outcome.seen) == cloudy(Phone=None)
        assert part(world.holds(outcome.id)) == cloudy(Phone=None)

    def test_an_update_is_done_and_the_other_fields_stay(self, world: World) -> None:
        id = world.insert(cloudy())
        outcome = self.one(world.replica, self.update(world, id, {"Phone": "555 0111"}, {"Phone": "555 0100"}))
        assert isinstance(outcome, Done)
        assert outcome.id == id
        assert part(outcome.seen) == part(world.holds(id)) == cloudy(Phone="555 0111")

    def test_an_update_to_nothing_clears_the_field(self, world: World) -> None:
        id = world.insert(cloudy())
        outcome = self.one(world.replica, self.update(world, id, {"Phone": None}, {"Phone": "555 0100"}))
        assert isinstance(outcome, Done)
        assert part(world.holds(id)) == cloudy(Phone=None)

    def test_an_update_of_what_moved_meanwhile_writes_nothing(self, world: World) -> None:
        id = world.insert(cloudy())
        update = self.update(world, id, {"Phone": "555 0111"}, {"Phone": "555 0100"})
        world.change(id, {"Phone": "555 0199"})
        outcome = self.one(world.replica, update)
        assert isinstance(outcome, Moved)
        assert part(outcome.seen, "Phone") == {"Phone": "555 0199"}
        assert part(world.holds(id), "Phone") == {"Phone": "555 0199"}

    def test_an_update_of_what_was_deleted_meanwhile_says_so(self, world: World) -> None:
        id = world.insert(cloudy())
        update = self.update(world, id, {"Phone": "555 0111"}, {"Phone": "555 0100"})
        world.remove(id)
        outcome = self.one(world.replica, update)
        assert isinstance(outcome, Moved)
        assert isinstance(outcome.seen, Tombstone)

    def test_a_delete_is_done_and_seen(self, world: World) -> None:
        id = world.insert(cloudy())
        seen = world.replica.read(ACCOUNT, [id])[id]
        assert not isinstance(seen, Tombstone)
        outcome = self.one(world.replica, Delete(world.replica.side, ACCOUNT, id, expected=seen))
        assert isinstance(outcome, Done)
        assert isinstance(outcome.seen, Tombstone)
        assert world.holds(id) is None

    def test_a_delete_of_what_moved_meanwhile_writes_nothing(self, world: World) -> None:
        id = world.insert(cloudy())
        seen = world.replica.read(ACCOUNT, [id])[id]
        assert not isinstance(seen, Tombstone)
        world.change(id, {"Phone": "555 0199"})
        outcome = self.one(world.replica, Delete(world.replica.side, ACCOUNT, id, expected=seen))
        assert isinstance(outcome, Moved)
        assert part(world.holds(id), "Phone") == {"Phone": "555 0199"}

    def test_what_is_gone_already_is_not_deleted_again(self, world: World) -> None:
        id = world.insert(cloudy())
        seen = world.replica.read(ACCOUNT, [id])[id]
        assert not isinstance(seen, Tombstone)
        world.remove(id)
        outcome = self.one(world.replica, Delete(world.replica.side, ACCOUNT, id, expected=seen))
        assert isinstance(outcome, Moved)
        assert isinstance(outcome.seen, Tombstone)

    def test_every_operation_has_one_outcome(self, world: World) -> None:
        kept, doomed = world.insert(cloudy(Name="Kept")), world.insert(cloudy(Name="Doomed"))
        seen = world.replica.read(ACCOUNT, [doomed])[doomed]
        assert not isinstance(seen, Tombstone)
        operations = [
            self.create(world, Name="New"),
            self.update(world, kept, {"Phone": None}, {"Phone": "555 0100"}),
            Delete(world.replica.side, ACCOUNT, doomed, expected=seen),
        ]
        outcomes = list(world.replica.apply(operations))
        assert {type(outcome.operation): type(outcome) for outcome in outcomes} == {
            Create: Done,
            Update: Done,
            Delete: Done,
        }
        assert len(outcomes) == 3

    def test_a_refused_record_does_not_stop_the_others(self, world: World) -> None:
        if not self.refuses_nameless:
            pytest.skip("this side takes an account without a name")
        id = world.insert(cloudy())
        operations = [
            self.create(world, Name=None),
            self.update(world, id, {"Phone": "555 0111"}, {"Phone": "555 0100"}),
        ]
        refused, done = list(world.replica.apply(operations))
        assert isinstance(refused, Refused)
        assert refused.code
        assert "Name" in refused.message or "Name" in refused.fields
        assert isinstance(done, Done)

    def test_applying_nothing_answers_nothing(self, replica: Replica) -> None:
        assert list(replica.apply([])) == []


class RemoteReplicaContract(ReplicaContract):
    """What only the org can tell."""

    def remote(self, world: World) -> RemoteReplica:
        return world.replica  # type: ignore[return-value]

    def test_the_org_has_a_long_id(self, world: World) -> None:
        assert len(self.remote(world).organization_id()) == 18

    def test_its_clock_is_aware_and_does_not_run_backwards(self, world: World) -> None:
        read_all(world.replica)
        before = self.remote(world).server_time()
        world.insert(cloudy())
        read_all(world.replica)
        assert before.tzinfo is not None
        assert before <= self.remote(world).server_time()

    def test_calls_are_counted(self, world: World) -> None:
        before = self.remote(world).calls
        read_all(world.replica)
        assert self.remote(world).calls > before

    def test_two_records_made_by_one_request_after_another_have_different_ids(self, world: World) -> None:
        made = [self.one(world.replica, self.create(world, Name=name)) for name in ("One", "Two")]
        assert len({outcome.id for outcome in made if isinstance(outcome, Done)}) == 2
