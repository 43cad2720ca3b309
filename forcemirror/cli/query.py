"""Ask the org a question in SOQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from connector.salesforce.client import SalesforceClient
from connector.salesforce.wire import QueryPage
from forcemirror import installation
from forcemirror.cli.commands import Session, examples, pass_session
from forcemirror.wording import plain

Row = Mapping[str, Any]


@click.command(
    epilog=examples(
        'forcemirror query "SELECT Name, StageName FROM Opportunity ORDER BY Amount DESC LIMIT 5"',
        'forcemirror query --json "SELECT Id, Account.Name FROM Contact"',
        'forcemirror query "SELECT COUNT() FROM Task"',
    )
)
@click.argument("soql")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--all", "deleted_too", is_flag=True, help="Deleted and archived records too.")
@pass_session
def query(session: Session, soql: str, as_json: bool, deleted_too: bool) -> None:
    """Ask the org itself, not the mirror, and print the rows."""
    with installation.opened(session.project) as found:
        client = found.client
        first = client.query_all(soql) if deleted_too else client.query(soql)
        rows = [flat(row) for row in _rows(client, first)]
    if as_json:
        session.terminal.json({"total": first.total, "records": rows})
    elif not rows:
        session.terminal.line(str(first.total))
    else:
        heads = heads_of(rows)
        session.terminal.table(heads, [[_cell(row.get(head)) for head in heads] for row in rows])


def _rows(client: SalesforceClient, page: QueryPage) -> Iterator[Row]:
    yield from page.records
    while page.next_path is not None:
        page = client.next_page(page)
        yield from page.records


def flat(row: Row, prefix: str = "") -> dict[str, Any]:
    """One level of columns: a parent's field becomes ``Account.Name``; attributes are left out."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if name == "attributes":
            continue
        if isinstance(value, Mapping) and "records" in value:
            columns[f"{prefix}{name}"] = [flat(child) for child in value["records"]]
        elif isinstance(value, Mapping):
            columns.update(flat(value, f"{prefix}{name}."))
        else:
            columns[f"{prefix}{name}"] = plain(value)
    return columns


def heads_of(rows: Sequence[Row]) -> list[str]:
    """Every column of any row, in the order of first sight; a parent that is sometimes missing has its columns."""
    seen = dict.fromkeys(name for row in rows for name in row)
    return [name for name in seen if not any(other.startswith(f"{name}.") for other in seen)]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
