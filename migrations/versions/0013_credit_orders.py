"""orders of credits, reports of payments, and movements that happen once"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATUSES = ("created", "pending", "paid", "expired", "failed", "refunded", "disputed")

_FILL = """
UPDATE credit_ledger SET available_after = running.available
FROM (
    SELECT id, SUM(
        CASE WHEN kind = 'reserve' THEN -amount WHEN kind = 'charge' THEN 0 ELSE amount END
    ) OVER (ORDER BY id) AS available
    FROM credit_ledger
) AS running
WHERE running.id = credit_ledger.id
"""


def upgrade() -> None:
    op.add_column("credit_ledger", sa.Column("idempotency_key", sqlmodel.AutoString(length=100), nullable=True))
    op.create_index("ix_credit_ledger_idempotency_key", "credit_ledger", ["idempotency_key"], unique=True)
    op.create_index("ix_credit_ledger_kind", "credit_ledger", ["kind", "id"])
    op.create_index("ix_credit_ledger_created_at", "credit_ledger", ["created_at"])
    # With a default: SQLite could add it without one only by writing the table anew.
    column = sa.Column("available_after", sa.Integer(), server_default=sa.text("0"), nullable=False)
    op.add_column("credit_ledger", column)
    op.execute(_FILL)
    op.create_table(
        "credit_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*_STATUSES, name="orderstatus", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.Integer(), nullable=False),
        sa.Column("vat_minor", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("vat_basis_points", sa.Integer(), nullable=False),
        sa.Column("currency", sqlmodel.AutoString(length=3), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("buyer", sqlmodel.AutoString(length=254), nullable=False),
        sa.Column("checkout_id", sqlmodel.AutoString(length=200), nullable=True),
        sa.Column("checkout_url", sqlmodel.AutoString(length=2000), nullable=False),
        sa.Column("payment_id", sqlmodel.AutoString(length=200), nullable=True),
        sa.Column("refunded_minor", sa.Integer(), nullable=False),
        sa.Column("disputed_minor", sa.Integer(), nullable=False),
        sa.Column(
            "dispute",
            sa.Enum(
                "open", "won", "lost", name="disputestate", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("returned_credits", sa.Integer(), nullable=False),
        sa.Column("owed_credits", sa.Integer(), nullable=False),
        sa.Column("receipt_number", sa.Integer(), nullable=True),
        sa.Column("billed_to", sqlmodel.AutoString(length=250), nullable=False),
        sa.Column("created_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.Column("asked_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.Column("paid_at", sqlmodel.UTCDateTime(), nullable=True),
        sa.CheckConstraint("credits > 0", name=op.f("ck_credit_order_credits")),
        sa.CheckConstraint(
            "net_minor > 0 AND vat_minor >= 0 AND total_minor = net_minor + vat_minor",
            name=op.f("ck_credit_order_amounts"),
        ),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND disputed_minor >= 0", name=op.f("ck_credit_order_returned_minor")
        ),
        sa.CheckConstraint(
            "returned_credits >= 0 AND owed_credits >= 0", name=op.f("ck_credit_order_returned_credits")
        ),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (receipt_number IS NULL)", name=op.f("ck_credit_order_paid_has_receipt")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_credit_order_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_order")),
        sa.UniqueConstraint("reference", name=op.f("uq_credit_order_reference")),
        sa.UniqueConstraint("checkout_id", name=op.f("uq_credit_order_checkout_id")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_credit_order_receipt_number")),
    )
    op.create_index("ix_credit_order_status", "credit_order", ["status", "asked_at"])
    op.create_index("ix_credit_order_user", "credit_order", ["user_id", "created_at"])
    op.create_index("ix_credit_order_payment_id", "credit_order", ["payment_id"])
    op.create_table(
        "payment_report",
        sa.Column("event_id", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["credit_order.id"], name=op.f("fk_payment_report_order_id_credit_order")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_payment_report")),
    )
    op.create_index("ix_payment_report_order_id", "payment_report", ["order_id"])


def downgrade() -> None:
    op.drop_table("payment_report")
    op.drop_table("credit_order")
    op.execute("ALTER TABLE credit_ledger DROP COLUMN available_after")
    for name in ("created_at", "kind", "idempotency_key"):
        op.drop_index(f"ix_credit_ledger_{name}", "credit_ledger")
    op.execute("ALTER TABLE credit_ledger DROP COLUMN idempotency_key")
