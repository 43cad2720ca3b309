"""Practise: the task, the check, and a new beginning."""

from __future__ import annotations

from typing import Any

import click

from forcemirror import errors, installation
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.cli.terminal import Terminal
from mapping.exercise import CheckResult, Exercise, Report, Verdict, pick, words

MARKS = {
    Verdict.PASSED: "Passed",
    Verdict.ALMOST: "Almost",
    Verdict.NOT_YET: "Not yet",
    Verdict.NEEDS: "Needs {check}",
}


@click.group(epilog=examples("forcemirror practice list", "forcemirror practice check", "forcemirror practice reset"))
def practice() -> None:
    """Practise with opportunities and contact roles, and have it checked."""


@practice.command("list")
@click.option("--hint", type=click.IntRange(1, 3), help="Show hints up to this level: 3 tells the exact value.")
@pass_session
def list_steps(session: Session, hint: int | None) -> None:
    """Say what there is to do, step by step."""
    terminal, exercise = session.terminal, session.project.exercise
    language = terminal.catalogue.language
    terminal.line(pick(exercise.title, language))
    terminal.line(pick(exercise.about, language))
    for number, step in enumerate(exercise.steps, 1):
        terminal.line("")
        terminal.line(f"{number}. {pick(step.title, language)}")
        terminal.line(f"   {pick(step.text, language)}")
        for check in exercise.checks if hint else ():
            if check.key in step.checks:
                for text in (check.hints.get(language) or check.hints["en"])[:hint]:
                    terminal.line(f"   {check.key}: {text}")


@practice.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_session
def check(session: Session, as_json: bool) -> int:
    """Sync first, then ask the org, and judge every check on its own.

    Exit code 0: everything passed; 1: not yet.
    """
    terminal, exercise = session.terminal, session.project.exercise
    with installation.opened(session.project) as found:
        if not as_json:
            terminal.say("Syncing first, then asking the org ...")
        checked = found.check_practice(exercise)
    if as_json:
        terminal.json(_as_json(exercise, checked.report))
    else:
        _tell(exercise, checked.report, terminal)
        terminal.say("The org was asked at {moment:%Y-%m-%d %H:%M:%S} UTC.", moment=checked.asked_at)
    return errors.DONE if checked.report.is_passed else errors.FAILED


@practice.command()
@click.option("--yes", is_flag=True, help="Begin anew without being asked.")
@pass_session
def reset(session: Session, yes: bool) -> None:
    """Begin a new attempt: only what is made from now on counts.

    On a playground, what earlier attempts made is deleted; in any other org nothing is.
    """
    terminal = session.terminal
    if not yes and not terminal.confirm("Begin a new attempt?"):
        return
    with installation.opened(session.project) as found:
        removed = found.begin_attempt()
    terminal.say("A new attempt has begun: only what is made from now on counts.")
    if removed:
        terminal.say("{count} records of earlier attempts were deleted in the playground.", count=removed)


def _tell(exercise: Exercise, report: Report, terminal: Terminal) -> None:
    language = terminal.catalogue.language
    titles = {item.key: pick(item.title, language) for item in exercise.checks}
    heads = ["Result", "Check", "Found", "Expected"]
    rows = [
        [
            verdict_words(result, terminal),
            f"{result.key} {titles[result.key]}",
            words(exercise, result.found, language),
            words(exercise, result.expected, language),
        ]
        for result in report.results
    ]
    terminal.table(heads, rows)
    for result in report.results:
        if result.note is not None:
            terminal.line(f"{result.key}: {words(exercise, result.note, language)}")
    terminal.say("{passed} of {all} passed.", passed=report.passed, all=len(report.results))


def verdict_words(result: CheckResult, terminal: Terminal) -> str:
    """The verdict in words."""
    return terminal.catalogue.say(MARKS[result.verdict], check=result.needs or "")


def _as_json(exercise: Exercise, report: Report) -> dict[str, Any]:
    # English on purpose: programs read this, and the verdict is the same in every language.
    return {
        "passed": report.passed,
        "done": report.is_passed,
        "checks": [
            {
                "check": result.key,
                "verdict": result.verdict.value,
                "needs": result.needs,
                "found": words(exercise, result.found, "en"),
                "expected": words(exercise, result.expected, "en"),
                "note": words(exercise, result.note, "en") if result.note else None,
            }
            for result in report.results
        ],
    }
