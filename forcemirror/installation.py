"""The one place where the concrete parts are put together: a project with its mirror, its org and the engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property

from connector.salesforce.client import SalesforceClient
from forcemirror import connecting, connection, credentials
from forcemirror.organization import Organization
from forcemirror.project import Project
from local_store.records import Records
from local_store.store import Store


class Installation:
    """A project, opened. Close it when done; ``opened`` does that."""

    def __init__(self, project: Project, store: Store, environ: Mapping[str, str], exits: ExitStack) -> None:
        self.project = project
        self.store = store
        self.records = Records(store)
        self._environ = environ
        self._exits = exits

    @property
    def organization(self) -> Organization:
        """The org of the mirror, as it was when it was last looked at. Raises ``NotConnected``."""
        return connecting.organization(self.store)

    @cached_property
    def client(self) -> SalesforceClient:
        """The client of the org. Logs in when it is first used."""
        login = credentials.login(self.project, credentials.read(self.project, self._environ))
        client = connection.client(self.project, login)
        self._exits.callback(client.close)
        return client

    def name_of(self, object_name: str, record_id: str) -> str:
        """What people call a record; empty where it has no name, or is not in the mirror."""
        record = self.records.get(object_name, record_id) if object_name in self.store.objects else None
        name = (record or {}).get("Name")
        return name if isinstance(name, str) else ""

    def close(self) -> None:
        """Let go of the database and the connections."""
        self._exits.close()


def open_installation(project: Project, environ: Mapping[str, str]) -> Installation:
    """Open a project's mirror. Raises ``DatabaseUnusable`` or ``ConfigurationError``."""
    project.state.mkdir(parents=True, exist_ok=True)
    with ExitStack() as exits:
        store = exits.enter_context(Store.open(project.database_url))
        return Installation(project, store, environ, exits.pop_all())


@contextmanager
def opened(project: Project) -> Iterator[Installation]:
    """A project's installation while the block runs, with the environment of this process."""
    found = open_installation(project, os.environ)
    try:
        yield found
    finally:
        found.close()
