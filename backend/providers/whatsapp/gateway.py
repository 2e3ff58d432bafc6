"""Whether the WhatsApp account is connected."""

from __future__ import annotations

from backend.domain.channels import ConnectionState
from backend.logs import get_logger
from backend.providers.whatsapp.sessions import GatewayUnreachableError, SessionStatus, WhatsAppGateway
from backend.settings import Settings

log = get_logger(__name__)


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
