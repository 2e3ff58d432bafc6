"""The WhatsApp gateway's session: whether the account is connected."""

from __future__ import annotations

import aiohttp

from backend.logs import get_logger
from backend.providers.base import ConnectionState
from backend.settings import Settings

_LONGEST_WAIT_S = 5.0  # a page waits for this answer
log = get_logger(__name__)


async def connection_state(settings: Settings) -> ConnectionState:
    """Ask the gateway. Without one, Twilio carries WhatsApp, and is always connected once it is set."""
    if not settings.whatsapp_gateway_url:
        carried = settings.twilio_account_sid and settings.twilio_whatsapp_from
        return ConnectionState.CONNECTED if carried else ConnectionState.DISCONNECTED
    try:
        status = await _session_status(settings)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        log.warning("whatsapp.gateway_unreachable", error=repr(error))
        return ConnectionState.UNREACHABLE
    return ConnectionState.CONNECTED if status == "connected" else ConnectionState.DISCONNECTED


async def _session_status(settings: Settings) -> str:
    """The `status` of `GET /api/session`.

    Raises:
        aiohttp.ClientError, TimeoutError: no whole answer, or an error status.
        ValueError: the answer is not the session's.
    """
    wait = aiohttp.ClientTimeout(total=min(settings.provider_timeout_s, _LONGEST_WAIT_S))
    headers = {"X-Api-Key": settings.whatsapp_gateway_key}
    async with (
        aiohttp.ClientSession(timeout=wait, headers=headers) as session,
        session.get(f"{settings.whatsapp_gateway_url}/api/session", allow_redirects=False) as response,
    ):
        response.raise_for_status()
        body = await response.json(content_type=None)
    if response.status != 200 or not isinstance(body, dict) or not isinstance(body.get("status"), str):
        raise ValueError("no session in the gateway's answer")
    return body["status"]
