"""One worker thread that syncs when somebody wishes it, and by itself every so often. Never two runs at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

STOP_WAIT_S = 30.0


class Background:
    """Carries out wishes one after another. A wish made during a run leads to one more run, as that one may have
    read the record before it was saved."""

    def __init__(self, work: Callable[[], object], every: timedelta | None, clock: Callable[[], datetime]) -> None:
        self._work = work
        self._every = every
        self._clock = clock
        self._changed = threading.Condition()
        self._is_wished = False
        self._is_stopping = False
        self._began_at: datetime | None = None
        self._next_at: datetime | None = None
        self._thread = threading.Thread(target=self._loop, name="forcemirror-sync", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wish(self) -> bool:
        """Ask for a run. Answers whether it starts now; if one is under way, another follows it."""
        with self._changed:
            is_free = self._began_at is None and not self._is_wished
            self._is_wished = True
            self._changed.notify()
            return is_free

    @property
    def began_at(self) -> datetime | None:
        """When the run under way began; None when there is none."""
        return self._began_at

    @property
    def next_at(self) -> datetime | None:
        """When the next run begins by itself; None when only on a wish."""
        return self._next_at

    def stop(self) -> None:
        """Let the run under way end, and begin no other."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(STOP_WAIT_S)

    def _loop(self) -> None:
        while self._waited():
            try:
                self._work()
            except Exception:
                # The journal and the pages tell why; the thread must live for the next wish.
                log.exception("a background run failed")
            finally:
                self._began_at = None

    def _waited(self) -> bool:
        """Wait for a wish or for the hour; False when it is time to stop."""
        with self._changed:
            self._next_at = self._clock() + self._every if self._every else None
            timeout = self._every.total_seconds() if self._every else None
            self._changed.wait_for(lambda: self._is_wished or self._is_stopping, timeout)
            if self._is_stopping:
                return False
            self._is_wished = False
            self._began_at = self._clock()
            return True
