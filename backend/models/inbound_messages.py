"""What people answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from backend.domain.channels import Medium
from backend.domain.keywords import Keyword
from backend.models.base import Table, enum_field

LONGEST_TEXT = 4_000
LONGEST_ADDRESS = 64
LONGEST_MESSAGE_ID = 200


class InboundMessage(Table, table=True):
    """One message from a person, once however often its provider tells it.

    `contact_id`: who alone had the address when it came; None when nobody or several had it, and then it is everybody's
    who has it. It goes with its contact. `text`: at most its first 4,000 characters, "" for a picture without words.
    `received_at`: when the provider had it, by its own clock where it tells so.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("provider", "provider_message_id"),
        Index("ix_inbound_message_address", "address", "received_at"),
        Index("ix_inbound_message_contact", "contact_id", "received_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int | None = Field(default=None, foreign_key="contact.id", ondelete="CASCADE")
    medium: Medium = enum_field(Medium)
    provider: str = Field(max_length=32)
    provider_message_id: str = Field(max_length=LONGEST_MESSAGE_ID)
    address: str = Field(max_length=LONGEST_ADDRESS)
    text: str = Field(max_length=LONGEST_TEXT)
    keyword: Keyword | None = enum_field(Keyword, nullable=True)
    received_at: datetime
