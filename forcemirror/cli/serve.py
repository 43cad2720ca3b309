"""Commands that run until they are stopped: the playground org, the web pages, the demo."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from forcemirror import child, errors, installation
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.cli.sync import progress_shown
from forcemirror.cli.terminal import Terminal
from forcemirror.signals import stopped_by_signals

if TYPE_CHECKING:
    from forcemirror.demo import Demo

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command(
    epilog=examples(
        "forcemirror playground --port 8443 --dir ./play",
        "forcemirror connect --playground ./play    (in another terminal)",
        "forcemirror playground --dir ./large --generate opportunities=100000",
        "forcemirror playground --dir ./play --proxy",
    ),
    context_settings={"ignore_unknown_options": True},
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
@click.option("--generate", metavar="opportunities=N", help="Fill a new org with so many records instead of the story.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
@pass_session
def playground(
    session: Session,
    port: int,
    folder: Path,
    seed: int | None,
    fresh: bool,
    generate: str | None,
    more: tuple[str, ...],
) -> int:
    """Run a playground org: a local server that speaks the Salesforce API, until Ctrl-C.

    Once it answers, FOLDER/playground.json tells its address, certificate authority and credentials. MORE are the other
    options that "python -m playground --help" lists, such as --proxy, --strict or --env.
    """
    options = ["--fresh"] if fresh else []
    options += ["--seed", str(seed)] if seed is not None else []
    options += ["--generate", generate] if generate else []
    options += more
    process = subprocess.Popen(child.command(folder, port, options))  # noqa: S603 - our own interpreter, no shell
    with stopped_by_signals():
        while True:
            try:
                return errors.FAILED if process.wait() else errors.DONE
            except KeyboardInterrupt:
                child.ask_to_end(process)


@click.command(epilog=examples("forcemirror web", "forcemirror web --port 0"))
@click.option("--host", help="The address to listen on; from the start this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 picks a free one.")
@pass_session
def web(session: Session, host: str | None, port: int | None) -> None:
    """Serve the web pages of this project, until Ctrl-C."""
    # Flask and what it brings are loaded only where pages are served: every other command starts faster.
    from forcemirror.services import InstalledServices
    from forcemirror.serving import WebServer
    from web import create_app
    from web.security import LOOPBACK_HOSTS

    settings = session.project.settings
    host = host or settings.web_host
    if host not in LOOPBACK:
        session.terminal.warn(
            "The pages have no log-in: everybody who reaches {host} can read and change the deals.", host=host
        )
    with stopped_by_signals(), installation.opened(session.project) as found:
        _ = found.organization
        services = InstalledServices(found)
        hosts = (*LOOPBACK_HOSTS, host)
        app = create_app(services, hosts=hosts, preferred=settings.web_language)
        server = WebServer(app, host, settings.web_port if port is None else port)
        services.start()
        try:
            session.terminal.say("The pages are at {url} - stop with Ctrl-C.", url=server.url)
            server.serve()
        finally:
            services.stop()


@click.command(epilog=examples("forcemirror demo", "forcemirror demo --fresh", "forcemirror demo --check"))
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo is kept; from the start in your user's state folder.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="The port of the pages; else 8765, or a free one.")
@click.option("--fresh", is_flag=True, help="Forget an earlier demo and begin anew.")
@click.option("--check", is_flag=True, help="Start everything, change a record on each side, see both arrive, stop.")
@pass_session
def demo(session: Session, folder: Path | None, port: int | None, fresh: bool, check: bool) -> None:
    """Start a playground org, mirror it and open the web pages: nothing else is needed.

    What you do is kept until the next time. A check without --dir leaves nothing behind.
    """
    from forcemirror import demo as demos

    with ExitStack() as exits:
        exits.enter_context(stopped_by_signals())
        if check and folder is None:
            folder = Path(
                exits.enter_context(TemporaryDirectory(prefix="forcemirror-demo-", ignore_cleanup_errors=True))
            )
        folder = (folder or demos.usual_folder()).resolve()
        if fresh:
            demos.forget(folder)
        with progress_shown(session.terminal) as progress:
            wanted = 0 if check and port is None else port
            up = exits.enter_context(demos.running(folder, wanted, session.terminal.say, progress))
        if check:
            _check(up, session.terminal)
        else:
            _guide(up, folder, session.terminal)
            up.web.serve()
            session.terminal.say("Stopping ...")


def _guide(up: Demo, folder: Path, terminal: Terminal) -> None:
    """One line each about what to open and what to try."""
    url = up.web.url
    org = up.installation.organization
    rows = sum(each.received for each in up.first_run.objects.values())
    terminal.line("")
    terminal.say("{org} is mirrored ({rows} rows read). Open:", org=org.name, rows=rows)
    terminal.say("  {url}                the pipeline, stage by stage", url=url)
    terminal.say("  {url}practice        an exercise: create an opportunity and add a contact role", url=url)
    terminal.say("  {url}in-salesforce   the org as a colleague sees it; edit there, then Sync now", url=url)
    terminal.say("Try in another terminal:")
    project = folder / "project"
    terminal.say("  forcemirror --project {project} status", project=project)
    terminal.say("  forcemirror --project {project} plan", project=project)
    terminal.say("  sqlite3 {database}    the mirror in plain SQL", database=project / ".forcemirror" / "mirror.db")
    terminal.say(
        "The playground org is at {url}; its credentials are in {file}.",
        url=up.playground.url,
        file=folder / "playground" / child.FACTS_FILE,
    )
    terminal.say("Stop with Ctrl-C.")


def _check(up: Demo, terminal: Terminal) -> None:
    """Do by machine what a person would try first."""
    from forcemirror import demo as demos

    with up.web.in_background():
        terminal.say("The pages answer at {url}.", url=demos.expect_pages(up))
        proof = demos.check(up)
    terminal.say("Changed here and arrived in the org: Opportunity {id}.", id=proof.sent)
    terminal.say("Changed in the org and arrived here: Opportunity {id}.", id=proof.received)
    terminal.say("The demo works.")
