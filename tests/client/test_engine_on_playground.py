"""The engine and the Salesforce replica together, on the playground: both sides converge, then rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from connector.sync.engine import Engine, EngineSettings
from connector.sync.report import RunReport
from mapping.fields import ObjectMapping
from mapping.record import RecordId
from mapping.values import equal
from playground.faults import Effect, Fault
from tests.support.memory_journal import MemoryJournal
from tests.support.memory_ledger import MemoryLedger
from tests.support.playground import PlaygroundSite, playground_site

WRITTEN = ("Account", "Contact", "Opportunity", "OpportunityContactRole")
EVERYTHING = frozenset({"create", "update", "delete"})


@dataclass
class Mirror:
    """A mirror in memory of a playground org."""

    site: PlaygroundSite
    objects: tuple[ObjectMapping, ...]
    journal: MemoryJournal = field(default_factory=MemoryJournal)

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.objects)
        self.replica = self.site.replica(self.objects)

    def run(self) -> RunReport:
        settings = EngineSettings(permissions=dict.fromkeys(WRITTEN, EVERYTHING), allowed_deletes=100)
        self.site.clock.pass_(minutes=10)
        return Engine(self.replica, self.ledger, self.objects, settings, self.journal, self.site.clock).run()

    def differences(self) -> list[tuple[str, RecordId, str]]:
        """Every mapped field of a live record that differs between the two sides."""
        found = []
        for mapping in self.objects:
            here = self.ledger.live(mapping.name)
            there = self.replica.read(mapping.name, list(here))
            assert here.keys() == there.keys()
            for id, record in here.items():
                found += [
                    (mapping.name, id, each.name)
                    for each in mapping.fields
                    if not each.moves_silently and not equal(each, record[each.name], there[id][each.name])  # type: ignore[index]
                ]
        return found


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    site = playground_site()
    yield Mirror(site, site.mappings(WRITTEN))
    site.close()


def a_deal(mirror: Mirror) -> RecordId:
    live = mirror.ledger.live("Opportunity")
    return min(id for id, record in live.items() if record["StageName"] == "Prospecting" and record["AccountId"])


def test_a_second_run_right_after_the_first_writes_nothing_and_costs_one_call(mirror: Mirror) -> None:
    first = mirror.run()
    assert first.objects["Opportunity"].received > 100
    image, stored = mirror.ledger.image(), len(mirror.site.adapter.sent)
    second = mirror.run()
    assert second.calls == 1
    assert all(report.applied == 0 == report.sent for report in second.objects.values())
    assert len(mirror.site.adapter.sent) - stored == 1
    entries = image[0]  # type: ignore[index]
    assert entries == mirror.ledger.image()[0]  # type: ignore[index]
    assert mirror.differences() == []


def test_edits_of_both_sides_meet_and_then_rest(mirror: Mirror) -> None:
    mirror.run()
    deal = a_deal(mirror)
    mirror.ledger.change("Opportunity", deal, NextStep="Sent from here", Amount=Decimal("1234.56"))
    mirror.site.org.update("Opportunity", deal, {"Description": "Written there"})
    mirror.run()
    row = mirror.ledger.holds("Opportunity", deal)
    assert row is not None
    assert (row["NextStep"], row["Description"], row["Amount"]) == (
        "Sent from here",
        "Written there",
        Decimal("1234.56"),
    )
    rest = mirror.run()
    assert sum(report.sent + report.applied for report in rest.objects.values()) == 0
    assert mirror.differences() == []


def test_a_family_made_here_arrives_whole_with_what_the_org_adds(mirror: Mirror) -> None:
    mirror.run()
    account = mirror.ledger.insert("Account", {"Name": "Acme"})
    contact = mirror.ledger.insert("Contact", {"LastName": "Ann", "AccountId": account})
    deal = mirror.ledger.insert(
        "Opportunity",
        {"Name": "300 pairs", "StageName": "Prospecting", "CloseDate": date(2026, 12, 1), "AccountId": account},
    )
    role = {"OpportunityId": deal, "ContactId": contact, "Role": "Evaluator", "IsPrimary": True}
    made = mirror.ledger.insert("OpportunityContactRole", role)
    mirror.run()
    arrived = mirror.ledger.holds("OpportunityContactRole", made)
    assert arrived is not None
    assert arrived["OpportunityId"] == mirror.ledger.resolve(deal) != deal
    row = mirror.ledger.holds("Opportunity", deal)
    assert row is not None
    assert row["Probability"] == Decimal(10)
    assert mirror.differences() == []
    assert not mirror.journal.issues()


def test_a_contact_role_deleted_there_goes_here_and_one_deleted_here_goes_there(mirror: Mirror) -> None:
    mirror.run()
    roles = mirror.ledger.live("OpportunityContactRole")
    theirs, ours = sorted(id for id, role in roles.items() if not role["IsPrimary"])[:2]
    mirror.site.org.delete("OpportunityContactRole", theirs)
    mirror.ledger.remove("OpportunityContactRole", ours)
    mirror.run()
    assert mirror.ledger.holds("OpportunityContactRole", theirs) is None
    assert mirror.site.org.record("OpportunityContactRole", ours) is None
    mirror.run()
    assert mirror.differences() == []


@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
def test_a_create_whose_answer_was_lost_ends_as_one_record(mirror: Mirror, effect: Effect) -> None:
    mirror.run()
    made = mirror.ledger.insert("Account", {"Name": "Lost and found"})
    mirror.site.org.faults.add(Fault(effect, path="/composite$", method="POST", nth=2))
    mirror.run()
    for _ in range(3):
        mirror.run()
    assert mirror.ledger.resolve(made) != made
    rows = mirror.site.org.store.select("Account", "Name = ?", ("Lost and found",))
    assert len(rows) == 1
    assert mirror.differences() == []
