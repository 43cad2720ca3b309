"""A world of people, faults and crashes, driven by one seed: the promises must hold once it is quiet."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from connector.sync.engine import PARENT_MISSING
from connector.sync.errors import RunFailed
from connector.sync.model import Decision, Delete, DeleteConflict, FieldConflict, Issue, Operation, Side
from mapping.record import Record, RecordId, Value
from tests.support.memory_replica import Crash, Fault
from tests.support.worlds import TwoSides

TEXT_FIELDS = {
    "Account": ("Name", "Phone", "Industry", "BillingCity", "BillingStreet"),
    "Contact": ("LastName", "Email"),
    "Opportunity": ("Name", "StageName", "ForecastCategoryName"),
    "OpportunityContactRole": ("Role",),
}
PARENTS = {"Contact": "AccountId", "Opportunity": "AccountId", "OpportunityContactRole": "OpportunityId"}
OBJECTS = tuple(TEXT_FIELDS)
FAULTS = (Fault.LOSE_ANSWER, Fault.LOSE_REQUEST, Fault.CRASH, Fault.REFUSE)
HOPELESS = {"INVALID_CROSS_REFERENCE_KEY", PARENT_MISSING}
QUIET_RUNS = 8


@dataclass
class Simulation:
    """People edit on both sides, syncs come and go, things break. Every text ever written is unique."""

    seed: int
    world: TwoSides = field(default_factory=TwoSides)
    written: set[str] = field(default_factory=set)
    seen_and_replaced: set[str] = field(default_factory=set)
    """Values that somebody overwrote or deleted on a side that showed them: those were seen, not lost."""
    deleted: set[str] = field(default_factory=set)
    """Unique names of records that somebody deleted."""
    trail: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.numbers = iter(range(1, 1_000_000))
        self.world.org.before_apply = self.interfere
        self.world.mirror.before_settle = self.type_on

    def play(self, steps: int) -> None:
        """Let people work, with a sync now and then; afterwards quiet, until nothing is left to decide."""
        for _ in range(3):
            self.org_insert("Account")
        for _ in range(steps):
            self.random.choice(self.moves())()
        self.calm_down()

    def moves(self) -> tuple[object, ...]:
        here, there = (self.mirror_insert, self.mirror_change), (self.org_insert_any, self.org_change)
        return (
            *here,
            *here,
            *there,
            *there,
            self.mirror_remove,
            self.org_remove,
            self.org_restore,
            self.sync,
            self.sync,
        )

    def calm_down(self) -> None:
        """No more people, no more faults; whoever has to decide decides."""
        self.world.org.faults, self.world.org.conclusive = {}, True
        self.world.org.before_apply = self.world.mirror.before_settle = None
        for _ in range(QUIET_RUNS):
            for issue in self.world.journal.issues():
                self.see_to(issue)
            for conflict in [each for group in self.world.mirror.conflicts.values() for each in group]:
                self.world.journal.decided.append(Decision(conflict, self.random.choice(list(Side))))
            self.run()

    def see_to(self, issue: Issue) -> None:
        """Try again what was refused; give up what points at a record that is gone."""
        self.world.journal.close_issue(issue.object, issue.id)
        record = self.world.mirror.holds(issue.object, issue.id)
        if issue.code in HOPELESS and record is not None:
            self.world.mirror.remove(issue.object, self.world.mirror.resolve(issue.id))
            self.forget(issue.object, record)
            self.note(f"mirror gives up {issue.object} {issue.id}")

    # What people do.

    def fresh(self) -> str:
        text = f"v{next(self.numbers)}"
        self.written.add(text)
        return text

    def new_record(self, object_name: str, rows: dict[str, list[RecordId]]) -> Record | None:
        record: dict[str, Value] = {}
        if reference := PARENTS.get(object_name):
            parents = rows["Opportunity" if reference == "OpportunityId" else "Account"]
            if not parents:
                return None
            record[reference] = self.random.choice(parents)
        record[TEXT_FIELDS[object_name][0]] = self.fresh()
        for name in TEXT_FIELDS[object_name][1:]:
            if self.random.random() < 0.3:
                record[name] = self.fresh()
        return record

    def org_insert_any(self) -> None:
        self.org_insert(self.random.choice(OBJECTS))

    def org_insert(self, object_name: str) -> None:
        rows = {name: sorted(self.world.org.live(name)) for name in OBJECTS}
        if record := self.new_record(object_name, rows):
            self.note(f"org insert {object_name} {self.world.org.insert(object_name, record)} {record}")

    def org_change(self) -> None:
        if found := self.pick({name: self.world.org.live(name) for name in OBJECTS}):
            object_name, id, record = found
            fields = self.edit(object_name, record)
            self.world.org.change(object_name, id, **fields)
            self.note(f"org change {object_name} {id} {fields}")

    def org_remove(self) -> None:
        if self.random.random() < 0.5 and (found := self.pick({name: self.world.org.live(name) for name in OBJECTS})):
            object_name, id, _ = found
            before = {name: self.world.org.live(name) for name in OBJECTS}
            self.world.org.remove(object_name, id)
            for name in OBJECTS:
                for gone in before[name].keys() - self.world.org.live(name).keys():
                    self.forget(name, before[name][gone])
            self.note(f"org remove {object_name} {id}")

    def org_restore(self) -> None:
        dead = sorted(self.dead())
        if dead and self.random.random() < 0.3:
            object_name, id = self.random.choice(dead)
            record = self.world.org.rows[object_name][id].record
            if str(record[TEXT_FIELDS[object_name][0]]) in self.names_alive(object_name):
                return
            if self.world.org.dangling(object_name, record):
                return
            self.world.org.restore(object_name, id)
            self.deleted.discard(str(record[TEXT_FIELDS[object_name][0]]))
            self.note(f"org restore {object_name} {id}")

    def names_alive(self, object_name: str) -> set[str]:
        return {str(record[TEXT_FIELDS[object_name][0]]) for record in self.world.org.live(object_name).values()}

    def mirror_insert(self) -> None:
        object_name = self.random.choice(OBJECTS)
        rows = {name: sorted(self.world.mirror.live(name)) for name in OBJECTS}
        if record := self.new_record(object_name, rows):
            self.note(f"mirror insert {object_name} {self.world.mirror.insert(object_name, record)} {record}")

    def mirror_change(self) -> None:
        if found := self.pick({name: self.world.mirror.live(name) for name in OBJECTS}):
            object_name, id, record = found
            fields = self.edit(object_name, record)
            self.world.mirror.change(object_name, id, **fields)
            self.note(f"mirror change {object_name} {id} {fields}")

    def mirror_remove(self) -> None:
        if self.random.random() < 0.5 and (
            found := self.pick({name: self.world.mirror.live(name) for name in OBJECTS})
        ):
            object_name, id, record = found
            self.world.mirror.remove(object_name, id)
            self.forget(object_name, record)
            self.note(f"mirror remove {object_name} {id}")

    def pick(self, live: dict[str, dict[RecordId, Record]]) -> tuple[str, RecordId, Record] | None:
        found = [(name, id) for name in OBJECTS for id in sorted(live[name])]
        if not found:
            return None
        object_name, id = self.random.choice(found)
        return object_name, id, live[object_name][id]

    def edit(self, object_name: str, record: Record) -> dict[str, Value]:
        names = self.random.sample(TEXT_FIELDS[object_name][1:] or TEXT_FIELDS[object_name], k=1)
        self.seen_and_replaced.update(str(record[name]) for name in names)
        return {name: self.fresh() for name in names}

    def forget(self, object_name: str, record: Record) -> None:
        self.seen_and_replaced.update(str(record[name]) for name in TEXT_FIELDS[object_name])
        self.deleted.add(str(record[TEXT_FIELDS[object_name][0]]))

    # What happens to syncs.

    def sync(self) -> None:
        applied = self.world.org.applied
        self.world.org.faults = {
            applied + number: self.random.choice(FAULTS) for number in range(1, 12) if self.random.random() < 0.15
        }
        self.world.org.conclusive = self.random.random() < 0.7
        self.run()

    def run(self) -> None:
        before, sent = self.dead(), len(self.world.org.log)
        self.run_once()
        named = {(each.object, each.id) for each in self.world.org.log[sent:] if isinstance(each, Delete)}
        for name, id in self.dead() - before - named:
            # It went along with a parent whose deletion was confirmed together with all below it.
            buried = self.world.org.rows[name][id].record
            self.seen_and_replaced.update(str(buried[each]) for each in TEXT_FIELDS[name])

    def dead(self) -> set[tuple[str, RecordId]]:
        return {(name, id) for name in OBJECTS for id, row in self.world.org.rows[name].items() if row.deleted}

    def run_once(self) -> None:
        try:
            report = self.world.sync(allowed_deletes=10_000)
            assert report.is_green, report
        except Crash:
            self.note("crash")
            self.world.journal.expire()
        except RunFailed as failure:
            self.note(f"failed: {failure}")
        else:
            self.note("sync")

    def interfere(self, _operation: Operation) -> None:
        """People do not wait for a sync to end."""
        if self.random.random() < 0.2:
            self.random.choice((self.mirror_change, self.org_change))()

    def type_on(self) -> None:
        """Somebody edits a row between the moment it was planned on and the moment it is settled."""
        if self.random.random() < 0.2:
            self.mirror_change()

    def note(self, what: str) -> None:
        self.trail.append(what)

    # What must hold in the end.

    def problems(self) -> list[str]:
        """Every promise that is broken."""
        return [*self.world.differences(), *self.left_open(), *self.duplicates(), *self.lost(), *self.resurrected()]

    def left_open(self) -> list[str]:
        waiting = [f"{name} {id} still waits" for name in OBJECTS for id in self.world.mirror.waiting(name)]
        return waiting + [f"conflict {each}" for group in self.world.mirror.conflicts.values() for each in group]

    def duplicates(self) -> list[str]:
        names = [
            f"{name} {record[TEXT_FIELDS[name][0]]}"
            for name in OBJECTS
            for record in self.world.org.live(name).values()
        ]
        return [f"{name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]

    def lost(self) -> list[str]:
        """Texts that nobody replaced after having seen them, and that are neither on both sides nor in the log."""
        shown = {
            str(value) for name in OBJECTS for record in self.world.org.live(name).values() for value in record.values()
        }
        logged = {value for each in self.world.journal.resolutions for value in values_of(each.conflict)}
        return [f"{text} is lost" for text in sorted(self.written - shown - logged - self.seen_and_replaced)]

    def resurrected(self) -> list[str]:
        """Records that somebody deleted and that are there again without anybody's decision."""
        decided = {
            value
            for each in self.world.journal.resolutions
            if isinstance(each.conflict, DeleteConflict)
            for value in values_of(each.conflict)
        }
        alive = {name for object_name in OBJECTS for name in self.names_alive(object_name)}
        return [f"{name} is back" for name in sorted(self.deleted & alive - decided)]


def values_of(conflict: FieldConflict | DeleteConflict) -> set[str]:
    """Every text that the log keeps of a conflict."""
    records = (
        (conflict.local, conflict.remote, conflict.base or {})
        if isinstance(conflict, FieldConflict)
        else (conflict.survivor, conflict.base or {})
    )
    return {str(value) for record in records for value in record.values()}
