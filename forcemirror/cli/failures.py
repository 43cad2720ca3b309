"""One place where errors become words and exit codes. Nobody ever sees a traceback; a bug leaves an incident file."""

from __future__ import annotations

import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

import click

from config.problems import ConfigurationError
from connector.salesforce.errors import SalesforceError
from connector.sync.errors import PlanRefused, RunFailed
from forcemirror import __version__, errors
from forcemirror.cli.terminal import Terminal
from forcemirror.errors import ForcemirrorError
from local_store.errors import StoreError
from pipeline.source import NotLoaded


def report(error: BaseException, terminal: Terminal, state: Path | None) -> int:
    """Say what went wrong, and answer the exit code."""
    say = terminal.catalogue.say
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.UsageError():
            usage = error.ctx.get_usage() if error.ctx else ""
            terminal.fail(f"{usage}\n{error.format_message()}".strip(), _help_for(error))
            return errors.USAGE
        case click.ClickException():
            terminal.fail(error.format_message())
            return errors.FAILED
        case click.Abort() | KeyboardInterrupt():
            terminal.fail(say("Stopped."))
            return errors.INTERRUPTED
        case ForcemirrorError():
            terminal.fail(say(error.happened, **error.values), say(error.advised, **error.values))
            return error.exit_code
        case ConfigurationError():
            terminal.fail(say("The configuration has problems:"))
            for problem in error.problems:
                terminal.fail(f"  {problem}")
            return errors.FAILED
        case PlanRefused():
            terminal.fail(error.message, error.advice)
            return errors.REFUSED
        case RunFailed() | SalesforceError() | StoreError():
            terminal.fail(error.message, error.advice)
            return errors.FAILED
        case NotLoaded():
            terminal.fail(say("Nothing has been loaded yet."), say("Run: forcemirror sync"))
            return errors.FAILED
        case BrokenPipeError():
            return errors.DONE
        case _:
            return _incident(error, terminal, state)


def _help_for(error: click.UsageError) -> str:
    return f"{error.ctx.command_path} --help" if error.ctx else "forcemirror --help"


def _incident(error: BaseException, terminal: Terminal, state: Path | None) -> int:
    """Keep the traceback in a file, for a report of the bug."""
    moment = datetime.now(UTC)
    text = "".join(traceback.format_exception(error))
    text = f"forcemirror {__version__}, Python {sys.version}\n{moment.isoformat()}\n\n{text}"
    name = f"incident-{moment:%Y%m%d-%H%M%S}.txt"
    for folder in (state, Path(tempfile.gettempdir())):
        if folder is None or not folder.is_dir():
            continue
        try:
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        terminal.fail(
            terminal.catalogue.say("Something went wrong inside Forcemirror: {what}.", what=type(error).__name__),
            terminal.catalogue.say("What is known about it is in {path}. Please report it.", path=folder / name),
        )
        return errors.FAILED
    terminal.fail(text)
    return errors.FAILED
