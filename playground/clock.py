"""The org's time: that of a clock, moved by a shift, or standing still where it was fixed.

What is ordered survives a restart. Moments are aware and in UTC; the org counts whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playground import values
from playground.store import Store

Clock = Callable[[], datetime]

_SHIFT = "clock_shift_s"
_FIXED = "clock_fixed"


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class OrgClock:
    """The time as one org tells it."""

    def __init__(self, source: Clock, store: Store) -> None:
        self.source = source
        self._store = store
        self._shift = timedelta(seconds=float(store.fact(_SHIFT) or 0))
        fixed = store.fact(_FIXED)
        self._fixed = values.moment(fixed) if fixed else None

    @property
    def stands_still(self) -> bool:
        """Whether the time moves only when told."""
        return self._fixed is not None

    def now(self) -> datetime:
        """The org's time, in whole seconds."""
        moment = self._fixed or self.source() + self._shift
        return moment.astimezone(UTC).replace(microsecond=0)

    def shift(self, by: timedelta) -> None:
        """Move the time, in addition to earlier shifts; a fixed time moves as well."""
        if self._fixed is not None:
            self._fixed += by
        else:
            self._shift += by
        self.keep()

    def fix(self, at: datetime) -> None:
        """Let the time stand still at that moment."""
        self._fixed = at.astimezone(UTC).replace(microsecond=0)
        self.keep()

    def run_from(self, at: datetime) -> None:
        """Let the time be that moment and go on from there."""
        self._fixed = None
        self._shift = at - self.source()
        self.keep()

    def reset(self) -> None:
        """Follow the clock again, as at the very beginning."""
        self._fixed, self._shift = None, timedelta()
        self.keep()

    def keep(self) -> None:
        """Write down what was ordered."""
        with self._store.transaction():
            self._store.set_fact(_SHIFT, str(self._shift.total_seconds()))
            self._store.set_fact(_FIXED, values.stamp(self._fixed) if self._fixed else "")
