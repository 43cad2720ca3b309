"""What goes wrong with an answer on the wire, after everything about it was decided."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wire:
    """``cut_at``: only so many bytes are sent, though the length of all was announced; then the connection closes.

    ``endless``: the body is said to come in chunks and is repeated without end, or until so many bytes were sent.
    ``drip_s``: one byte at a time, with that pause before each.
    """

    cut_at: int | None = None
    endless: int | None = None
    drip_s: float = 0.0
