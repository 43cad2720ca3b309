"""What the SQL ledger does beyond its contract: traces of deletions, adoption in the way of others, observations."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from connector.sync.model import Checkpoint, Intent, Page, RecordState, Settlement, Side, Tombstone
from connector.sync.ports import Ledger
from local_store.database import read, write
from local_store.errors import RecordUnknown
from local_store.history import FieldChange, changes
from local_store.ledger import SqlLedger
from local_store.records import FieldDifference, Records, RecordStateName
from local_store.store import Store
from mapping.record import Record, RecordId, Value
from tests.store.objects import ACCOUNT, OPPORTUNITY

ACME, BETA = RecordId("001000000000001AAA"), RecordId("001000000000002AAA")
DEAL = RecordId("006000000000001AAA")
EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def account(record_id: RecordId = ACME, **values: Value) -> dict[str, Value]:
    empty: dict[str, Value] = dict.fromkeys(ACCOUNT.by_name)
    return {**empty, "Id": record_id, "IsDeleted": False, "Name": "Acme", "SystemModstamp": EARLY, **values}


def deal(**values: Value) -> dict[str, Value]:
    empty: dict[str, Value] = dict.fromkeys(OPPORTUNITY.by_name)
    return {**empty, "Id": DEAL, "IsDeleted": False, "Name": "Sneakers", "SystemModstamp": EARLY, **values}


@pytest.fixture
def ledger(store: Store) -> SqlLedger:
    made = SqlLedger(store)
    made.load(Page("Account", {ACME: account(), BETA: account(BETA, Name="Beta")}))
    made.load(Page("Opportunity", {DEAL: deal(AccountId=ACME, StageName="Prospecting")}))
    return made


@pytest.fixture
def records(store: Store) -> Records:
    return Records(store)


def state(ledger: SqlLedger, record_id: RecordId = ACME) -> RecordState:
    return ledger.states("Account", [record_id]).get(record_id, RecordState())


def settle(ledger: SqlLedger, record: Record, **more: object) -> None:
    record_id = RecordId(str(record["Id"]))
    token = state(ledger, record_id).token
    assert not ledger.settle("Account", [Settlement(record_id, token, local=record, base=record, **more)])  # type: ignore[arg-type]


def test_it_is_a_ledger(ledger: SqlLedger) -> None:
    kept: Ledger = ledger
    assert kept.intents() == []


def test_many_records_go_through_in_pieces(store: Store) -> None:
    ledger = SqlLedger(store)
    many = {RecordId(f"001{number:012d}AAA"): account(RecordId(f"001{number:012d}AAA")) for number in range(2500)}
    ledger.load(Page("Account", many))
    assert len(ledger.states("Account", list(many))) == 2500
    renamed = [Settlement(id, 0, local={**row, "Name": "x"}, base={**row, "Name": "x"}) for id, row in many.items()]
    assert ledger.settle("Account", renamed) == []
    assert {one.local["Name"] for one in ledger.states("Account", list(many)).values() if one.local} == {"x"}
    assert ledger.waiting("Account") == {}


def test_a_checkpoint_never_goes_back(ledger: SqlLedger) -> None:
    ledger.settle("Account", [], Checkpoint(stamp=LATE))
    ledger.settle("Account", [], Checkpoint(stamp=EARLY))
    assert ledger.checkpoints()["Account"] == Checkpoint(stamp=LATE)


def test_a_field_that_does_not_come_along_keeps_what_it_holds(ledger: SqlLedger) -> None:
    settle(ledger, {"Id": ACME, "Name": "Acme Corp"})
    found = state(ledger)
    assert found.local == account(Name="Acme Corp")
    assert found.token == 0


def test_a_deleted_row_is_not_revived_by_an_edit_of_its_trace(ledger: SqlLedger, store: Store) -> None:
    ledger.settle("Account", [Settlement(ACME, 0, local=Tombstone(deleted_at=LATE), base=None)])
    with write(store.engine) as connection:
        connection.exec_driver_sql("UPDATE account SET is_deleted = 0, name = 'Zombie' WHERE id = ?", (ACME,))
    found = ledger.waiting("Account")[ACME]
    assert found.gone == Tombstone(deleted_at=LATE)
    assert (found.base, found.local) == (None, None)
    ledger.settle("Account", [Settlement(ACME, found.token, local=found.gone, base=None)])
    assert ledger.waiting("Account") == {}
    with read(store.engine) as connection:
        table = store.table("Account")
        row = connection.execute(select(table).where(table.c.id == ACME)).one()
    assert (row.is_deleted, row.name, row.deleted_at) == (True, "Acme", LATE)


def test_a_trace_deleted_by_hand_comes_back(ledger: SqlLedger, store: Store) -> None:
    ledger.settle("Account", [Settlement(ACME, 0, local=Tombstone(deleted_at=LATE), base=None)])
    with write(store.engine) as connection:
        connection.exec_driver_sql("DELETE FROM account WHERE id = ?", (ACME,))
    found = ledger.waiting("Account")[ACME]
    assert found.gone is not None
    ledger.settle("Account", [Settlement(ACME, found.token, local=found.gone, base=None)])
    assert state(ledger).gone == Tombstone(deleted_at=LATE)


def test_a_record_gone_for_good_says_since_when(ledger: SqlLedger, store: Store) -> None:
    ledger.settle("Account", [Settlement(ACME, 0, local=Tombstone(deleted_at=LATE, purged=True), base=None)])
    with read(store.engine) as connection:
        table = store.table("Account")
        assert connection.execute(select(table.c.purged_at).where(table.c.id == ACME)).scalar_one() == LATE


def test_a_record_merged_away_is_an_alias_of_the_winner(ledger: SqlLedger) -> None:
    tombstone = Tombstone(deleted_at=LATE, master=BETA)
    ledger.settle("Account", [Settlement(ACME, 0, local=tombstone, base=None)])
    assert ledger.resolve(ACME) == BETA
    assert state(ledger).gone == tombstone


def test_the_live_view_shows_no_trace(ledger: SqlLedger, store: Store) -> None:
    ledger.settle("Account", [Settlement(ACME, 0, local=Tombstone(deleted_at=LATE), base=None)])
    with read(store.engine) as connection:
        assert connection.execute(select(store.live("Account").c.name)).scalars().all() == ["Beta"]


def test_a_first_read_does_not_bring_back_what_was_deleted_here_meanwhile(ledger: SqlLedger, records: Records) -> None:
    records.delete("Account", ACME)
    ledger.load(Page("Account", {ACME: account()}))
    assert state(ledger).local is None
    assert ledger.live_count("Account") == 1


def test_a_first_read_leaves_a_record_alone_whose_sighting_is_not_settled(ledger: SqlLedger) -> None:
    new = RecordId("001000000000009AAA")
    ledger.settle("Account", [Settlement(new, 0, local=None, base=None, remote=account(new))])
    ledger.load(Page("Account", {new: account(new)}))
    assert state(ledger, new) == RecordState(remote=account(new))


# Adoption


def test_adoption_replaces_the_id_in_bases_and_sightings_too(ledger: SqlLedger, records: Records) -> None:
    made = records.insert("Account", {"Name": "New"})
    records.update("Opportunity", DEAL, {"AccountId": made})
    found = ledger.states("Opportunity", [DEAL])[DEAL]
    assert found.local is not None
    seen = {**deal(AccountId=made), "Name": "Seen"}
    ledger.settle("Opportunity", [Settlement(DEAL, found.token, local=found.local, base=found.base, remote=seen)])
    new = RecordId("001000000000009AAA")
    agreed = account(new, Name="New")
    assert ledger.adopt("Account", made, new, Settlement(new, state(ledger, made).token, local=agreed, base=agreed))
    found = ledger.states("Opportunity", [DEAL])[DEAL]
    assert found.local is not None
    assert isinstance(found.remote, dict)
    assert (found.local["AccountId"], found.remote["AccountId"]) == (new, new)
    assert found.base is not None
    assert found.base["AccountId"] == ACME


def test_a_row_that_a_read_brought_first_makes_way_and_its_edits_stay(ledger: SqlLedger, records: Records) -> None:
    made = records.insert("Account", {"Name": "New"})
    new = RecordId("001000000000009AAA")
    ledger.load(Page("Account", {new: account(new, Name="New")}))
    records.update("Account", new, {"Description": "edited under its Salesforce id"})
    agreed = account(new, Name="New")
    token = state(ledger, made).token
    assert ledger.adopt("Account", made, new, Settlement(new, token, local={"Name": "New"}, base=agreed))
    found = state(ledger, new)
    assert found.local is not None
    assert found.local["Description"] == "edited under its Salesforce id"
    assert found.base == agreed
    assert ledger.live_count("Account") == 3


def test_chains_of_aliases_end_at_the_present_id(ledger: SqlLedger, records: Records) -> None:
    made = records.insert("Account", {"Name": "New"})
    settled = Settlement(BETA, state(ledger, made).token, local=account(BETA), base=account(BETA))
    assert ledger.adopt("Account", made, BETA, settled)
    ledger.settle("Account", [Settlement(BETA, 0, local=Tombstone(deleted_at=LATE, master=ACME), base=None)])
    assert ledger.resolve(made) == ACME
    assert records.get("Account", made) == records.get("Account", ACME)


def test_an_intent_keeps_every_kind_of_value(ledger: SqlLedger) -> None:
    sent = {"Amount": Decimal("1.50"), "CloseDate": LATE.date(), "SystemModstamp": LATE, "Name": "中文", "IsWon": False}
    intent = Intent("Opportunity", RecordId("local-a"), sent, LATE)
    ledger.remember_intent(intent)
    assert ledger.intents() == [intent]


# Observations


def test_a_change_in_salesforce_is_observed_with_its_interval(ledger: SqlLedger, store: Store) -> None:
    settle(ledger, account(Name="Acme Corp", SystemModstamp=LATE))
    (seen,) = changes(store, "Account", ACME)
    assert (seen.field, seen.old, seen.new, seen.made_on) == ("Name", "Acme", "Acme Corp", Side.REMOTE)
    assert (seen.after, seen.until) == (EARLY, LATE)


def test_a_change_that_was_sent_from_here_is_observed_as_ours(
    ledger: SqlLedger, store: Store, records: Records
) -> None:
    records.update("Account", ACME, {"Name": "Ours"})
    settle(ledger, account(Name="Ours", SystemModstamp=LATE))
    assert [(seen.new, seen.made_on) for seen in changes(store, "Account", ACME)] == [("Ours", Side.LOCAL)]


def test_a_deletion_and_a_return_are_observed(ledger: SqlLedger, store: Store) -> None:
    ledger.settle("Account", [Settlement(ACME, 0, local=Tombstone(deleted_at=LATE), base=None)])
    ledger.settle(
        "Account", [Settlement(ACME, 0, local=account(SystemModstamp=LATE), base=account(SystemModstamp=LATE))]
    )
    assert [(seen.field, seen.new) for seen in changes(store, "Account", ACME)] == [
        ("IsDeleted", True),
        ("IsDeleted", False),
    ]


def test_what_is_settled_again_without_a_change_is_no_observation(ledger: SqlLedger, store: Store) -> None:
    settle(ledger, account())
    assert changes(store, "Account", ACME) == ()


# Edits


def test_an_edit_waits_field_by_field_until_it_is_taken_back(ledger: SqlLedger, records: Records) -> None:
    records.update("Account", ACME, {"Name": "Acme Corp", "AnnualRevenue": "10.0"})
    assert records.state("Account", ACME) is RecordStateName.WAITING
    assert records.waiting("Account", ACME) == (
        FieldDifference("Name", "Acme Corp", "Acme"),
        FieldDifference("AnnualRevenue", Decimal(10), None),
    )
    records.take_back("Account", ACME)
    assert records.state("Account", ACME) is RecordStateName.IN_SALESFORCE
    assert records.waiting("Account", ACME) == ()
    assert state(ledger) == RecordState(base=account(), local=account())


def test_a_column_that_an_analyst_added_survives_the_sync_and_taking_back(
    ledger: SqlLedger, store: Store, records: Records
) -> None:
    with write(store.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE account ADD COLUMN my_note TEXT")
        connection.exec_driver_sql("UPDATE account SET my_note = 'call again'")
    settle(ledger, account(Name="Acme Corp"))
    records.update("Account", ACME, {"Name": "Acme Ltd"})
    records.take_back("Account", ACME)
    with read(store.engine) as connection:
        note = connection.exec_driver_sql("SELECT name, my_note FROM account WHERE id = ?", (ACME,)).one()
    assert tuple(note) == ("Acme Corp", "call again")


def test_a_delete_is_taken_back_too(ledger: SqlLedger, records: Records) -> None:
    records.delete("Account", ACME)
    assert records.get("Account", ACME) is None
    assert records.state("Account", ACME) is RecordStateName.WAITING
    records.take_back("Account", ACME)
    assert records.get("Account", ACME) == account()


def test_taking_back_what_was_never_edited_changes_nothing(ledger: SqlLedger, records: Records) -> None:
    records.take_back("Account", ACME)
    assert state(ledger) == RecordState(base=account(), local=account())
    with pytest.raises(RecordUnknown):
        records.take_back("Account", RecordId("001000000000077AAA"))


def test_a_record_deleted_in_salesforce_says_so(ledger: SqlLedger, records: Records) -> None:
    ledger.settle("Account", [Settlement(ACME, 0, local=Tombstone(deleted_at=LATE), base=None)])
    assert records.state("Account", ACME) is RecordStateName.DELETED
    assert records.get("Account", ACME) is None
    with pytest.raises(RecordUnknown):
        records.update("Account", ACME, {"Name": "x"})


def test_old_addresses_lead_to_the_record(ledger: SqlLedger, records: Records) -> None:
    made = records.insert("Account", {"Name": "New"})
    new = RecordId("001000000000009AAA")
    ledger.adopt(
        "Account", made, new, Settlement(new, state(ledger, made).token, local=account(new), base=account(new))
    )
    assert records.resolve(made) == new
    records.update("Account", made, {"Name": "Renamed"})
    found = records.get("Account", made)
    assert found is not None
    assert (found["Id"], found["Name"]) == (new, "Renamed")


def test_changes_are_told_oldest_first_and_by_field(ledger: SqlLedger, store: Store) -> None:
    settle(ledger, account(Name="Two", Description="d", SystemModstamp=LATE))
    settle(ledger, account(Name="Three", Description="d", SystemModstamp=LATE))
    told = changes(store, "Account", ACME, field="Name")
    assert all(isinstance(each, FieldChange) for each in told)
    assert [each.new for each in told] == ["Two", "Three"]
