"""The gateway's own callbacks: the account was connected or disconnected, and somebody wrote to it."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from backend.domain.channels import ConnectionState, Medium
from backend.errors import InvalidInputError
from backend.providers.base import InboundMessage
from backend.providers.whatsapp.sessions import SessionStatus, number_of
from backend.settings import Settings

SESSION, MESSAGE = "session.status", "message"
"""Names of events."""

_HIDDEN = re.compile(r"\d{6,20}@lid")
_MESSAGE_ID = re.compile(r"[!-~]{1,200}")


def verify(settings: Settings, raw_body: bytes, signature: str | None) -> bool:
    """Whether the gateway signed exactly these bytes. `signature` is the header `X-Webhook-Hmac` (SHA-512, hex)."""
    key = settings.whatsapp_gateway_hmac_key
    if not key or not signature:
        return False
    return hmac.compare_digest(hmac.digest(key.encode(), raw_body, "sha512").hex().encode(), signature.encode())


class GatewayEvent(NamedTuple):
    """What was posted, read once. `told`: its payload. `sent_at_ms`: whatever stands there."""

    name: str
    told: Mapping[str, Any]
    sent_at_ms: object
    raw: bytes


def read_event(raw_body: bytes) -> GatewayEvent:
    """The event in a body whose signature is good.

    Raises:
        InvalidInputError: there is none.
    """
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("payload"), dict):
        raise InvalidInputError("an event is needed")
    return GatewayEvent(str(body.get("event")), body["payload"], body.get("timestamp"), raw_body)


def parse_session(event: GatewayEvent) -> ConnectionState:
    """The state told by a `session.status` event. It only hurries: ask `connection_state` before acting on it.

    Raises:
        InvalidInputError: the event tells none.
    """
    status = event.told.get("status")
    if event.name != SESSION or not isinstance(status, str):
        raise InvalidInputError("a session.status event is needed")
    return ConnectionState.CONNECTED if status == SessionStatus.WORKING else ConnectionState.DISCONNECTED


def parse_message(event: GatewayEvent) -> InboundMessage | None:
    """What a person wrote, as a `message` event tells it.

    WhatsApp hides the number of some: then the address is what it tells instead, as `123@lid`, unless the event has the
    number elsewhere. None for messages of our own, of groups, of channels and of statuses: those answer nothing.

    Raises:
        InvalidInputError: the event tells no message.
    """
    told = event.told
    if event.name != MESSAGE or not isinstance(told.get("from"), str):
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


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
