"""waiting_event: reports that have not had their effect yet"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_event",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_waiting_event")),
    )
    op.execute("INSERT INTO waiting_event (event_id) SELECT id FROM delivery_event WHERE applied_at IS NULL")
    op.drop_index("ix_delivery_event_unapplied", "delivery_event")
    op.drop_column("delivery_event", "applied_at")


def downgrade() -> None:
    op.add_column("delivery_event", sa.Column("applied_at", sqlmodel.UTCDateTime(), nullable=True))
    op.execute(
        "UPDATE delivery_event SET applied_at = received_at WHERE id NOT IN (SELECT event_id FROM waiting_event)"
    )
    unapplied = sa.text("applied_at IS NULL")
    op.create_index(
        "ix_delivery_event_unapplied", "delivery_event", ["id"], sqlite_where=unapplied, postgresql_where=unapplied
    )
    op.drop_table("waiting_event")
