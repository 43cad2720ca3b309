"""Every local edit is noted, by whatever program and whatever statement, and the first image is never lost."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import select, text

from connector.sync.model import Page, RecordState, Settlement
from local_store.database import write
from local_store.ledger import SqlLedger
from local_store.store import Store
from mapping.record import Record, RecordId
from tests.store.objects import ACCOUNT, field, sobject

ACME = RecordId("001000000000001AAA")
OTHER = RecordId("001000000000002AAA")


def account(record_id: RecordId, **values: object) -> Record:
    empty = dict.fromkeys(ACCOUNT.by_name)
    return {**empty, "Id": record_id, "IsDeleted": False, "Name": "Acme", **values}  # type: ignore[dict-item]


@pytest.fixture
def ledger(store: Store) -> SqlLedger:
    made = SqlLedger(store)
    made.load(Page("Account", {ACME: account(ACME), OTHER: account(OTHER, Name="Other")}))
    return made


def state_of(ledger: SqlLedger, record_id: RecordId = ACME) -> RecordState:
    return ledger.states("Account", [record_id])[record_id]


def test_what_the_sync_writes_is_not_noted(ledger: SqlLedger) -> None:
    assert ledger.waiting("Account") == {}
    assert state_of(ledger) == RecordState(base=account(ACME), local=account(ACME))


def test_an_update_by_another_program_keeps_the_old_image(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("UPDATE account SET name = 'Acme Corp' WHERE id = ?", (ACME,))
    found = state_of(ledger)
    assert (found.base, found.local) == (account(ACME), account(ACME, Name="Acme Corp"))
    assert found.token > 0
    assert found.touched_at is not None
    assert ledger.waiting("Account").keys() == {ACME}


def test_many_edits_keep_the_first_image_and_change_the_token_each_time(
    ledger: SqlLedger, stranger: sqlite3.Connection
) -> None:
    tokens = []
    for name in ("one", "two", "three"):
        stranger.execute("UPDATE account SET name = ? WHERE id = ?", (name, ACME))
        tokens.append(state_of(ledger).token)
    assert state_of(ledger).base == account(ACME)
    assert tokens == sorted(set(tokens))


def test_an_edit_that_is_rolled_back_leaves_no_trace(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("BEGIN")
    stranger.execute("UPDATE account SET name = 'never'")
    stranger.execute("ROLLBACK")
    assert ledger.waiting("Account") == {}
    assert state_of(ledger) == RecordState(base=account(ACME), local=account(ACME))


def test_a_delete_keeps_the_row_as_base(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("DELETE FROM account WHERE id = ?", (ACME,))
    found = state_of(ledger)
    assert (found.base, found.local) == (account(ACME), None)
    assert ledger.live_count("Account") == 1


def test_an_edit_before_the_delete_does_not_become_the_base(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("UPDATE account SET name = 'edited' WHERE id = ?", (ACME,))
    stranger.execute("DELETE FROM account WHERE id = ?", (ACME,))
    assert state_of(ledger).base == account(ACME)


def test_a_row_deleted_and_inserted_again_still_has_its_base(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("DELETE FROM account WHERE id = ?", (ACME,))
    stranger.execute("INSERT INTO account (id, name) VALUES (?, 'Back')", (ACME,))
    found = state_of(ledger)
    assert found.base == account(ACME)
    assert found.local is not None
    assert found.local["Name"] == "Back"


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
def test_replace_keeps_the_old_image_with_and_without_recursive_triggers(
    ledger: SqlLedger, stranger: sqlite3.Connection, verb: str, recursive: str
) -> None:
    stranger.execute(f"PRAGMA recursive_triggers = {recursive}")
    for name in ("one", "two"):
        stranger.execute(f"{verb} INTO account (id, name) VALUES (?, ?)", (ACME, name))
    found = state_of(ledger)
    assert found.base == account(ACME)
    assert found.local is not None
    assert found.local["Name"] == "two"


def test_an_upsert_keeps_the_old_image(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    for name in ("one", "two"):
        stranger.execute(
            "INSERT INTO account (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            (ACME, name),
        )
    assert (state_of(ledger).base, state_of(ledger).local) == (account(ACME), account(ACME, Name="two"))


def test_an_insert_that_is_ignored_leaves_the_record_as_it_was(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("INSERT OR IGNORE INTO account (id, name) VALUES (?, 'x')", (ACME,))
    assert (state_of(ledger).base, state_of(ledger).local) == (account(ACME), account(ACME))


@pytest.mark.parametrize("clause", ["OR REPLACE", "OR IGNORE", "OR FAIL", "OR ABORT", "OR ROLLBACK"])
def test_no_conflict_clause_of_an_update_changes_what_is_kept(
    ledger: SqlLedger, stranger: sqlite3.Connection, clause: str
) -> None:
    for name in ("one", "two"):
        stranger.execute(f"UPDATE {clause} account SET name = ? WHERE id = ?", (name, ACME))
    assert (state_of(ledger).base, state_of(ledger).local) == (account(ACME), account(ACME, Name="two"))


def test_one_statement_may_touch_many_rows(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("UPDATE account SET description = 'all'")
    found = ledger.waiting("Account")
    assert {record_id: state.base for record_id, state in found.items()} == {
        ACME: account(ACME),
        OTHER: account(OTHER, Name="Other"),
    }
    assert len({state.token for state in found.values()}) == 2


def test_a_row_inserted_without_an_id_gets_a_provisional_one(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("INSERT INTO account (name) VALUES ('New'), ('Newer')")
    stranger.execute("INSERT INTO account (id, name) VALUES (NULL, 'Newest')")
    made = [row[0] for row in stranger.execute("SELECT id FROM account WHERE id LIKE 'local-%'")]
    assert len(set(made)) == 3
    assert all(
        len(record_id) == 32 and set(record_id[6:]) <= set("abcdefghijklmnopqrstuvwxyz234567") for record_id in made
    )
    found = ledger.waiting("Account")
    assert found.keys() == set(made)
    assert all(state.base is None and state.local is not None for state in found.values())


def test_a_row_made_here_and_edited_has_no_base(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("INSERT INTO account (id, name) VALUES ('local-a', 'New')")
    stranger.execute("UPDATE account SET name = 'Newer' WHERE id = 'local-a'")
    stranger.execute("INSERT OR REPLACE INTO account (id, name) VALUES ('local-a', 'Newest')")
    assert state_of(ledger, RecordId("local-a")).base is None


def test_a_row_made_here_and_deleted_leaves_nothing_behind(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    stranger.execute("INSERT INTO account (id, name) VALUES ('local-a', 'New')")
    stranger.execute("DELETE FROM account WHERE id = 'local-a'")
    assert ledger.states("Account", [RecordId("local-a")]) == {}
    assert ledger.waiting("Account") == {}


def test_a_row_made_here_and_replaced_still_waits_without_a_base(
    ledger: SqlLedger, stranger: sqlite3.Connection
) -> None:
    stranger.execute("PRAGMA recursive_triggers = ON")
    stranger.execute("INSERT INTO account (id, name) VALUES ('local-a', 'New')")
    stranger.execute("REPLACE INTO account (id, name) VALUES ('local-a', 'Newer')")
    found = state_of(ledger, RecordId("local-a"))
    assert found.base is None
    assert found.token > 0


def test_an_id_cannot_be_changed_by_hand(ledger: SqlLedger, stranger: sqlite3.Connection) -> None:
    for clause in ("", "OR REPLACE", "OR IGNORE"):
        with pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
            stranger.execute(f"UPDATE {clause} account SET id = ? WHERE id = ?", (OTHER, ACME))
    assert ledger.waiting("Account") == {}


@pytest.mark.parametrize("bad", ["", "001000000000001"])
def test_half_an_id_is_no_id(store: Store, stranger: sqlite3.Connection, bad: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        stranger.execute("INSERT INTO account (id, name) VALUES (?, 'x')", (bad,))


def test_an_edit_while_a_settlement_is_under_way_is_planned_again(
    ledger: SqlLedger, stranger: sqlite3.Connection
) -> None:
    stranger.execute("UPDATE account SET name = 'first' WHERE id = ?", (ACME,))
    planned = state_of(ledger)
    stranger.execute("UPDATE account SET name = 'second' WHERE id = ?", (ACME,))
    sent = account(ACME, Name="first")
    assert ledger.settle("Account", [Settlement(ACME, planned.token, local=sent, base=sent)]) == [ACME]
    assert (state_of(ledger).base, state_of(ledger).local) == (account(ACME), account(ACME, Name="second"))


def test_writers_wait_for_the_sync_instead_of_slipping_past_the_capture(
    store: Store, stranger: sqlite3.Connection
) -> None:
    stranger.execute("PRAGMA busy_timeout = 0")
    with write(store.engine) as connection:
        connection.execute(text("UPDATE capture SET enabled = 0"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            stranger.execute("INSERT INTO account (name) VALUES ('x')")
        connection.execute(text("UPDATE capture SET enabled = 1"))
    stranger.execute("INSERT INTO account (name) VALUES ('x')")
    assert stranger.execute("SELECT count(*) FROM touched").fetchone() == (1,)


def test_a_sync_that_dies_half_way_leaves_the_capture_switched_on(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), write(store.engine) as connection:
        connection.execute(text("UPDATE capture SET enabled = 0"))
        raise ZeroDivisionError
    assert store.capture_problems() == []


def test_an_object_of_200_columns_is_captured_whole(store: Store, stranger: sqlite3.Connection) -> None:
    wide = sobject("Wide", *(field(f"Field{number}__c") for number in range(200)))
    store.ensure_object(wide)
    wide = store.objects["Wide"]
    record_id = RecordId("a00000000000001AAA")
    record: Record = {**{each.name: f"v{each.name}" for each in wide.fields if each.type == "string"}, "Id": record_id}
    record = {**dict.fromkeys(wide.by_name), **record, "IsDeleted": False}
    ledger = SqlLedger(store)
    ledger.load(Page("Wide", {record_id: record}))
    stranger.execute("UPDATE wide SET field_199_c = 'changed'")
    found = ledger.states("Wide", [record_id])[record_id]
    assert found.base == record
    assert found.local == {**record, "Field199__c": "changed"}


def test_a_missing_or_altered_trigger_is_told(store: Store, stranger: sqlite3.Connection) -> None:
    stranger.execute("DROP TRIGGER capture_update_account")
    (told,) = store.capture_problems()
    assert "capture_update_account" in told
    stranger.execute("CREATE TRIGGER capture_update_account BEFORE UPDATE ON account BEGIN SELECT 1; END")
    (told,) = store.capture_problems()
    assert "capture_update_account" in told
    store.ensure_object(ACCOUNT)
    assert store.capture_problems() == []
    stranger.execute("UPDATE capture SET enabled = 0")
    assert store.capture_problems() == ["The capture of local edits is switched off."]


def test_a_quote_in_a_text_passes_through_base_unharmed(ledger: SqlLedger, store: Store) -> None:
    with write(store.engine) as connection:
        table = store.table("Account")
        connection.execute(table.update().where(table.c.id == ACME).values(name='O\'Hara "x" \x00 中文\r\n'))
        connection.execute(table.update().where(table.c.id == ACME).values(name="y"))
    with write(store.engine) as connection:
        base = store.tables("Account").base
        assert connection.execute(select(base.c.name)).scalar_one() == "Acme"
