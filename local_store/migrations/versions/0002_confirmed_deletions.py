"""Keep which deletions a person confirmed.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from local_store.types import typed

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "confirmed_deletion",
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", typed("datetime"), nullable=False),
        sa.PrimaryKeyConstraint("object", "record_id", name=op.f("pk_confirmed_deletion")),
    )


def downgrade() -> None:
    """Ask again about deletions that were confirmed and not sent."""
    op.drop_table("confirmed_deletion")
