"""What is asked of the WhatsApp gateway now and then: how its account stands, to start it again, and who wrote."""

from __future__ import annotations

from backend.domain.channels import ConnectionState
from backend.logs import get_logger
from backend.providers.whatsapp.sessions import GatewayUnreachableError, SessionStatus, WhatsAppGateway
from backend.settings import Settings

log = get_logger(__name__)


async def number_behind(settings: Settings, hidden: str) -> str | None:
    """The number of a person whom WhatsApp hides; None when it is not known.

    Raises:
        GatewayUnreachableError: ask again later.
    """
    if not settings.whatsapp_gateway_url:
        return None
    async with WhatsAppGateway(settings) as gateway:
        return await gateway.number_behind(hidden)


async def connection_state(settings: Settings) -> ConnectionState:
    """Ask the gateway. Without one, Twilio carries WhatsApp, and is always connected once it is set."""
    if not settings.has_whatsapp_gateway:
        carried = settings.twilio_account_sid and settings.twilio_whatsapp_from
        return ConnectionState.CONNECTED if carried else ConnectionState.DISCONNECTED
    return state_of(await session_status(settings))


async def session_status(settings: Settings) -> SessionStatus | None:
    """The gateway's own word for its session; None when the gateway cannot be reached."""
    try:
        async with WhatsAppGateway(settings) as gateway:
            session = await gateway.find()
    except GatewayUnreachableError as error:
        log.warning("whatsapp.gateway_unreachable", error=str(error))
        return None
    return session.status


def state_of(status: SessionStatus | None) -> ConnectionState:
    """What a status of the session means for sending."""
    if status is None:
        return ConnectionState.UNREACHABLE
    return ConnectionState.CONNECTED if status is SessionStatus.WORKING else ConnectionState.DISCONNECTED


async def tells_about_numbers(settings: Settings) -> bool:
    """Whether the gateway answers about a number that is certainly on WhatsApp: that of its own phone."""
    try:
        async with WhatsAppGateway(settings) as gateway:
            number = (await gateway.find()).number
            return bool(number) and await gateway.tells_about(number)
    except GatewayUnreachableError as error:
        log.warning("whatsapp.gateway_unreachable", error=str(error))
        return False


async def start_again(settings: Settings, status: SessionStatus) -> bool:
    """Start a session that stopped, or restart one that failed; whether the gateway could be asked to."""
    try:
        async with WhatsAppGateway(settings) as gateway:
            await (gateway.start() if status is SessionStatus.STOPPED else gateway.restart())
    except GatewayUnreachableError as error:
        log.warning("whatsapp.not_started_again", error=str(error))
        return False
    return True
