"""What every ``Ledger`` keeps. Subclass it, and hand over a ``Mirror`` of your own.

    class TestMyLedger(LedgerContract):
        @pytest.fixture
        def mirror(self) -> Mirror: ...

The contract speaks of the objects of ``tests.support.builders.DEALS``.
"""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from connector.sync.model import Checkpoint, FieldConflict, Intent, Page, RecordState, Settlement, Tombstone
from connector.sync.ports import Ledger
from mapping.record import Record, RecordId, Value, is_provisional
from tests.support.builders import account, contact_role, moment, opportunity, record_id

ONE, TWO, NEW = record_id("001", 1), record_id("001", 2), record_id("001", 9)
DEAL, ROLE = record_id("006", 1), record_id("00K", 1)
READ = Checkpoint(stamp=moment(100))


class Mirror(Protocol):
    """A ledger, and the door through which anything that writes SQL edits the rows."""

    @property
    def ledger(self) -> Ledger:
        """The ledger under contract, knowing the objects of ``DEALS``."""

    def insert(self, object_name: str, record: Record) -> RecordId:
        """Somebody makes a row here; answers its provisional id."""

    def change(self, object_name: str, id: RecordId, fields: Record) -> None:
        """Somebody edits a row here."""

    def remove(self, object_name: str, id: RecordId) -> None:
        """Somebody deletes a row here."""

    def holds(self, object_name: str, id: RecordId) -> Record | None:
        """The row that people see; None if there is none, or it is marked as deleted."""


def page(object_name: str, records: dict[RecordId, Record], **changes: Any) -> Page:
    return Page(object_name, records, checkpoint=READ, complete=True, **changes)


def acme(id: RecordId = ONE, **values: Value) -> Record:
    stamped = {"Id": id, "Phone": "555 0100", "SystemModstamp": moment(1), "LastModifiedDate": moment(1)}
    return account(**{**stamped, **values})


class LedgerContract:
    """The promises of ``connector.sync.ports.Ledger``."""

    @pytest.fixture
    def mirror(self) -> Any:
        raise pytest.UsageError("a contract needs a mirror")

    @pytest.fixture
    def loaded(self, mirror: Mirror) -> Mirror:
        """A mirror with one clean account."""
        mirror.ledger.load(page("Account", {ONE: acme()}))
        return mirror

    def state(self, mirror: Mirror, id: RecordId = ONE, object_name: str = "Account") -> RecordState:
        return mirror.ledger.states(object_name, [id]).get(id, RecordState())

    def settle(self, mirror: Mirror, settlement: Settlement, checkpoint: Checkpoint | None = None) -> list[RecordId]:
        return list(mirror.ledger.settle("Account", [settlement], checkpoint))

    # Loading.

    def test_a_mirror_that_read_nothing_knows_nothing(self, mirror: Mirror) -> None:
        assert dict(mirror.ledger.checkpoints()) == {}
        assert dict(mirror.ledger.states("Account", [ONE])) == {}
        assert dict(mirror.ledger.waiting("Account")) == {}
        assert mirror.ledger.live_count("Account") == 0

    def test_a_loaded_record_is_clean_and_its_own_base(self, loaded: Mirror) -> None:
        assert self.state(loaded) == RecordState(base=acme(), local=acme())
        assert dict(loaded.ledger.waiting("Account")) == {}
        assert loaded.holds("Account", ONE) == acme()

    def test_a_load_moves_the_checkpoint(self, loaded: Mirror) -> None:
        assert loaded.ledger.checkpoints()["Account"] == READ

    def test_a_page_on_the_way_leaves_where_to_go_on(self, mirror: Mirror) -> None:
        halfway = Checkpoint(after=(moment(1), ONE))
        mirror.ledger.load(Page("Account", {ONE: acme()}, checkpoint=halfway, last=False))
        assert mirror.ledger.checkpoints()["Account"] == halfway

    def test_a_load_leaves_a_touched_row_alone(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        loaded.ledger.load(page("Account", {ONE: acme(Industry="Apparel"), TWO: acme(TWO)}))
        row = loaded.holds("Account", ONE)
        assert row is not None
        assert (row["Phone"], row["Industry"]) == ("555 0111", None)
        assert loaded.holds("Account", TWO) == acme(TWO)

    def test_a_deleted_record_is_loaded_as_a_marked_row(self, mirror: Mirror) -> None:
        tombstone = Tombstone(deleted_at=moment(5), record={**acme(), "IsDeleted": True})
        mirror.ledger.load(page("Account", {}, tombstones={ONE: tombstone}))
        state = self.state(mirror)
        assert state.gone is not None
        assert (state.gone.deleted_at, state.local, mirror.holds("Account", ONE)) == (moment(5), None, None)
        assert mirror.ledger.live_count("Account") == 0

    def test_ordinary_records_can_be_stored(self, mirror: Mirror) -> None:
        assert dict(mirror.ledger.unstorable("Account", {ONE: acme(), TWO: acme(TWO, Industry="服装 👟")})) == {}

    # Capture.

    def test_an_edit_here_keeps_the_base_beside_the_row(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        state = self.state(loaded)
        assert (state.base, state.local) == (acme(), {**acme(), "Phone": "555 0111"})
        assert state.token != 0
        assert list(loaded.ledger.waiting("Account")) == [ONE]

    def test_a_second_edit_keeps_the_first_base_and_moves_the_token(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        first = self.state(loaded)
        loaded.change("Account", ONE, {"Phone": "555 0122"})
        second = self.state(loaded)
        assert second.base == acme()
        assert second.token != first.token

    def test_a_row_deleted_here_leaves_its_base(self, loaded: Mirror) -> None:
        loaded.remove("Account", ONE)
        state = loaded.ledger.waiting("Account")[ONE]
        assert (state.base, state.local) == (acme(), None)
        assert loaded.ledger.live_count("Account") == 0

    def test_a_row_made_here_has_a_provisional_id_and_no_base(self, mirror: Mirror) -> None:
        id = mirror.insert("Account", {"Name": "Get Cloudy West"})
        state = mirror.ledger.waiting("Account")[id]
        assert is_provisional(id)
        assert state.base is None
        assert state.local is not None
        assert (state.local["Name"], state.local["Id"]) == ("Get Cloudy West", id)

    def test_a_row_made_and_deleted_here_leaves_nothing_to_send(self, mirror: Mirror) -> None:
        id = mirror.insert("Account", {"Name": "Get Cloudy West"})
        mirror.remove("Account", id)
        state = self.state(mirror, id)
        assert (state.base, state.local, state.remote) == (None, None, None)

    # Settling.

    def test_a_settled_record_is_clean(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        agreed = acme(Industry="Apparel")
        token = self.state(loaded).token
        assert self.settle(loaded, Settlement(ONE, token, local=agreed, base=agreed)) == []
        assert self.state(loaded) == RecordState(base=agreed, local=agreed)
        assert dict(loaded.ledger.waiting("Account")) == {}

    def test_what_the_sync_writes_is_not_taken_for_an_edit(self, loaded: Mirror) -> None:
        agreed = acme(Industry="Apparel")
        self.settle(loaded, Settlement(ONE, 0, local=agreed, base=agreed))
        assert self.state(loaded).token == 0

    def test_a_new_record_is_settled_into_the_mirror(self, loaded: Mirror) -> None:
        self.settle(loaded, Settlement(TWO, 0, local=acme(TWO), base=acme(TWO)))
        assert self.state(loaded, TWO) == RecordState(base=acme(TWO), local=acme(TWO))
        assert loaded.ledger.live_count("Account") == 2

    def test_a_token_that_moved_leaves_everything_as_it_is(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        planned_on = self.state(loaded).token
        loaded.change("Account", ONE, {"Phone": "555 0122"})
        before = self.state(loaded)
        moved = self.settle(
            loaded, Settlement(ONE, planned_on, local=acme(), base=acme()), Checkpoint(stamp=moment(200))
        )
        assert moved == [ONE]
        assert self.state(loaded) == before
        assert loaded.ledger.checkpoints()["Account"] == READ

    def test_one_moved_record_does_not_stop_the_others_but_the_checkpoint(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        moved = loaded.ledger.settle(
            "Account",
            [Settlement(ONE, 0, local=acme(), base=acme()), Settlement(TWO, 0, local=acme(TWO), base=acme(TWO))],
            Checkpoint(stamp=moment(200)),
        )
        assert list(moved) == [ONE]
        assert self.state(loaded, TWO).local == acme(TWO)
        assert loaded.ledger.checkpoints()["Account"] == READ

    def test_a_checkpoint_moves_with_the_rows(self, loaded: Mirror) -> None:
        later = Checkpoint(stamp=moment(200))
        assert self.settle(loaded, Settlement(ONE, 0, local=acme(), base=acme()), later) == []
        assert loaded.ledger.checkpoints()["Account"] == later
        assert list(loaded.ledger.settle("Account", [], READ)) == []

    def test_an_edit_that_is_not_sent_yet_waits_on_a_newer_base(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        state = self.state(loaded)
        base = acme(Industry="Apparel")
        local = {**base, "Phone": "555 0111"}
        self.settle(loaded, Settlement(ONE, state.token, local=local, base=base))
        after = loaded.ledger.waiting("Account")[ONE]
        assert (after.base, after.local, after.remote, after.token) == (base, local, None, state.token)

    def test_an_unsettled_sighting_is_kept(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        state = self.state(loaded)
        assert state.local is not None
        remote = {**acme(), "Phone": "555 0199"}
        self.settle(loaded, Settlement(ONE, state.token, local=state.local, base=acme(), remote=remote))
        after = loaded.ledger.waiting("Account")[ONE]
        assert (after.base, after.local, after.remote) == (acme(), state.local, remote)

    def test_a_sighting_of_an_untouched_row_waits_too(self, loaded: Mirror) -> None:
        remote = {**acme(), "Phone": "555 0199"}
        self.settle(loaded, Settlement(ONE, 0, local=acme(), base=acme(), remote=remote))
        assert loaded.ledger.waiting("Account")[ONE].remote == remote
        self.settle(loaded, Settlement(ONE, 0, local=remote, base=remote))
        assert dict(loaded.ledger.waiting("Account")) == {}

    def test_an_unsettled_deletion_is_kept(self, loaded: Mirror) -> None:
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        state = self.state(loaded)
        assert state.local is not None
        tombstone = Tombstone(deleted_at=moment(7))
        self.settle(loaded, Settlement(ONE, state.token, local=state.local, base=acme(), remote=tombstone))
        kept = loaded.ledger.waiting("Account")[ONE].remote
        assert isinstance(kept, Tombstone)
        assert (kept.deleted_at, kept.purged) == (moment(7), False)

    def test_an_edit_after_settling_is_captured_against_the_new_base(self, loaded: Mirror) -> None:
        agreed = acme(Industry="Apparel")
        self.settle(loaded, Settlement(ONE, 0, local=agreed, base=agreed))
        loaded.change("Account", ONE, {"Phone": "555 0111"})
        assert self.state(loaded).base == agreed

    # Deleting and coming back.

    def test_a_record_deleted_in_salesforce_keeps_its_row_marked(self, loaded: Mirror) -> None:
        self.settle(loaded, Settlement(ONE, 0, local=Tombstone(deleted_at=moment(7)), base=None))
        state = self.state(loaded)
        assert state.gone is not None
        assert (state.gone.deleted_at, state.gone.purged, state.local, state.token) == (moment(7), False, None, 0)
        assert loaded.holds("Account", ONE) is None
        assert loaded.ledger.live_count("Account") == 0
        assert dict(loaded.ledger.waiting("Account")) == {}

    def test_a_record_deleted_here_comes_back_marked_when_salesforce_confirms(self, loaded: Mirror) -> None:
        loaded.remove("Account", ONE)
        token = self.state(loaded).token
        self.settle(loaded, Settlement(ONE, token, local=Tombstone(deleted_at=moment(7)), base=None))
        state = self.state(loaded)
        assert state.gone is not None
        assert dict(loaded.ledger.waiting("Account")) == {}

    def test_a_marked_row_learns_that_it_is_gone_for_good(self, loaded: Mirror) -> None:
        self.settle(loaded, Settlement(ONE, 0, local=Tombstone(deleted_at=moment(7)), base=None))
        self.settle(loaded, Settlement(ONE, 0, local=Tombstone(deleted_at=moment(7), purged=True), base=None))
        gone = self.state(loaded).gone
        assert gone is not None
        assert gone.purged

    def test_an_undeleted_record_is_the_same_row_again(self, loaded: Mirror) -> None:
        self.settle(loaded, Settlement(ONE, 0, local=Tombstone(deleted_at=moment(7)), base=None))
        self.settle(loaded, Settlement(ONE, 0, local=acme(), base=acme()))
        assert self.state(loaded) == RecordState(base=acme(), local=acme())
        assert loaded.holds("Account", ONE) == acme()

    def test_a_deletion_of_what_was_never_mirrored_is_kept_if_its_values_are_known(self, loaded: Mirror) -> None:
        known = Tombstone(deleted_at=moment(7), record={**acme(TWO), "IsDeleted": True})
        self.settle(loaded, Settlement(TWO, 0, local=known, base=None))
        self.settle(loaded, Settlement(NEW, 0, local=Tombstone(deleted_at=moment(7)), base=None))
        assert self.state(loaded, TWO).gone is not None
        assert self.state(loaded, NEW).local is None
        assert loaded.ledger.live_count("Account") == 1

    def test_a_row_deleted_while_its_create_was_under_way_still_waits(self, mirror: Mirror) -> None:
        self.settle(mirror, Settlement(NEW, 0, local=None, base=acme(NEW)))
        state = mirror.ledger.waiting("Account")[NEW]
        assert (state.base, state.local) == (acme(NEW), None)

    def test_a_restored_row_is_there_again(self, loaded: Mirror) -> None:
        loaded.remove("Account", ONE)
        token = self.state(loaded).token
        self.settle(loaded, Settlement(ONE, token, local=acme(), base=acme()))
        assert self.state(loaded) == RecordState(base=acme(), local=acme())

    # Identity.

    def test_an_adopted_row_has_its_new_id_everywhere(self, loaded: Mirror) -> None:
        parent = loaded.insert("Account", {"Name": "Get Cloudy West"})
        deal = loaded.insert("Opportunity", {"Name": "35 Custom Sneakers", "AccountId": parent})
        agreed = acme(NEW, Name="Get Cloudy West")
        token = self.state(loaded, parent).token
        assert loaded.ledger.adopt("Account", parent, NEW, Settlement(NEW, token, local=agreed, base=agreed))
        assert self.state(loaded, NEW) == RecordState(base=agreed, local=agreed)
        assert self.state(loaded, parent) == RecordState()
        row = loaded.holds("Opportunity", deal)
        assert row is not None
        assert row["AccountId"] == NEW
        assert loaded.ledger.resolve(parent) == NEW
        assert loaded.ledger.resolve(ONE) == ONE

    def test_adopting_is_not_taken_for_an_edit_of_the_children(self, loaded: Mirror) -> None:
        parent = loaded.insert("Account", {"Name": "Get Cloudy West"})
        deal = loaded.insert("Opportunity", {"Name": "35 Custom Sneakers", "AccountId": parent})
        before = self.state(loaded, deal, "Opportunity").token
        token = self.state(loaded, parent).token
        loaded.ledger.adopt("Account", parent, NEW, Settlement(NEW, token, local=acme(NEW), base=acme(NEW)))
        assert self.state(loaded, deal, "Opportunity").token == before

    def test_a_row_edited_while_it_was_sent_changes_only_its_id(self, loaded: Mirror) -> None:
        id = loaded.insert("Account", {"Name": "Get Cloudy West"})
        planned_on = self.state(loaded, id).token
        loaded.change("Account", id, {"Phone": "555 0111"})
        settlement = Settlement(NEW, planned_on, local=acme(NEW), base=acme(NEW))
        assert loaded.ledger.adopt("Account", id, NEW, settlement) is False
        state = self.state(loaded, NEW)
        assert state.local is not None
        assert (state.local["Phone"], state.local["Id"], state.base) == ("555 0111", NEW, None)
        assert state.token not in (0, planned_on)
        assert loaded.ledger.resolve(id) == NEW

    # Intents.

    def test_an_intent_is_remembered_until_it_is_dropped(self, mirror: Mirror) -> None:
        id = mirror.insert("Account", {"Name": "Get Cloudy West"})
        intent = Intent("Account", id, {"Name": "Get Cloudy West", "Phone": None}, sent_at=moment(50))
        mirror.ledger.remember_intent(intent)
        mirror.ledger.remember_intent(intent)
        assert list(mirror.ledger.intents()) == [intent]
        mirror.ledger.drop_intent("Account", id)
        mirror.ledger.drop_intent("Account", id)
        assert list(mirror.ledger.intents()) == []

    def test_adopting_keeps_the_intent_until_it_is_dropped_by_its_provisional_id(self, mirror: Mirror) -> None:
        id = mirror.insert("Account", {"Name": "Get Cloudy West"})
        mirror.ledger.remember_intent(Intent("Account", id, {"Name": "Get Cloudy West"}, sent_at=moment(50)))
        token = self.state(mirror, id).token
        mirror.ledger.adopt("Account", id, NEW, Settlement(NEW, token, local=acme(NEW), base=acme(NEW)))
        assert [intent.id for intent in mirror.ledger.intents()] == [id]
        mirror.ledger.drop_intent("Account", id)
        assert list(mirror.ledger.intents()) == []

    # What else the engine asks.

    def test_children_are_found_by_the_references_named(self, loaded: Mirror) -> None:
        loaded.ledger.load(page("Opportunity", {DEAL: opportunity(Id=DEAL, AccountId=ONE)}))
        loaded.ledger.load(page("OpportunityContactRole", {ROLE: contact_role(Id=ROLE, OpportunityId=DEAL)}))
        found = loaded.ledger.children("Account", [ONE, TWO], [("Opportunity", "AccountId"), ("Contact", "AccountId")])
        assert {id: list(children) for id, children in found.items() if children} == {ONE: [("Opportunity", DEAL)]}

    def test_deleted_children_do_not_count(self, loaded: Mirror) -> None:
        loaded.ledger.load(page("Opportunity", {DEAL: opportunity(Id=DEAL, AccountId=ONE)}))
        gone = Settlement(DEAL, 0, local=Tombstone(deleted_at=moment(7)), base=None)
        loaded.ledger.settle("Opportunity", [gone])
        found = loaded.ledger.children("Account", [ONE], [("Opportunity", "AccountId")])
        assert not any(found.values())

    def test_open_conflicts_are_exactly_those_last_named(self, loaded: Mirror) -> None:
        conflict = FieldConflict("Account", ONE, {"Phone": "1"}, {"Phone": "2"}, {"Phone": None})
        loaded.ledger.open_conflicts("Account", [conflict])
        loaded.ledger.open_conflicts("Account", [conflict])
        loaded.ledger.open_conflicts("Account", [])

    def test_rows_made_here_count_as_live(self, loaded: Mirror) -> None:
        loaded.insert("Account", {"Name": "Get Cloudy West"})
        assert loaded.ledger.live_count("Account") == 2
