"""The org's stages beside the local ones, and a check for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from config import shipped
from forcemirror import errors, installation
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.cli.terminal import Terminal
from forcemirror.errors import ProjectUnusable
from mapping.stages import Finding, Severity, StageReport, StageRow
from pipeline.source import require_loaded
from pipeline.stages import stage_report

WORDS = {
    "unmapped": "{stage} has no local stage.",
    "orphan": "{stage} is used by deals but is not a stage of the org.",
    "inactive": "{stage} is not active any more, but deals stand in it.",
    "outcome": "{stage} stands for a local stage with another outcome (open, won, lost).",
    "ambiguous": "Several org stages share {stage}, and not exactly one of them is its way back.",
    "not_in_org": "{stage} is mapped, but the org has no such stage.",
}


@click.group(
    invoke_without_command=True,
    epilog=examples("forcemirror stages", "forcemirror stages check", "forcemirror stages export stages.toml"),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def stages(ctx: click.Context, as_json: bool) -> None:
    """List the org's stages with their local stage, their deals, and what is wrong with the mapping."""
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(Session), as_json)


@stages.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_session
def list_stages(session: Session, as_json: bool) -> None:
    """List the org's stages with their local stage and their deals."""
    _list(session, as_json)


@stages.command()
@pass_session
def check(session: Session) -> int:
    """Say only what is wrong with the mapping. Exit code 1 when deals are missing or shown wrongly."""
    report = _report(session)
    for finding in report.findings:
        _tell_finding(finding, session.terminal)
    if not report.findings:
        session.terminal.say("Every stage is mapped.")
    return errors.FAILED if report.blocking else errors.DONE


@stages.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def export(session: Session, file: Path) -> None:
    """Copy the mapping that ships into FILE, to make it your own.

    Name it in forcemirror.toml then: [stages] mapping = "FILE".
    """
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(shipped.stage_set_texts()["plain_six"])
    except OSError as error:
        raise ProjectUnusable("Cannot write {path}: {why}.", path=file, why=error.strerror or error) from error
    session.terminal.say("Wrote {file}.", file=file)


def _report(session: Session) -> StageReport:
    with installation.opened(session.project) as found:
        require_loaded(found.store)
        return stage_report(found.store, session.project.stage_mapping)


def _list(session: Session, as_json: bool) -> None:
    report = _report(session)
    if as_json:
        session.terminal.json(_as_json(report))
        return
    terminal = session.terminal
    language = terminal.catalogue.language
    heads = ["Org stage", "Local stage", "Open", "Open amount", "Closed", ""]
    terminal.table(heads, [_row(row, language, terminal) for row in report.rows], right=(2, 3, 4))
    coverage = report.coverage
    terminal.say("{mapped} of {required} stages are mapped.", mapped=coverage.mapped, required=coverage.required)
    for finding in report.findings:
        _tell_finding(finding, terminal)


def _row(row: StageRow, language: str, terminal: Terminal) -> list[str]:
    # The marks must be seen in a terminal without colours and in a pipe alike.
    trouble = any(finding.severity is Severity.BLOCK for finding in row.findings)
    local = row.local.name(language) if row.local else terminal.catalogue.say("NOT MAPPED")
    amounts = " + ".join(_amount(currency, amount) for currency, amount in row.use.open_amount.items() if amount)
    mark = "!!" if trouble else ""
    return [row.api_name, local, str(row.use.open_count), amounts or "0", str(row.use.closed_count), mark]


def _amount(currency: str, amount: Decimal) -> str:
    return f"{amount:,.2f} {currency}".strip()


def _tell_finding(finding: Finding, terminal: Terminal) -> None:
    text = terminal.catalogue.say(WORDS[finding.code], stage=finding.stage)
    if finding.severity is Severity.BLOCK:
        terminal.warn(f"!! {text}")
    else:
        terminal.line(f"   {text}")


def _as_json(report: StageReport) -> Mapping[str, Any]:
    return {
        "coverage": {"mapped": report.coverage.mapped, "required": report.coverage.required},
        "stages": [
            {
                "api_name": row.api_name,
                "label": row.org.label if row.org else None,
                "active": row.org.active if row.org else None,
                "local_stage": row.local.key if row.local else None,
                "way_back": row.way_back,
                "open_count": row.use.open_count,
                "open_amount": {currency: str(amount) for currency, amount in row.use.open_amount.items()},
                "closed_count": row.use.closed_count,
                "findings": [finding.code for finding in row.findings],
            }
            for row in report.rows
        ],
        "findings": [
            {"code": finding.code, "severity": finding.severity.value, "stage": finding.stage}
            for finding in report.findings
        ],
    }
