"""uploads, content that may be removed, and clicks on short links"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign_file", sa.Column("upload_id", sa.Integer(), nullable=True))
    op.create_index("ix_campaign_file_sha256", "campaign_file", ["sha256"])
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("document", "video", name="filekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.AutoString(length=255), nullable=False),
        sa.Column("content_type", sqlmodel.AutoString(length=127), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_upload_size")),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["user_account.id"],
            name=op.f("fk_upload_created_by_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sqlite_autoincrement=True,
    )
    for name in ("sha256", "created_by_id", "created_at"):
        op.create_index(f"ix_upload_{name}", "upload", [name])
    op.create_table(
        "discarded_content",
        sa.Column("sha256", sqlmodel.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_discarded_content")),
    )
    op.create_table(
        "link_click",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("link", "file", name="itemkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.Column("last_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_link_click_count")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_link_click_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "kind", "item_id", "recipient_id", name=op.f("pk_link_click")),
    )


def downgrade() -> None:
    for name in ("link_click", "discarded_content", "upload"):
        op.drop_table(name)
    op.drop_index("ix_campaign_file_sha256", "campaign_file")
    op.execute("ALTER TABLE campaign_file DROP COLUMN upload_id")
