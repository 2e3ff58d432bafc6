"""inbound_message: what people answered"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("medium", _one_of("email", "sms", "whatsapp", name="medium"), nullable=False),
        sa.Column("provider", sqlmodel.AutoString(length=32), nullable=False),
        sa.Column("provider_message_id", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("address", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("text", sqlmodel.AutoString(length=4000), nullable=False),
        sa.Column("keyword", _one_of("stop", "start", name="keyword"), nullable=True),
        sa.Column("received_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_inbound_message_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint(
            "provider", "provider_message_id", name=op.f("uq_inbound_message_provider_provider_message_id")
        ),
    )
    op.create_index("ix_inbound_message_address", "inbound_message", ["address", "received_at"])
    op.create_index("ix_inbound_message_contact", "inbound_message", ["contact_id", "received_at"])


def downgrade() -> None:
    op.drop_table("inbound_message")


def _one_of(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
