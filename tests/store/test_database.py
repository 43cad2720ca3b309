"""A database that cannot be used says so, says why, and says what to do."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from connector.sync.model import Settlement
from local_store.database import connect, read, write
from local_store.errors import DatabaseBusy, DatabaseUnusable, StoreError
from local_store.ledger import SqlLedger
from local_store.migrate import HEAD, configuration, migrate, revision
from local_store.records import Records
from local_store.store import Store
from local_store.tables import internal
from local_store.types import MirrorType
from mapping.record import RecordId


def open_store(path: Path, query: str = "") -> None:
    Store.open(f"sqlite:///{path}{query}").close()


def test_every_connection_is_durable_and_patient(store: Store) -> None:
    with read(store.engine) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 10000,
    }


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    path.write_bytes(b"Dear diary, today I was not a database. " * 50)
    with pytest.raises(DatabaseUnusable, match="damaged, or is not a database") as told:
        open_store(path)
    assert "backup" in told.value.advice
    assert path.read_bytes().startswith(b"Dear diary")


def test_a_damaged_file_is_told_apart_from_a_failing_statement(store: Store, path: Path) -> None:
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(DatabaseUnusable, match="damaged"):
        open_store(path)


def test_a_read_only_file_is_refused_before_anything_is_promised(store: Store, path: Path) -> None:
    store.close()
    with Store.open(f"sqlite:///file:{path}?mode=ro&uri=true") as opened:
        with pytest.raises(DatabaseUnusable, match="read-only") as told:
            opened.set_setting("x", 1)
        assert "permissions" in told.value.advice


def test_a_database_without_change_capture_is_refused() -> None:
    with pytest.raises(DatabaseUnusable, match="cannot keep a mirror in postgresql"):
        Store.open("postgresql://localhost/mirror")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="cannot be opened"):
        open_store(tmp_path / "nowhere" / "mirror.db")


def test_a_full_disk_takes_the_write_back_as_a_whole(store: Store) -> None:
    before = store.setting("kept", "nothing")
    with pytest.raises(DatabaseUnusable, match="disk is full"), write(store.engine) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.execute(text("INSERT INTO setting (key, value) VALUES ('kept', :value)"), {"value": "x" * 10**6})
    assert store.setting("kept", "nothing") == before


def test_a_writer_that_never_ends_is_told_as_busy(store: Store, stranger: sqlite3.Connection) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        connection.rollback()
        connection.execution_options(forcemirror_writes=True)
        with pytest.raises(DatabaseBusy, match="Another program"):
            connection.begin()
    stranger.execute("ROLLBACK")


def test_a_newer_schema_is_refused_and_untouched(store: Store, path: Path) -> None:
    with write(store.engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(DatabaseUnusable, match=r"newer version of Forcemirror \(its schema is 9999\)"):
        open_store(path)


def test_a_reader_sees_one_state_while_others_write(store: Store, stranger: sqlite3.Connection) -> None:
    with read(store.engine) as connection:
        count = text("SELECT count(*) FROM account")
        assert connection.execute(count).scalar_one() == 0
        stranger.execute("INSERT INTO account (name) VALUES ('x')")
        assert connection.execute(count).scalar_one() == 0
    with read(store.engine) as connection:
        assert connection.execute(count).scalar_one() == 1


def test_many_writers_at_once_lose_nothing(store: Store) -> None:
    records, ledger = Records(store), SqlLedger(store)

    def insert(number: int) -> RecordId:
        return records.insert("Account", {"Name": f"Account {number}"})

    def settle(_: int) -> None:
        found = ledger.waiting("Account")
        agreed = [Settlement(id, each.token, each.local, each.local) for id, each in found.items() if each.local]
        ledger.settle("Account", agreed[:3])

    with ThreadPoolExecutor(4) as threads:
        settled = [threads.submit(settle, number) for number in range(10)]
        made = list(threads.map(insert, range(40)))
    for each in settled:
        each.result()
    assert ledger.states("Account", made).keys() == set(made)
    assert all(state.token for state in ledger.waiting("Account").values())
    assert store.capture_problems() == []


def test_two_processes_may_make_the_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mirror.db'}"
    with ThreadPoolExecutor(4) as threads:
        for store in threads.map(lambda _: Store.open(url), range(4)):
            assert store.capture_problems() == []
            store.close()


def test_an_error_of_a_statement_is_not_an_error_of_the_database(store: Store) -> None:
    with pytest.raises(Exception, match="no such table") as raised, read(store.engine) as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert not isinstance(raised.value, StoreError)


def test_the_migrations_end_in_the_declared_tables(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'mirror.db'}")
    migrate(engine)
    with read(engine) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": compare_type, "compare_server_default": True}
        )
        assert compare_metadata(context, internal) == []
        declared = {
            name: " ".join(sql.split())
            for name, sql in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            if name != "alembic_version" and not name.startswith("sqlite_")
        }
    engine.dispose()
    fresh = connect(f"sqlite:///{tmp_path / 'fresh.db'}")
    with write(fresh) as connection:
        internal.create_all(connection)
        made = {
            name: " ".join(sql.split())
            for name, sql in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            if not name.startswith("sqlite_")
        }
    fresh.dispose()
    assert declared == made


def compare_type(_context: object, _inspected: object, _column: object, inspected: object, declared: object) -> bool:
    """MirrorType says DATETIME where SQLite reports its own; the comparison of the texts above covers it."""
    return not isinstance(declared, MirrorType) and type(inspected).__name__.upper() != type(declared).__name__.upper()


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_migrating_back_leaves_nothing_of_ours(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'mirror.db'}")
    migrate(engine)
    with write(engine) as connection:
        command.downgrade(configuration(connection), "base")
    with read(engine) as connection:
        left = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    assert set(left) <= {"alembic_version", "sqlite_sequence"}
    with read(engine) as connection:
        assert revision(connection) is None
    engine.dispose()
