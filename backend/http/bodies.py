"""How much may be sent, and where anything may be sent at all."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = {"GET", "HEAD", "OPTIONS"}
_LIMITS_BYTES = {"/auth/": 64 * 1024, "/webhooks/": 1024 * 1024, "/u/": 16 * 1024}


class BodyTooLargeError(Exception):
    """More was sent than allowed; raised out of `receive` and answered here."""


class BodyLimits:
    """404 for whatever would change something at a path that takes nothing, 413 for too much."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        limit = next((size for prefix, size in _LIMITS_BYTES.items() if scope["path"].startswith(prefix)), None)
        if limit is None:
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        await self._limited(limit, scope, receive, send)

    async def _limited(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        got, answered = 0, False

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > limit:
                raise BodyTooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        too_long = PlainTextResponse("Too much was sent.", 413, {"connection": "close"})
        if _announced(scope) > limit:
            await too_long(scope, receive, send)
            return
        try:
            await self._app(scope, counted, noted)
        except BodyTooLargeError:
            if not answered:
                await too_long(scope, receive, send)


def _announced(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
