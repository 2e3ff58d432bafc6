"""What providers reported, kept raw."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from backend.domain.channels import Medium
from backend.models.base import Table, created_field, enum_field

_OF_NOBODY = text("attempt_id IS NULL AND provider_message_id IS NOT NULL")


class DeliveryEvent(Table, table=True):
    """One report about one attempt, in the vendor's word.

    Unique by the vendor's own key: a second delivery of the same report is not stored again.
    `attempt_id` has no foreign key, because a report may outlive the campaign it speaks of.
    """

    __tablename__ = "delivery_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        Index("ix_delivery_event_attempt_id", "attempt_id"),
        Index("ix_delivery_event_of_nobody", "received_at", sqlite_where=_OF_NOBODY, postgresql_where=_OF_NOBODY),
    )

    id: int | None = Field(default=None, primary_key=True)
    provider: str = Field(max_length=32)
    event_key: str = Field(max_length=200)
    word: str = Field(max_length=32)
    medium: Medium = enum_field(Medium)
    attempt_id: int | None = None
    provider_message_id: str | None = Field(default=None, max_length=200)
    vendor_code: str | None = Field(default=None, max_length=64)
    occurred_at: datetime
    received_at: datetime = created_field()
    payload: str


class WaitingEvent(Table, table=True):
    """A report that has not had its effect yet. A row of its own: noted at the report, PostgreSQL would write that and
    all its indexes a second time.
    """

    __tablename__ = "waiting_event"

    event_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
