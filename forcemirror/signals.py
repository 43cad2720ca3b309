"""Polite requests to end, whatever system they come from, all end alike."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let a polite request to end (SIGTERM, a closed terminal, Ctrl-Break) do what Ctrl-C does."""
    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    wanted = [number for name in names if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, _interrupt) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second signal while we put things away must not stop that half-way.
    if sys.is_finalizing():
        return
    raise KeyboardInterrupt
