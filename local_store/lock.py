"""One run per mirror at a time, with a holder that has a name and a lock that expires (invariant 30)."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil
from sqlalchemy import Connection, Row, select

from connector.sync.errors import AnotherRunIsActive, LockLost
from local_store.database import read, write
from local_store.store import Store
from local_store.tables import run_lock

RUN = "run"

LEASE = timedelta(minutes=5)
"""How long a holder that gives no sign of life keeps the lock, on another machine. Here its process is looked for."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock."""

    name: str
    pid: int
    host: str
    acquired_at: datetime
    expires_at: datetime

    def __str__(self) -> str:
        since = self.acquired_at.strftime("%Y-%m-%d %H:%M")
        return f"{self.name}, process {self.pid} on {self.host}, since {since} UTC"


@dataclass(frozen=True, slots=True)
class Lease:
    """A lock that was got. ``fence`` goes with every commit: a holder who lost the lock cannot commit any more."""

    fence: int
    holder: Holder


class RunLock:
    """The lock of a store, as one process holds it or not."""

    def __init__(self, store: Store, duration: timedelta = LEASE) -> None:
        self._store = store
        self._duration = duration
        self._lease: Lease | None = None

    @property
    def fence(self) -> int | None:
        """The fence of the lock while this object holds it, or believes to; None while it does not."""
        return None if self._lease is None else self._lease.fence

    def acquire(self, name: str) -> Lease:
        """Take the lock for ``name`` (what runs: ``sync``, ``schedule``, ...). Raises ``AnotherRunIsActive``."""
        now = self._store.clock()
        holder = Holder(name, os.getpid(), socket.gethostname(), now, now + self._duration)
        with write(self._store.engine) as connection:
            found = connection.execute(select(run_lock).where(run_lock.c.name == RUN)).one_or_none()
            held = None if found is None else holder_of(found)
            if held is not None and not _is_over(held, now):
                raise AnotherRunIsActive(str(held))
            fence = 1 if found is None else found.fence + 1
            connection.execute(run_lock.delete().where(run_lock.c.name == RUN))
            connection.execute(run_lock.insert().values(name=RUN, fence=fence, **_columns(holder)))
        self._lease = Lease(fence, holder)
        return self._lease

    def renew(self) -> None:
        """Give a sign of life. Raises ``LockLost``."""
        with write(self._store.engine) as connection:
            check(connection, self.fence)
            connection.execute(run_lock.update().values(expires_at=self._store.clock() + self._duration))

    def release(self) -> None:
        """Let go of the lock, if it is still ours."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        nobody = dict.fromkeys(_columns(lease.holder))
        with write(self._store.engine) as connection:
            connection.execute(run_lock.update().where(run_lock.c.fence == lease.fence).values(nobody))

    def holder(self) -> Holder | None:
        """Who holds the lock now; None when nobody does."""
        with read(self._store.engine) as connection:
            found = connection.execute(select(run_lock).where(run_lock.c.name == RUN)).one_or_none()
        held = None if found is None else holder_of(found)
        return None if held is None or _is_over(held, self._store.clock()) else held


def check(connection: Connection, fence: int | None) -> None:
    """Raise ``LockLost`` unless the lock is still held under this fence. None: no lock is asked for."""
    if fence is None:
        return
    found = connection.execute(select(run_lock).where(run_lock.c.name == RUN)).one_or_none()
    holder = None if found is None else holder_of(found)
    if found is None or holder is None or found.fence != fence:
        raise LockLost(str(holder or "nobody"))


def holder_of(row: Row[Any]) -> Holder | None:
    """The holder in a row of the lock table; None when the lock is free."""
    if row.holder is None:
        return None
    return Holder(row.holder, row.pid, row.host, row.acquired_at, row.expires_at)


def _columns(holder: Holder) -> dict[str, Any]:
    return {
        "holder": holder.name,
        "pid": holder.pid,
        "host": holder.host,
        "acquired_at": holder.acquired_at,
        "expires_at": holder.expires_at,
    }


def _is_over(holder: Holder, now: datetime) -> bool:
    """Whether a holder may be succeeded: its lease is up, or it ran here and its process is gone."""
    if now >= holder.expires_at:
        return True
    return holder.host == socket.gethostname() and not psutil.pid_exists(holder.pid)
