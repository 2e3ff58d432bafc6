"""The session of the WhatsApp gateway: how a phone is paired with it, over WAHA's HTTP API.

Source: waha.devlike.pro/docs/how-to/sessions. A session that fails is restarted, as `start` does
nothing to it; `logout` starts it again by itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from backend.errors import AppError
from backend.settings import Settings

SESSION = "default"  # the only one of the free edition
CHECK_PATH = "/api/contacts/check-exists"
_LOOK_WITHIN_S = 5.0  # a page waits for this answer
_MOVE_WITHIN_S = 15.0  # stopping a session takes the gateway three seconds and more
_MOST_BYTES = 256 * 1024
_NUMBER = re.compile(r"(\d{6,15})(?::\d+)?@(?:c\.us|s\.whatsapp\.net)")


class GatewayUnreachableError(AppError):
    """No answer, or none that can be used. The message tells neither key nor code."""

    code = "whatsapp_unreachable"


class SessionStatus(StrEnum):
    """The gateway's own words."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    SCAN_QR_CODE = "SCAN_QR_CODE"
    WORKING = "WORKING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Session:
    """How the session stands; `number` (E.164) and `profile_name` are empty until a phone is paired."""

    status: SessionStatus
    number: str = ""
    profile_name: str = ""


@dataclass(slots=True)
class WhatsAppGateway:
    """Calls about the one session. Use as `async with`. Every call can raise `GatewayUnreachableError`."""

    settings: Settings
    _client: aiohttp.ClientSession | None = field(default=None, init=False, repr=False)

    async def __aenter__(self) -> Self:
        self._client = open_client(self.settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._client is not None
        await self._client.close()

    async def find(self) -> Session:
        """The session as it stands; one that the gateway does not know yet is stopped."""
        status, body = await self._ask("GET", f"/api/sessions/{SESSION}", _LOOK_WITHIN_S)
        if _is_missing(status, body):
            return Session(SessionStatus.STOPPED)
        return _session_of(status, body)

    async def qr_text(self) -> str | None:
        """What the QR code says; None when there is no code to scan (any more)."""
        status, body = await self._ask("GET", f"/api/{SESSION}/auth/qr?format=raw", _LOOK_WITHIN_S)
        if status in {404, 422}:
            return None
        value = _dict_of(status, body).get("value")
        return value if isinstance(value, str) and value else None

    async def number_behind(self, hidden: str) -> str | None:
        """The number (E.164) of a person whom WhatsApp tells as `123@lid`; None when the gateway does not know it.

        Source: waha.devlike.pro/docs/how-to/contacts, "API - lids".
        """
        path = f"/api/{SESSION}/lids/{quote(hidden, safe='')}"
        status, body = await self._ask("GET", path, _LOOK_WITHIN_S)
        return None if status == 404 else number_of(_dict_of(status, body).get("pn"))

    async def tells_about(self, number_e164: str) -> bool:
        """Whether it answers the question if a number is on WhatsApp, whatever the answer is."""
        path = f"{CHECK_PATH}?phone={quote(number_e164.removeprefix('+'))}&session={SESSION}"
        status, body = await self._ask("GET", path, _LOOK_WITHIN_S)
        return status == 200 and isinstance(body, dict) and isinstance(body.get("numberExists"), bool)

    async def start(self) -> Session:
        """Start a stopped session, making it the first time. Safe to repeat."""
        status, body = await self._ask("POST", f"/api/sessions/{SESSION}/start", _MOVE_WITHIN_S)
        if _is_missing(status, body):
            new = {"name": SESSION, "start": True}
            status, body = await self._ask("POST", "/api/sessions", _MOVE_WITHIN_S, new)
        return await self.find() if status == 422 else _session_of(status, body)  # 422: somebody else was faster

    async def restart(self) -> Session:
        """Start a failed session again."""
        status, body = await self._ask("POST", f"/api/sessions/{SESSION}/restart", _MOVE_WITHIN_S)
        return await self.find() if status == 422 else _session_of(status, body)

    async def log_out(self) -> None:
        """Forget the phone, and stay stopped. Safe to repeat."""
        for move in ("logout", "stop"):
            status, body = await self._ask("POST", f"/api/sessions/{SESSION}/{move}", _MOVE_WITHIN_S)
            if not _is_missing(status, body):
                _dict_of(status, body)

    async def _ask(self, method: str, path: str, within_s: float, values: Any = None) -> tuple[int, Any]:
        """Status and JSON of one answer; None for a body that is no JSON."""
        assert self._client is not None
        wait = aiohttp.ClientTimeout(total=min(self.settings.provider_timeout_s, within_s))
        url = self.settings.whatsapp_gateway_url + path
        try:
            async with self._client.request(method, url, json=values, timeout=wait, allow_redirects=False) as response:
                return response.status, await read_json(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Not chained, and not by its repr: aiohttp's errors show the headers of the request.
            raise GatewayUnreachableError(type(error).__name__) from None


def number_of(account: object) -> str | None:
    """The number (E.164) in the id of a person's account; None in anything else."""
    found = _NUMBER.fullmatch(account) if isinstance(account, str) else None
    return f"+{found[1]}" if found else None


def open_client(settings: Settings) -> aiohttp.ClientSession:
    """A client that has the gateway's key. Call inside a running loop, and close it there."""
    headers = {"X-Api-Key": settings.whatsapp_gateway_key, "Accept": "application/json"}
    return aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar())


async def read_json(response: aiohttp.ClientResponse) -> Any:
    """The JSON of an answer; None for a body that is none.

    Raises:
        GatewayUnreachableError: it goes on and on.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise GatewayUnreachableError("an answer too long")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _is_missing(status: int, body: Any) -> bool:
    """Whether the gateway knows no such session; at a wrong address the answer is another 404."""
    return status == 404 and isinstance(body, dict) and str(body.get("message", "")).startswith("Session not found")


def _dict_of(status: int, body: Any) -> dict[str, Any]:
    if status not in {200, 201}:
        raise GatewayUnreachableError(f"status {status}")
    if not isinstance(body, dict):
        raise GatewayUnreachableError("no JSON object")
    return body


def _session_of(status: int, body: Any) -> Session:
    values = _dict_of(status, body)
    try:
        standing = SessionStatus(values.get("status", ""))
    except ValueError:
        raise GatewayUnreachableError("no session in the answer") from None
    account = values.get("me")
    if standing is not SessionStatus.WORKING or not isinstance(account, dict):
        return Session(standing)
    name = account.get("pushName")
    return Session(standing, number_of(account.get("id")) or "", name if isinstance(name, str) else "")
