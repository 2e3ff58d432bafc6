"""A WhatsApp account and the phone it lives on: what the simulated gateway's session goes through.

Source of the times: WAHA's session life cycle (the first code lasts 60 s, six more 20 s each, then it fails).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

NUMBER = "+33142001836"
PROFILE_NAME = "Beth Shalom"
_CODES = 7
_FIRST_CODE_S, _CODE_S = 60.0, 20.0
_TO_BE_LINKED = {"SCAN_QR_CODE", "STARTING"}


@dataclass(slots=True)
class PretendPhone:
    """Connected from the start. `tell` is called with every status the session comes to."""

    tell: Callable[[str], None] = lambda _status: None
    now_s: Callable[[], float] = time.monotonic
    number: str = NUMBER
    profile_name: str = PROFILE_NAME
    is_paired: bool = True
    _status: str = "WORKING"
    _codes: list[str] = field(default_factory=list)
    _code_ends_s: float = 0.0

    @property
    def status(self) -> str:
        """The gateway's word; a session whose codes ran out has failed."""
        self._follow_the_clock()
        return self._status

    @property
    def qr_text(self) -> str | None:
        """What the code on show says; None when there is none."""
        self._follow_the_clock()
        return self._codes[0] if self._status == "SCAN_QR_CODE" else None

    def start(self) -> None:
        """A paired phone is there again; without one a code is shown. Nothing happens to a session that runs."""
        if self.status == "STOPPED":
            self.restart()

    def restart(self) -> None:
        """Start whatever it is now. A paired phone stays paired."""
        if self.is_paired:
            self._become("WORKING")
        else:
            self._show_codes()

    def stop(self) -> None:
        """No session; the phone stays paired."""
        self._become("STOPPED")

    def log_out(self) -> None:
        """The gateway forgets the phone, and asks for another one when it is running."""
        self.is_paired = False
        if self.status != "STOPPED":
            self._show_codes()

    def link(self) -> bool:
        """The phone scans the code on show, and the account is being linked until `scan`; False when there is none."""
        if self.status != "SCAN_QR_CODE":
            return False
        self._become("STARTING")
        return True

    def scan(self, number: str = "", profile_name: str = "") -> bool:
        """The phone scans the code on show, or ends what `link` began; False when there is neither."""
        if self.status not in _TO_BE_LINKED:
            return False
        self.number, self.profile_name, self.is_paired = number or NUMBER, profile_name or PROFILE_NAME, True
        self._become("WORKING")
        return True

    def refuse(self) -> bool:
        """The person on the phone refuses; False when nothing was asked."""
        if self.status not in _TO_BE_LINKED:
            return False
        self._become("FAILED")
        return True

    def next_code(self) -> bool:
        """The code on show ends now; after the last one the session fails. False when there is none."""
        if self.status != "SCAN_QR_CODE":
            return False
        self._code_ends_s = self.now_s()
        self._follow_the_clock()
        return True

    def expire(self) -> bool:
        """All codes end unscanned; False when there is none."""
        return self.status == "SCAN_QR_CODE" and self.refuse()

    def unlink(self) -> bool:
        """The person logs the gateway out, on the phone; False when it is not logged in."""
        if self.status != "WORKING":
            return False
        self.change(connected=False)
        return True

    def drop(self) -> bool:
        """The session fails, and the phone stays paired; False when it is not running."""
        if self.status != "WORKING":
            return False
        self._become("FAILED")
        return True

    def connect(self) -> bool:
        """Be connected, whatever was before; always possible."""
        self.change(connected=True)
        return True

    def change(self, *, connected: bool) -> None:
        """Be connected or not, whatever was before."""
        self.is_paired = connected
        self._become("WORKING" if connected else "FAILED")

    def _show_codes(self) -> None:
        self._codes = [_new_code() for _ in range(_CODES)]
        self._code_ends_s = self.now_s() + _FIRST_CODE_S
        self._become("SCAN_QR_CODE")

    def _follow_the_clock(self) -> None:
        while self._status == "SCAN_QR_CODE" and self.now_s() >= self._code_ends_s:
            self._codes.pop(0)
            self._code_ends_s += _CODE_S
            if not self._codes:
                self._become("FAILED")

    def _become(self, status: str) -> None:
        changes, self._status = status != self._status, status
        if changes:
            self.tell(status)


def _new_code() -> str:
    """As long as a real one: a reference, three keys and a version."""
    return ",".join(["2@" + secrets.token_urlsafe(96), *(secrets.token_urlsafe(32) for _ in range(3)), "1"])
