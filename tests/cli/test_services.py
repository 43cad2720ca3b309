"""What the pages get: the parts' errors in one form, and a wish to sync that is not lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector.salesforce.errors import ApiError
from connector.sync.errors import AnotherRunIsActive, RunFailed
from connector.sync.report import Phase, Progress
from forcemirror import project
from forcemirror.errors import NotConnected
from forcemirror.installation import Installation
from forcemirror.organization import Organization
from forcemirror.services import STEPS, InstalledServices, refusing
from local_store.errors import FieldUnknown, RecordUnknown
from web.services import RunningSync, ServiceRefused, SyncRequest

PATIENCE_S = 20


@contextmanager
def services(folder: Path, sync: Callable[..., object]) -> Iterator[InstalledServices]:
    installation = SimpleNamespace(project=project.create(folder / "acme"), sync=sync)
    made = InstalledServices(cast(Installation, installation), between_tries_s=0.001)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize(
    "error",
    [
        RecordUnknown("Opportunity", "006"),
        RunFailed("It stopped.", "Go on."),
        ApiError("a call", 400, "CODE", "No."),
        NotConnected("Not yet.", "Connect."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_of_every_part_reach_the_pages_in_one_form(error: Any) -> None:
    with pytest.raises(ServiceRefused) as caught, refusing():
        raise error
    assert (caught.value.message, caught.value.advice) == (error.message, error.advice)


def test_the_field_that_was_refused_is_named() -> None:
    with pytest.raises(ServiceRefused) as caught, refusing():
        raise FieldUnknown("Opportunity", "Nope")
    assert caught.value.fields == ("Nope",)


def test_a_bug_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(ZeroDivisionError), refusing():
        raise ZeroDivisionError


def test_a_wish_made_while_another_process_syncs_is_carried_out_after_it(tmp_path: Path) -> None:
    done = threading.Event()
    tries: list[str] = []

    def sync(trigger: str, progress: object) -> None:
        tries.append(trigger)
        if len(tries) < 3:
            raise AnotherRunIsActive("command line, process 1")
        done.set()

    with services(tmp_path, sync) as made:
        assert made.request_sync() is SyncRequest.STARTED
        assert done.wait(PATIENCE_S)
    assert tries == ["web"] * 3


def test_a_failed_run_is_told_in_a_line_and_the_next_wish_is_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tried = threading.Semaphore(0)

    def sync(trigger: str, progress: object) -> None:
        tried.release()
        raise RunFailed("The org is away.")

    with services(tmp_path, sync) as made:
        for _ in range(2):
            made.request_sync()
            assert tried.acquire(timeout=PATIENCE_S)
    assert "sync: The org is away." in caplog.text
    assert "Traceback" not in caplog.text


def test_a_run_under_way_tells_how_far_it_is(tmp_path: Path) -> None:
    told, may_end = threading.Event(), threading.Event()

    def sync(trigger: str, progress: Callable[[Progress], None]) -> None:
        progress(Progress(Phase.SENDING, "Contact", 3, None))
        told.set()
        assert may_end.wait(PATIENCE_S)

    with services(tmp_path, sync) as made:
        assert made.running() is None
        made.request_sync()
        assert told.wait(PATIENCE_S)
        running = made.running()
        assert running is not None
        assert running == RunningSync(running.began_at, "send", "Contact", 3, 0)
        assert made.request_sync() is SyncRequest.ALREADY_RUNNING
        may_end.set()


@pytest.mark.parametrize(("written", "shown"), [("", "GBP"), ("EUR", "EUR")])
def test_the_currency_is_the_guess_from_where_the_org_is_until_the_settings_name_one(
    tmp_path: Path, written: str, shown: str
) -> None:
    with services(tmp_path, lambda **_: None) as made:
        settings = SimpleNamespace(web_currency=written)
        installation = SimpleNamespace(
            project=SimpleNamespace(settings=settings),
            organization=Organization("00D000000000001AAA", "Acme", "production", currency="GBP"),
        )
        made._installation = cast(Installation, installation)
        assert made.organization().currency == shown


def test_every_phase_of_a_run_has_a_word_on_the_pages() -> None:
    assert set(STEPS) == set(Phase)
