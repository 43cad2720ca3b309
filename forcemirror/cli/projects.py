"""Making a project folder."""

from __future__ import annotations

from pathlib import Path

import click

from forcemirror import project as projects
from forcemirror.cli.commands import Session, examples, pass_session


@click.command(epilog=examples("forcemirror init acme", "cd acme", "forcemirror connect"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@pass_session
def init(session: Session, folder: Path) -> None:
    """Make a project folder: one for each org.

    FOLDER gets forcemirror.toml, with every setting, its help and its default.
    """
    made = projects.create(folder)
    session.terminal.say("Made {file}.", file=made.file)
    session.terminal.say("Next: cd {folder}, and forcemirror connect", folder=folder)
