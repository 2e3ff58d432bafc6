"""The session API of the WhatsApp gateway (WAHA), and a shorter one of our own for tests.

Source: waha.devlike.pro/docs/how-to/sessions. There is one session, `default`, as in its free edition.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.simulator.config import SimulatorConfig
from backend.simulator.reports import Reports
from backend.simulator.whatsapp_phone import PretendPhone

_SESSION = "default"
_STARTS = {"start", "restart"}


class GatewayApi:
    """One account, connected from the start."""

    def __init__(self, config: SimulatorConfig, reports: Reports) -> None:
        self._key = config.gateway_key
        self._reports = reports
        self.phone = PretendPhone(tell=self._tell)

    def routes(self) -> list[Route]:
        """The session API under `/api`."""
        return [
            Route("/api/sessions", self._create, methods=["POST"]),
            Route("/api/sessions/{session}", self._read),
            Route("/api/sessions/{session}/{move}", self._move, methods=["POST"]),
            Route("/api/{session}/auth/qr", self._qr),
            Route("/api/{session}/lids/{lid}", self._lid),
            Route("/api/session", self._short),
            Route("/api/session/connect", self._connect, methods=["POST"]),
            Route("/api/session/disconnect", self._disconnect, methods=["POST"]),
        ]

    @property
    def is_connected(self) -> bool:
        return self.phone.status == "WORKING"

    def session(self) -> dict[str, Any]:
        """The session as the gateway shows it."""
        return {"name": _SESSION, "status": self.phone.status, "config": {}, "me": self._account()}

    def change(self, *, connected: bool) -> None:
        """Connect or disconnect the account, and tell the product when that changes anything."""
        self.phone.change(connected=connected)

    def _account(self) -> dict[str, str] | None:
        if not self.is_connected:
            return None
        return {"id": f"{self.phone.number.removeprefix('+')}@c.us", "pushName": self.phone.profile_name}

    def _tell(self, status: str) -> None:
        self._reports.session_changed(status)

    async def _create(self, request: Request) -> Response:
        exists = "Session 'default' already exists. Use PUT to update it."
        return self._refused(request) or _error(422, exists)

    async def _read(self, request: Request) -> Response:
        return self._refused(request) or _missing(request) or JSONResponse(self.session())

    async def _move(self, request: Request) -> Response:
        if refused := self._refused(request) or _missing(request):
            return refused
        move = request.path_params["move"]
        moves: dict[str, Callable[[], None]] = {
            "start": self.phone.start,
            "restart": self.phone.restart,
            "stop": self.phone.stop,
            "logout": self.phone.log_out,
        }
        if move not in moves:
            return _error(404, f"Cannot POST {request.url.path}")
        was_connected = self.is_connected
        moves[move]()
        starting = {"status": "STARTING"} if move in _STARTS and not was_connected else {}
        return JSONResponse({**self.session(), **starting}, status_code=201)

    async def _qr(self, request: Request) -> Response:
        if refused := self._refused(request) or _missing(request):
            return refused
        text = self.phone.qr_text
        if text is None:
            return _error(422, "Session status is not as expected. Try again later or restart the session")
        return JSONResponse({"value": text})

    async def _lid(self, request: Request) -> Response:
        if refused := self._refused(request) or _missing(request):
            return refused
        lid = request.path_params["lid"]
        return JSONResponse({"lid": lid, "pn": f"{lid.removesuffix('@lid')[::-1]}@c.us"})

    async def _short(self, request: Request) -> Response:
        return self._short_answer(request)

    async def _connect(self, request: Request) -> Response:
        return self._short_answer(request, connected=True)

    async def _disconnect(self, request: Request) -> Response:
        return self._short_answer(request, connected=False)

    def _short_answer(self, request: Request, *, connected: bool | None = None) -> Response:
        if refused := self._refused(request):
            return refused
        if connected is not None:
            self.change(connected=connected)
        status = "connected" if self.is_connected else "disconnected"
        return JSONResponse({"status": status, "phone": self.phone.number if self.is_connected else None})

    def _refused(self, request: Request) -> Response | None:
        given = request.headers.get("x-api-key", "")
        if hmac.compare_digest(given.encode(), self._key.encode()):
            return None
        return _error(401, "Unauthorized")


def _missing(request: Request) -> Response | None:
    return None if request.path_params["session"] == _SESSION else _error(404, "Session not found")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status_code=status)
