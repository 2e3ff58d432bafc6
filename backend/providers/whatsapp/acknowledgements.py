"""The gateway's callbacks about messages of ours: how far each got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend import clock
from backend.domain.channels import Medium
from backend.errors import InvalidInputError
from backend.providers.base import ProviderEvent
from backend.providers.whatsapp.answers import ACKS, chat_in, code_of, message_id_of
from backend.providers.whatsapp.webhooks import GatewayEvent

ACKNOWLEDGEMENT = "message.ack"
_MOST_IDS = 100
_EARLIEST_MS, _LATEST_MS = 1_400_000_000_000, 4_000_000_000_000


def parse_acknowledgement(event: GatewayEvent) -> list[ProviderEvent]:
    """How far a message of ours got: one event for each message that a `message.ack` speaks of.

    None for messages in groups and for acknowledgements of other people's. It brings no reference, only WhatsApp's own
    id, and may tell of messages that somebody wrote on the phone: of those nothing is known here.

    Raises:
        InvalidInputError: there is no id in it, or no acknowledgement that is known.
    """
    told = event.told if event.name == ACKNOWLEDGEMENT else {}
    ack = told.get("ack")
    word = ACKS.get(ack) if isinstance(ack, int) and not isinstance(ack, bool) else None
    message_ids = _message_ids(told)
    if word is None or not message_ids:
        raise InvalidInputError("a message.ack event is needed")
    if told.get("fromMe") is False or not _is_between_two(told):
        return []
    occurred_at_s, payload = _moment_s(event.sent_at_ms), event.raw.decode(errors="replace")
    return [
        ProviderEvent(
            provider="whatsapp",
            event_key=f"{message_id}-{word}",
            word=word,
            medium=Medium.WHATSAPP,
            reference=None,
            provider_message_id=message_id,
            vendor_code=code_of(word),
            occurred_at_s=occurred_at_s,
            payload=payload,
        )
        for message_id in message_ids
    ]


def _message_ids(told: Mapping[str, Any]) -> list[str]:
    """The message's, and those of others that were acknowledged with it."""
    raw = told.get("_data")
    also = raw.get("MessageIDs") if isinstance(raw, dict) else None
    given = [told.get("id"), *(also[:_MOST_IDS] if isinstance(also, list) else ())]
    return list(dict.fromkeys(message_id for one in given if (message_id := message_id_of(one))))


def _is_between_two(told: Mapping[str, Any]) -> bool:
    """Whether it is of a chat with one person. An id without its chat may be of any."""
    message_id = told.get("id")
    whole = message_id.get("_serialized") if isinstance(message_id, dict) else message_id
    return not isinstance(whole, str) or "@" not in whole or chat_in(whole) is not None


def _moment_s(sent_at_ms: object) -> float:
    if isinstance(sent_at_ms, int | float) and _EARLIEST_MS < sent_at_ms < _LATEST_MS:
        return sent_at_ms / 1000
    return clock.now().timestamp()
