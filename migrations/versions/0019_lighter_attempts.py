"""attempt: its campaign without a key of its own, and an index that a change of status does not write"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEY = "fk_attempt_campaign_id_campaign"
_UNKNOWN = sa.text("status = 'unknown'")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def upgrade() -> None:
    op.drop_index("ix_attempt_unknown", "attempt")
    # Nothing refers to attempts, so that SQLite may make the table anew.
    with op.batch_alter_table("attempt") as batch:
        batch.drop_index("ix_attempt_campaign_id")
        batch.drop_constraint(_KEY, type_="foreignkey")
    # SQLite can add no column that is kept, and PostgreSQL before 18 no other one.
    is_kept = True if _on_postgresql() else None
    is_unknown = sa.Computed("status = 'unknown'", persisted=is_kept)
    op.add_column("attempt", sa.Column("is_unknown", sa.Boolean(), is_unknown, nullable=True))
    op.create_index(
        "ix_attempt_unknown", "attempt", ["id"], sqlite_where=_UNKNOWN, postgresql_where=sa.text("is_unknown")
    )
    if _on_postgresql():
        # Room for what comes of an attempt, on its own page: then its indexes are not written again.
        op.execute("ALTER TABLE attempt SET (fillfactor = 60)")


def downgrade() -> None:
    if _on_postgresql():
        op.execute("ALTER TABLE attempt RESET (fillfactor)")
    op.drop_index("ix_attempt_unknown", "attempt")
    op.drop_column("attempt", "is_unknown")
    with op.batch_alter_table("attempt") as batch:
        batch.create_foreign_key(_KEY, "campaign", ["campaign_id"], ["id"], ondelete="CASCADE")
        batch.create_index("ix_attempt_campaign_id", ["campaign_id"])
    op.create_index("ix_attempt_unknown", "attempt", ["id"], sqlite_where=_UNKNOWN, postgresql_where=_UNKNOWN)
