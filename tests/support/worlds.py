"""An org and a mirror in memory, with an engine between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.sync.engine import Engine, EngineSettings
from connector.sync.report import Progress, RunReport
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId
from tests.support.builders import DEALS
from tests.support.memory_journal import MemoryJournal
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_replica import MemoryReplica

EVERYTHING = frozenset({"create", "update", "delete"})


@dataclass
class TwoSides:
    """Both sides of a sync. ``settings`` change what the next run does; writing is open unless told otherwise."""

    objects: Sequence[ObjectMapping] = DEALS
    settings: EngineSettings = field(
        default_factory=lambda: EngineSettings(permissions={each.name: EVERYTHING for each in DEALS})
    )
    progress: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.org = MemoryReplica(self.objects)
        self.mirror = MemoryLedger(self.objects)
        self.journal = MemoryJournal()

    def engine(self) -> Engine:
        return Engine(
            self.org,
            self.mirror,
            self.objects,
            self.settings,
            self.journal,
            clock=lambda: self.org.now,
            progress=self.progress.append,
        )

    def sync(self, **changes: Any) -> RunReport:
        """One run, with settings that hold for this run only."""
        kept, self.settings = self.settings, replace(self.settings, **changes)
        try:
            return self.engine().run()
        finally:
            self.settings = kept

    def both(self, object_name: str, id: RecordId) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        """A record here and there."""
        return self.mirror.holds(object_name, id), self.org.holds(object_name, self.mirror.resolve(id))

    def differences(self) -> list[str]:
        """Where the two sides do not hold the same, for tests of convergence."""
        found = []
        for mapping in self.objects:
            here, there = self.mirror.live(mapping.name), self.org.live(mapping.name)
            for id in sorted(here.keys() | there.keys()):
                if here.get(id) != there.get(id):
                    found.append(f"{mapping.name} {id}: {unlike(here.get(id), there.get(id))}")
        return found


def unlike(here: Record | None, there: Record | None) -> object:
    """The values in which two records differ."""
    if here is None or there is None:
        return here, there
    return {
        name: (here.get(name), there.get(name))
        for name in here.keys() | there.keys()
        if here.get(name) != there.get(name)
    }
