"""The simulator: a local stand-in for the providers' HTTP APIs, for development and demonstrations.

The busy calls are answered before any routing; everything else goes through Starlette.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.simulator.config import SimulatorConfig
from backend.simulator.control import Control
from backend.simulator.gateway_api import GatewayApi
from backend.simulator.gateway_messages import SEND_PATH, GatewayMessages
from backend.simulator.judge import Judge
from backend.simulator.reports import Reports
from backend.simulator.sendgrid_api import SendGridApi
from backend.simulator.stripe_api import StripeApi
from backend.simulator.twilio_api import TwilioApi

_MESSAGES = re.compile(r"/2010-04-01/Accounts/(\w{1,40})/Messages\.json")


class Simulator:
    """One set of simulated providers behind one port."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._judge = Judge(config.most_records)
        self._reports = Reports(config, self._judge)
        self._twilio = TwilioApi(config, self._judge, self._reports)
        self._sendgrid = SendGridApi(config, self._judge, self._reports)
        gateway = GatewayApi(config, self._reports)
        self._gateway_messages = GatewayMessages(config, self._judge, self._reports, gateway.phone)
        control = Control(self._judge, self._reports, gateway)
        stripe = StripeApi(config, self._reports)
        message = Route("/2010-04-01/Accounts/{account}/Messages/{sid}.json", self._message)
        messages = Route("/2010-04-01/Accounts/{account}/Messages.json", self._messages)
        self._rest = Starlette(
            routes=[
                message,
                messages,
                *self._gateway_messages.routes(),
                *gateway.routes(),
                *stripe.routes(),
                *control.routes(),
            ],
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's start and stop."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"]
            if path == "/v3/mail/send":
                return await self._sendgrid.create(scope["headers"], receive, send)
            if path == SEND_PATH:
                return await self._gateway_messages.create(scope["headers"], receive, send)
            if found := _MESSAGES.fullmatch(path):
                return await self._twilio.create(scope["headers"], found[1], receive, send)
        return await self._rest(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self._reports.start()
        yield
        await self._reports.stop()

    async def _message(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        found = self._twilio.find(request.path_params["sid"])
        missing = {"code": 20404, "message": "The requested resource was not found", "status": 404}
        return JSONResponse(found or missing, status_code=200 if found else 404)

    async def _messages(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        try:
            return JSONResponse(self._twilio.list.page(request.query_params))
        except ValueError:
            return JSONResponse({"code": 20001, "message": "Invalid parameter", "status": 400}, status_code=400)

    def _refused(self, request: Request) -> Response | None:
        if self._twilio.is_authorized(request.scope["headers"], request.path_params["account"]):
            return None
        return JSONResponse({"code": 20003, "message": "Authenticate", "status": 401}, status_code=401)


def create_app(config: SimulatorConfig) -> ASGIApp:
    """The ASGI application. It needs a server that runs the lifespan protocol."""
    return Simulator(config)
