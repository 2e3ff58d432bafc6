"""Posts to the product, signed as the vendors sign, and again while nobody is there to take it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from backend.logs import get_logger
from backend.simulator.config import SimulatorConfig
from backend.simulator.signatures import SendGridSigner, gateway_signature, stripe_signature, twilio_signature

_CONNECTIONS = 48
_TRIES = 7
_FIRST_PAUSE_S = 0.25
_TIMEOUT_S = 15  # Twilio's own
log = get_logger(__name__)


class Poster:
    """One pool of connections. Open and close inside the running loop."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._signer = SendGridSigner(config.sendgrid_private_key_pem)
        self._session: aiohttp.ClientSession | None = None
        self.posting = self.posted = self.failed = 0

    async def open(self) -> None:
        """Make connections possible."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Give connections back."""
        if self._session:
            await self._session.close()

    async def form(self, url: str, fields: dict[str, str]) -> int | None:
        """Post a Twilio callback; returns the last HTTP status met, None when nobody was there."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": twilio_signature(self._config.auth_token, url, fields),
        }
        return await self._post(url, urlencode(fields).encode(), headers)

    async def events(self, events: list[dict[str, Any]]) -> None:
        """Post a batch of SendGrid events."""
        raw_body = json.dumps(events).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": self._signer.sign(timestamp, raw_body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        await self._post(self._config.sendgrid_webhook_url, raw_body, headers)

    async def gateway(self, event: str, payload: dict[str, Any]) -> int | None:
        """Post one event of the WhatsApp gateway's, as WAHA does; returns the last HTTP status met, if any."""
        told = {"event": event, "session": "default", "payload": payload}
        raw_body = json.dumps({**told, "timestamp": time.time_ns() // 1_000_000}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Hmac": gateway_signature(self._config.gateway_hmac_key, raw_body),
            "X-Webhook-Hmac-Algorithm": "sha512",
        }
        return await self._post(f"{self._config.web_origin}/webhooks/whatsapp", raw_body, headers)

    async def payment(self, event: dict[str, Any]) -> int | None:
        """Post one event of Stripe's; returns the last HTTP status met, None when nobody was there."""
        raw_body = json.dumps(event).encode()
        signature = stripe_signature(self._config.stripe_webhook_secret, int(time.time()), raw_body)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        return await self._post(f"{self._config.web_origin}/webhooks/stripe", raw_body, headers)

    async def _post(self, url: str, raw_body: bytes, headers: dict[str, str]) -> int | None:
        self.posting += 1
        try:
            status = await self._until_taken(url, raw_body, headers)
        finally:
            self.posting -= 1
        if status is None or status >= 300:
            self.failed += 1
            log.warning("simulator.report_not_taken", url=url.partition("?")[0], status=status)
        else:
            self.posted += 1
        return status

    async def _until_taken(self, url: str, raw_body: bytes, headers: dict[str, str]) -> int | None:
        status = None
        for attempt in range(_TRIES):
            status = await self._try(url, raw_body, headers)
            if status is not None and status < 500 and status != 429:
                break
            await asyncio.sleep(_FIRST_PAUSE_S * 2**attempt)
        return status

    async def _try(self, url: str, raw_body: bytes, headers: dict[str, str]) -> int | None:
        assert self._session is not None
        try:
            async with self._session.post(url, data=raw_body, headers=headers, allow_redirects=False) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
