"""Any sequence of SQL by another program, with rollbacks and settlements between, leaves what a model predicts."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connector.sync.model import Settlement
from local_store.ledger import SqlLedger
from local_store.store import Store
from mapping.record import RecordId
from tests.store.objects import deals
from tests.support.examples import examples

IDS = [RecordId(f"00100000000000{number}AAA") for number in range(3)] + [RecordId("local-a")]

ids = st.sampled_from(IDS)
names = st.sampled_from(["one", "two", "three", None])
clauses = st.sampled_from(["", "OR REPLACE", "OR IGNORE", "OR FAIL", "OR ROLLBACK"])

template: dict[str, Path] = {}


def fresh_mirror() -> Path:
    """A mirror of its own, copied from one that was made once."""
    folder = Path(tempfile.mkdtemp())
    if "path" not in template:
        template["path"] = folder / "template.db"
        with Store.open(f"sqlite:///{template['path']}") as store:
            deals(store)
    return Path(shutil.copy(template["path"], Path(tempfile.mkdtemp()) / "mirror.db"))


class Capture(RuleBasedStateMachine):
    """``rows`` is what people see, ``bases`` what must be kept, ``touched`` what must be noted; names by id."""

    @initialize(recursive=st.booleans())
    def open(self, recursive: bool) -> None:
        self.path = fresh_mirror()
        self.store = Store.open(f"sqlite:///{self.path}")
        self.ledger = SqlLedger(self.store)
        self.stranger = sqlite3.connect(self.path, isolation_level=None)
        self.stranger.execute(f"PRAGMA recursive_triggers = {'ON' if recursive else 'OFF'}")
        self.stranger.execute("PRAGMA synchronous = OFF")
        self.rows: dict[RecordId, str | None] = {}
        self.bases: dict[RecordId, str | None] = {}
        self.touched: set[RecordId] = set()
        self.saved: tuple[dict[RecordId, str | None], dict[RecordId, str | None], set[RecordId]] | None = None

    def teardown(self) -> None:
        self.stranger.close()
        self.store.close()
        shutil.rmtree(self.path.parent)

    def note(self, record_id: RecordId) -> None:
        """The model of the triggers: the first touch of a row that is there keeps it."""
        if record_id not in self.touched and record_id in self.rows:
            self.bases[record_id] = self.rows[record_id]
        self.touched.add(record_id)

    @rule(clause=clauses, record_id=ids, name=names)
    def update(self, clause: str, record_id: RecordId, name: str | None) -> None:
        self.stranger.execute(f"UPDATE {clause} account SET name = ? WHERE id = ?", (name, record_id))
        if record_id in self.rows:
            self.note(record_id)
            self.rows[record_id] = name

    @rule(name=names)
    def update_all(self, name: str | None) -> None:
        self.stranger.execute("UPDATE account SET name = ?", (name,))
        for record_id in self.rows:
            self.note(record_id)
            self.rows[record_id] = name

    @rule(record_id=ids)
    def delete(self, record_id: RecordId) -> None:
        self.stranger.execute("DELETE FROM account WHERE id = ?", (record_id,))
        self._delete(record_id)

    def _delete(self, record_id: RecordId) -> None:
        if record_id in self.rows:
            self.note(record_id)
            del self.rows[record_id]
            if record_id not in self.bases:
                self.touched.discard(record_id)

    @rule(record_id=ids, name=names)
    def insert_or_replace(self, record_id: RecordId, name: str | None) -> None:
        self.stranger.execute("INSERT OR REPLACE INTO account (id, name) VALUES (?, ?)", (record_id, name))
        self.note(record_id)
        self.rows[record_id] = name

    @rule(record_id=ids, name=names)
    def upsert(self, record_id: RecordId, name: str | None) -> None:
        self.stranger.execute(
            "INSERT INTO account (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            (record_id, name),
        )
        self.note(record_id)
        self.rows[record_id] = name

    @rule(record_id=ids, name=names)
    def insert_or_ignore(self, record_id: RecordId, name: str | None) -> None:
        self.stranger.execute("INSERT OR IGNORE INTO account (id, name) VALUES (?, ?)", (record_id, name))
        self.note(record_id)
        self.rows.setdefault(record_id, name)

    @precondition(lambda self: self.saved is None)
    @rule()
    def begin(self) -> None:
        self.stranger.execute("BEGIN IMMEDIATE")
        self.saved = dict(self.rows), dict(self.bases), set(self.touched)

    @precondition(lambda self: self.saved is not None)
    @rule(commit=st.booleans())
    def end(self, commit: bool) -> None:
        self.stranger.execute("COMMIT" if commit else "ROLLBACK")
        if not commit:
            assert self.saved is not None
            self.rows, self.bases, self.touched = self.saved
        self.saved = None

    @precondition(lambda self: self.saved is None)
    @rule(record_id=ids, name=names)
    def settle(self, record_id: RecordId, name: str | None) -> None:
        """The sync brings the record to a value on both sides."""
        state = self.ledger.states("Account", [record_id]).get(record_id)
        token = state.token if state else 0
        agreed = {"Id": record_id, "Name": name}
        assert self.ledger.settle("Account", [Settlement(record_id, token, local=agreed, base=agreed)]) == []
        self.rows[record_id] = name
        self.bases.pop(record_id, None)
        self.touched.discard(record_id)

    @precondition(lambda self: self.saved is None)
    @invariant()
    def the_ledger_knows_what_the_model_knows(self) -> None:
        found = self.ledger.states("Account", IDS)
        rows = {record_id: state.local["Name"] for record_id, state in found.items() if state.local is not None}
        assert rows == self.rows
        touched = {record_id for record_id, state in found.items() if state.token}
        assert touched == self.touched == set(self.ledger.waiting("Account"))
        bases = {id: state.base["Name"] for id, state in found.items() if state.token and state.base is not None}
        assert bases == self.bases


TestCapture = Capture.TestCase
TestCapture.settings = settings(max_examples=examples(60), stateful_step_count=25, deadline=None)
