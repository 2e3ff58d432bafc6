"""user_account: up to which movement of credits a user has seen the notice of low credit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("low_credit_seen_id", sa.Integer(), server_default=sa.text("0"), nullable=False)
    op.add_column("user_account", column)


def downgrade() -> None:
    op.drop_column("user_account", "low_credit_seen_id")
