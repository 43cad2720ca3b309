"""``--generate``: the org is there before it is served, once; other orgs are left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from playground import __main__ as program
from playground.org import DATABASE_NAME


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of orgs that would be served; nothing waits for a signal."""
    folders: list[Path] = []
    monkeypatch.setattr(program, "_serve", lambda directory, _details: folders.append(directory))
    return folders


def run(folder: Path, *options: str) -> int:
    return program.main(["--dir", str(folder), *options])


def deals(folder: Path) -> int:
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        return int(connection.execute("SELECT count(*) FROM Opportunity").fetchone()[0])


def test_a_new_org_is_generated_and_served(
    tmp_path: Path, served: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--generate", "opportunities=15,accounts=4") == 0
    assert served == [tmp_path]
    assert deals(tmp_path) == 15
    assert "rows" in capsys.readouterr().out


def test_the_same_command_serves_it_again_without_making_it_again(
    tmp_path: Path, served: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "--generate", "opportunities=15")
    capsys.readouterr()
    assert run(tmp_path, "--generate", "opportunities=15") == 0
    assert len(served) == 2
    assert "rows" not in capsys.readouterr().out


def test_an_org_that_is_there_is_not_replaced_unless_asked(
    tmp_path: Path, served: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "--generate", "opportunities=15")
    assert run(tmp_path, "--generate", "opportunities=16") == program.EXIT_DATABASE_UNUSABLE
    assert "--fresh" in capsys.readouterr().err
    assert (deals(tmp_path), len(served)) == (15, 1)

    assert run(tmp_path, "--generate", "opportunities=16", "--fresh") == 0
    assert deals(tmp_path) == 16


def test_an_order_that_cannot_be_read_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(tmp_path, "--generate", "opportunites=15")
    assert stopped.value.code == program.EXIT_WRONG_USAGE
    assert "opportunities=NUMBER" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_being_stopped_meanwhile_leaves_no_org(
    tmp_path: Path, served: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.generate.filling.pieces.make", stopped)
    assert run(tmp_path, "--generate", "opportunities=15") == 0
    assert served == []
    assert not any(DATABASE_NAME in path.name for path in tmp_path.iterdir())
