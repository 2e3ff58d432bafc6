"""attempt, credit_ledger: what earlier tries were charged, the order a movement is of, the seller; what is owed is found"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_OWES, _OF_AN_ORDER = sa.text("owed_credits > 0"), sa.text("order_id IS NOT NULL")

# What recipients were charged before their current try was for the last SMS before it.
_CHARGES = """
UPDATE attempt SET charged = (SELECT segments_before FROM recipient WHERE recipient.id = attempt.recipient_id)
WHERE medium = 'sms' AND EXISTS (
    SELECT 1 FROM recipient
    WHERE recipient.id = attempt.recipient_id AND recipient.segments_before > 0 AND attempt.number = (
        SELECT max(earlier.number) FROM attempt AS earlier
        WHERE earlier.recipient_id = recipient.id AND earlier.medium = 'sms'
          AND earlier.number < recipient.first_attempt
    )
)
"""
_ORDERS = """
UPDATE credit_ledger SET order_id = (
    SELECT credit_order.id FROM credit_order
    WHERE credit_ledger.idempotency_key = 'order:' || credit_order.reference
       OR (credit_ledger.idempotency_key IS NULL AND credit_ledger.note IN (
              'Payment returned: order ' || credit_order.reference, 'Dispute won: order ' || credit_order.reference))
)
WHERE kind IN ('purchase', 'adjust')
"""


def upgrade() -> None:
    op.add_column("attempt", sa.Column("charged", sa.Integer(), nullable=True))
    op.execute(_CHARGES)
    # SQLite takes a foreign key only together with its column, which alembic does not write.
    op.execute(
        """ALTER TABLE credit_ledger ADD COLUMN order_id INTEGER
        CONSTRAINT fk_credit_ledger_order_id_credit_order REFERENCES credit_order (id)"""
    )
    op.execute(_ORDERS)
    op.create_index(
        "ix_credit_ledger_order_id", "credit_ledger", ["order_id"],
        sqlite_where=_OF_AN_ORDER, postgresql_where=_OF_AN_ORDER,
    )
    op.add_column("credit_order", sa.Column("sold_by", sqlmodel.AutoString(length=400), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_credit_order_owed", "credit_order", ["id"], sqlite_where=_OWES, postgresql_where=_OWES)


def downgrade() -> None:
    op.drop_index("ix_credit_order_owed", "credit_order")
    op.drop_index("ix_credit_ledger_order_id", "credit_ledger")
    op.execute("ALTER TABLE credit_order DROP COLUMN sold_by")
    op.execute("ALTER TABLE credit_ledger DROP COLUMN order_id")
    op.execute("ALTER TABLE attempt DROP COLUMN charged")
