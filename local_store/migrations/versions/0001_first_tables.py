"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from local_store.types import typed

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything beside the mirrored tables, and switch the capture on."""

    op.create_table(
        "capture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_capture_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("made_on", sa.Text(), nullable=False),
        sa.Column("after", typed("datetime"), nullable=True),
        sa.Column("until", typed("datetime"), nullable=True),
        sa.Column("noted_at", typed("datetime"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_change_object_field_until"), "change", ["object", "field", "until"], unique=False)
    op.create_index(op.f("ix_change_object_record_id"), "change", ["object", "record_id"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("stamp", typed("datetime"), nullable=True),
        sa.Column("after_stamp", typed("datetime"), nullable=True),
        sa.Column("after_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("object", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "conflict",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("local", sa.Text(), nullable=True),
        sa.Column("remote", sa.Text(), nullable=True),
        sa.Column("deleted_on", sa.Text(), nullable=True),
        sa.Column("opened_at", typed("datetime"), nullable=False),
        sa.Column("closed_at", typed("datetime"), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_conflict_closed_at"), "conflict", ["closed_at"], unique=False)
    op.create_index(op.f("ix_conflict_object_record_id"), "conflict", ["object", "record_id"], unique=False)
    op.create_table(
        "id_alias",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", typed("datetime"), nullable=False),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_id_alias")),
    )
    op.create_index(op.f("ix_id_alias_id"), "id_alias", ["id"], unique=False)
    op.create_table(
        "intent",
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("sent_at", typed("datetime"), nullable=False),
        sa.PrimaryKeyConstraint("object", "id", name=op.f("pk_intent")),
    )
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stamp", typed("datetime"), nullable=True),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_seen", typed("datetime"), nullable=False),
        sa.Column("last_seen", typed("datetime"), nullable=False),
        sa.Column("closed_at", typed("datetime"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_issue_closed_at"), "issue", ["closed_at"], unique=False)
    op.create_index(op.f("ix_issue_object_record_id"), "issue", ["object", "record_id"], unique=False)
    op.create_table(
        "mirror_column",
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("precision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("scale", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("object", "field", name=op.f("pk_mirror_column")),
        sa.UniqueConstraint("object", "column", name=op.f("uq_mirror_column_object_column")),
    )
    op.create_table(
        "mirror_object",
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("object", name=op.f("pk_mirror_object")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("started_at", typed("datetime"), nullable=False),
        sa.Column("finished_at", typed("datetime"), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("api_calls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "run_lock",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("acquired_at", typed("datetime"), nullable=True),
        sa.Column("expires_at", typed("datetime"), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_run_lock")),
    )
    op.create_table(
        "run_object",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("received", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("applied", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("held", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quarantined", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unknown", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waiting", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("put_back", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("run", "object", name=op.f("pk_run_object")),
    )
    op.create_table(
        "run_operation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("at", typed("datetime"), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_operation")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_run_operation_object_record_id"), "run_operation", ["object", "record_id"], unique=False)
    op.create_index(op.f("ix_run_operation_run"), "run_operation", ["run"], unique=False)
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "touched",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", typed("datetime"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_touched")),
        sa.UniqueConstraint("object", "id", name=op.f("uq_touched_object_id")),
        sqlite_autoincrement=True,
    )
    op.execute("INSERT INTO capture (id, enabled) VALUES (1, 1)")


def downgrade() -> None:
    """Leave an empty database."""

    op.drop_table("touched")
    op.drop_table("setting")
    op.drop_index(op.f("ix_run_operation_run"), table_name="run_operation")
    op.drop_index(op.f("ix_run_operation_object_record_id"), table_name="run_operation")
    op.drop_table("run_operation")
    op.drop_table("run_object")
    op.drop_table("run_lock")
    op.drop_table("run")
    op.drop_table("mirror_object")
    op.drop_table("mirror_column")
    op.drop_index(op.f("ix_issue_object_record_id"), table_name="issue")
    op.drop_index(op.f("ix_issue_closed_at"), table_name="issue")
    op.drop_table("issue")
    op.drop_table("intent")
    op.drop_index(op.f("ix_id_alias_id"), table_name="id_alias")
    op.drop_table("id_alias")
    op.drop_index(op.f("ix_conflict_object_record_id"), table_name="conflict")
    op.drop_index(op.f("ix_conflict_closed_at"), table_name="conflict")
    op.drop_table("conflict")
    op.drop_table("checkpoint")
    op.drop_index(op.f("ix_change_object_record_id"), table_name="change")
    op.drop_index(op.f("ix_change_object_field_until"), table_name="change")
    op.drop_table("change")
    op.drop_table("capture")
