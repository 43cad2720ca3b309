"""What a run did, in numbers that must add up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Phase(Enum):
    """What a run is doing, for progress."""

    READING = "reading"
    PLANNING = "planning"
    STORING = "storing"
    SENDING = "sending"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``total`` is None while nobody knows."""

    phase: Phase
    object: str
    done: int
    total: int | None = None


@dataclass(slots=True)
class ObjectReport:
    """One object in one run. What was received ends in exactly one of the next four (invariant 26)."""

    received: int = 0
    applied: int = 0
    unchanged: int = 0
    held: int = 0
    """In conflict, or changed here so fast that it was left for the next run."""
    quarantined: int = 0
    sent: int = 0
    """Operations that Salesforce carried out."""
    refused: int = 0
    """Operations that Salesforce refused, in this run or before without anything having changed since."""
    unknown: int = 0
    """Operations whose answer was lost; the next run reads before it does anything."""
    waiting: int = 0
    """Operations that wait for a permission, a confirmation, a parent record or another look."""
    conflicts: int = 0
    """Conflicts left open for a person."""
    put_back: int = 0
    """Local edits of fields that cannot be written, replaced by Salesforce's values."""

    @property
    def is_conserved(self) -> bool:
        """Whether everything received is accounted for."""
        return self.received == self.applied + self.unchanged + self.held + self.quarantined


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. It is green only if nothing failed and everything received is accounted for."""

    started: datetime
    finished: datetime
    objects: Mapping[str, ObjectReport] = field(default_factory=dict)
    calls: int = 0
    error: str | None = None
    advice: str | None = None

    @property
    def unaccounted(self) -> tuple[str, ...]:
        """Objects whose numbers do not add up."""
        return tuple(name for name, each in self.objects.items() if not each.is_conserved)

    @property
    def is_green(self) -> bool:
        """Whether the run may be called a success."""
        return self.error is None and not self.unaccounted
