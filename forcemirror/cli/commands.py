"""The command line's frame: the global options, and how every command ends."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import click

from forcemirror import language
from forcemirror.cli import failures
from forcemirror.cli.terminal import Terminal, tolerant
from forcemirror.project import Project, find


@dataclass
class Session:
    """What every command gets: the terminal, and the project once it is asked for."""

    terminal: Terminal
    named: Path | None

    @cached_property
    def project(self) -> Project:
        """The project named with ``--project``, or found upward. Raises ``NoProject``."""
        return find(self.named or Path.cwd())


def terminal_language() -> str:
    """The language of this terminal, as far as its encoding has the letters."""
    wished = language.from_environment(os.environ, locale.getlocale()[0])
    return language.writable(wished, getattr(sys.stdout, "encoding", None))


class Commands(click.Group):
    """A group that lists its commands in the order they were added, and ends with our exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return list(self.commands)

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run the command line and leave the process with an exit code of ``forcemirror.errors``."""
        for stream in (sys.stdout, sys.stderr):
            tolerant(stream)
        extra.pop("standalone_mode", None)
        session = Session(Terminal(language.catalogue(terminal_language())), None)
        try:
            code = super().main(args, prog_name or "forcemirror", standalone_mode=False, obj=session, **extra)
        except BaseException as error:
            if isinstance(error, SystemExit | GeneratorExit):
                raise
            code = failures.report(error, session.terminal, _state_of(session))
        sys.exit(code if isinstance(code, int) else 0)


def _state_of(session: Session) -> Path | None:
    """The folder for incident files, where a project had been found."""
    found: MutableMapping[str, Any] = session.__dict__
    project = found.get("project")
    return project.state if isinstance(project, Project) else None


pass_session = click.make_pass_decorator(Session)


def examples(*lines: str) -> str:
    """An epilog of example command lines, shown as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
