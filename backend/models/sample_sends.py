"""Messages that were sent to try a draft out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from backend.domain.channels import Medium
from backend.domain.statuses import SampleStatus
from backend.models.base import Table, created_field, enum_field


class SampleSend(Table, table=True):
    """One test message. Counted apart: it is no recipient of any campaign.

    Written before anything leaves, like an attempt. `segments` were reserved with it, and are charged or released.
    """

    __tablename__ = "sample_send"
    __table_args__ = (
        CheckConstraint("segments >= 0", name="segments"),
        Index("ix_sample_send_user", "user_id", "created_at"),
        Index("ix_sample_send_status", "status", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    medium: Medium = enum_field(Medium)
    address: str = Field(max_length=254)
    status: SampleStatus = enum_field(SampleStatus, SampleStatus.CLAIMED)
    segments: int = 0
    vendor_code: str | None = Field(default=None, max_length=64)
    created_at: datetime = created_field()
