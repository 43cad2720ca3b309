"""What a command sees of the terminal: its language, its width, and whether a person is looking.

Everything that is printed goes through here, so that pipes get plain lines and old encodings never break a run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from forcemirror.language import Catalogue


def tolerant(stream: IO[str]) -> None:
    """Let a stream replace what its encoding lacks instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


class Terminal:
    """Prints for people. ``is_person`` is false when the output is piped: no colour, no bars, no cut lines."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._errors = Console(file=sys.stderr, highlight=False, soft_wrap=True)

    @property
    def is_person(self) -> bool:
        """Whether somebody sits at the terminal."""
        return self._console.is_terminal

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer a question."""
        return sys.stdin.isatty()

    def say(self, text: str, **values: object) -> None:
        """Print a line in the terminal's language."""
        self.line(self.catalogue.say(text, **values))

    def line(self, text: str, style: str = "") -> None:
        """Print a line as it is."""
        _print(self._console, Text(text, style=style))

    def warn(self, text: str, **values: object) -> None:
        """Print a line about something that needs a person, on the error stream."""
        _print(self._errors, Text(self.catalogue.say(text, **values), style="yellow"))

    def fail(self, message: str, advice: str = "") -> None:
        """Print what went wrong and what to do."""
        _print(self._errors, Text(message, style="bold red"))
        if advice:
            _print(self._errors, Text(advice))

    def json(self, value: Any) -> None:
        """Print a value as JSON."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Print rows under heads; the columns numbered in ``right`` hold figures."""
        if not self.is_person:
            for row in ([self.catalogue.say(head) for head in heads], *rows):
                self.line("\t".join(row))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for n, head in enumerate(heads):
            table.add_column(Text(self.catalogue.say(head)), justify="right" if n in right else "left")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._console.print(table, soft_wrap=False)

    def progress(self) -> Progress:
        """A bar for long work; shows nothing when piped."""
        # ASCII marks only: a terminal in a legacy code page has no braille spinner.
        return Progress(
            SpinnerColumn("line"),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self._errors,
            transient=True,
            disable=not self._errors.is_terminal,
        )

    def confirm(self, text: str, **values: object) -> bool:
        """Ask a yes-or-no question; no when nobody can answer."""
        if not self.can_ask:
            self.warn("Nobody is there to answer. Add --yes to go on without being asked.")
            return False
        return click.confirm(self.catalogue.say(text, **values))


def _print(console: Console, text: Text) -> None:
    """Print a line with its style for a person, and just as it is into a pipe: rich would turn tabs into spaces."""
    if console.is_terminal:
        console.print(text)
    else:
        click.echo(text.plain, file=console.file)
