"""What a claim writes: no id of its own, and not the index of the addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LEASED = sa.text("lease_until IS NOT NULL")
_NOT_SKIPPED = sa.text("address IS NOT NULL AND status <> 'skipped'")
_WITHOUT_REASON = sa.text("address IS NOT NULL AND reason IS NULL")


def upgrade() -> None:
    op.drop_index("ix_recipient_claim_id", table_name="recipient")
    op.drop_index("ix_attempt_claim_id", table_name="attempt")
    op.drop_column("recipient", "claim_id")
    op.drop_column("attempt", "claim_id")
    _hold_addresses(_WITHOUT_REASON)


def downgrade() -> None:
    _hold_addresses(_NOT_SKIPPED)
    op.add_column("attempt", sa.Column("claim_id", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("recipient", sa.Column("claim_id", sa.String(length=32), nullable=True))
    op.create_index("ix_attempt_claim_id", "attempt", ["claim_id"])
    op.create_index("ix_recipient_claim_id", "recipient", ["claim_id"], sqlite_where=_LEASED, postgresql_where=_LEASED)


def _hold_addresses(condition: sa.TextClause) -> None:
    op.drop_index("uq_recipient_campaign_address", table_name="recipient")
    op.create_index(
        "uq_recipient_campaign_address",
        "recipient",
        ["campaign_id", "address"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
