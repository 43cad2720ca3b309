"""Whatever happens while pages are read (edits, new rows, deletes, kills, transactions that commit late), nothing that
the org holds in the end is missed by the mirror (invariants 14 to 18)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.salesforce.replica import SalesforceReplica
from connector.sync.model import Checkpoint, Page, Sighting, Tombstone
from mapping.record import RecordId
from playground import dml
from playground.settings import Settings
from playground.work import Work
from tests.support.examples import examples
from tests.support.playground import PlaygroundSite, playground_site

DEAL = {"Name": "300 pairs", "StageName": "Prospecting", "CloseDate": "2026-12-01"}
NAME = "Opportunity"


class Happening:
    """What may happen between two pages."""

    ALL = (
        *("edit", "edit many at once", "make", "delete", "nothing"),
        *("wait", "wait", "kill", "lose cursors", "read to the end", "read to the end"),
        *("begin", "commit"),
    )


@dataclass
class Story:
    """A mirror that is being read while the org goes on living."""

    site: PlaygroundSite
    replica: SalesforceReplica
    chance: random.Random
    held: dict[RecordId, Sighting] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    reading: Iterator[Page] | None = None
    late: list[tuple[ExitStack, Work]] = field(default_factory=list)

    def happen(self, what: str) -> None:
        org, live = self.site.org, self.live()
        self.site.clock.pass_(seconds=self.chance.choice([0, 1, 40]))
        match what:
            case "edit" if live:
                org.update(NAME, self.chance.choice(live), {"NextStep": f"Step {self.chance.random()}"})
            case "edit many at once":
                for id in live[: self.chance.randint(0, 12)]:
                    org.update(NAME, id, {"NextStep": "The same second"})
            case "make":
                org.create(NAME, DEAL)
            case "delete" if live:
                org.delete(NAME, self.chance.choice(live))
            case "wait":
                self.site.clock.pass_(minutes=self.chance.choice([1, 6, 60]))
            case "kill":
                self.reading = None
            case "lose cursors":
                org.locators.close_all()
            case "read to the end":
                self.read_to_the_end()
            case "begin":
                stack = ExitStack()
                self.late.append((stack, stack.enter_context(org.long_transaction())))
            case "commit" if self.late:
                self.commit()

    def commit(self) -> None:
        stack, work = self.late.pop(0)
        live = self.live()
        with self.site.org.store.transaction():
            dml.create(work, self.site.org.object_type(NAME), DEAL)
            if live:
                dml.update(work, self.site.org.object_type(NAME), self.chance.choice(live), {"NextStep": "Late"})
        stack.close()

    def read_a_page(self) -> None:
        if self.reading is None:
            self.reading = self.replica.observe({NAME: self.checkpoint})
        page = next(self.reading, None)
        if page is None:
            self.reading = None
            return
        self.held |= {**page.tombstones, **page.records}
        self.checkpoint = page.checkpoint or self.checkpoint

    def read_to_the_end(self) -> None:
        self.read_a_page()
        while self.reading is not None:
            self.read_a_page()

    def live(self) -> list[str]:
        return [str(row["Id"]) for row in self.site.org.store.select(NAME, "NOT IsDeleted ORDER BY Id")]

    def finish(self) -> None:
        while self.late:
            self.commit()
        self.reading = None
        for _ in range(2):
            self.site.clock.pass_(minutes=2)
            self.read_to_the_end()


def steps_in_org(site: PlaygroundSite) -> dict[str, object]:
    return {str(row["Id"]): row["NextStep"] for row in site.org.store.select(NAME, "NOT IsDeleted")}


def steps_in_mirror(story: Story) -> dict[str, object]:
    return {id: seen["NextStep"] for id, seen in story.held.items() if not isinstance(seen, Tombstone)}


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(Happening.ALL), min_size=10, max_size=40), st.integers(0, 2**32))
def test_nothing_is_missed_however_the_org_lives_on_while_it_is_read(happenings: list[str], seed: int) -> None:
    site = playground_site(settings=Settings(query_batch_size=4, query_batch_size_min=1))
    try:
        ids = sorted(str(row["Id"]) for row in site.org.store.select(NAME, "1"))
        for id in ids[20:]:
            site.org.store.execute(f"DELETE FROM {NAME} WHERE Id = ?", (id,))
        story = Story(site, site.replica(site.mappings([NAME])), random.Random(seed))
        for what in happenings:
            story.happen(what)
            story.read_a_page()
        story.finish()
        assert steps_in_mirror(story) == steps_in_org(site)
    finally:
        site.close()
