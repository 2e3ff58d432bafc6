"""When the counters of a campaign changed."""

from __future__ import annotations

from sqlmodel import Field

from backend.models.base import Table

NO_MEDIUM = ""
"""In place of a medium, for recipients that nothing can be sent to."""


class CampaignMinute(Table, table=True):
    """By how much recipients of a campaign came to an outcome in one minute on one medium; may be negative.

    All rows of a campaign add up to its counters at every moment, because both change in one transaction. `minute`
    counts from 1970-01-01 00:00 UTC. `processed`: handed over, or failed, whatever came of it since.
    """

    __tablename__ = "campaign_minute"

    campaign_id: int = Field(foreign_key="campaign.id", primary_key=True, ondelete="CASCADE")
    minute: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    medium: str = Field(default=NO_MEDIUM, primary_key=True, max_length=16)
    processed: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
