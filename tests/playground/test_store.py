"""The database file: transactions, restarts, and files that cannot serve."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from playground.catalogue import load_schema
from playground.org import DATABASE_NAME, Org
from playground.store import Store, StoreUnusable
from tests.playground.conftest import StillClock


def names(store: Store) -> list[str]:
    return [row["Name"] for row in store.select("Account", "1 ORDER BY Id")]


@pytest.fixture
def store() -> Store:
    return Store.in_memory(load_schema())


def insert(store: Store, name: str) -> None:
    store.insert("Account", {"Id": store.next_id("001"), "Name": name})


class Spoilt(Exception):
    pass


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    with store.transaction():
        insert(store, "kept")
    with pytest.raises(Spoilt), store.transaction():
        insert(store, "lost")
        raise Spoilt

    assert names(store) == ["kept"]
    store.close()


def test_a_part_of_a_transaction_can_fail_alone(store: Store) -> None:
    with store.transaction():
        insert(store, "before")
        with pytest.raises(Spoilt), store.transaction():
            insert(store, "lost")
            raise Spoilt
        insert(store, "after")

    assert names(store) == ["before", "after"]
    store.close()


def test_the_whole_takes_its_parts_back(store: Store) -> None:
    with pytest.raises(Spoilt), store.transaction():
        with store.transaction():
            insert(store, "part")
        raise Spoilt

    assert names(store) == []
    store.close()


def test_ids_are_never_given_twice(store: Store) -> None:
    with store.transaction():
        ids = [store.next_id(prefix) for prefix in ("001", "001", "003")]

    assert len(set(ids)) == 3
    store.close()


def test_an_org_on_disk_is_the_same_after_a_restart(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as first:
        account = first.create("Account", {"Name": "Stays"})
        session = first.login()
        calls = first.count_call()
    with Org.open(tmp_path, seed=99, clock=clock) as second:
        record = second.record("Account", account)
        known = second.store.execute("SELECT user_id FROM _session WHERE token = ?", (session.token,))
        later = second.create("Account", {"Name": "Later"})

        assert record is not None
        assert record["Name"] == "Stays"
        assert known == [(session.user_id,)]
        assert second.calls_made() == calls
        assert later > account
        assert second.store.fact("seed") == "7"


def test_the_same_seed_makes_the_same_org(clock: StillClock) -> None:
    with Org.in_memory(seed=3, clock=clock) as one, Org.in_memory(seed=3, clock=clock) as two:
        assert one.store.select("Opportunity", "1 ORDER BY Id") == two.store.select("Opportunity", "1 ORDER BY Id")


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with Org.open(tmp_path):
        mode = (tmp_path / DATABASE_NAME).stat().st_mode & 0o777

    assert mode & 0o077 == 0


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    path.write_bytes(b"this is no database " * 500)

    with pytest.raises(StoreUnusable, match="damaged") as caught:
        Org.open(tmp_path)

    assert "--fresh" in caught.value.advice
    assert path.read_bytes().startswith(b"this is no database")


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / DATABASE_NAME)
    other.execute("CREATE TABLE t (x)")
    other.close()

    with pytest.raises(StoreUnusable, match="not a playground's"):
        Org.open(tmp_path)


def test_a_database_of_another_format_is_refused(tmp_path: Path) -> None:
    with Org.open(tmp_path) as org:
        org.store.set_fact("format", "0")

    with pytest.raises(StoreUnusable, match="another version"):
        Org.open(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="could not be opened"):
        Org.open(tmp_path / "missing")


def test_an_interrupted_first_start_begins_again(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).touch()

    with Org.open(tmp_path) as org:
        assert org.default_user_id
