"""recipient: what PostgreSQL's indexes have instead of the status, which a report about a sent message leaves as it is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_GROUP = "CASE WHEN status IN ('sent', 'delivered', 'read') THEN 'sent' ELSE status END"
_PENDING = sa.text("status = 'pending'")
_PENDING_GROUP = sa.text("status_group = 'pending'")


def upgrade() -> None:
    if _on_postgresql():
        # Room for what comes of a recipient, on its own page: only then can its indexes be left alone.
        op.execute("ALTER TABLE recipient SET (fillfactor = 70)")
        op.add_column("recipient", sa.Column("status_group", sa.String(32), sa.Computed(_GROUP, persisted=True)))
        _index_anew("status_group", _PENDING_GROUP)


def downgrade() -> None:
    if _on_postgresql():
        _index_anew("status", _PENDING)
        op.drop_column("recipient", "status_group")
        op.execute("ALTER TABLE recipient RESET (fillfactor)")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _index_anew(status: str, is_pending: sa.TextClause) -> None:
    op.drop_index("ix_recipient_pending", "recipient")
    op.drop_index("ix_recipient_status", "recipient")
    op.create_index("ix_recipient_status", "recipient", ["campaign_id", status, "id"])
    op.create_index("ix_recipient_pending", "recipient", ["campaign_id", "medium", "id"], postgresql_where=is_pending)
