"""template: what its author wrote beside what is sent, its version, and what it is found by"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

from backend.domain.search import fold

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_LISTED = sa.text("deleted_at IS NULL")
_FROM_TEMPLATE = sa.text("template_id IS NOT NULL AND deleted_at IS NULL")
_template = sa.table("template", *(sa.column(name) for name in ("id", "name", "subject", "html", "search_text", "source")))


def upgrade() -> None:
    # SQLite takes a check only together with its column, which alembic does not write.
    op.execute(
        """ALTER TABLE template ADD COLUMN format VARCHAR(32) DEFAULT 'html' NOT NULL
        CONSTRAINT ck_template_templateformat CHECK (format IN ('html', 'mjml'))"""
    )
    op.add_column("template", sa.Column("source", sqlmodel.AutoString(), nullable=False, server_default=""))
    op.add_column("template", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "template", sa.Column("search_text", sqlmodel.AutoString(length=400), nullable=False, server_default="")
    )
    _fill_in()
    op.create_index(
        "ix_template_list", "template", ["updated_at", "id"], sqlite_where=_LISTED, postgresql_where=_LISTED
    )
    op.create_index(
        "ix_campaign_template",
        "campaign",
        ["template_id"],
        sqlite_where=_FROM_TEMPLATE,
        postgresql_where=_FROM_TEMPLATE,
    )


def downgrade() -> None:
    op.drop_index("ix_campaign_template", table_name="campaign")
    op.drop_index("ix_template_list", table_name="template")
    for name in ("search_text", "version", "source", "format"):
        op.execute(f"ALTER TABLE template DROP COLUMN {name}")


def _fill_in() -> None:
    connection = op.get_bind()
    connection.execute(sa.update(_template).values(source=_template.c.html))
    rows = connection.execute(sa.select(_template.c.id, _template.c.name, _template.c.subject)).all()
    for row in rows:
        found_by = fold(f"{row.name} {row.subject}")[:400]
        connection.execute(sa.update(_template).where(_template.c.id == row.id).values(search_text=found_by))
