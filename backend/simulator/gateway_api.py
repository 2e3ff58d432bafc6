"""The session of our WhatsApp gateway: is the account connected, connect it, disconnect it."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.simulator.config import SimulatorConfig
from backend.simulator.reports import Reports


class GatewayApi:
    """One account, connected from the start."""

    def __init__(self, config: SimulatorConfig, reports: Reports) -> None:
        self._key = config.gateway_key
        self._reports = reports
        self.is_connected = True

    def routes(self) -> list[Route]:
        """The session API under `/api`."""
        return [
            Route("/api/session", self._session),
            Route("/api/session/connect", self._connect, methods=["POST"]),
            Route("/api/session/disconnect", self._disconnect, methods=["POST"]),
        ]

    def session(self) -> dict[str, str | None]:
        """The answer of every call."""
        status = "connected" if self.is_connected else "disconnected"
        return {"status": status, "phone": "+33600000000" if self.is_connected else None}

    def change(self, *, connected: bool) -> None:
        """Connect or disconnect the account, and tell the product when that changes anything."""
        changes, self.is_connected = connected != self.is_connected, connected
        if changes:
            self._reports.session_changed(str(self.session()["status"]))

    async def _session(self, request: Request) -> Response:
        return self._answer(request)

    async def _connect(self, request: Request) -> Response:
        return self._answer(request, connected=True)

    async def _disconnect(self, request: Request) -> Response:
        return self._answer(request, connected=False)

    def _answer(self, request: Request, *, connected: bool | None = None) -> Response:
        given = request.headers.get("x-api-key", "")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            return JSONResponse({"error": "unauthorized"}, status_code=401)
        if connected is not None:
            self.change(connected=connected)
        return JSONResponse(self.session())
