"""Twilio's own async client, bent in three places.

It has no option for another origin, its constructor's `timeout` is never used, and its session
allows 100 connections. All three live in its HTTP client, so that is what is replaced. Its retries
stay off: they repeat POSTs that were accepted and then answered 500.
"""

from __future__ import annotations

import asyncio
import base64

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from backend.settings import Settings

VENDOR_ORIGIN = "https://api.twilio.com"
_CONNECTIONS = 200
_KEEP_ALIVE_S = 30


class _HttpClient(AsyncTwilioHttpClient):
    """Posts to the configured origin, within `provider_timeout_s` all told.

    Half of that time may go into connecting. A connection that was not made in it raises
    `aiohttp.ConnectionTimeoutError`, and then certainly nothing was sent.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(pool_connections=False)
        self._origin = settings.twilio_api_url
        self._timeout_s = settings.provider_timeout_s
        credentials = f"{settings.twilio_account_sid}:{settings.twilio_auth_token}"
        self._authorization = "Basic " + base64.b64encode(credentials.encode()).decode()
        self.session: ClientSession = ClientSession(
            connector=TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_KEEP_ALIVE_S),
            timeout=ClientTimeout(total=None, connect=settings.provider_timeout_s / 2),
            cookie_jar=DummyCookieJar(),
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the vendor's
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> Response:
        """Make one request. Raises what aiohttp raises, and TimeoutError when the answer is late."""
        del auth
        async with asyncio.timeout(timeout or self._timeout_s):
            response = await self.session.request(
                method,
                url.replace(VENDOR_ORIGIN, self._origin, 1),
                params=params,  # pyright: ignore[reportArgumentType]
                data=data,
                headers={**(headers or {}), "Authorization": self._authorization},
                allow_redirects=allow_redirects,
            )
            return Response(response.status, await response.text(), response.headers)


def open_client(settings: Settings) -> Client:
    """A client for the configured account. Call inside a running loop, and close it there."""
    return Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        http_client=_HttpClient(settings),
        environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},  # settings decide, not stray variables
    )


async def close_client(client: Client) -> None:
    """Give its connections back."""
    if isinstance(client.http_client, _HttpClient):
        await client.http_client.close()
