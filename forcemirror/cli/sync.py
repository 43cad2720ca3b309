"""Syncing, and what would be done, was done and waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click

from connector.sync.engine import Preview
from connector.sync.model import Create, Delete, Operation, Plan, Side
from connector.sync.report import ObjectReport, Progress, RunReport
from forcemirror import errors, installation
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.cli.terminal import Terminal
from forcemirror.connecting import VERBS
from forcemirror.errors import Unanswerable
from forcemirror.installation import Installation
from forcemirror.status import Status
from forcemirror.wording import plan_as_json, plan_lines
from pipeline import sync_state


@click.command(epilog=examples("forcemirror sync", "forcemirror sync --allow-deletes 120"))
@click.option(
    "--allow-deletes",
    type=click.IntRange(min=1),
    help="Let this run delete up to that many records of an object, though that is more than the limit.",
)
@click.option("--accept-mapping", is_flag=True, help="Go on with changed settings of the mirrored objects.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@pass_session
def sync(session: Session, allow_deletes: int | None, accept_mapping: bool, as_json: bool) -> int:
    """Bring changes across, both ways: read the org, settle, send, read back.

    Conflicts are left to you (forcemirror conflicts). What is not allowed yet waits (forcemirror allow).
    """
    with installation.opened(session.project) as found:
        if accept_mapping:
            found.accept_mapping()
        with progress_shown(session.terminal) as progress:
            report = found.sync(trigger="command line", allow_deletes=allow_deletes, progress=progress)
        if as_json:
            session.terminal.json(report_as_json(report))
        else:
            tell(report, found, session.terminal)
    return errors.DONE if report.is_green else errors.FAILED


@contextmanager
def progress_shown(terminal: Terminal) -> Iterator[Callable[[Progress], None]]:
    """A bar per object while the block runs."""
    with terminal.progress() as bars:
        tasks: dict[tuple[str, str], Any] = {}

        def show(progress: Progress) -> None:
            key = (progress.phase.value, progress.object)
            if key not in tasks:
                for earlier in tasks.values():
                    bars.update(earlier, visible=False)
                tasks[key] = bars.add_task(f"{progress.phase.value} {progress.object}", total=progress.total)
            bars.update(tasks[key], completed=progress.done, total=progress.total)

        yield show


def tell(report: RunReport, found: Installation, terminal: Terminal) -> None:
    """Say what a run did: one line for each object that something happened to, and a last line."""
    rows = [_row(name, each) for name, each in report.objects.items() if any(asdict(each).values())]
    if rows:
        heads = ["Object", "Received", "Applied", "Unchanged", "Sent", "Waiting", "Refused"]
        terminal.table(heads, rows, right=(1, 2, 3, 4, 5, 6))
    seconds = (report.finished - report.started).total_seconds()
    terminal.say("Done in {seconds} s with {calls} API calls.", seconds=f"{seconds:.1f}", calls=report.calls)
    tell_attention(found, terminal)


def _row(name: str, each: ObjectReport) -> list[str]:
    numbers = (each.received, each.applied, each.unchanged, each.sent)
    left = (each.held + each.waiting + each.unknown, each.refused + each.quarantined)
    return [name, *(str(number) for number in (*numbers, *left))]


def tell_attention(found: Installation, terminal: Terminal) -> None:
    """Say what needs a person."""
    attention = sync_state.attention(found.store)
    if attention.conflicts:
        terminal.warn("Conflicts that wait for you: {count}. See: forcemirror conflicts", count=attention.conflicts)
    for cause in sync_state.causes(found.store):
        terminal.warn(
            "{count} {object} refused: {code}: {message}",
            count=cause.count,
            object=cause.object,
            code=cause.code,
            message=cause.message,
        )


def report_as_json(report: RunReport) -> Mapping[str, Any]:
    """A run's report for programs."""
    return {
        "started": report.started.isoformat(),
        "finished": report.finished.isoformat(),
        "calls": report.calls,
        "green": report.is_green,
        "objects": {name: asdict(each) for name, each in report.objects.items()},
    }


@click.command(epilog=examples("forcemirror plan", "forcemirror plan --json", "forcemirror plan || forcemirror sync"))
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@pass_session
def plan(session: Session, as_json: bool) -> int:
    """Say what a sync would do now, and do nothing.

    Reads the org, writes on neither side. Exit code 0: nothing to do; 2: there is work.
    """
    with installation.opened(session.project) as found:
        seen = found.plan()
        if as_json:
            session.terminal.json(preview_as_json(seen, found))
        else:
            tell_plan(seen, found, session.terminal)
    return errors.DONE if seen.plan.is_empty and not seen.first_reads else errors.WORK_TO_DO


def preview_as_json(seen: Preview, found: Installation) -> Mapping[str, Any]:
    """A plan for programs, with what would stop or hold it."""
    return {
        **plan_as_json(seen.plan, found.name_of),
        "would_be_refused": [reason.message for reason in seen.reasons],
        "would_be_loaded_whole": list(seen.first_reads),
        "would_wait": [{"verb": verb_of(item), "object": item.object, "id": item.id} for item in seen.held],
    }


def tell_plan(seen: Preview, found: Installation, terminal: Terminal) -> None:
    """Print a plan, what of it would wait, and what would refuse it."""
    if seen.first_reads:
        terminal.say("To be loaded whole: {objects}", objects=", ".join(seen.first_reads))
    elif seen.plan.is_empty:
        terminal.say("Nothing to do: both sides agree.")
        return
    read_only = {mapping.name for mapping in found.objects if mapping.read_only}
    for head, lines in plan_lines(seen.plan, found.name_of, read_only).items():
        terminal.say(head)
        for line in lines:
            terminal.line(f"  {line}")
    for reason in seen.reasons:
        terminal.fail(reason.message, reason.advice)
    for (object_name, verb), count in not_allowed(seen.plan, found.store.permissions()).items():
        terminal.warn(
            "{count} of these wait for a permission: forcemirror allow {object} {verb}",
            count=count,
            object=object_name,
            verb=verb,
        )


def not_allowed(made: Plan, permissions: Mapping[str, frozenset[str]]) -> Mapping[tuple[str, str], int]:
    """How many writes in Salesforce of a plan are not allowed yet, by object and verb."""
    held: dict[tuple[str, str], int] = {}
    for operation in made.on(Side.REMOTE):
        key = (operation.object, verb_of(operation))
        if key[1] not in permissions.get(operation.object, frozenset()):
            held[key] = held.get(key, 0) + 1
    return held


def verb_of(operation: Operation) -> str:
    """The permission that a write needs."""
    return "create" if isinstance(operation, Create) else "delete" if isinstance(operation, Delete) else "update"


@click.command(epilog=examples("forcemirror allow Opportunity update", "forcemirror allow Contact create --yes"))
@click.argument("object_name", metavar="OBJECT")
@click.argument("verb", type=click.Choice(VERBS))
@click.option("--yes", is_flag=True, help="Allow without being asked.")
@pass_session
def allow(session: Session, object_name: str, verb: str, yes: bool) -> None:
    """Open one kind of write in Salesforce for one object.

    Shows what waits for it first. Nothing is sent before the next sync, and delete is never implied.
    """
    terminal = session.terminal
    with installation.opened(session.project) as found:
        organization = found.organization
        mapping = found.store.objects.get(object_name)
        if mapping is None or mapping.read_only:
            writable = sorted(name for name, each in found.store.objects.items() if not each.read_only)
            raise Unanswerable(
                "{object} is not an object that can be written here.",
                "These can: {known}.",
                object=object_name,
                known=", ".join(writable),
            )
        waiting = [
            item for item in found.plan().plan.on(Side.REMOTE) if item.object == object_name and verb_of(item) == verb
        ]
        terminal.say("Writes that wait for this: {count}", count=len(waiting))
        for line in plan_lines(Plan(operations=tuple(waiting)), found.name_of).get("To Salesforce", ()):
            terminal.line(f"  {line}")
        question = "Allow {verb} of {object} in {org} ({kind})?"
        values = {"verb": verb, "object": object_name, "org": organization.name, "kind": organization.kind}
        if not yes and not terminal.confirm(question, **values):
            raise errors.ConnectionDeclined("Not allowed. Nothing was changed.")
        found.store.allow(object_name, verb)
        terminal.say("Allowed. The next sync sends what waits.")


@click.command(epilog=examples("forcemirror status", "forcemirror status --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for monitoring.")
@pass_session
def status(session: Session, as_json: bool) -> int:
    """Say which org this mirrors, how old the data is, and what needs you. Asks nothing of the org.

    Exit code 0: well; 1: the last run failed.
    """
    with installation.opened(session.project) as found:
        told = found.status()
        if as_json:
            session.terminal.json(told.as_json())
        else:
            _tell_status(told, session.terminal)
            tell_attention(found, session.terminal)
    return errors.FAILED if told.failure else errors.DONE


def _tell_status(told: Status, terminal: Terminal) -> None:
    terminal.say("Org:       {name} ({id}), {kind}", name=told.org.name, id=told.org.id, kind=told.org.kind)
    if told.synced_at is None:
        terminal.say("Data:      not loaded yet. Run: forcemirror sync")
    else:
        terminal.say("Data:      as of {moment:%Y-%m-%d %H:%M:%S} UTC", moment=told.synced_at)
    if told.running_since:
        terminal.say("Running:   since {moment:%Y-%m-%d %H:%M:%S} UTC", moment=told.running_since)
    if told.failure:
        terminal.warn("Last run:  failed: {why}", why=told.failure)
    terminal.say("Waiting:   {count} to be sent", count=told.waiting)
    rows = [
        [item.name, str(item.rows), str(item.waiting), str(item.conflicts), ", ".join(item.allowed) or "-"]
        for item in told.objects
    ]
    terminal.table(["Object", "Rows", "Waiting", "Conflicts", "Allowed in Salesforce"], rows, right=(1, 2, 3))
