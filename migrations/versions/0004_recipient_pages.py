"""recipients: pages of one status are read from the index alone"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_recipient_status", "recipient")
    op.create_index("ix_recipient_status", "recipient", ["campaign_id", "status", "id"])


def downgrade() -> None:
    op.drop_index("ix_recipient_status", "recipient")
    op.create_index("ix_recipient_status", "recipient", ["campaign_id", "status"])
