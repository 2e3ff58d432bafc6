"""How WhatsApp stands: which way its messages go, whether it is connected, since when, and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.database import reading
from backend.domain.channels import ConnectionState, Medium
from backend.domain.rights import Right
from backend.rate_limits import used_of_day
from backend.repositories import audit, organisations
from backend.services import whatsapp_pairing
from backend.services.acting import ActingUser
from backend.services.whatsapp_pairing import PairingState
from backend.settings import Settings, get_settings


class WhatsAppWay(StrEnum):
    """What carries messages by WhatsApp: a gateway with a linked phone, a sender at Twilio, or nothing."""

    GATEWAY = "gateway"
    TWILIO = "twilio"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Care:
    """What keeps a gateway's number from looking like a machine.

    `pause_s` seconds between two messages of all workers, up to `jitter_s` more or less by chance, and at most
    `daily_cap` messages a day (0: no limit).
    """

    pause_s: float
    jitter_s: float
    daily_cap: int


@dataclass(frozen=True, slots=True)
class WhatsAppOverview:
    """`since`: when the state became what it is, UTC; None when nobody noted it.

    `has_template`: an approved one is set, which Twilio needs for people who have not written within a day. `care`: of
    the gateway's way only. `may_connect` and `may_disconnect` are about its phone: a sender at Twilio is linked there.
    """

    way: WhatsAppWay
    state: ConnectionState
    since: datetime | None
    time_zone: str
    has_template: bool
    care: Care | None
    may_connect: bool
    may_disconnect: bool


@dataclass(frozen=True, slots=True)
class WhatsAppAccount:
    """Whom messages by WhatsApp come from; `number` is E.164, `profile_name` that of a linked phone.

    Both are empty while nobody is connected, or the gateway does not answer.
    """

    number: str = ""
    profile_name: str = ""


def may_see_whatsapp(actor: ActingUser) -> bool:
    """Whoever sends, or edits the settings."""
    return actor.may(Right.SETTINGS_EDIT) or actor.may(Right.CAMPAIGNS_SEND)


def whatsapp_overview(actor: ActingUser) -> WhatsAppOverview:
    """Read from the database and the settings alone.

    Raises:
        ForbiddenError: with neither `campaigns.send` nor `settings.edit`.
    """
    if not may_see_whatsapp(actor):
        actor.require(Right.CAMPAIGNS_SEND)
    settings = get_settings()
    way = _way(settings)
    with reading() as session:
        organisation = organisations.get(session)
        state = organisation.whatsapp_state
        noted = audit.latest(session, state.value, "whatsapp_state", None)
    by_phone = way is WhatsAppWay.GATEWAY
    connected = state is ConnectionState.CONNECTED
    return WhatsAppOverview(
        way=way,
        state=state if way is not WhatsAppWay.NONE else ConnectionState.DISCONNECTED,
        since=noted.at if noted and way is not WhatsAppWay.NONE else None,
        time_zone=organisation.time_zone,
        has_template=way is WhatsAppWay.TWILIO and bool(settings.twilio_whatsapp_content_sid),
        care=_care(settings) if by_phone else None,
        may_connect=by_phone and not connected,
        may_disconnect=by_phone and connected and actor.may(Right.SETTINGS_EDIT),
    )


def messages_today(actor: ActingUser) -> int | None:
    """How many messages the gateway's phone has sent today; None without one, or when nobody can tell."""
    settings = get_settings()
    if not may_see_whatsapp(actor) or _way(settings) is not WhatsAppWay.GATEWAY:
        return None
    with reading() as session:
        today = organisations.today(session)
    return used_of_day(settings, Medium.WHATSAPP, today)


def whatsapp_account(actor: ActingUser) -> WhatsAppAccount:
    """Who is connected, asked of the gateway, which is given five seconds. Nobody for who may not see it."""
    settings = get_settings()
    way = _way(settings)
    with reading() as session:
        connected = organisations.get(session).whatsapp_state is ConnectionState.CONNECTED
    if not may_see_whatsapp(actor) or not connected or way is WhatsAppWay.NONE:
        return WhatsAppAccount()
    if way is WhatsAppWay.TWILIO:
        return WhatsAppAccount(settings.twilio_whatsapp_from.removeprefix("whatsapp:"))
    pairing = whatsapp_pairing.look(actor)
    if pairing.state is not PairingState.CONNECTED:
        return WhatsAppAccount()
    return WhatsAppAccount(pairing.number, pairing.profile_name)


def _way(settings: Settings) -> WhatsAppWay:
    if settings.has_whatsapp_gateway:
        return WhatsAppWay.GATEWAY
    has_sender = settings.twilio_account_sid and settings.twilio_whatsapp_from
    return WhatsAppWay.TWILIO if has_sender else WhatsAppWay.NONE


def _care(settings: Settings) -> Care:
    return Care(
        settings.whatsapp_gateway_pause_s, settings.whatsapp_gateway_jitter_s, settings.whatsapp_gateway_daily_cap
    )
