"""The engine between an org in memory and the real store: people, faults and crashes, and the promises at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connector.sync.model import Conflict, Decision, Side
from local_store import rows as rows_of
from local_store.conflicts import WITHDRAWN, StoredConflict
from local_store.database import read, write
from local_store.journal import SqlJournal
from local_store.ledger import SqlLedger
from local_store.lock import RunLock
from local_store.records import Records
from local_store.store import Store
from mapping.record import Record, RecordId, Value
from tests.support.builders import DEALS
from tests.support.memory_replica import MemoryReplica
from tests.support.simulation import Simulation
from tests.support.worlds import TwoSides


class SqlMirror(SqlLedger):
    """The SQL ledger, with the doors of the one in memory."""

    def __init__(self, store: Store, lock: RunLock) -> None:
        super().__init__(store, lock)
        self.store = store
        self.records = Records(store)

    def insert(self, object_name: str, record: Record) -> RecordId:
        return self.records.insert(object_name, record)

    def change(self, object_name: str, id: RecordId, **fields: Value) -> None:
        self.records.update(object_name, id, fields)

    def remove(self, object_name: str, id: RecordId) -> None:
        self.records.delete(object_name, id)

    def holds(self, object_name: str, id: RecordId) -> Record | None:
        return self.records.get(object_name, id)

    def live(self, object_name: str) -> dict[RecordId, Record]:
        mapping, live = self.store.mapping(object_name), self.store.live(object_name)
        with read(self.store.engine) as connection:
            found = connection.execute(select(live)).all()
        return {RecordId(row.id): rows_of.as_record(mapping, row) for row in found}

    @property
    def conflicts(self) -> Mapping[str, tuple[Conflict, ...]]:
        found: dict[str, tuple[Conflict, ...]] = {}
        for each in SqlJournal(self.store, RunLock(self.store)).open_conflicts():
            found[each.conflict.object] = (*found.get(each.conflict.object, ()), each.conflict)
        return found

    def image(self) -> object:
        """Everything that is stored about the mirror, the journal's own tables apart."""
        names = ["touched", "id_alias", "intent", "conflict", "issue", "checkpoint", "change"]
        for mapping in self.store.objects.values():
            names += [mapping.table, f"base_{mapping.table}", f"remote_{mapping.table}"]
        with read(self.store.engine) as connection:
            return {name: connection.exec_driver_sql(f'SELECT * FROM "{name}"').all() for name in names}


@dataclass
class Decided:
    """Where the simulation puts decisions."""

    journal: SqlJournal

    def append(self, decision: Decision) -> None:
        for each in self.journal.open_conflicts(decision.conflict.object, decision.conflict.id):
            if each.conflict == decision.conflict:
                self.journal.settle_conflict(each.id, decision.keep)


class SqlJournalInTests(SqlJournal):
    """The SQL journal, with what the simulation asks of the one in memory."""

    def __init__(self, store: Store, lock: RunLock) -> None:
        super().__init__(store, lock, "test")
        self.store = store
        self.decided = Decided(self)

    @property
    def resolutions(self) -> list[StoredConflict]:
        return [each for each in self.conflict_log() if each.rule != WITHDRAWN]

    def expire(self) -> None:
        with write(self.store.engine) as connection:
            connection.exec_driver_sql("UPDATE run_lock SET holder = NULL")


class SqlTwoSides(TwoSides):
    """An org in memory and a mirror in SQL."""

    def __init__(self, store: Store) -> None:
        self.store = store
        super().__init__()

    def __post_init__(self) -> None:
        lock = RunLock(self.store)
        self.org = MemoryReplica(self.objects)
        self.mirror: Any = SqlMirror(self.store, lock)
        self.journal: Any = SqlJournalInTests(self.store, lock)
        self.objects = [self.store.objects[each.name] for each in DEALS]


@pytest.fixture(scope="module")
def deals_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "deals.db"
    with Store.open(f"sqlite:///{path}") as store:
        for mapping in DEALS:
            store.ensure_object(mapping)
    return path


@pytest.fixture
def world(deals_file: Path, tmp_path: Path) -> Iterator[SqlTwoSides]:
    shutil.copy(deals_file, tmp_path / "deals.db")
    with Store.open(f"sqlite:///{tmp_path / 'deals.db'}") as store:
        yield SqlTwoSides(store)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_both_sides_converge_and_nothing_is_lost(world: SqlTwoSides, seed: int) -> None:
    simulation = Simulation(seed, world)
    simulation.play(30)
    problems = [*simulation.problems(), *world.store.capture_problems()]
    if problems:
        pytest.fail("\n".join([f"seed {seed}:", *problems, "", *simulation.trail]))


def test_a_run_after_everything_is_quiet_writes_nothing(world: SqlTwoSides) -> None:
    simulation = Simulation(7, world)
    simulation.play(30)
    before, sent, calls = world.mirror.image(), len(world.org.log), world.org.calls
    world.sync()
    assert world.mirror.image() == before
    assert (len(world.org.log), world.org.calls - calls) == (sent, 1)


def test_a_dry_run_writes_nothing(world: SqlTwoSides) -> None:
    account = world.org.insert("Account", {"Name": "Get Cloudy"})
    world.sync()
    world.org.change("Account", account, Phone="1")
    world.mirror.change("Account", account, Industry="Apparel")
    before = world.mirror.image()
    assert not world.engine().plan().is_empty
    assert world.mirror.image() == before
    assert world.org.log == []


def test_a_decision_of_a_person_stands_on_both_sides_after_the_next_run(world: SqlTwoSides) -> None:
    account = world.org.insert("Account", {"Name": "Get Cloudy", "Phone": "1"})
    world.sync()
    for keep in Side:
        world.org.change("Account", account, Phone=f"there {keep.value}")
        world.mirror.change("Account", account, Phone=f"here {keep.value}")
        world.sync()
        (opened,) = world.journal.open_conflicts("Account", account)
        world.journal.settle_conflict(opened.id, keep)
        world.sync()
        wanted = f"here {keep.value}" if keep is Side.LOCAL else f"there {keep.value}"
        assert [side["Phone"] for side in world.both("Account", account) if side] == [wanted, wanted]
        assert world.journal.open_conflicts() == []
        assert world.journal.conflict_log()[0].rule == "person"
