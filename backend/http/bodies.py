"""How much may be sent, and where anything may be sent at all."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.settings import get_settings

_READING = {"GET", "HEAD", "OPTIONS"}
_TOO_MUCH = "Too much was sent."
UPLOADS = "/uploads"
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
        limit = _limit_at(scope["path"])
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

        if _announced(scope) > limit:
            # Closed, the connection would be reset under a proxy that still sends, which then calls the server dead.
            await PlainTextResponse(_TOO_MUCH, 413)(scope, receive, send)
            return
        try:
            await self._app(scope, counted, noted)
        except BodyTooLargeError:
            if not answered:
                await PlainTextResponse(_TOO_MUCH, 413, {"connection": "close"})(scope, receive, send)


def _limit_at(path: str) -> int | None:
    if path == UPLOADS:
        settings = get_settings()
        return max(settings.document_max_mb, settings.video_max_mb) * 1024 * 1024
    return next((size for prefix, size in _LIMITS_BYTES.items() if path.startswith(prefix)), None)


def _announced(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
