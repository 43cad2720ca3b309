"""Commands that run until they are stopped: the playground org, the web pages, the demo."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from forcemirror import child, errors
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.serving import stopped_by_signals


@click.command(
    epilog=examples(
        "forcemirror playground --port 8443 --dir ./play",
        "forcemirror connect --playground ./play    (in another terminal)",
    )
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="a free one", help="The port.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("playground-org"),
    show_default=True,
    help="Where the org is kept.",
)
@click.option("--seed", type=int, help="What the org's data are made from; the same seed makes the same org.")
@click.option("--fresh", is_flag=True, help="Forget the org in that folder and make a new one.")
@pass_session
def playground(session: Session, port: int, folder: Path, seed: int | None, fresh: bool) -> int:
    """Run a playground org: a local server that speaks the Salesforce API, until Ctrl-C.

    Once it answers, FOLDER/playground.json tells its address, certificate authority and credentials.
    """
    options = ["--fresh"] if fresh else []
    options += ["--seed", str(seed)] if seed is not None else []
    process = subprocess.Popen(child.command(folder, port, options))  # noqa: S603 - our own interpreter, no shell
    with stopped_by_signals():
        while True:
            try:
                return errors.FAILED if process.wait() else errors.DONE
            except KeyboardInterrupt:
                child.ask_to_end(process)
