"""From SendGrid's answer to one request, or the lack of one, to what it means for its recipients.

Sources: SendGrid's "Mail Send errors" and "Rate limits" pages. A request is taken whole or not at
all: 202 queues every personalisation, and 400 means that none of them left.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.error import URLError

from python_http_client.exceptions import HTTPError

from backend import clock
from backend.providers.base import Verdict
from backend.providers.sendgrid.client import NotConnectedError

_FIELD = re.compile(r"personalizations\.(\d+)(?:\.|$)")
_LONGEST_WAIT_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One verdict for a whole request, or the recipients it was refused for.

    `refused`: position in the request → (our code, the vendor's sentence). When it is not empty,
    nothing was sent and the others may be posted again.
    """

    verdict: Verdict
    message_id: str | None = None
    code: str | None = None
    message: str | None = None
    retry_after_s: float | None = None
    refused: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def answer_of(status: int, headers: Message) -> Answer:
    """Read a 2xx answer. Only 202 says "queued" (200 is the sandbox, or something that is not SendGrid)."""
    message_id = headers.get("X-Message-Id")
    if status == 202 and message_id:
        return Answer(Verdict.ACCEPTED, message_id)
    return Answer(Verdict.UNKNOWN, code=str(status), message="no X-Message-Id" if status == 202 else None)


def answer_of_error(error: Exception) -> Answer:
    """Read whatever the client raised."""
    if isinstance(error, HTTPError):
        return _answer_of_status(error)
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, NotConnectedError):
        return Answer(Verdict.DEFERRED, code="not_connected", message=str(reason))
    code = "timeout" if isinstance(reason, TimeoutError) else "connection_lost"
    return Answer(Verdict.UNKNOWN, code=code, message=f"{type(error).__name__}: {error}")


def _answer_of_status(error: HTTPError) -> Answer:
    status, code = error.status_code, str(error.status_code)
    errors = _errors(error.body)
    message = "; ".join(str(item.get("message")) for item in errors) or None
    if status == 429:
        return Answer(Verdict.DEFERRED, None, code, message, _wait_s(error.headers))
    if status >= 500 or status == 408:
        return Answer(Verdict.UNKNOWN, None, code, message)
    refused = _refused(errors) if status == 400 else {}
    return Answer(Verdict.REFUSED if refused else Verdict.MISCONFIGURED, None, code, message, refused=refused)


def _errors(body: bytes) -> list[dict[str, Any]]:
    """The `errors` of a JSON body; none in the HTML that a 413 brings."""
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []


def _refused(errors: list[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """Positions named by fields such as `personalizations.17.to.0.email`.

    Empty as soon as one error names none: then the request itself is wrong, for everybody.
    """
    refused: dict[int, tuple[str, str]] = {}
    for item in errors:
        where = str(item.get("field") or "")
        position = _FIELD.match(where)
        if position is None:
            return {}
        code = "invalid" if ".to" in where else "rejected"
        refused[int(position[1])] = (code, str(item.get("message") or ""))
    return refused


def _wait_s(headers: Message) -> float | None:
    """Seconds from `Retry-After`, or until the moment in `X-RateLimit-Reset` (Unix time)."""
    after, reset = headers.get("Retry-After") or "", headers.get("X-RateLimit-Reset") or ""
    if after.isascii() and after.isdigit():
        return min(float(after), _LONGEST_WAIT_S)
    if reset.isascii() and reset.isdigit():
        return min(max(float(reset) - clock.now().timestamp(), 0.0), _LONGEST_WAIT_S)
    return None


EXPECTED = (HTTPError, URLError, http.client.HTTPException, OSError)
"""What the client raises when a request fails."""
