"""The command line: one module for each group of commands. Prints and asks; decides nothing."""

from __future__ import annotations

from pathlib import Path

import click

from forcemirror import __version__, language
from forcemirror.cli.commands import Commands, Session, examples, pass_session
from forcemirror.cli.conflicts import conflicts
from forcemirror.cli.connect import connect
from forcemirror.cli.practice import practice
from forcemirror.cli.projects import init
from forcemirror.cli.query import query
from forcemirror.cli.serve import demo, playground, web
from forcemirror.cli.stages import stages
from forcemirror.cli.sync import allow, plan, status, sync
from forcemirror.cli.terminal import Terminal

__all__ = ["main"]


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples("forcemirror demo", "forcemirror init acme", "cd acme && forcemirror connect && forcemirror sync"),
)
@click.option(
    "--project",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The project folder; else found upward from here.",
)
@click.option("--language", "spoken", type=click.Choice(language.LANGUAGES), help="Speak this language.")
@click.version_option(__version__, prog_name="forcemirror")
@pass_session
def main(session: Session, folder: Path | None, spoken: str | None) -> None:
    """Keep a two-way mirror of a Salesforce org's deals in a local SQL database.

    Exit codes: 0 done, 1 failed, 2 there is work to do (plan), 3 refused to protect data, 64 wrong usage.
    """
    session.named = folder
    if spoken:
        session.terminal = Terminal(language.catalogue(spoken))


for command in (demo, init, connect, sync, plan, status, allow, conflicts, stages, practice, query, web, playground):
    main.add_command(command)
