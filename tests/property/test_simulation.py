"""The whole engine with people, faults and crashes; the seed is printed and can be played again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.sync.model import Intent, Settlement
from mapping.record import Record
from tests.support.builders import DEALS
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_replica import MemoryReplica, Row
from tests.support.simulation import Simulation
from tests.support.worlds import TwoSides


def play(seed: int, steps: int = 30) -> Simulation:
    simulation = Simulation(seed)
    simulation.play(steps)
    problems = simulation.problems()
    if problems:
        pytest.fail("\n".join([f"seed {seed}:", *problems, "", *simulation.trail]))
    return simulation


@given(st.integers(0, 10**6))
@settings(suppress_health_check=list(HealthCheck))
def test_whatever_happens_both_sides_converge_and_nothing_is_lost(seed: int) -> None:
    play(seed)


def test_once_it_is_quiet_it_rests() -> None:
    simulation = play(7)
    before, sent = simulation.world.mirror.image(), len(simulation.world.org.log)
    simulation.run()
    assert (simulation.world.mirror.image(), len(simulation.world.org.log)) == (before, sent)


def test_the_same_seed_is_the_same_story() -> None:
    assert play(11).trail == play(11).trail


# The simulation can fail: each of these sides forgets one thing that keeps a promise.


class HastyLedger(MemoryLedger):
    """Settles whatever was planned, although the row was edited since."""

    def has_moved(self, object_name: str, planned: Settlement) -> bool:
        return False


class ForgetfulLedger(MemoryLedger):
    """Does not remember what was about to be sent."""

    def remember_intent(self, intent: Intent) -> None:
        pass


class BlindOrg(MemoryReplica):
    """Writes without looking at what it overwrites."""

    def _still(self, object_name: str, row: Row, expected: Record) -> bool:
        return True


@pytest.mark.parametrize("broken", [HastyLedger, ForgetfulLedger, BlindOrg], ids=lambda broken: broken.__name__)
def test_a_side_that_forgets_what_keeps_a_promise_is_noticed(broken: type) -> None:
    def world() -> TwoSides:
        made = TwoSides()
        if issubclass(broken, MemoryLedger):
            made.mirror = broken(DEALS)
        else:
            made.org = broken(DEALS)
        return made

    def is_noticed(seed: int) -> bool:
        simulation = Simulation(seed, world())
        simulation.play(30)
        return bool(simulation.problems())

    assert any(is_noticed(seed) for seed in range(60))
