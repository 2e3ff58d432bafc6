"""contact: pages of recipients follow each other in the order of names, also among people of one name"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_contact_name", "contact")
    op.create_index("ix_contact_name", "contact", ["last_name", "first_name", "id"])


def downgrade() -> None:
    op.drop_index("ix_contact_name", "contact")
    op.create_index("ix_contact_name", "contact", ["last_name", "first_name"])
