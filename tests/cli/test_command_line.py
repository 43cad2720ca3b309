"""The frame of the command line: help, exit codes, errors in words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from config.problems import ConfigurationError, Problem
from connector.salesforce.errors import AuthenticationFailed
from connector.sync.errors import PlanRefused, RunFailed
from connector.sync.guard import Reason
from forcemirror import __version__, errors, language
from forcemirror.cli import failures, main
from forcemirror.cli.terminal import Terminal
from forcemirror.errors import NoProject
from local_store.errors import DatabaseBusy
from tests.support.terminal import run

ROOT = Path(__file__).resolve().parents[2]


def every_command(group: click.Group, prefix: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name, command in group.commands.items():
        found.append(((*prefix, name), command))
        if isinstance(command, click.Group):
            found += every_command(command, (*prefix, name))
    return found


COMMANDS = every_command(main)


def test_the_commands_are_these() -> None:
    assert [" ".join(path) for path, _ in COMMANDS] == [
        "demo",
        "init",
        "connect",
        "sync",
        "plan",
        "status",
        "allow",
        "conflicts",
        "conflicts list",
        "conflicts settle",
        "stages",
        "stages list",
        "stages check",
        "stages export",
        "practice",
        "practice list",
        "practice check",
        "practice reset",
        "query",
        "web",
        "playground",
    ]


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    ended = run(*path, "--help")
    assert ended.code == 0
    assert "Usage: forcemirror" in ended.out


@pytest.mark.parametrize("path", [path for path, command in COMMANDS if len(path) == 1 or command.epilog], ids=" ".join)
def test_every_first_command_shows_examples_that_it_would_take(path: tuple[str, ...]) -> None:
    text = run(*path, "--help").out
    examples = re.findall(r"forcemirror (?!--help)([a-z][^\n(|&]*)", text.split("Examples:")[1])
    assert examples
    known = {" ".join(each) for each, _ in COMMANDS}
    for example in examples:
        words = example.split()
        assert words[0] in known, example


def test_no_secret_can_be_given_on_the_command_line() -> None:
    options = {name for _, command in COMMANDS for option in command.params for name in option.opts}
    assert not {name for name in options if re.search("pass|secret|token|key", name)}


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    assert run("--version").out == f"forcemirror, version {__version__}\n"


@pytest.mark.parametrize(
    "args",
    [
        ("no-such-command",),
        ("sync", "--no-such-option"),
        ("sync", "--allow-deletes", "many"),
        ("allow", "Opportunity"),
        ("allow", "Opportunity", "destroy"),
        ("query",),
        ("conflicts", "settle", "one", "--mine"),
        ("conflicts", "settle", "1"),
        ("web", "--port", "70000"),
        ("--language", "fr", "status"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_64_and_names_the_help(args: tuple[str, ...]) -> None:
    ended = run(*args)
    assert ended.code == errors.USAGE
    assert "--help" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("command", ["sync", "plan", "status", "stages", "conflicts", "web", "connect"])
def test_outside_a_project_every_command_says_what_to_do(command: str, tmp_path: Path) -> None:
    ended = run(command, project=tmp_path)
    assert ended.code == errors.FAILED
    assert str(tmp_path) in ended.err
    assert "forcemirror init" in ended.err


def test_errors_are_said_in_chinese_where_the_terminal_is(tmp_path: Path) -> None:
    ended = run("status", project=tmp_path, LC_ALL="zh_CN.UTF-8")
    assert "forcemirror.toml" in ended.err
    assert "上级文件夹" in ended.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoProject("No {thing}.", "Make one.", thing="project"), errors.FAILED),
        (ConfigurationError([Problem("a.toml", "b", "c")]), errors.FAILED),
        (AuthenticationFailed("host", "invalid_grant", "no"), errors.FAILED),
        (RunFailed("It stopped."), errors.FAILED),
        (PlanRefused([Reason("code", "Too much.", "Look.")]), errors.REFUSED),
        (DatabaseBusy("Busy."), errors.FAILED),
        (KeyboardInterrupt(), errors.INTERRUPTED),
        (click.Abort(), errors.INTERRUPTED),
        (click.UsageError("wrong"), errors.USAGE),
        (BrokenPipeError(), errors.DONE),
        (ZeroDivisionError("bug"), errors.FAILED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(language.catalogue("en"))
    assert failures.report(error, terminal, tmp_path) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_leaves_an_incident_file_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failures.report(ZeroDivisionError("the bug"), Terminal(language.catalogue("en")), tmp_path)
    (incident,) = tmp_path.glob("incident-*.txt")
    assert "the bug" in incident.read_text(encoding="utf-8")
    assert str(incident) in capsys.readouterr().err


def test_a_message_is_printed_as_it_is_and_never_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(language.catalogue("en"))
    terminal.line("[red]not red[/red] {not filled}")
    terminal.warn("[bold]nor bold[/bold]")
    captured = capsys.readouterr()
    assert captured.out == "[red]not red[/red] {not filled}\n"
    assert captured.err == "[bold]nor bold[/bold]\n"


def test_piped_tables_are_whole_lines_with_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(language.catalogue("en")).table(["Object", "Rows"], [["Account", "60"], ["x" * 300, "1"]], right=(1,))
    assert capsys.readouterr().out == f"Object\tRows\nAccount\t60\n{'x' * 300}\t1\n"


def test_a_new_project_is_made_and_the_next_step_named(tmp_path: Path) -> None:
    ended = run("init", tmp_path / "acme")
    assert ended.code == 0
    assert "forcemirror connect" in ended.out
    assert run("init", tmp_path / "acme").code == errors.FAILED


def test_the_steps_of_the_exercise_are_listed_with_hints_on_demand(tmp_path: Path) -> None:
    run("init", tmp_path / "acme")
    plain = run("practice", "list", project=tmp_path / "acme").out
    assert "Get Cloudy West - 35 Custom Sneakers" in plain
    assert "P2:" not in plain
    assert "P2:" in run("practice", "list", "--hint", 3, project=tmp_path / "acme").out
    assert "添加联系人角色" in run("--language", "zh_CN", "practice", "list", project=tmp_path / "acme").out


def test_stages_before_the_first_load_say_what_to_do(tmp_path: Path) -> None:
    run("init", tmp_path / "acme")
    ended = run("stages", project=tmp_path / "acme")
    assert ended.code == errors.FAILED
    assert "forcemirror sync" in ended.err


def test_a_mapping_is_exported_once_and_never_over_a_file(tmp_path: Path) -> None:
    run("init", tmp_path / "acme")
    target = tmp_path / "mine.toml"
    assert run("stages", "export", target, project=tmp_path / "acme").code == 0
    before = target.read_text(encoding="utf-8")
    assert run("stages", "export", target, project=tmp_path / "acme").code == errors.FAILED
    assert target.read_text(encoding="utf-8") == before
