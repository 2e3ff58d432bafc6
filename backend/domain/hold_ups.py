"""What holds up a run that should be sending: its provider, or that nobody works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.channels import Medium


class HoldUpCode(StrEnum):
    """Why a run does not move. A standstill is found when reading; the others are written down."""

    PROVIDER_UNREACHABLE = "provider_unreachable"
    PROVIDER_BUSY = "provider_busy"
    PROVIDER_ERROR = "provider_error"  # whether it took the messages is not known
    DAILY_CAP = "daily_cap"  # as many as the number may send in one day have left
    FILES_UNREADABLE = "files_unreadable"  # the store of documents does not give them
    STANDSTILL = "standstill"


@dataclass(frozen=True, slots=True)
class HoldUp:
    """`medium` says whose provider; None at a standstill."""

    code: HoldUpCode
    since: datetime
    medium: Medium | None = None


def why_put_back(vendor_code: str | None) -> HoldUpCode:
    """What the code of a message that was certainly not taken says of its provider."""
    return HoldUpCode.PROVIDER_UNREACHABLE if vendor_code == "not_connected" else HoldUpCode.PROVIDER_BUSY
