"""Records that a job changed in bulk, now and then over the years: thousands with one stamp, or batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from playground.generate.workforce import opened
from playground.seed.moments import QUIET_BEFORE_NOW, stamp, work_moment
from playground.seed.rows import Row

_EVERY_DAYS = 45
_BATCH = 200


@dataclass
class _Job:
    at: datetime
    share: float
    """How many of the records that were there it touched."""
    one_transaction: bool
    edits: bool
    """Whether it changed a field; otherwise only the stamp moved, as when Salesforce recomputes something."""
    touched: int = 0

    def next_stamp(self) -> datetime:
        """When the next record was committed: all at once, or so many per second."""
        seconds = 0 if self.one_transaction else self.touched // _BATCH
        self.touched += 1
        return self.at + timedelta(seconds=seconds)


class BulkChanges:
    """All jobs that ever ran over one object's records."""

    def __init__(self, rng: Random, now: datetime, user_id: str) -> None:
        self._rng = rng
        self._user_id = user_id
        self._latest = now - QUIET_BEFORE_NOW
        self._jobs = list(self._newest_first(now))

    def apply(self, row: Row) -> None:
        """Give a row the stamp of the last job that touched it, if any did since it was changed."""
        stamped = str(row["SystemModstamp"])
        for job in self._jobs:
            if stamp(job.at) <= stamped:
                return
            if self._rng.random() < job.share:
                at = stamp(min(job.next_stamp(), self._latest))
                row["SystemModstamp"] = at
                if job.edits:
                    row["LastModifiedDate"] = at
                    row["LastModifiedById"] = self._user_id
                return

    def _newest_first(self, now: datetime) -> list[_Job]:
        rng, jobs = self._rng, []
        at = now - timedelta(days=rng.uniform(1, 9))
        first = opened(now) + timedelta(days=60)
        while at > first:
            # Jobs run at night: nobody is at work between one stamp and the next.
            night = work_moment(rng, at, self._latest).replace(hour=rng.randint(1, 4))
            jobs.append(_Job(night, rng.uniform(0.01, 0.09), rng.random() < 0.5, rng.random() < 0.6))
            at -= timedelta(days=rng.uniform(0.5, 1.5) * _EVERY_DAYS)
        return jobs
