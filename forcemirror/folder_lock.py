"""One process at a time in a folder. The system lets go of the lock when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderInUse(Exception):
    """Another process works in this folder."""


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder while the block runs. Raises ``FolderInUse`` at once when somebody else does."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise FolderInUse(str(folder)) from error
        yield
    finally:
        os.close(descriptor)
