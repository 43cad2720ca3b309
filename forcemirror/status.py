"""How a mirror stands: which org, how old, what waits. Read from the mirror alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from forcemirror.connecting import VERBS, organization
from forcemirror.organization import Organization
from local_store.journal import DONE
from local_store.lock import RunLock
from local_store.store import Store
from pipeline import sync_state

RUNS_LOOKED_AT = 50
"""How far back a good run is looked for; beyond that the data counts as never synced for the sake of the reader."""


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """One mirrored object. ``allowed`` are the kinds of write that are open, in the order of ``VERBS``."""

    name: str
    rows: int
    waiting: int
    conflicts: int
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A mirror at a glance. Moments are in UTC; ``failure`` is empty while the last run went well."""

    org: Organization
    synced_at: datetime | None
    running_since: datetime | None
    failure: str
    waiting: int
    conflicts: int
    refused: int
    objects: tuple[ObjectStatus, ...]

    def as_json(self) -> Mapping[str, Any]:
        """For programs."""
        return {
            "organization": {"id": self.org.id, "name": self.org.name, "kind": self.org.kind},
            "synced_at": _iso(self.synced_at),
            "running_since": _iso(self.running_since),
            "failure": self.failure or None,
            "waiting": self.waiting,
            "conflicts": self.conflicts,
            "refused": self.refused,
            "objects": [asdict(item) for item in self.objects],
        }


def status(store: Store) -> Status:
    """How the mirror stands now. Raises ``NotConnected``."""
    org = organization(store)
    attention = sync_state.attention(store)
    permissions = store.permissions()
    runs = last_runs(store)
    holder = RunLock(store).holder()
    return Status(
        org=org,
        synced_at=runs.synced_at,
        running_since=holder.acquired_at if holder else None,
        failure=runs.failure,
        waiting=attention.waiting,
        conflicts=attention.conflicts,
        refused=attention.refused,
        objects=tuple(
            ObjectStatus(
                name=item.name,
                rows=item.rows,
                waiting=item.waiting,
                conflicts=item.conflicts,
                allowed=tuple(verb for verb in VERBS if verb in permissions.get(item.name, frozenset())),
            )
            for item in sync_state.objects(store)
        ),
    )


@dataclass(frozen=True, slots=True)
class LastRuns:
    """What the journal tells of the last runs. ``synced_at`` is the end of the last good one; the rest describes the
    last run if it failed."""

    synced_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""
    advice: str = ""


def last_runs(store: Store) -> LastRuns:
    """How the last runs ended."""
    ended = [run for run in sync_state.runs(store, RUNS_LOOKED_AT) if run.finished_at is not None]
    synced_at = next((run.finished_at for run in ended if run.outcome == DONE), None)
    if not ended or ended[0].outcome == DONE:
        return LastRuns(synced_at)
    return LastRuns(synced_at, ended[0].finished_at, ended[0].reason or "", ended[0].advice or "")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
