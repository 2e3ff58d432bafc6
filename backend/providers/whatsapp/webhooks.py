"""The gateway's own callbacks: the account was connected or disconnected, and somebody wrote to it."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from backend.domain.channels import ConnectionState, Medium
from backend.errors import InvalidInputError
from backend.providers.base import InboundMessage
from backend.providers.whatsapp.sessions import SessionStatus, number_of
from backend.settings import Settings

_HIDDEN = re.compile(r"\d{6,20}@lid")
_MESSAGE_ID = re.compile(r"[!-~]{1,200}")


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
    told = payload_of(raw_body, "session.status")
    if told is None or not isinstance(told.get("status"), str):
        raise InvalidInputError("a session.status event is needed")
    return ConnectionState.CONNECTED if told["status"] == SessionStatus.WORKING else ConnectionState.DISCONNECTED


def parse_message(raw_body: bytes) -> InboundMessage | None:
    """What a person wrote, as a `message` event tells it.

    WhatsApp hides the number of some: then the address is what it tells instead, as `123@lid`, unless the event has the
    number elsewhere. None for messages of our own, of groups, of channels and of statuses: those answer nothing.

    Raises:
        InvalidInputError: the body tells no message.
    """
    told = payload_of(raw_body, "message")
    if told is None or not isinstance(told.get("from"), str):
        raise InvalidInputError("a message event is needed")
    address = _address(told)
    if told.get("fromMe") or address is None:
        return None
    message_id, text, written_at_s = told.get("id"), told.get("body"), told.get("timestamp")
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise InvalidInputError("the message has no id", field="id")
    return InboundMessage(
        provider="whatsapp",
        message_id=message_id,
        medium=Medium.WHATSAPP,
        address=address,
        text=text if isinstance(text, str) else "",
        written_at_s=written_at_s if isinstance(written_at_s, int | float) and written_at_s > 0 else None,
    )


def _address(told: Mapping[str, Any]) -> str | None:
    if number := number_of(told["from"]):
        return number
    if not _HIDDEN.fullmatch(told["from"]):
        return None
    raw = _dict(told.get("_data"))
    key, info = _dict(raw.get("key")), _dict(raw.get("Info"))  # of its engines NOWEB and GOWS
    elsewhere = (key.get("remoteJidAlt"), key.get("senderPn"), info.get("SenderAlt"))
    return next(filter(None, map(number_of, elsewhere)), told["from"])


def is_hidden(address: str) -> bool:
    """Whether an address stands in place of a number that WhatsApp hides."""
    return _HIDDEN.fullmatch(address) is not None


def is_message(raw_body: bytes) -> bool:
    """Whether the event is one for `parse_message`."""
    return payload_of(raw_body, "message") is not None


def payload_of(raw_body: bytes, event: str) -> dict[str, Any] | None:
    """What an event of that name tells; None for any other body."""
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        return None
    told = body.get("payload") if isinstance(body, dict) and body.get("event") == event else None
    return told if isinstance(told, dict) else None


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
