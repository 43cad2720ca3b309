"""Connecting: what is said before anything is loaded, the question, and the writes that are opened later."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from forcemirror import connecting, connection, credentials
from forcemirror.child import PlaygroundFacts
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.cli.terminal import Terminal
from forcemirror.credentials import Credentials
from forcemirror.errors import ConnectionDeclined
from forcemirror.project import Project
from forcemirror.survey import ObjectSurvey, Survey, look
from local_store.store import Store

KINDS = {"production": "PRODUCTION", "sandbox": "sandbox", "playground": "playground"}
ASKED = {
    "username": ("User name", False),
    "password": ("Password", True),
    "security_token": ("Security token (empty within trusted networks)", True),
    "client_id": ("Consumer key of the connected app", False),
    "client_secret": ("Consumer secret of the connected app", True),
    "refresh_token": ("Refresh token", True),
}


@click.command(
    epilog=examples(
        "forcemirror connect --login-url https://test.salesforce.com",
        "FORCEMIRROR_PASSWORD=... forcemirror connect --yes",
        "forcemirror connect --playground ./play",
    )
)
@click.option("--login-url", help="Where to log in: a sandbox's test address, or the org's My Domain.")
@click.option(
    "--auth", type=click.Choice(list(credentials.NEEDED)), help="How to log in; password is the way from the start."
)
@click.option(
    "--playground",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a running playground org.",
)
@click.option("--yes", is_flag=True, help="Connect without being asked.")
@pass_session
def connect(session: Session, login_url: str | None, auth: str | None, playground: Path | None, yes: bool) -> None:
    """Connect this project to an org.

    Says which org it is, who you are there, what you cannot see and what the first load will cost; then asks.
    Nothing is loaded before. A new org is only read: writes are opened one by one with "forcemirror allow".

    Secrets are asked for, or taken from FORCEMIRROR_USERNAME, _PASSWORD, _SECURITY_TOKEN, _CLIENT_ID,
    _CLIENT_SECRET and _REFRESH_TOKEN. They are never given on the command line.
    """
    project, terminal = session.project, session.terminal
    if playground is not None:
        connecting.use_playground(project, PlaygroundFacts.read(playground))
    if login_url:
        project.set("salesforce.login_url", login_url)
    if auth:
        project.set("salesforce.auth", auth)
    known = asked(project, credentials.read(project, os.environ), terminal)
    with closing(connection.client(project, credentials.login(project, known))) as client:
        survey = look(client, project.settings.salesforce_kind, project.settings.objects)
    tell(survey, terminal)
    if not yes and not terminal.confirm("Connect this project to this org?"):
        raise ConnectionDeclined("Not connected. Nothing was loaded.")
    credentials.write(project, known)
    with Store.open(project.database_url) as store:
        connecting.remember(store, survey)
    terminal.say("Connected. Next: forcemirror sync")


def asked(project: Project, known: Credentials, terminal: Terminal) -> Credentials:
    """The credentials, with what is missing asked for where a person can answer."""
    lacking = credentials.missing(known, project.settings.salesforce_auth)
    if not lacking or not terminal.can_ask:
        return known
    if project.settings.salesforce_auth == "password" and not known.security_token:
        lacking = (*lacking, "security_token")
    answers = {}
    for name in lacking:
        text, is_secret = ASKED[name]
        default = "" if name == "security_token" else None
        answers[name] = click.prompt(
            terminal.catalogue.say(text), hide_input=is_secret, default=default, show_default=False
        )
    return replace(known, **answers)


def tell(survey: Survey, terminal: Terminal) -> None:
    """Say everything that should be known before the first load."""
    org = survey.organization
    say = terminal.catalogue.say
    sees_all = {True: "yes", False: "NO: records of others may be missing", None: "not known"}[survey.sees_all]
    terminal.say("Org:        {name} ({id})", name=org.name, id=org.id)
    terminal.say("Kind:       {kind} {edition}", kind=say(KINDS[org.kind]), edition=survey.edition)
    terminal.say("User:       {user}", user=org.user)
    terminal.say("Sees all:   {answer}", answer=say(sees_all))
    terminal.say("Time zone:  {zone}", zone=org.time_zone)
    terminal.line("")
    rows = [_row(item, terminal) for item in survey.objects]
    terminal.table(["Object", "Rows", "Calls", "Mirrored", "Fields hidden from you"], rows, right=(1, 2))
    terminal.line("")
    terminal.say("First load: about {rows} rows in about {calls} API calls.", rows=survey.rows, calls=survey.calls)
    if survey.calls_left is not None:
        terminal.say("The org has {left} API calls left today.", left=survey.calls_left)


def _row(item: ObjectSurvey, terminal: Terminal) -> list[str]:
    say = terminal.catalogue.say
    if item.mapping is None:
        return [item.settings.name, "-", "-", say("not visible to you"), "-"]
    mirrored = say("read only") if item.mapping.read_only else say("read and write")
    return [item.settings.name, str(item.rows), str(item.calls), mirrored, ", ".join(item.hidden) or "-"]
