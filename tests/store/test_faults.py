"""Whatever statement fails, the mirror is as it was before, and the capture stands (invariants 13 and 14)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from connector.sync.model import Checkpoint, FieldConflict, Page, Settlement, Tombstone
from local_store.database import read
from local_store.ledger import SqlLedger
from local_store.records import Records
from local_store.store import Store
from mapping.record import RecordId
from tests.store.objects import ACCOUNT, field
from tests.support.builders import moment

ACME, BETA, NEW = (RecordId(f"00100000000000{number}AAA") for number in (1, 2, 9))


class Broken(Exception):
    """The statement that was chosen to fail."""


def arrange(store: Store) -> RecordId:
    """A clean row, an edited one, and one made here with a child that points at it."""
    records, ledger = Records(store), SqlLedger(store)
    ledger.load(Page("Account", {ACME: {"Name": "Acme"}, BETA: {"Name": "Beta"}}, checkpoint=Checkpoint(moment(1))))
    records.update("Account", BETA, {"Name": "Beta edited"})
    made = records.insert("Account", {"Name": "Made here"})
    records.insert("Opportunity", {"Name": "Sneakers", "AccountId": made})
    return made


def settle(store: Store, _made: RecordId) -> None:
    ledger = SqlLedger(store)
    token = ledger.states("Account", [BETA])[BETA].token
    agreed, other = {"Name": "Beta edited"}, {"Name": "Acme", "Description": "d"}
    steps = [
        Settlement(BETA, token, local=agreed, base=agreed),
        Settlement(ACME, 0, local=other, base=other, remote={"Name": "Seen"}),
        Settlement(NEW, 0, local=Tombstone(deleted_at=moment(2), master=ACME, record={"Name": "Gone"}), base=None),
    ]
    assert ledger.settle("Account", steps, Checkpoint(moment(2))) == []


def adopt(store: Store, made: RecordId) -> None:
    ledger = SqlLedger(store)
    token = ledger.states("Account", [made])[made].token
    agreed = {"Name": "Made here"}
    assert ledger.adopt("Account", made, NEW, Settlement(NEW, token, local=agreed, base=agreed))


def load(store: Store, _made: RecordId) -> None:
    tombstones = {NEW: Tombstone(deleted_at=moment(2), record={"Name": "Gone"})}
    more = {RecordId("001000000000077AAA"): {"Name": "More"}}
    SqlLedger(store).load(Page("Account", more, tombstones, checkpoint=Checkpoint(moment(3))))


def take_back(store: Store, _made: RecordId) -> None:
    Records(store).take_back("Account", BETA)


def open_conflicts(store: Store, _made: RecordId) -> None:
    conflict = FieldConflict("Account", BETA, {"Name": "Beta"}, {"Name": "Beta edited"}, {"Name": "Else"})
    SqlLedger(store).open_conflicts("Account", [conflict])


def widen(store: Store, _made: RecordId) -> None:
    store.ensure_object(replace(ACCOUNT, fields=(*ACCOUNT.fields, field("Region__c"), field("Tier__c", "double"))))


STEPS = (settle, adopt, load, take_back, open_conflicts, widen)


@contextmanager
def failing(store: Store, number: int) -> Iterator[None]:
    """Let the numbered statement fail."""
    count = 0

    def fail(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == number:
            raise Broken

    event.listen(store.engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", fail)


def image(store: Store) -> object:
    with read(store.engine) as connection:
        tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name").all()
        rows = {
            name: connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()
            for name, sql in tables
            if sql and sql.startswith("CREATE TABLE")
        }
    return tables, rows


@pytest.mark.parametrize("step", STEPS)
def test_a_step_happens_as_a_whole_or_not_at_all(
    template: Path, tmp_path: Path, step: Callable[[Store, RecordId], None]
) -> None:
    path = Path(shutil.copy(template, tmp_path / "mirror.db"))
    with Store.open(f"sqlite:///{path}") as store:
        made = arrange(store)
        before, seen = image(store), []
        for number in range(1, 500):
            try:
                with failing(store, number):
                    step(store, made)
            except Broken:
                seen.append(image(store))
                assert store.capture_problems() == []
            else:
                break
        after = image(store)
        assert before != after
        assert seen.count(before) > 2, "nothing was ever made to fail"
        assert all(each in (before, after) for each in seen)
        assert store.capture_problems() == []
