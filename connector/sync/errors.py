"""Why a run cannot go on. Each error says what happened, to what, what was done about it, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from connector.sync.guard import Reason


class RunFailed(Exception):
    """The run stopped. What was stored until then is whole; the next run goes on from there.

    ``message``: what happened, to what, and what was done about it. ``advice``: what the reader can do.
    """

    def __init__(self, message: str, advice: str = "Try again; nothing was lost.") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class PlanRefused(RunFailed):
    """A guard refused the whole plan before anything was written."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(
            " ".join(reason.message for reason in reasons), " ".join(dict.fromkeys(each.advice for each in reasons))
        )
        self.reasons = tuple(reasons)


class WrongOrganization(PlanRefused):
    """The login leads to another org than the one this mirror was made with."""


class MappingChanged(PlanRefused):
    """The settings of the mirrored objects changed their meaning since the last run."""


class AnotherRunIsActive(RunFailed):
    """One run per mirror: this one leaves, and names the other (invariant 30)."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"Another run is working on this mirror: {holder}. This one did nothing.",
            "Wait for it to end. If its machine is gone, its lock expires by itself after a few minutes.",
        )
        self.holder = holder


class LockLost(RunFailed):
    """Another run took over because this one did not show any sign of life for too long."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"This run lost its lock to {holder} and stopped. What it had stored is whole.",
            "Let the other run finish. If this happens often, look for a machine that sleeps while it syncs.",
        )
        self.holder = holder


class QuotaPaused(RunFailed):
    """The run would use more API calls than its share, and stopped; it can go on later (decision 13)."""
