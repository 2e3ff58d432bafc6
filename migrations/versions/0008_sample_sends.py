"""test messages, counted apart from campaigns"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_send",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("medium", sa.Enum("email", "sms", "whatsapp", native_enum=False, create_constraint=True,
                                    name="medium", length=32), nullable=False),
        sa.Column("address", sqlmodel.AutoString(length=254), nullable=False),
        sa.Column("status", sa.Enum("claimed", "accepted", "refused", "unknown", native_enum=False,
                                    create_constraint=True, name="samplestatus", length=32), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("vendor_code", sqlmodel.AutoString(length=64), nullable=True),
        sa.Column("created_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.CheckConstraint("segments >= 0", name=op.f("ck_sample_send_segments")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sample_send_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_send")),
    )
    op.create_index("ix_sample_send_user", "sample_send", ["user_id", "created_at"])
    op.create_index("ix_sample_send_status", "sample_send", ["status", "created_at"])


def downgrade() -> None:
    op.drop_table("sample_send")
