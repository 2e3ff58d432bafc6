"""What the editor of a campaign offers to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.channels import Channel


class NotOffered(StrEnum):
    """Why a channel cannot be chosen: the medium of it that is missing, and what is missing there."""

    EMAIL_SENDER = "email_sender"
    SMS_SENDER = "sms_sender"
    SMS_SUBSCRIPTION = "sms_subscription"
    WHATSAPP_SENDER = "whatsapp_sender"


@dataclass(frozen=True, slots=True)
class ChannelOffer:
    """A channel, and what keeps it from being chosen; nothing, when it can be."""

    channel: Channel
    missing: Sequence[NotOffered]


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A category, and how many contacts it holds."""

    id: int
    name: str
    contact_count: int


@dataclass(frozen=True, slots=True)
class EditorOptions:
    """Everything an empty editor shows."""

    channels: Sequence[ChannelOffer]
    categories: Sequence[CategoryChoice]
    time_zone: str
