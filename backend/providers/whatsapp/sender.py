"""WhatsApp through the gateway's paired phone, over WAHA's HTTP API: one message after the other."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp

from backend.domain.channels import Medium
from backend.domain.vendors.whatsapp import SESSION_NOT_WORKING
from backend.errors import AppError, ConfigurationError
from backend.logs import get_logger
from backend.providers.base import Batch, FoundMessage, MessageState, OutboundMessage, SendResult, Verdict
from backend.providers.whatsapp.answers import (
    NOT_CONNECTED,
    Number,
    chat_in,
    chat_of,
    found_in,
    number_of,
    number_of_failure,
    result_of,
    result_of_failure,
    state_of,
)
from backend.providers.whatsapp.sessions import CHECK_PATH, SESSION, open_client, read_json
from backend.settings import Settings

_BATCH_SIZE = 8  # the most that one crash can leave `unknown`
_LISTED = 100
_CLOCKS_DIFFER = timedelta(minutes=1)
_NOT_REACHED = "not_reached"
_STOPS_BATCH = frozenset({SESSION_NOT_WORKING, NOT_CONNECTED})
log = get_logger(__name__)


class GatewaySender:
    """Hands messages to the gateway. Built inside the running loop it is used in; never retries.

    A batch has one time-out: what was not begun in its first half is handed back, and nothing of it left.
    """

    provider = "whatsapp"
    medium: Medium = Medium.WHATSAPP
    batch_size = _BATCH_SIZE

    def __init__(self, settings: Settings) -> None:
        if not settings.has_whatsapp_gateway:
            raise ConfigurationError("WHATSAPP_GATEWAY_URL is needed to send through a gateway")
        self._origin = settings.whatsapp_gateway_url
        self._timeout_s = settings.provider_timeout_s
        self._client = open_client(settings)

    async def send(self, batch: Batch) -> list[SendResult]:
        """Ask for each number, then post its message once. One result a message, same order."""
        ends_at, results = time.monotonic() + self._timeout_s, list[SendResult]()
        lost: str | None = None
        for message in batch.messages:
            if lost is None and time.monotonic() > ends_at - self._timeout_s / 2:
                lost = _NOT_REACHED
            result = (
                SendResult(message.reference, Verdict.DEFERRED, None, lost)
                if lost
                else await self._send_one(message, ends_at)
            )
            if result.vendor_code in _STOPS_BATCH:
                lost = result.vendor_code
            results.append(result)
        return results

    async def _send_one(self, message: OutboundMessage, ends_at: float) -> SendResult:
        try:
            message.text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair: no phone can take it
            return SendResult(message.reference, Verdict.REFUSED, None, "unencodable_text")
        number = await self._number(message)
        if number.refused:
            return number.refused
        values = {"session": SESSION, "chatId": number.chat_id, "text": message.text}
        try:
            status, body, headers = await self._ask("POST", "/api/sendText", ends_at - time.monotonic(), values)
        except (aiohttp.ClientError, TimeoutError, OSError, AppError) as error:
            return result_of_failure(message.reference, error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the request may have left: say so
            log.warning("whatsapp.send_failed", error=type(error).__name__)
            return result_of_failure(message.reference, error)
        return result_of(message.reference, status, body, headers)

    async def _number(self, message: OutboundMessage) -> Number:
        """Ask WhatsApp, through the gateway, whether it knows the number: within a quarter of the batch's time."""
        path = f"{CHECK_PATH}?phone={quote(message.to.removeprefix('+'))}&session={SESSION}"
        try:
            status, body, _ = await self._ask("GET", path, self._timeout_s / 4)
        except (aiohttp.ClientError, TimeoutError, OSError, AppError) as error:
            return number_of_failure(message.reference, message.to, error)
        return number_of(message.reference, message.to, status, body)

    async def find(self, provider_message_id: str) -> MessageState | None:
        """Ask for one message by its whole id, which names its chat; None when the gateway cannot tell."""
        chat_id = chat_in(provider_message_id)
        if chat_id is None:
            return None
        path = f"/api/{SESSION}/chats/{quote(chat_id)}/messages/{quote(provider_message_id)}?downloadMedia=false"
        status, body = await self._look(path)
        return state_of(body) if status == 200 else None

    async def find_recent(self, to: str, since: datetime) -> list[FoundMessage] | None:
        """List what we sent to `to` since then; None when no whole list could be had.

        A gateway whose engine keeps no messages answers with an error.
        """
        since_s = int((since - _CLOCKS_DIFFER).timestamp())
        query = f"limit={_LISTED}&downloadMedia=false&filter.fromMe=true&filter.timestamp.gte={since_s}"
        status, body = await self._look(f"/api/{SESSION}/chats/{quote(chat_of(to))}/messages?{query}")
        found = found_in(body) if status == 200 else None
        return found if found is None or len(body) < _LISTED else None  # so many that one of them proves nothing

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.close()

    async def _look(self, path: str) -> tuple[int, Any]:
        try:
            status, body, _ = await self._ask("GET", path, self._timeout_s)
        except (aiohttp.ClientError, TimeoutError, OSError, AppError) as error:
            log.warning("whatsapp.look_failed", error=type(error).__name__)
            return 0, None
        return status, body

    async def _ask(self, method: str, path: str, within_s: float, values: Any = None) -> tuple[int, Any, Any]:
        """Status, JSON and headers of one answer. Half of the time may go into connecting."""
        wait = aiohttp.ClientTimeout(total=max(within_s, 0.001), connect=within_s / 2)
        url = self._origin + path
        async with self._client.request(method, url, json=values, timeout=wait, allow_redirects=False) as response:
            return response.status, await read_json(response), response.headers
