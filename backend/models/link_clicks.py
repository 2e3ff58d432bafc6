"""Who opened what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from backend.domain.reactions import ClickedKind
from backend.domain.short_links import NOBODY
from backend.models.base import Table, created_field, enum_field


class ClickedLink(Table, table=True):
    """Something of a campaign that was opened: by how many people, and how often.

    `item_id` is that of the campaign's link or file. An address in the text of an email has none, but its `url` and
    the SHA-256 of that; where it is empty, it stands for all addresses beyond those that are told apart.
    Rows of `link_click` add up to these, but for messages that were only tried out.
    """

    __tablename__ = "clicked_link"
    __table_args__ = (
        UniqueConstraint("campaign_id", "kind", "item_id", "sha256"),
        CheckConstraint("people >= 0 AND clicks >= people", name="people"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", ondelete="CASCADE")
    kind: ClickedKind = enum_field(ClickedKind)
    item_id: int = 0
    url: str = Field(default="", max_length=2000)
    sha256: str = Field(default="", max_length=64)
    people: int = 0
    clicks: int = 0


class LinkClick(Table, table=True):
    """How often one recipient opened one thing of a campaign.

    `recipient_id` is 0 where a message was only tried out; `item_id` is that of the campaign's link or file, or the id
    of the `clicked_link` of an address.
    """

    __tablename__ = "link_click"
    __table_args__ = (CheckConstraint("count > 0", name="count"),)

    campaign_id: int = Field(foreign_key="campaign.id", primary_key=True, ondelete="CASCADE")
    kind: ClickedKind = enum_field(ClickedKind, primary_key=True)
    item_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    recipient_id: int = Field(default=NOBODY, primary_key=True, sa_column_kwargs={"autoincrement": False})
    count: int = 1
    first_at: datetime = created_field()
    last_at: datetime = created_field()
