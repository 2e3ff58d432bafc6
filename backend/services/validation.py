"""Validate and send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from backend.domain.channels import Channel, Medium
from backend.domain.statuses import Reason
from backend.services.acting import ActingUser


@dataclass(frozen=True, slots=True)
class ValidationSummary:
    """What confirming would do, computed now. Credits are SMS segments."""

    campaign_id: int
    title: str
    channel: Channel
    recipients: Mapping[Medium, int]
    left_out: Mapping[Reason, int]
    credits_needed: int
    credits_available: int
    scheduled_at: datetime | None
    time_zone: str
    schedule_passed: bool
    empty_fields: Mapping[str, int]
    whatsapp_connected: bool

    @property
    def total(self) -> int:
        return sum(self.recipients.values())

    @property
    def credits_missing(self) -> int:
        return max(self.credits_needed - self.credits_available, 0)


def summarise(actor: ActingUser, campaign_id: int) -> ValidationSummary:
    raise NotImplementedError


def validate_campaign(actor: ActingUser, campaign_id: int, *, send_now: bool = False) -> ValidationSummary:
    raise NotImplementedError
