"""The playground as a child process: what is said when it does not start."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from forcemirror.child import LOG_FILE, _last_words

Usage = namedtuple("Usage", "total used free")


def log(folder: Path, text: str) -> Path:
    path = folder / LOG_FILE
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_lines_of_the_log_are_the_reason(tmp_path: Path) -> None:
    assert _last_words(log(tmp_path, "one\ntwo\nthree\n")) == "two three"


def test_without_a_word_a_full_disk_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100, 0))
    assert _last_words(log(tmp_path, "")) == f"the disk that holds {tmp_path} is full"


def test_without_a_word_and_with_room_nothing_is_made_up(tmp_path: Path) -> None:
    assert _last_words(log(tmp_path, "")) == "it said nothing"
