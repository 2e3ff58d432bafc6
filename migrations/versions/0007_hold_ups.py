"""campaign: what holds its run up, and when a worker was last at it"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("worker_seen_at", sqlmodel.UTCDateTime(), nullable=True))
    op.add_column("campaign", sa.Column("held_up_code", sqlmodel.AutoString(length=32), nullable=True))
    op.add_column("campaign", sa.Column("held_up_since", sqlmodel.UTCDateTime(), nullable=True))
    # SQLite takes a check only together with its column, which alembic does not write.
    op.execute(
        """ALTER TABLE campaign ADD COLUMN held_up_medium VARCHAR(32)
        CONSTRAINT ck_campaign_held_up_medium CHECK (held_up_medium IN ('email', 'sms', 'whatsapp'))"""
    )


def downgrade() -> None:
    for name in ("held_up_medium", "held_up_since", "held_up_code", "worker_seen_at"):
        op.execute(f"ALTER TABLE campaign DROP COLUMN {name}")
