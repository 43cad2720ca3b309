"""Conflicts: the list of those that wait, and the decision about one."""

from __future__ import annotations

import click

from connector.sync.model import Side
from forcemirror import installation
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.cli.terminal import Terminal
from forcemirror.installation import Installation
from forcemirror.wording import plain, shown
from pipeline import sync_state
from pipeline.sync_state import OpenConflict


@click.group(
    invoke_without_command=True,
    epilog=examples("forcemirror conflicts", "forcemirror conflicts settle 3 --mine", "forcemirror sync"),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def conflicts(ctx: click.Context, as_json: bool) -> None:
    """List the conflicts that wait for you; settle one with "forcemirror conflicts settle"."""
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(Session), as_json)


@conflicts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_session
def list_conflicts(session: Session, as_json: bool) -> None:
    """List the conflicts that wait for you."""
    _list(session, as_json)


@conflicts.command(epilog=examples("forcemirror conflicts settle 3 --salesforce"))
@click.argument("number", type=int)
@click.option("--mine", "keep", flag_value=Side.LOCAL.value, help="What is in your database stands on both sides.")
@click.option("--salesforce", "keep", flag_value=Side.REMOTE.value, help="What is in Salesforce stands on both sides.")
@pass_session
def settle(session: Session, number: int, keep: str | None) -> None:
    """Decide about conflict NUMBER. The next sync carries it out; both values stay in the conflict log."""
    if keep is None:
        raise click.UsageError("Say which side stands: --mine or --salesforce.")
    with installation.opened(session.project) as found:
        found.settle_conflict(number, Side(keep))
    session.terminal.say("Settled. The next sync carries it out.")


def _list(session: Session, as_json: bool) -> None:
    with installation.opened(session.project) as found:
        waiting = sync_state.open_conflicts(found.store)
        if as_json:
            session.terminal.json([_as_json(item, found) for item in waiting])
        elif not waiting:
            session.terminal.say("No conflicts.")
        else:
            for item in waiting:
                _tell(item, found, session.terminal)


def _tell(item: OpenConflict, found: Installation, terminal: Terminal) -> None:
    name = found.name_of(item.object, item.record_id)
    terminal.line(f'{item.id}  {item.object} "{name}" ({item.record_id})', style="bold" if terminal.is_person else "")
    if item.deleted_on is not None:
        deleted_here = item.deleted_on == Side.LOCAL.value
        terminal.say(
            "   Deleted in your database, edited in Salesforce."
            if deleted_here
            else "   Deleted in Salesforce, edited in your database."
        )
    rows = [
        ["  ", name, *(shown((record or {}).get(name)) for record in (item.base, item.local, item.remote))]
        for name in item.fields
    ]
    if rows:
        terminal.table(["  ", "Field", "Before", "In your database", "In Salesforce"], rows)
    if item.decision:
        terminal.say("   Settled; the next sync carries it out.")


def _as_json(item: OpenConflict, found: Installation) -> dict[str, object]:
    sides = {"before": item.base, "in_your_database": item.local, "in_salesforce": item.remote}
    return {
        "number": item.id,
        "object": item.object,
        "id": item.record_id,
        "name": found.name_of(item.object, item.record_id),
        "since": item.opened_at.isoformat(),
        "deleted_on": item.deleted_on,
        "decision": item.decision,
        "fields": {
            name: {side: plain((record or {}).get(name)) for side, record in sides.items()} for name in item.fields
        },
    }
