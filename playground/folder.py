"""The data folder: one playground at a time, and files that are whole and private."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

LOCK_NAME = "playground.lock"


class FolderInUse(Exception):
    """Another playground runs in the folder."""


def claim(directory: Path) -> IO[bytes]:
    """Make the folder and claim it until the answer is closed or the process ends. Raise :class:`FolderInUse`."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / LOCK_NAME).open("ab")
    try:
        _lock(file)
    except OSError as error:
        file.close()
        raise FolderInUse(f"Another playground runs in {directory}.") from error
    return file


def write_private(path: Path, content: bytes) -> None:
    """Replace a file whole, readable by its owner alone: readers see the old or the new, never a part."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
