"""The SQL ledger and the local replica keep the same contracts as the fakes and the Salesforce side."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector.sync.model import Page
from local_store.ledger import SqlLedger
from local_store.records import Records
from local_store.replica import LocalReplica
from local_store.store import Store
from mapping.record import Record, RecordId
from tests.contract.ledger_contract import LedgerContract
from tests.contract.replica_contract import ReplicaContract
from tests.support.builders import DEALS, account, moment, record_id


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty mirror of the contract's objects, made once and copied for every test."""
    path = tmp_path_factory.mktemp("template") / "deals.db"
    with Store.open(f"sqlite:///{path}") as store:
        for mapping in DEALS:
            store.ensure_object(mapping)
    return path


@pytest.fixture
def deals_store(template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(template, tmp_path / "deals.db")
    with Store.open(f"sqlite:///{tmp_path / 'deals.db'}") as store:
        yield store


@dataclass
class SqlMirror:
    """Edits go through the records; one test class below uses another program's connection instead."""

    store: Store

    @property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.store)

    def insert(self, object_name: str, record: Record) -> RecordId:
        return Records(self.store).insert(object_name, record)

    def change(self, object_name: str, id: RecordId, fields: Record) -> None:
        Records(self.store).update(object_name, id, fields)

    def remove(self, object_name: str, id: RecordId) -> None:
        Records(self.store).delete(object_name, id)

    def holds(self, object_name: str, id: RecordId) -> Record | None:
        return Records(self.store).get(object_name, id)


@dataclass
class StrangersMirror(SqlMirror):
    """Edits by a program that knows nothing of us."""

    connection: sqlite3.Connection

    def insert(self, object_name: str, record: Record) -> RecordId:
        fields = self.store.objects[object_name].by_name
        columns = ", ".join(f'"{fields[name].column}"' for name in record)
        (made,) = self.connection.execute(
            f'INSERT INTO "{self.store.table(object_name).name}" ({columns}) '
            f"VALUES ({', '.join('?' * len(record))}) RETURNING id",
            list(record.values()),
        ).fetchall()
        return RecordId(made[0])

    def change(self, object_name: str, id: RecordId, fields: Record) -> None:
        columns = self.store.objects[object_name].by_name
        changes = ", ".join(f'"{columns[name].column}" = ?' for name in fields)
        table = self.store.table(object_name).name
        self.connection.execute(f'UPDATE "{table}" SET {changes} WHERE id = ?', [*fields.values(), id])

    def remove(self, object_name: str, id: RecordId) -> None:
        self.connection.execute(f'DELETE FROM "{self.store.table(object_name).name}" WHERE id = ?', [id])


class TestSqlLedger(LedgerContract):
    @pytest.fixture
    def mirror(self, deals_store: Store) -> SqlMirror:
        return SqlMirror(deals_store)


class TestSqlLedgerBesideAnotherProgram(LedgerContract):
    @pytest.fixture
    def mirror(self, deals_store: Store, tmp_path: Path) -> Iterator[SqlMirror]:
        connection = sqlite3.connect(tmp_path / "deals.db", isolation_level=None)
        yield StrangersMirror(deals_store, connection)
        connection.close()


@dataclass
class LocalWorld:
    """Accounts that are in Salesforce too, and edited here."""

    store: Store
    made: int = 0

    @property
    def replica(self) -> LocalReplica:
        return LocalReplica(self.store)

    def insert(self, record: Record) -> RecordId:
        self.made += 1
        id = record_id("001", self.made)
        stamps = {"SystemModstamp": moment(self.made), "LastModifiedDate": moment(self.made)}
        SqlLedger(self.store).load(Page("Account", {id: {**account(), **record, **stamps, "Id": id}}))
        self.change(id, {"Name": record["Name"]})
        return id

    def change(self, id: RecordId, fields: Record) -> None:
        Records(self.store).update("Account", id, fields)

    def remove(self, id: RecordId) -> None:
        Records(self.store).delete("Account", id)

    def holds(self, id: RecordId) -> Record | None:
        return Records(self.store).get("Account", id)


class TestLocalReplica(ReplicaContract):
    refuses_nameless = False

    @pytest.fixture
    def world(self, deals_store: Store) -> LocalWorld:
        return LocalWorld(deals_store)
