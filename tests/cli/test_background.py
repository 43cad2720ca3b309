"""The worker thread: one run at a time, no wish lost, alive after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forcemirror.background import Background
from forcemirror.folder_lock import FolderInUse, only_one

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE_S = 20


class Work:
    """Runs that begin and end when the test says so."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        self.begun.release()
        assert self.may_end.acquire(timeout=PATIENCE_S)

    def has_begun(self) -> bool:
        return self.begun.acquire(timeout=PATIENCE_S)


@contextmanager
def started(work: Callable[[], object], every: timedelta | None = None) -> Iterator[Background]:
    background = Background(work, every, lambda: NOON)
    background.start()
    try:
        yield background
    finally:
        background.stop()


def test_a_wish_starts_a_run() -> None:
    work = Work()
    with started(work) as background:
        assert background.began_at is None
        assert background.wish()
        assert work.has_begun()
        assert background.began_at == NOON
        work.may_end.release()


def test_wishes_made_during_a_run_lead_to_exactly_one_more() -> None:
    work = Work()
    with started(work) as background:
        background.wish()
        assert work.has_begun()
        assert not background.wish()
        assert not background.wish()
        work.may_end.release()
        assert work.has_begun()
        work.may_end.release()
    assert work.count == 2


def test_a_failed_run_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    seen = threading.Semaphore(0)

    def fail() -> None:
        seen.release()
        raise RuntimeError("a bug")

    with started(fail) as background:
        for _ in range(2):
            background.wish()
            assert seen.acquire(timeout=PATIENCE_S)
    assert "a background run failed" in caplog.text


def test_runs_come_by_themselves_every_so_often() -> None:
    work = Work()
    with started(work, timedelta(milliseconds=1)) as background:
        for _ in range(3):
            assert work.has_begun()
            work.may_end.release()
        assert background.next_at is not None
        work.may_end.release(100)


def test_stopping_waits_for_the_run_under_way_and_begins_no_other() -> None:
    work = Work()
    with started(work) as background:
        background.wish()
        assert work.has_begun()
        background.wish()
        threading.Timer(0.05, work.may_end.release).start()
    assert work.count == 1


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(FolderInUse), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass
