"""What is asked of the WhatsApp gateway now and then: whether its account is connected, and who wrote."""

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
    if not settings.whatsapp_gateway_url:
        carried = settings.twilio_account_sid and settings.twilio_whatsapp_from
        return ConnectionState.CONNECTED if carried else ConnectionState.DISCONNECTED
    try:
        async with WhatsAppGateway(settings) as gateway:
            session = await gateway.find()
    except GatewayUnreachableError as error:
        log.warning("whatsapp.gateway_unreachable", error=str(error))
        return ConnectionState.UNREACHABLE
    return ConnectionState.CONNECTED if session.status is SessionStatus.WORKING else ConnectionState.DISCONNECTED
