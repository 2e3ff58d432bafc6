"""What the gateway's answers mean: to the question whether a number is on WhatsApp, and to a message.

Source: waha.devlike.pro/docs/how-to/send-messages and /contacts. Which form an id comes in depends on its engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp

from backend.domain.vendors.whatsapp import ACK_ERROR, NOT_ON_WHATSAPP, SESSION_NOT_WORKING
from backend.providers.base import FoundMessage, MessageState, SendResult, Verdict

_NOT_OUR_GATEWAY = frozenset({401, 403, 404, 405})
_REQUEST_TIMEOUT, _NOT_AS_EXPECTED, _TOO_MANY = 408, 422, 429
_CHAT = re.compile(r"\d{6,20}@(?:c\.us|lid|s\.whatsapp\.net)")
_WHOLE_ID = re.compile(r"(true|false)_([^_]+)_([^_]+)(?:_.*)?")
_LONGEST_ID = 128
NOT_CONNECTED = "not_connected"
_CHECK_FAILED, _THROTTLED = "check_failed", "http_429"
ACKS: Mapping[int, str] = {-1: "ERROR", 0: "PENDING", 1: "SERVER", 2: "DEVICE", 3: "READ", 4: "PLAYED"}
"""The number of an acknowledgement → its word."""


class Number(NamedTuple):
    """A number as WhatsApp knows it; `refused` says why nothing can be sent to it (now), None when it can."""

    chat_id: str
    refused: SendResult | None = None


def chat_of(address_e164: str) -> str:
    """The chat with a number, as it is called when WhatsApp was not asked."""
    return f"{address_e164.removeprefix('+')}@c.us"


def number_of(reference: str, address_e164: str, status: int, body: Any) -> Number:
    """Read the answer to the question whether a number is on WhatsApp. No message has left, whatever it says."""
    chat_id = chat_of(address_e164)
    exists = body.get("numberExists") if status == 200 and isinstance(body, dict) else None
    if exists is True:
        told = str(body.get("chatId") or "")
        return Number(told if _CHAT.fullmatch(told) else chat_id)
    if exists is False:
        return Number(chat_id, SendResult(reference, Verdict.REFUSED, None, NOT_ON_WHATSAPP))
    verdict, code = _error_of(status, body)
    if verdict is Verdict.UNKNOWN:
        verdict = Verdict.DEFERRED
    return Number(chat_id, SendResult(reference, verdict, None, code, _sentence(body)))


def number_of_failure(reference: str, address_e164: str, error: BaseException) -> Number:
    """The same when no whole answer came: an unanswered question is no message."""
    code = NOT_CONNECTED if _never_connected(error) else _CHECK_FAILED
    return Number(chat_of(address_e164), SendResult(reference, Verdict.DEFERRED, None, code, type(error).__name__))


def is_unanswered(result: SendResult) -> bool:
    """Whether it says that the gateway failed to tell about the number. No message was tried then."""
    code = result.vendor_code or ""
    failed = code == _CHECK_FAILED or (code.startswith("http_") and code != _THROTTLED)
    return failed and result.verdict is Verdict.DEFERRED  # an error to the message itself would be `unknown`


def result_of(reference: str, status: int, body: Any, headers: Mapping[str, str]) -> SendResult:
    """The result for one message from the whole answer."""
    if 200 <= status < 300:
        message_id = _answered_id(body)
        if message_id:
            return SendResult(reference, Verdict.ACCEPTED, message_id)
        return SendResult(reference, Verdict.UNKNOWN, None, "unreadable_answer")
    verdict, code = _error_of(status, body)
    wait_s = _seconds(headers.get("Retry-After")) if verdict is Verdict.DEFERRED else None
    return SendResult(reference, verdict, None, code, _sentence(body), wait_s)


def result_of_failure(reference: str, error: BaseException) -> SendResult:
    """The result for one message when no whole answer came. Of a connection that was never made nothing left."""
    if _never_connected(error):
        return SendResult(reference, Verdict.DEFERRED, None, NOT_CONNECTED, type(error).__name__)
    code = "timeout" if isinstance(error, TimeoutError) else "connection_lost"
    # Not by its repr: aiohttp's errors show the headers of the request.
    return SendResult(reference, Verdict.UNKNOWN, None, code, type(error).__name__)


def message_id_of(told: Any) -> str | None:
    """WhatsApp's own id in an id of the gateway's; None when there is none.

    Around it the gateway says whose message it is, and in which chat (`true_33612345678@c.us_3EB0…`), which one and the
    same message is not always called by: an acknowledgement may name the chat by a hidden number (`…@lid`).
    """
    if isinstance(told, dict):
        told = told.get("_serialized") or told.get("id")
    if not isinstance(told, str):
        return None
    whole = _WHOLE_ID.fullmatch(told)
    own = whole[3] if whole else told
    return own if 0 < len(own) <= _LONGEST_ID and own.isascii() and own.isalnum() else None


def chat_in(message_id: str) -> str | None:
    """The chat in a whole id of the gateway's; None in WhatsApp's own."""
    whole = _WHOLE_ID.fullmatch(message_id)
    return whole[2] if whole and _CHAT.fullmatch(whole[2]) else None


def state_of(message: Any) -> MessageState | None:
    """How far a message got, as the gateway shows it; None when that is not in it."""
    ack = message.get("ack") if isinstance(message, dict) else None
    word = ACKS.get(ack) if isinstance(ack, int) and not isinstance(ack, bool) else None
    return MessageState(word, code_of(word)) if word else None


def code_of(word: str) -> str | None:
    """Our code for the word of an acknowledgement."""
    return ACK_ERROR if word == ACKS[-1] else None


def found_in(messages: Any) -> list[FoundMessage] | None:
    """Our messages in the list of a chat; None when this is no such list."""
    if not isinstance(messages, list):
        return None
    try:
        return [_found(message) for message in messages if message["fromMe"] is True]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _found(message: Mapping[str, Any]) -> FoundMessage:
    message_id, state, text = message_id_of(message["id"]), state_of(message), message["body"] or ""
    if not (message_id and state and isinstance(text, str)):
        raise TypeError
    return FoundMessage(message_id, state, text, datetime.fromtimestamp(int(message["timestamp"]), UTC))


def _answered_id(body: Any) -> str | None:
    """Engines answer with the message as the gateway shows it, as their library does, or as WhatsApp itself does."""
    if not isinstance(body, dict):
        return None
    return message_id_of(body.get("id")) or message_id_of(body.get("key"))


def _error_of(status: int, body: Any) -> tuple[Verdict, str]:
    code = f"http_{status}"
    if status >= 500 or status < 300 or status == _REQUEST_TIMEOUT:
        return Verdict.UNKNOWN, code
    if status < 400 or status in _NOT_OUR_GATEWAY:
        return Verdict.MISCONFIGURED, code
    if status == _NOT_AS_EXPECTED and "session" in _sentence(body).lower():
        return Verdict.DEFERRED, SESSION_NOT_WORKING
    return (Verdict.DEFERRED if status == _TOO_MANY else Verdict.REFUSED), code


def _sentence(body: Any) -> str:
    told = (body.get("message") or body.get("error")) if isinstance(body, dict) else None
    return (told if isinstance(told, str) else repr(told))[:200] if told else ""


def _never_connected(error: BaseException) -> bool:
    return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() and len(header) < 6 else None
