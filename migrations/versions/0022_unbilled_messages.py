"""attempt: how an SMS ended that came to nothing, and whether its credits were given back; organisation: one setting less"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_UNJUDGED = sa.text("unjudged_since IS NOT NULL")

# What came to nothing before waits to be judged like everything else.
_REPORTED = "SELECT 1 FROM delivery_event WHERE delivery_event.attempt_id = attempt.id AND word"
_ENDED = f"""
UPDATE attempt SET
    ended_as = CASE
        WHEN EXISTS ({_REPORTED} = 'read') THEN 'read'
        WHEN EXISTS ({_REPORTED} = 'delivered') THEN 'delivered'
        WHEN EXISTS ({_REPORTED} = 'undelivered') THEN 'undelivered'
        ELSE 'failed'
    END,
    unjudged_since = (SELECT max(received_at) FROM delivery_event WHERE delivery_event.attempt_id = attempt.id)
WHERE medium = 'sms' AND provider = 'twilio' AND status IN ('failed', 'skipped')
  AND EXISTS ({_REPORTED} IN ('read', 'delivered', 'undelivered', 'failed'))
"""


def upgrade() -> None:
    # Without a length, whose brackets SQLAlchemy takes for those of the computed column when it reads SQLite's tables.
    op.add_column("attempt", sa.Column("ended_as", sqlmodel.AutoString(), nullable=True))
    op.add_column("attempt", sa.Column("unjudged_since", sqlmodel.UTCDateTime(), nullable=True))
    op.add_column("attempt", sa.Column("refunded_at", sqlmodel.UTCDateTime(), nullable=True))
    op.execute(_ENDED)
    op.create_index(
        "ix_attempt_unjudged", "attempt", ["unjudged_since"], sqlite_where=_UNJUDGED, postgresql_where=_UNJUDGED
    )
    # Nothing ever asked for it: what is given back is said by SMS_UNBILLED_OUTCOMES.
    op.execute("ALTER TABLE organisation DROP COLUMN refund_unbilled")


def downgrade() -> None:
    op.add_column("organisation", sa.Column("refund_unbilled", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.drop_index("ix_attempt_unjudged", "attempt")
    for name in ("refunded_at", "unjudged_since", "ended_as"):
        op.execute(f"ALTER TABLE attempt DROP COLUMN {name}")
