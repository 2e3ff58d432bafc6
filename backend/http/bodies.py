"""How much may be sent, and where anything may be sent at all."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.settings import get_settings

_READING = {"GET", "HEAD", "OPTIONS"}
_TOO_MUCH = "Too much was sent."
UPLOADS = "/uploads"
_LIMITS_BYTES = {"/auth/": 64 * 1024, "/webhooks/": 1024 * 1024, "/u/": 16 * 1024}


TOO_MUCH = _TOO_MUCH.encode()


class BodyTooLargeError(Exception):
    """More was sent than allowed. `announced`: known before any of it was read."""

    def __init__(self, *, announced: bool = False) -> None:
        super().__init__()
        self.announced = announced


async def read_body(scope: Scope, receive: Receive) -> bytes | None:
    """All that is posted to a path, within its limit; None when whoever posts it has gone.

    Raises:
        BodyTooLargeError: it is more, or nothing is taken there.
    """
    limit, body, goes_on = _limit_at(scope["path"]) or 0, b"", True
    if _announced(scope) > limit:
        raise BodyTooLargeError(announced=True)
    while goes_on:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        goes_on = message.get("more_body", False)
        if len(body) > limit:
            raise BodyTooLargeError
    return body


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
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
