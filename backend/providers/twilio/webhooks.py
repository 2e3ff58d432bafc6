"""Twilio's callbacks: whether they are Twilio's, and what they say.

The signature covers the address Twilio was given, so it is computed over our own canonical
address and never over the Host header. It carries no time: a recorded callback verifies for ever,
and `event_key` is what makes a replay harmless.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from backend import clock
from backend.domain.channels import Medium
from backend.domain.keywords import Keyword
from backend.errors import InvalidInputError
from backend.providers.base import InboundMessage, ProviderEvent
from backend.providers.references import read_reference
from backend.settings import Settings

_NAME = re.compile(r"[!-~]{1,64}")
_OPT_OUT_TYPES = {"STOP": Keyword.STOP, "START": Keyword.START}
_payload = json.JSONEncoder(ensure_ascii=False).encode


def verify(settings: Settings, path_and_query: str, params: Mapping[str, str], signature: str | None) -> bool:
    """Whether Twilio signed this callback, for our account.

    `path_and_query` is what was asked of us (`/webhooks/twilio/status?attempt=…`); `params` are all
    the form fields received, because Twilio may add new ones and signs them too.
    """
    token = settings.twilio_auth_token
    if not token or not signature:
        return False
    if not hmac.compare_digest(params.get("AccountSid", "").encode(), settings.twilio_account_sid.encode()):
        return False
    # The rule of the vendor's `RequestValidator`, in a tenth of its time.
    told = path_and_query + "".join([name + params[name] for name in sorted(params)])
    given = signature.encode(errors="replace")
    return any(
        hmac.compare_digest(base64.b64encode(hmac.digest(token.encode(), (origin + told).encode(), "sha1")), given)
        for origin in _ways_to_write(settings.origin)
    )


@lru_cache(maxsize=2)
def _ways_to_write(origin: str) -> tuple[str, ...]:
    """An origin with its port and without: Twilio is not of one mind about which it signs."""
    parts = urlsplit(origin)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return tuple(
        dict.fromkeys((origin, f"{parts.scheme}://{host}:{port}{parts.path}", f"{parts.scheme}://{host}{parts.path}"))
    )


def parse_status(settings: Settings, params: Mapping[str, str], attempt_reference: str | None) -> ProviderEvent:
    """One status callback. A reference that is not ours is dropped, the event is kept.

    Raises:
        InvalidInputError: the sid or the status is missing.
    """
    sid, word = params.get("MessageSid", ""), params.get("MessageStatus", "")
    if not sid or not word:
        raise InvalidInputError("MessageSid and MessageStatus are needed", field="MessageSid")
    address, medium = _address(params.get("To", ""))
    known = read_reference(attempt_reference, settings.signing_key) is not None
    return ProviderEvent(
        provider="twilio",
        event_key=f"{sid}-{word}",
        word=word,
        medium=medium,
        reference=attempt_reference if known else None,
        provider_message_id=sid,
        vendor_code=params.get("ErrorCode") or None,
        occurred_at_s=clock.now().timestamp(),  # the callback carries none
        payload=_payload(dict(params)),
        address=address or None,
    )


def parse_inbound(params: Mapping[str, str]) -> InboundMessage:
    """A message from a person, where STOP and its kin arrive.

    `OptOutType` comes with the words that the account itself obeys: they may be any.

    Raises:
        InvalidInputError: it has no sender or no sid, or what cannot be one.
    """
    address, medium = _address(params.get("From", ""))
    sid = params.get("MessageSid", "")
    for field, value in (("From", address), ("MessageSid", sid)):
        if not _NAME.fullmatch(value):
            raise InvalidInputError(f"{field} is needed", field=field)
    keyword = _OPT_OUT_TYPES.get(params.get("OptOutType", ""))
    return InboundMessage("twilio", sid, medium, address, params.get("Body", ""), keyword=keyword)


def _address(value: str) -> tuple[str, Medium]:
    if value.startswith("whatsapp:"):
        return value.removeprefix("whatsapp:"), Medium.WHATSAPP
    return value, Medium.SMS
