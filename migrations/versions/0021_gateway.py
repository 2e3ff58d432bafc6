"""organisation: whether a phone is paired; reports that came before the id of their message was known"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OF_NOBODY = sa.text("attempt_id IS NULL AND provider_message_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("organisation", sa.Column("whatsapp_paired", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE organisation SET whatsapp_paired = (whatsapp_state = 'connected')")
    op.create_index(
        "ix_delivery_event_of_nobody",
        "delivery_event",
        ["received_at"],
        sqlite_where=_OF_NOBODY,
        postgresql_where=_OF_NOBODY,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_event_of_nobody", table_name="delivery_event")
    op.drop_column("organisation", "whatsapp_paired")
