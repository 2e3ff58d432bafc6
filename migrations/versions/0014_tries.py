"""recipient, attempt: tries, where an attempt went, and what somebody decided of one without an answer"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite takes a check only together with its column, which alembic does not write.
    for name, default, check in (("first_attempt", 1, "first_attempt >= 1"), ("segments_before", 0, "segments_before >= 0")):
        op.execute(
            f"""ALTER TABLE recipient ADD COLUMN {name} INTEGER DEFAULT {default} NOT NULL
            CONSTRAINT ck_recipient_{name} CHECK ({check})"""
        )
    op.add_column("attempt", sa.Column("sent_to", sqlmodel.AutoString(length=254), nullable=True))
    op.add_column("attempt", sa.Column("assumed_at", sqlmodel.UTCDateTime(), nullable=True))
    op.add_column("attempt", sa.Column("ask_since", sqlmodel.UTCDateTime(), nullable=True))


def downgrade() -> None:
    for table, names in (("attempt", ("ask_since", "assumed_at", "sent_to")), ("recipient", ("segments_before", "first_attempt"))):
        for name in names:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
