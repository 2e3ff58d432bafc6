"""From Twilio's answer, or the lack of one, to a verdict.

The rule behind every line: DEFERRED only when the message was certainly not taken; when that
cannot be told, UNKNOWN. Twilio has no idempotency key, so a repeated POST is a second SMS
(errors/20500), while a request that got 429 "is never processed" (errors/20429).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import aiohttp

from backend.domain.refusals import Meaning, meaning, stops_run
from backend.providers.base import FoundMessage, MessageState, SendResult, Verdict

_DEFERRED = frozenset(
    {
        "20429",  # too many concurrent requests
        "21611",  # this sender's 10 h queue is full
        "30022",  # 10DLC rate
        "63017",  # account ceiling
        "63018",  # WhatsApp sender rate
    }
)
_NO_ENTRY = frozenset({401, 403, 404, 405, 407})  # credentials, account or address are wrong
_REQUEST_TIMEOUT = 408  # an intermediary gave up on us; what it passed on before is not known


class Answer(NamedTuple):
    """The parts of a JSON answer that matter. `code` is Twilio's, or the HTTP status as text."""

    sid: str | None
    code: str
    message: str | None


def read_answer(status: int, text: str) -> Answer:
    """Read a body that may be anything: half a JSON, HTML from a proxy, or nothing."""
    body = _object(text)
    sid, code, message = body.get("sid"), body.get("code"), body.get("message")
    return Answer(
        sid if isinstance(sid, str) and sid else None,
        str(code) if isinstance(code, int | str) and code else str(status),
        message if isinstance(message, str) else None,
    )


def verdict_of(status: int, code: str) -> Verdict:
    """What an error answer means for its message. The status 2xx is not for here."""
    if status >= 500 or status < 300 or status == _REQUEST_TIMEOUT:
        return Verdict.UNKNOWN
    if status == 429 or code in _DEFERRED:
        return Verdict.DEFERRED
    if stops_run("twilio", code) or status < 400:
        return Verdict.MISCONFIGURED
    if status in _NO_ENTRY and meaning("twilio", code) is Meaning.OTHER:
        return Verdict.MISCONFIGURED
    return Verdict.REFUSED


def result_of(reference: str, status: int, text: str, headers: Mapping[str, str]) -> SendResult:
    """The result for one message from the whole answer."""
    answer = read_answer(status, text)
    if 200 <= status < 300:
        if answer.sid:
            return SendResult(reference, Verdict.ACCEPTED, answer.sid)
        return SendResult(reference, Verdict.UNKNOWN, None, "unreadable_answer")
    verdict = verdict_of(status, answer.code)
    wait_s = retry_after_s(headers.get("Retry-After")) if verdict is Verdict.DEFERRED else None
    return SendResult(reference, verdict, None, answer.code, answer.message, wait_s)


def result_of_failure(reference: str, error: BaseException) -> SendResult:
    """The result for one message when no whole answer came.

    A refused, unresolved or untrusted connection, and one not made in time, carried no byte of ours.
    Everything later is ambiguous, also a kept-alive connection that closes while it is written to.
    """
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return SendResult(reference, Verdict.DEFERRED, None, "not_connected", str(error))
    code = "timeout" if isinstance(error, TimeoutError) else "connection_lost"
    return SendResult(reference, Verdict.UNKNOWN, None, code, f"{type(error).__name__}: {error}")


def state_of(status: int, text: str) -> MessageState | None:
    """The state in the answer to a question about one message; None when there is none in it."""
    body = _object(text)
    word, code = body.get("status"), body.get("error_code")
    if status != 200 or not isinstance(word, str):
        return None
    return MessageState(word, str(code) if code else None)


class ListPage(NamedTuple):
    """One page of the list of messages. `next_uri` is a path of the same API, None on the last page."""

    messages: list[FoundMessage]
    next_uri: str | None


def list_page_of(status: int, text: str, sender: str) -> ListPage | None:
    """The messages that `sender` (a number, or a Messaging Service) sent; None when this is no such list."""
    body = _object(text)
    rows, following = body.get("messages"), body.get("next_page_uri")
    if status != 200 or not isinstance(rows, list):
        return None
    try:
        found = [_found(row) for row in rows if sender in {row["from"], row["messaging_service_sid"]}]
    except (KeyError, TypeError, ValueError):
        return None
    return ListPage(found, following if isinstance(following, str) and following else None)


def _found(row: Mapping[str, Any]) -> FoundMessage:
    sid, word, code, body = row["sid"], row["status"], row["error_code"], row["body"]
    if not (isinstance(sid, str) and sid and isinstance(word, str) and isinstance(body, str)):
        raise TypeError
    created_at = parsedate_to_datetime(row["date_created"]).astimezone(UTC)
    return FoundMessage(sid, MessageState(word, str(code) if code else None), body, created_at)


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def retry_after_s(header: str | None) -> float | None:
    """`Retry-After` in seconds; None when missing or a date (Twilio sends seconds)."""
    return float(header) if header and header.isascii() and header.isdigit() and len(header) < 6 else None
