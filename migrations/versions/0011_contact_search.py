"""contact: the text that a contact is found by"""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
import sqlmodel
from alembic import op

from backend.domain.contact_search import searched_text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_Parts = tuple[str, str, str, str | None, str | None]
_BATCH = 5_000
_SEARCHED = ("first_name", "last_name", "hebrew_first_name", "email", "mobile_e164")
_contact = sa.table("contact", sa.column("id", sa.Integer), *map(sa.column, (*_SEARCHED, "search_text")))


def upgrade() -> None:
    # With a default: SQLite could add it without one only by writing the table anew, and what refers to it with it.
    column = sa.Column("search_text", sqlmodel.AutoString(length=600), server_default=sa.text("''"), nullable=False)
    op.add_column("contact", column)
    _fill()


def downgrade() -> None:
    op.execute("ALTER TABLE contact DROP COLUMN search_text")


def _fill() -> None:
    connection, after = op.get_bind(), 0
    columns = [_contact.c[name] for name in ("id", *_SEARCHED)]
    write = _contact.update().where(_contact.c.id == sa.bindparam("row_id"))
    while rows := connection.execute(
        sa.select(*columns).where(_contact.c.id > after).order_by(_contact.c.id).limit(_BATCH)
    ).all():
        connection.execute(
            write.values(search_text=sa.bindparam("text")),
            [{"row_id": row[0], "text": searched_text(*cast("_Parts", row[1:]))} for row in rows],
        )
        after = rows[-1][0]
