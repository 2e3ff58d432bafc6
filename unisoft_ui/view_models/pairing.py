"""What the window that connects WhatsApp shows at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from backend.services.whatsapp_pairing import Pairing, PairingState
from unisoft_ui.view_models.phone_numbers import readable

# What was seen of a code is late by the pause between two looks.
_LATE_S = 4


@dataclass(frozen=True)
class Scene:
    """`status`: starting, scan, connecting, connected, expired, refused, unreachable or not_configured.

    `connecting`: the code was scanned. `left_percent` of the code's time is left; `countdown` as "0:38".
    """

    status: str = "starting"
    countdown: str = ""
    left_percent: int = 0
    number: str = ""
    profile_name: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether looking again would show nothing new."""
        return self.status in {"connected", "expired", "refused", "not_configured"}


class Codes:
    """The codes of one window, as they come: how long each is shown, and when the last one ended."""

    def __init__(self) -> None:
        self._text = ""
        self._expires_at: datetime | None = None
        self._span_s = 1.0

    def scene(self, pairing: Pairing, now: datetime) -> Scene:
        """What to show after a look."""
        if pairing.state is PairingState.SCAN and pairing.expires_at is not None:
            return self._scan(pairing.qr_text, pairing.expires_at, now)
        if pairing.state is PairingState.SCAN:
            return Scene("scan", "0:00") if self._text else Scene()
        if pairing.state is PairingState.STARTING and self._text:
            self._expires_at = None  # whatever ends it now, it is not the code's time
            return Scene("connecting")
        if pairing.state is PairingState.FAILED:
            return Scene("expired" if self._ran_out(now) else "refused")
        return Scene(pairing.state.value, number=readable(pairing.number), profile_name=pairing.profile_name)

    def _scan(self, text: str, expires_at: datetime, now: datetime) -> Scene:
        left_s = max((expires_at - now).total_seconds(), 0.0)
        if text != self._text:
            self._text, self._span_s = text, max(left_s, 1.0)
        self._expires_at = expires_at
        minutes, seconds = divmod(math.ceil(left_s), 60)
        return Scene("scan", f"{minutes}:{seconds:02}", min(round(left_s * 100 / self._span_s), 100))

    def _ran_out(self, now: datetime) -> bool:
        """A session whose codes run out fails as one that is refused: only the time tells them apart."""
        return self._expires_at is not None and (self._expires_at - now).total_seconds() <= _LATE_S
