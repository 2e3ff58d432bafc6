"""SMS and WhatsApp through Twilio's Messages API, one request a message."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote_plus, urlencode

import aiohttp

from backend.domain.channels import Medium
from backend.domain.template_variables import one_line
from backend.errors import ConfigurationError
from backend.logs import get_logger
from backend.providers.base import Batch, FoundMessage, MessageState, OutboundMessage, SendResult, Verdict
from backend.providers.twilio.client import VENDOR_ORIGIN, close_client, open_client
from backend.providers.twilio.codes import ListPage, list_page_of, result_of, result_of_failure, state_of
from backend.settings import Settings

_BATCH_SIZE = 64  # the most that one crash can leave `unknown`
_LIST_PAGE = 200
_MOST_PAGES = 3
# A day, less what a message may wait at Twilio: later than that it would be refused, and a template never is.
_FREE_TEXT_WITHIN = timedelta(hours=23, minutes=45)
log = get_logger(__name__)


class TwilioSender:
    """Hands messages to Twilio. Built inside the running loop it is used in; never retries.

    WhatsApp takes any text for a day after a person's last message, and an approved template at any time.
    """

    provider = "twilio"
    batch_size = _BATCH_SIZE

    def __init__(self, settings: Settings, medium: Literal[Medium.SMS, Medium.WHATSAPP]) -> None:
        self.medium: Medium = medium
        self._prefix = "whatsapp:" if medium is Medium.WHATSAPP else ""
        callback = f"{settings.origin}/webhooks/twilio/status?attempt="
        # What every message of this sender shares, encoded once: form encoding is a third of a request's cost.
        fields = _sender_fields(settings, medium)
        self._shared = urlencode({**fields, "StatusCallback": callback})
        (self._sender,) = fields.values()
        self._content_sid = settings.twilio_whatsapp_content_sid if medium is Medium.WHATSAPP else ""
        self.free_text_within = _FREE_TEXT_WITHIN if self._content_sid else None
        self._messages_url = f"{VENDOR_ORIGIN}/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages"
        self._create_url = f"{self._messages_url}.json"
        self._client = open_client(settings)

    async def send(self, batch: Batch) -> list[SendResult]:
        """Post every message once, all at the same time. One result a message, same order."""
        results = await asyncio.gather(*map(self._send_one, batch.messages))
        return _without_repeated_sids(results)

    async def _send_one(self, message: OutboundMessage) -> SendResult:
        try:
            form = self._form(message)
        except UnicodeEncodeError:  # half of a surrogate pair: no carrier can take it
            return SendResult(message.reference, Verdict.REFUSED, None, "unencodable_text")
        # The generic request instead of `messages.create_async`: that one drops the headers of a refusal
        # (Retry-After) and builds a 20-field object a message.
        try:
            response = await self._client.request_async("POST", self._create_url, data=form)  # pyright: ignore[reportArgumentType]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return result_of_failure(message.reference, error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the request may have left: say so
            log.warning("twilio.send_failed", error=repr(error))
            return result_of_failure(message.reference, error)
        return result_of(message.reference, response.status_code, response.text, response.headers or {})

    def _form(self, message: OutboundMessage) -> bytes:
        to = quote_plus(self._prefix + message.to)
        return f"{self._shared}{quote_plus(message.reference)}&To={to}&{self._content(message)}".encode()

    def _content(self, message: OutboundMessage) -> str:
        if not self._content_sid or message.takes_free_text:
            return f"Body={quote_plus(message.text)}"
        variables = json.dumps({"1": one_line(message.text)}, ensure_ascii=False)
        return f"ContentSid={self._content_sid}&ContentVariables={quote_plus(variables)}"

    async def find(self, provider_message_id: str) -> MessageState | None:
        """Ask for one message by its sid; None when Twilio does not know it or cannot be asked now."""
        try:
            response = await self._client.request_async("GET", f"{self._messages_url}/{provider_message_id}.json")
            return state_of(response.status_code, response.text)
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError) as error:
            log.warning("twilio.find_failed", error=repr(error))
            return None

    async def find_recent(self, to: str, since: datetime) -> list[FoundMessage] | None:
        """List what our sender sent to `to` since that day; None when no whole list could be had.

        The API's filter knows days only. Messages that wait in Twilio's queue may be missing until they leave.
        """
        params = {
            "To": self._prefix + to,
            "DateSent>": f"{since.astimezone(UTC):%Y-%m-%d}",  # encoded, it reads DateSent>=2026-09-20
            "PageSize": str(_LIST_PAGE),
        }
        found: list[FoundMessage] = []
        page = await self._list_page(f"{self._create_url}?{urlencode(params)}")
        for _ in range(_MOST_PAGES):
            if page is None:
                return None
            found += page.messages
            if page.next_uri is None:
                return found
            page = await self._list_page(VENDOR_ORIGIN + page.next_uri)
        return None  # so many that one of them proves nothing

    async def _list_page(self, url: str) -> ListPage | None:
        if not url.startswith(f"{self._create_url}?"):
            return None
        try:
            response = await self._client.request_async("GET", url)
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError) as error:
            log.warning("twilio.list_failed", error=repr(error))
            return None
        return list_page_of(response.status_code, response.text, self._sender)

    async def aclose(self) -> None:
        """Give connections back."""
        await close_client(self._client)


def _sender_fields(settings: Settings, medium: Medium) -> dict[str, str]:
    """The fields that name us. A Messaging Service, where there is one, chooses the number itself.

    Raises:
        ConfigurationError: no sender is set for this medium.
    """
    if medium is Medium.WHATSAPP:
        if not settings.twilio_whatsapp_from:
            raise ConfigurationError("TWILIO_WHATSAPP_FROM is needed to send by WhatsApp")
        return {"From": "whatsapp:" + settings.twilio_whatsapp_from.removeprefix("whatsapp:")}
    if settings.twilio_messaging_service_sid:
        return {"MessagingServiceSid": settings.twilio_messaging_service_sid}
    if settings.twilio_sms_from:
        return {"From": settings.twilio_sms_from}
    raise ConfigurationError("TWILIO_SMS_FROM or TWILIO_MESSAGING_SERVICE_SID is needed to send SMS")


def _without_repeated_sids(results: list[SendResult]) -> list[SendResult]:
    """One sid cannot stand for two messages: which one it belongs to, and what became of the others, is unknown."""
    sids = Counter(result.provider_message_id for result in results)
    return [
        SendResult(result.reference, Verdict.UNKNOWN, None, "repeated_sid")
        if result.provider_message_id and sids[result.provider_message_id] > 1
        else result
        for result in results
    ]
