"""Bringing our own tables up to date, by Alembic, in one transaction; and refusing a database of a newer version.

Alembic is imported only when there is something to do: every command opens a store, and few have to migrate it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from local_store.database import read, write
from local_store.errors import DatabaseUnusable

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0002"
"""The newest migration. A test compares it with the scripts."""


def migrate(engine: Engine) -> None:
    """Bring a database to the present schema. Raises ``DatabaseUnusable`` when it is newer than this program."""
    with read(engine) as connection:
        if revision(connection) == HEAD:
            return
    with write(engine) as connection:
        found = revision(connection)
        if found is not None and found not in known_revisions():
            raise DatabaseUnusable(
                f"The database was made by a newer version of Forcemirror (its schema is {found}).",
                "Nothing was changed. Install that version or a later one.",
            )
        from alembic import command

        command.upgrade(configuration(connection), "head")


def revision(connection: Connection) -> str | None:
    """Which schema a database has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def known_revisions() -> frozenset[str]:
    """The schemas that this version has migrations for."""
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


def configuration(connection: Connection | None = None) -> Config:
    """What Alembic needs: where the scripts are, and the connection whose transaction they join."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "local_store:migrations")
    config.attributes["connection"] = connection
    return config
