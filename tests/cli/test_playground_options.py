"""``forcemirror playground`` hands on what it does not know itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from forcemirror.cli import main, serve


class Finished:
    """A process that ended well."""

    def __init__(self, command: list[str]) -> None:
        self.command = command

    def wait(self) -> int:
        return 0


def test_other_options_reach_the_playground_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Finished] = []

    def start(command: list[str], **_options: Any) -> Finished:
        started.append(Finished(command))
        return started[-1]

    monkeypatch.setattr(serve.subprocess, "Popen", start)
    arguments = ["playground", "--dir", str(tmp_path), "--proxy", "8081", "--seed", "3", "--fault", "F21-row-locked"]

    answer = CliRunner().invoke(main, [*arguments, "--strict"])

    assert answer.exit_code == 0, answer.output
    assert started[0].command[1:3] == ["-m", "playground"]
    assert started[0].command[-5:] == ["--proxy", "8081", "--fault", "F21-row-locked", "--strict"]
    assert started[0].command[started[0].command.index("--seed") + 1] == "3"
