"""Alembic's entry: runs the migrations on the connection, and in the transaction, that the caller handed in."""

from __future__ import annotations

from alembic import context

from local_store.tables import internal

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=internal, transactional_ddl=True, render_as_batch=True)
context.run_migrations()
