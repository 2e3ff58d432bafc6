"""The gateway's own callbacks: the account was connected or disconnected."""

from __future__ import annotations

import hmac
import json

from backend.domain.channels import ConnectionState
from backend.errors import InvalidInputError
from backend.providers.whatsapp.sessions import SessionStatus
from backend.settings import Settings


def verify(settings: Settings, raw_body: bytes, signature: str | None) -> bool:
    """Whether the gateway signed exactly these bytes. `signature` is the header `X-Webhook-Hmac` (SHA-512, hex)."""
    key = settings.whatsapp_gateway_hmac_key
    if not key or not signature:
        return False
    return hmac.compare_digest(hmac.digest(key.encode(), raw_body, "sha512").hex().encode(), signature.encode())


def parse_session(raw_body: bytes) -> ConnectionState:
    """The state told by a `session.status` event. It only hurries: ask `connection_state` before acting on it.

    Raises:
        InvalidInputError: the body tells none.
    """
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        body = None
    told = body.get("payload") if isinstance(body, dict) and body.get("event") == "session.status" else None
    if not isinstance(told, dict) or not isinstance(told.get("status"), str):
        raise InvalidInputError("a session.status event is needed")
    return ConnectionState.CONNECTED if told["status"] == SessionStatus.WORKING else ConnectionState.DISCONNECTED
