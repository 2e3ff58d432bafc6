"""What browsers are told depends on whether we are reached over TLS."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from backend.http.security_headers import SecurityHeaders
from backend.settings import get_settings


@pytest.mark.parametrize(("public_url", "told"), [("https://unisoft.example", True), ("http://unisoft.example", False)])
def test_browsers_are_told_to_stay_with_tls_where_there_is_tls(
    monkeypatch: pytest.MonkeyPatch, public_url: str, told: bool
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    monkeypatch.setenv("PUBLIC_URL", public_url)
    get_settings.cache_clear()
    try:
        app = SecurityHeaders(PlainTextResponse("ok"), "")
    finally:
        get_settings.cache_clear()
    asyncio.run(app({"type": "http", "path": "/", "headers": []}, receive, send))
    assert (b"strict-transport-security" in dict(sent[0]["headers"])) is told
