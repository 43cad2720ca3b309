"""Records that a job changed in bulk, now and then over the years: thousands with one stamp, or batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from playground.generate.workforce import opened
from playground.seed.moments import QUIET_BEFORE_NOW, stamp, work_moment
from playground.seed.rows import Row

_EVERY_DAYS = 45
_BATCH = 200


@dataclass(frozen=True, slots=True)
class _Job:
    at: datetime
    share: float
    """How many of the records that were there it touched."""
    one_transaction: bool
    edits: bool
    """Whether it changed a field; otherwise only the stamp moved, as when Salesforce recomputes something."""


class BulkChanges:
    """All jobs that ever ran over one object's records."""

    def __init__(self, rng: Random, now: datetime, user_id: str, records: int) -> None:
        self._user_id = user_id
        self._records = records
        self._latest = now - QUIET_BEFORE_NOW
        self._jobs = [(stamp(job.at), job) for job in _newest_first(rng, now)]

    def apply(self, rng: Random, row: Row) -> None:
        """Give a row the stamp of the last job that touched it, if any did since it was changed."""
        stamped = str(row["SystemModstamp"])
        for began, job in self._jobs:
            if began <= stamped:
                return
            if rng.random() < job.share:
                at = began if job.one_transaction else self._batch_stamp(rng, job)
                row["SystemModstamp"] = at
                if job.edits:
                    row["LastModifiedDate"] = at
                    row["LastModifiedById"] = self._user_id
                return

    def _batch_stamp(self, rng: Random, job: _Job) -> str:
        """When the batch of some record was committed: one batch a second."""
        batches = int(self._records * job.share) // _BATCH
        return stamp(min(job.at + timedelta(seconds=rng.randint(0, batches)), self._latest))


def _newest_first(rng: Random, now: datetime) -> Iterator[_Job]:
    at = now - timedelta(days=rng.uniform(1, 9))
    first = opened(now) + timedelta(days=60)
    while at > first:
        # Jobs run at night: nobody is at work between one stamp and the next.
        night = work_moment(rng, at, at).replace(hour=rng.randint(1, 4))
        yield _Job(night, rng.uniform(0.01, 0.09), rng.random() < 0.5, rng.random() < 0.6)
        at -= timedelta(days=rng.uniform(0.5, 1.5) * _EVERY_DAYS)
