"""Who opened what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from backend.domain.short_links import NOBODY, ItemKind
from backend.models.base import Table, created_field, enum_field


class LinkClick(Table, table=True):
    """How often one recipient opened one link or file of a campaign by its short link.

    `recipient_id` is 0 where a message was only tried out; `item_id` is that of the campaign's link or file.
    """

    __tablename__ = "link_click"
    __table_args__ = (CheckConstraint("count > 0", name="count"),)

    campaign_id: int = Field(foreign_key="campaign.id", primary_key=True, ondelete="CASCADE")
    kind: ItemKind = enum_field(ItemKind, primary_key=True)
    item_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    recipient_id: int = Field(default=NOBODY, primary_key=True, sa_column_kwargs={"autoincrement": False})
    count: int = 1
    first_at: datetime = created_field()
    last_at: datetime = created_field()
