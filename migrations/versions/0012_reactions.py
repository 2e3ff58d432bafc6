"""recipients' views and clicks, and when the counters of campaigns changed"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = "campaign_id, kind, item_id, recipient_id, count, first_at, last_at"


def upgrade() -> None:
    # SQLite takes a check only together with its column, which alembic does not write.
    for table, column in (("recipient", "views"), ("recipient", "clicks"), ("campaign", "clicked_count")):
        op.execute(
            f"""ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0
            CONSTRAINT ck_{table}_{column} CHECK ({column} >= 0)"""
        )
    op.create_table(
        "campaign_minute",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("medium", sqlmodel.AutoString(length=16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("processed", "sent", "delivered", "read", "failed")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_minute_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "minute", "medium", name=op.f("pk_campaign_minute")),
    )
    op.create_table(
        "clicked_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        _kind("link", "file", "address", name="clickedkind"),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("url", sqlmodel.AutoString(length=2000), nullable=False),
        sa.Column("sha256", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0 AND clicks >= people", name=op.f("ck_clicked_link_people")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_clicked_link_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clicked_link")),
        sa.UniqueConstraint(
            "campaign_id", "kind", "item_id", "sha256", name=op.f("uq_clicked_link_campaign_id_kind_item_id_sha256")
        ),
    )
    _remake_clicks("link", "file", "address", name="clickedkind")
    _count_what_is_there()


def downgrade() -> None:
    op.execute("DELETE FROM link_click WHERE kind = 'address'")
    _remake_clicks("link", "file", name="itemkind")
    op.drop_table("clicked_link")
    op.drop_table("campaign_minute")
    for table, column in (("campaign", "clicked_count"), ("recipient", "clicks"), ("recipient", "views")):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _kind(*kinds: str, name: str) -> sa.Column[str]:
    return sa.Column(
        "kind", sa.Enum(*kinds, name=name, native_enum=False, create_constraint=True, length=32), nullable=False
    )


def _remake_clicks(*kinds: str, name: str) -> None:
    """Write the table of clicks anew: SQLite cannot change a check."""
    op.execute(f"CREATE TABLE link_click_before AS SELECT {_KEY} FROM link_click")
    op.drop_table("link_click")
    op.create_table(
        "link_click",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        _kind(*kinds, name=name),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.Column("last_at", sqlmodel.UTCDateTime(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_link_click_count")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_link_click_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "kind", "item_id", "recipient_id", name=op.f("pk_link_click")),
    )
    op.execute(f"INSERT INTO link_click ({_KEY}) SELECT {_KEY} FROM link_click_before")
    op.drop_table("link_click_before")


def _count_what_is_there() -> None:
    """Clicks on short links, at once; views and clicks that were reported, by having their reports applied again."""
    op.execute(
        """INSERT INTO clicked_link (campaign_id, kind, item_id, url, sha256, people, clicks)
        SELECT campaign_id, kind, item_id, '', '', count(*), sum(count) FROM link_click
        WHERE recipient_id <> 0 GROUP BY campaign_id, kind, item_id"""
    )
    op.execute(
        """UPDATE recipient SET clicks = (SELECT sum(count) FROM link_click
            WHERE link_click.campaign_id = recipient.campaign_id AND link_click.recipient_id = recipient.id)
        WHERE EXISTS (SELECT 1 FROM link_click
            WHERE link_click.campaign_id = recipient.campaign_id AND link_click.recipient_id = recipient.id)"""
    )
    op.execute(
        """UPDATE campaign SET clicked_count = (SELECT count(*) FROM recipient
            WHERE recipient.campaign_id = campaign.id AND recipient.clicks > 0)
        WHERE EXISTS (SELECT 1 FROM link_click WHERE link_click.campaign_id = campaign.id)"""
    )
    op.execute("UPDATE delivery_event SET applied_at = NULL WHERE word IN ('open', 'read', 'click')")
    seconds = (
        "CAST(strftime('%s', coalesce(started_at, validated_at)) AS INTEGER)"
        if op.get_bind().dialect.name == "sqlite"
        else "CAST(floor(extract(epoch FROM coalesce(started_at, validated_at))) AS INTEGER)"
    )
    # When they changed is not known any more: everything at the beginning.
    op.execute(
        f"""INSERT INTO campaign_minute (campaign_id, minute, medium, processed, sent, delivered, read, failed)
        SELECT campaign.id, {seconds} / 60, coalesce(medium, ''),
            sum(CASE WHEN recipient.status IN ('accepted', 'unknown', 'sent', 'delivered', 'read', 'failed')
                THEN 1 ELSE 0 END),
            sum(CASE WHEN recipient.status = 'sent' THEN 1 ELSE 0 END),
            sum(CASE WHEN recipient.status = 'delivered' THEN 1 ELSE 0 END),
            sum(CASE WHEN recipient.status = 'read' THEN 1 ELSE 0 END),
            sum(CASE WHEN recipient.status = 'failed' THEN 1 ELSE 0 END)
        FROM campaign JOIN recipient ON recipient.campaign_id = campaign.id
        WHERE campaign.status = 'VALIDATE'
        GROUP BY campaign.id, {seconds}, coalesce(medium, '')"""
    )
