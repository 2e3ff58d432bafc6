"""One line a request: method, path, status, time. Never the query string or the end of a path, which hold tokens."""

from __future__ import annotations

import re
import secrets
import time
from functools import cache

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.logs import get_logger

log = get_logger("http")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_WITH_TOKEN = re.compile(r"^(/[flu]/).+", re.DOTALL)  # whoever reads the log could open what it names
_QUIET = ("/assets/", "/fonts/", "/healthz", "/readyz", "/metrics")
_SECONDS = Histogram("http_request_seconds", "Time to answer a request", ["method", "status"])


class AccessLog:
    """Binds a correlation id for every log line of a request, and returns it as `X-Request-Id`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or secrets.token_hex(8)
        # Not taken back: every request has a task, and with it a context, of its own.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        await self._logged(request_id, scope, receive, send)

    async def _logged(self, request_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            _note(scope, status, time.perf_counter() - started)


def _given_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    return given if _GIVEN_ID.fullmatch(given) else ""


@cache
def _seconds(method: str, status: int) -> Histogram:
    return _SECONDS.labels(method, str(status))


def _note(scope: Scope, status: int, seconds: float) -> None:
    method, path = scope.get("method", "WEBSOCKET"), scope["path"]
    if scope["type"] == "http":
        _seconds(method, status).observe(seconds)
    write = log.debug if path.startswith(_QUIET) else log.info
    write(
        "request", method=method, path=_WITH_TOKEN.sub(r"\1…", path)[:200], status=status, ms=round(seconds * 1000, 1)
    )
