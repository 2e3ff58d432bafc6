"""SendGrid's Event Webhook: whether it is SendGrid's, and what its batches say."""

from __future__ import annotations

import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sendgrid import EventWebhook

from backend import clock
from backend.domain.channels import Medium
from backend.domain.robots import is_robot
from backend.errors import ConfigurationError, InvalidInputError
from backend.logs import get_logger
from backend.providers.base import ProviderEvent
from backend.providers.references import read_reference
from backend.providers.sendgrid.sender import message_id
from backend.settings import Settings

_LATE_S = 25 * 3_600
"""SendGrid repeats a batch for 24 h and does not say whether it signs it anew each time. A narrow
window could therefore throw away every event of an outage. What a replay inside it can do is
nothing: `sg_event_id` is stored once."""
_EARLY_S = 10 * 60  # how far the two clocks may differ

_DROP_REASONS = {
    "unsubscribed address": "unsubscribed",
    "spam reporting address": "spam",
    "bounced address": "bounced_address",
    "invalid": "invalid",
    "spam content": "spam_content",
}
_LONGEST_WORD = 32
_decoder = json.JSONDecoder()
_JSON_SPACE = frozenset(" \t\n\r")
_REQUEST_ID_END = re.compile(r"\.(?:filter|recvd|geopod|canary)")
log = get_logger(__name__)


@lru_cache(maxsize=2)
def _webhook(public_key: str) -> EventWebhook:
    try:
        return EventWebhook(public_key)
    except ValueError as error:
        raise ConfigurationError("SENDGRID_WEBHOOK_PUBLIC_KEY is not a public key as SendGrid shows it") from error


def verify(settings: Settings, raw_body: bytes, signature: str | None, timestamp: str | None) -> bool:
    """Whether SendGrid signed exactly these bytes, at a credible moment.

    `signature` and `timestamp` are the headers `X-Twilio-Email-Event-Webhook-Signature` and `-Timestamp`.
    """
    if not settings.sendgrid_webhook_public_key or not signature or not _is_credible(timestamp or ""):
        return False
    webhook = _webhook(settings.sendgrid_webhook_public_key)
    try:
        return webhook.verify_signature(raw_body.decode(), signature, timestamp)
    except (UnicodeDecodeError, binascii.Error, ValueError):
        return False


def _is_credible(timestamp: str) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    age_s = clock.now().timestamp() - int(timestamp)
    return -_EARLY_S <= age_s <= _LATE_S


def parse_events(raw_body: bytes, settings: Settings) -> list[ProviderEvent]:
    """Every event of a batch that can be read, with its very text; the others are logged and left out.

    Raises:
        InvalidInputError: the body is no JSON list.
    """
    try:
        items = list(_items(raw_body.decode().removeprefix("\ufeff")))
    except (ValueError, IndexError, RecursionError):
        raise InvalidInputError("the body must be a JSON list of events") from None
    key, now_s = settings.signing_key, clock.now().timestamp()
    events = [event for item, text in items if (event := _event(item, text, key, now_s))]
    if len(events) < len(items):
        log.warning("sendgrid.events_left_out", left_out=len(items) - len(events), of=len(items))
    return events


def _items(text: str) -> Iterator[tuple[object, str]]:
    """What a JSON list holds, each item with the text that says it. ValueError or IndexError for anything else."""
    if text[(at := _after_space(text, 0))] != "[":
        raise ValueError
    at = _after_space(text, at + 1)
    while text[at] != "]":
        item, end = _decoder.raw_decode(text, at)
        yield item, text[at:end]
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)
            if text[at] == "]":
                raise ValueError
        elif text[at] != "]":
            raise ValueError
    if _after_space(text, at + 1) != len(text):
        raise ValueError


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in _JSON_SPACE:
        at += 1
    return at


def _event(item: object, text: str, key: str, now_s: float) -> ProviderEvent | None:
    if not isinstance(item, dict):
        return None
    event_key, word = item.get("sg_event_id"), item.get("event")
    if not isinstance(event_key, str) or not event_key or not isinstance(word, str) or not word:
        return None
    attempt, address = item.get("attempt"), item.get("email")
    reference = attempt if isinstance(attempt, str) and read_reference(attempt, key) is not None else None
    return ProviderEvent(
        provider="sendgrid",
        event_key=event_key[:200],
        word=_word(word, item),
        medium=Medium.EMAIL,
        reference=reference,
        provider_message_id=_message_id(item.get("sg_message_id"), reference),
        vendor_code=_vendor_code(word, item),
        occurred_at_s=_moment(item.get("timestamp"), now_s),
        payload=text,
        address=address if isinstance(address, str) and address else None,
    )


def _word(word: str, item: Mapping[str, Any]) -> str:
    """What happened; what a machine did has words of ours. SendGrid tells of opens, and leaves clicks to the agent."""
    if word == "open" and item.get("sg_machine_open") is True:
        return "machine_open"
    if word == "click" and is_robot(str(item.get("useragent") or "")):
        return "machine_click"
    return word[:_LONGEST_WORD]


def _message_id(sg_message_id: object, reference: str | None) -> str | None:
    """The id the sender noted. `sg_message_id` is the request's id with SendGrid's own route appended."""
    if not isinstance(sg_message_id, str) or not sg_message_id or reference is None:
        return None
    return message_id(_REQUEST_ID_END.split(sg_message_id, maxsplit=1)[0], reference)


def _vendor_code(word: str, item: Mapping[str, Any]) -> str | None:
    """Why it did not arrive: a slug of the reason of a drop, or the SMTP status of a bounce."""
    if word == "dropped":
        reason = str(item.get("reason") or "").strip().casefold()
        return _DROP_REASONS.get(reason) or re.sub(r"\W+", "_", reason)[:40] or "dropped"
    if word in {"bounce", "blocked"}:
        blocked = word == "blocked" or item.get("type") == "blocked"
        return "blocked" if blocked else str(item.get("status") or "bounce")[:40]
    return None


def _moment(timestamp: object, now_s: float) -> float:
    """Unix time of the event; now, when SendGrid's own is missing or absurd."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float) or not math.isfinite(timestamp):
        return now_s
    return float(timestamp) if 0 < timestamp <= now_s + _EARLY_S else now_s
