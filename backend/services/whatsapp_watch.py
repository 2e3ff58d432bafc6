"""Keep an eye on the WhatsApp account: store how it stands, and bring back a session that a phone is paired with.

A session that fails or stops needs no person as long as its phone is paired: it is started again, each time later. One
that shows a code has been logged out: only a scan helps, and starting it again would only make new codes.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from backend.database import reading, unit_of_work
from backend.domain.channels import ConnectionState
from backend.logs import get_logger
from backend.providers.whatsapp.gateway import connection_state, session_status, start_again, state_of
from backend.providers.whatsapp.sessions import SessionStatus
from backend.repositories import organisations
from backend.services import upkeep
from backend.settings import Settings

log = get_logger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 300.0
_DOWN = frozenset({SessionStatus.FAILED, SessionStatus.STOPPED})


@dataclass(slots=True)
class WhatsAppWatch:
    """One for the life of a scheduler: it remembers how often a session was started again, and until when to wait."""

    _tries: int = field(default=0, init=False)
    _not_before_s: float = field(default=0.0, init=False)

    def look(self, settings: Settings) -> ConnectionState:
        """Ask the gateway, store what it says, and start the session again when that is all that it needs."""
        if not settings.has_whatsapp_gateway:
            state = asyncio.run(connection_state(settings))
            upkeep.note_whatsapp_state(state)
            return state
        status = asyncio.run(session_status(settings))
        state = state_of(status)
        upkeep.note_whatsapp_state(state)
        if status is SessionStatus.WORKING:
            self._tries, self._not_before_s = 0, 0.0
        elif status is SessionStatus.SCAN_QR_CODE:
            with unit_of_work() as session:
                organisations.forget_phone(session)
        elif status is not None and status in _DOWN:
            self._start_again(settings, status)
        return state

    def _start_again(self, settings: Settings, status: SessionStatus) -> None:
        if time.monotonic() < self._not_before_s or not _is_paired():
            return
        pause_s = min(_FIRST_PAUSE_S * 2**self._tries, _LONGEST_PAUSE_S)
        self._tries, self._not_before_s = self._tries + 1, time.monotonic() + pause_s
        log.warning("whatsapp.starting_again", session=status.value, tries=self._tries, pause_s=pause_s)
        asyncio.run(start_again(settings, status))


def _is_paired() -> bool:
    with reading() as session:
        return organisations.get(session).whatsapp_paired
