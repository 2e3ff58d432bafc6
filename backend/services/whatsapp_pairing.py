"""Connecting the WhatsApp account: a code is shown, and a phone scans it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from backend import clock
from backend.database import unit_of_work
from backend.domain.channels import ConnectionState
from backend.domain.rights import Right
from backend.logs import get_logger
from backend.providers.whatsapp.sessions import GatewayUnreachableError, Session, SessionStatus, WhatsAppGateway
from backend.repositories import audit, organisations
from backend.services import upkeep
from backend.services.acting import ActingUser
from backend.settings import get_settings

log = get_logger(__name__)


class PairingState(StrEnum):
    """How far it got. `failed`: nothing is there to scan, and `begin` shows a new code.

    `starting` follows `scan` as well: the phone has scanned the code, and the account is being linked.
    """

    STARTING = "starting"
    SCAN = "scan"
    CONNECTED = "connected"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Pairing:
    """One look. `qr_text` and `expires_at` are set in `scan`, but between two codes.

    `number` (E.164) and `profile_name` are set in `connected`.

    Whoever has `qr_text` can pair a phone: it goes into the page and nowhere else.
    """

    state: PairingState
    qr_text: str = field(default="", repr=False)
    expires_at: datetime | None = None
    number: str = ""
    profile_name: str = ""


class _CodeOnShow:
    """Until when the code can be scanned. The gateway does not tell: WhatsApp replaces the first code of a
    session after 60 s, every later one after 20 s, and gives up after the seventh.
    """

    _FIRST = timedelta(seconds=60)
    _LATER = timedelta(seconds=20)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = ""
        self._expires_at: datetime | None = None

    def begin(self) -> None:
        """The next code is the first of its session."""
        with self._lock:
            self._text, self._expires_at = "", None

    def expiry_of(self, text: str, now: datetime) -> datetime:
        """When `text` will be replaced, counted from the first time it was seen."""
        with self._lock:
            before = self._expires_at
            if before is None or text != self._text:
                follows = before is not None and now < before + self._FIRST
                before = now + (self._LATER if follows else self._FIRST)
                self._text, self._expires_at = text, before
            return before


_code_on_show = _CodeOnShow()  # one account, hence one code


def begin(actor: ActingUser) -> Pairing:
    """Start a session that is stopped or has failed, and look. Safe to repeat.

    Raises:
        ForbiddenError: with neither `campaigns.send` nor `settings.edit`.
    """
    _require(actor)
    return _ask(_begin)


def look(actor: ActingUser) -> Pairing:
    """How the pairing stands. Once connected, stores it, so that waiting runs go on at once.

    Raises:
        ForbiddenError: with neither `campaigns.send` nor `settings.edit`.
    """
    _require(actor)
    return _ask(_look)


def disconnect(actor: ActingUser) -> Pairing:
    """Have the gateway forget the phone. Runs by WhatsApp wait from now on.

    Raises:
        ForbiddenError: without the right `settings.edit`.
    """
    actor.require(Right.SETTINGS_EDIT)
    with unit_of_work() as session:
        organisations.forget_phone(session)  # first: what stops now shall stay stopped
    pairing = _ask(_disconnect)
    if pairing.state is PairingState.FAILED:
        upkeep.note_whatsapp_state(ConnectionState.DISCONNECTED)
        with unit_of_work() as session:
            audit.record(session, "disconnect", "whatsapp", None, user_id=actor.id, actor=actor.email)
    return pairing


def _require(actor: ActingUser) -> None:
    if not actor.may(Right.SETTINGS_EDIT):
        actor.require(Right.CAMPAIGNS_SEND)


def _ask(question: Callable[[WhatsAppGateway], Awaitable[Pairing]]) -> Pairing:
    settings = get_settings()
    if not settings.whatsapp_gateway_url:
        return Pairing(PairingState.NOT_CONFIGURED)

    async def ask() -> Pairing:
        async with WhatsAppGateway(settings) as gateway:
            return await question(gateway)

    try:
        pairing = asyncio.run(ask())
    except GatewayUnreachableError as error:
        log.warning("whatsapp.gateway_unreachable", error=str(error))
        return Pairing(PairingState.UNREACHABLE)
    if pairing.state is PairingState.CONNECTED:
        upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    return pairing


async def _begin(gateway: WhatsAppGateway) -> Pairing:
    session = await gateway.find()
    if session.status in {SessionStatus.STOPPED, SessionStatus.FAILED}:
        _code_on_show.begin()
        session = await (gateway.start() if session.status is SessionStatus.STOPPED else gateway.restart())
    return await _pairing(gateway, session)


async def _look(gateway: WhatsAppGateway) -> Pairing:
    return await _pairing(gateway, await gateway.find())


async def _disconnect(gateway: WhatsAppGateway) -> Pairing:
    await gateway.log_out()
    return Pairing(PairingState.FAILED)


async def _pairing(gateway: WhatsAppGateway, session: Session) -> Pairing:
    if session.status is SessionStatus.WORKING:
        return Pairing(PairingState.CONNECTED, number=session.number, profile_name=session.profile_name)
    if session.status is SessionStatus.SCAN_QR_CODE:
        text = await gateway.qr_text()
        if text is None:  # it is about to change
            return Pairing(PairingState.SCAN)
        return Pairing(PairingState.SCAN, text, _code_on_show.expiry_of(text, clock.now()))
    starting = session.status is SessionStatus.STARTING
    return Pairing(PairingState.STARTING if starting else PairingState.FAILED)
