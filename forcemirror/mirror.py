"""The public Python API: one mirror, to be read, edited and synchronised from a program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, Table

from connector.sync.engine import Preview
from connector.sync.report import RunReport
from forcemirror import project
from forcemirror.installation import Installation, open_installation
from forcemirror.status import Status
from local_store.records import Records


class Mirror:
    """One project's mirror. Anything that writes its tables is noted and sent with the next sync."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    @property
    def engine(self) -> Engine:
        """The database, for SQL of your own. One writer at a time on SQLite: keep transactions short."""
        return self._installation.store.engine

    @property
    def records(self) -> Records:
        """Single records by object and id, with values by API field name."""
        return self._installation.records

    def table(self, object_name: str) -> Table:
        """The rows of an object that are not deleted, as an SQLAlchemy table; columns are named in snake case."""
        return self._installation.store.live(object_name)

    def sync(self, *, allow_deletes: int | None = None) -> RunReport:
        """Bring changes across, both ways. Raises ``PlanRefused`` when a guard stops the run, ``RunFailed`` else."""
        return self._installation.sync("python", allow_deletes)

    def plan(self) -> Preview:
        """What ``sync`` would do now. Writes on neither side."""
        return self._installation.plan()

    def status(self) -> Status:
        """How the mirror stands. Asks nothing of the org."""
        return self._installation.status()

    def query(self, soql: str) -> Iterator[Mapping[str, Any]]:
        """Ask the org itself in SOQL; rows as its API gives them. Pages are fetched as you go on."""
        client = self._installation.client
        page = client.query(soql)
        yield from page.records
        while page.next_path is not None:
            page = client.next_page(page)
            yield from page.records

    def close(self) -> None:
        """Let go of the database and the connections."""
        self._installation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_mirror(path: str | os.PathLike[str]) -> Mirror:
    """Open the mirror of the project in a folder, or above it."""
    return Mirror(open_installation(project.find(Path(path)), os.environ))
