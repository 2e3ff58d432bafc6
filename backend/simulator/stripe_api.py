"""Stripe's Checkout, with a pretend card page: what the shop asks, and what Stripe reports about it.

Source: docs.stripe.com/api/checkout/sessions and /api/idempotent_requests. Cards: docs.stripe.com/testing.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.simulator.config import SimulatorConfig
from backend.simulator.control import refusal
from backend.simulator.page import PAGE_HEADERS
from backend.simulator.reports import Reports
from backend.simulator.stripe_page import DECLINED_CARD, card_page

_KEPT = 10_000
_LATE_S = 5.0
_FAULTS = ("", "lost_before", "lost_after", "refused")


@dataclass(slots=True)
class _Session:
    """One checkout. `refunded_minor`: all refunds together."""

    id: str
    fields: dict[str, str]
    status: str = "open"
    payment_status: str = "unpaid"
    payment_intent: str | None = None
    refunded_minor: int = 0
    dispute: str = ""
    created_s: int = field(default_factory=lambda: int(time.time()))

    @property
    def amount(self) -> int:
        return int(self.fields["line_items[0][price_data][unit_amount]"])

    @property
    def currency(self) -> str:
        return self.fields["line_items[0][price_data][currency]"]


class StripeApi:
    """Sessions by id, and what they were asked for with."""

    def __init__(self, config: SimulatorConfig, reports: Reports) -> None:
        self._key = config.stripe_secret_key
        self._reports = reports
        self._sessions: dict[str, _Session] = {}
        self._asked: dict[str, tuple[dict[str, str], str]] = {}
        self._held: list[dict[str, Any]] = []
        self._holds = False
        self._fault = ""
        self._late: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        """The API under `/v1`, the card page under `/simulator/pay`, and a way for tests to steer both."""
        return [
            Route("/v1/checkout/sessions", self._create, methods=["POST"]),
            Route("/v1/checkout/sessions/{id}", self._read),
            Route("/simulator/pay/{id}", self._page, methods=["GET", "POST"]),
            Route("/simulator/stripe", self._steer, methods=["GET", "PUT"]),
        ]

    # --- What the shop asks.

    async def _create(self, request: Request) -> Response:
        if refused := self._refused(request) or self._failure("lost_before") or self._failure("refused"):
            return refused
        fields = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        key = request.headers.get("idempotency-key", "")
        if key in self._asked:
            asked, session_id = self._asked[key]
            if asked != fields:
                return _error(400, "idempotency_error", "Keys for idempotent requests can only be used with the same")
            return JSONResponse(self._resource(request, self._sessions[session_id]))
        try:
            session = _Session(f"cs_test_{secrets.token_hex(24)}", fields)
            _ = session.amount, session.currency, fields["success_url"]
        except (KeyError, ValueError):
            return _error(400, "invalid_request_error", "Missing required param: line_items")
        self._keep(key, session)
        return self._failure("lost_after") or JSONResponse(self._resource(request, session))

    def _failure(self, fault: str) -> Response | None:
        if self._fault != fault:
            return None
        if fault == "refused":
            return _error(402, "card_error", "Your account cannot make live charges")
        return _error(500, "api_error", "An unknown error occurred")

    async def _read(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        session = self._sessions.get(request.path_params["id"])
        if session is None:
            return _error(404, "invalid_request_error", "No such checkout.session")
        return JSONResponse(self._resource(request, session))

    def _keep(self, key: str, session: _Session) -> None:
        self._sessions[session.id] = session
        if key:
            self._asked[key] = session.fields, session.id
        if len(self._sessions) > _KEPT:
            self._sessions.pop(next(iter(self._sessions)))
            self._asked = {key: asked for key, asked in self._asked.items() if asked[1] in self._sessions}

    def _refused(self, request: Request) -> Response | None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            given = base64.b64decode(given.encode()).decode("ascii", "replace").removesuffix(":")
        if self._key and hmac.compare_digest(given.encode(), self._key.encode()):
            return None
        return _error(401, "invalid_request_error", "Invalid API Key provided")

    def _resource(self, request: Request, session: _Session) -> dict[str, Any]:
        self._end_old(session)
        url = f"{request.base_url}simulator/pay/{session.id}"
        return {**_described(session), "url": url if session.status == "open" else None}

    def _end_old(self, session: _Session) -> None:
        if session.status == "open" and int(session.fields.get("expires_at", "0") or 0) <= time.time():
            session.status = "expired"

    # --- What the buyer does.

    async def _page(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        session = self._sessions.get(request.path_params["id"])
        if session is None:
            return HTMLResponse("This checkout is not known.", 404)
        self._end_old(session)
        problem = ""
        if request.method == "POST":
            form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
            if form.get("do") == "back":
                return RedirectResponse(session.fields["cancel_url"], 303)
            if session.status == "open" and form.get("card", "").replace(" ", "") == DECLINED_CARD:
                problem = "Your card was declined. Try another one."
            elif session.status == "open":
                await self._pay(session, form.get("do", "pay"))
                return RedirectResponse(session.fields["success_url"], 303)
        shop = urlsplit(session.fields["success_url"])
        # The form's answer leads back to the shop, which a browser counts as a target of the form.
        policy = PAGE_HEADERS["Content-Security-Policy"].replace(
            "form-action 'self'", f"form-action 'self' {shop.scheme}://{shop.netloc}"
        )
        body = card_page(
            session.fields["line_items[0][price_data][product_data][name]"],
            session.amount,
            session.currency,
            status=session.status,
            problem=problem,
        )
        return HTMLResponse(body, headers={**PAGE_HEADERS, "Content-Security-Policy": policy})

    async def _pay(self, session: _Session, how: str) -> None:
        session.status, session.payment_status = "complete", "paid"
        session.payment_intent = f"pi_{secrets.token_hex(12)}"
        event = _event("checkout.session.completed", _described(session))
        if how == "late":
            task = asyncio.create_task(self._tell_late(event))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return
        if how == "wrong_amount":
            event["data"]["object"]["amount_total"] -= 1
        for _ in range(2 if how == "twice" else 1):
            await self._tell(event)

    async def _tell_late(self, event: dict[str, Any]) -> None:
        await asyncio.sleep(_LATE_S)
        await self._tell(event)

    async def _tell(self, event: dict[str, Any]) -> None:
        if self._holds:
            self._held.append(event)
        else:
            await self._reports.payment(event)

    # --- What tests and people steer.

    async def _steer(self, request: Request) -> Response:
        """GET: the sessions. PUT `{"do": …, "session": id, "amount": n, "dispute": word}` or `{"fault": …}`."""
        if refused := refusal(request):
            return refused
        if request.method == "PUT":
            values = await request.json()
            if not isinstance(values, dict) or values.get("fault", "") not in _FAULTS:
                return JSONResponse({"error": f"fault: one of {', '.join(_FAULTS)}"}, status_code=400)
            if "fault" in values:
                self._fault = values["fault"]
            elif not await self._do(values):
                return JSONResponse({"error": "no such session, or not now"}, status_code=409)
        return JSONResponse({"sessions": [_described(each) for each in self._sessions.values()][-100:]})

    async def _do(self, values: dict[str, Any]) -> bool:
        what = values.get("do")
        if what in {"hold", "release"}:
            self._holds = what == "hold"
            held, self._held = self._held, []
            for event in held:
                await self._tell(event)
            return True
        session = self._sessions.get(str(values.get("session")))
        if session is None:
            return False
        amount = int(values.get("amount") or session.amount)
        if what == "pay" and session.status == "open":
            await self._pay(session, str(values.get("how") or "pay"))
        elif what == "expire" and session.status == "open":
            session.status = "expired"
            await self._tell(_event("checkout.session.expired", _described(session)))
        elif what == "refund" and session.payment_intent:
            session.refunded_minor = min(session.refunded_minor + amount, session.amount)
            await self._tell(_event("charge.refunded", _charge(session)))
        elif what == "dispute" and session.payment_intent:
            session.dispute = str(values.get("dispute") or "needs_response")
            word = "closed" if session.dispute in {"won", "lost"} else "created"
            await self._tell(_event(f"charge.dispute.{word}", _dispute(session, amount)))
        else:
            return False
        return True


def _described(session: _Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_total": session.amount,
        "client_reference_id": session.fields.get("client_reference_id"),
        "created": session.created_s,
        "currency": session.currency,
        "livemode": False,
        "metadata": {"order": session.fields.get("metadata[order]", "")},
        "mode": "payment",
        "payment_intent": session.payment_intent,
        "payment_status": session.payment_status,
        "status": session.status,
        "url": None,
    }


def _charge(session: _Session) -> dict[str, Any]:
    return {
        "id": f"ch_{session.id[-24:]}",
        "object": "charge",
        "amount": session.amount,
        "amount_refunded": session.refunded_minor,
        "currency": session.currency,
        "metadata": {"order": session.fields.get("payment_intent_data[metadata][order]", "")},
        "payment_intent": session.payment_intent,
        "refunded": session.refunded_minor >= session.amount,
    }


def _dispute(session: _Session, amount: int) -> dict[str, Any]:
    return {
        "id": f"dp_{session.id[-24:]}",
        "object": "dispute",
        "amount": amount,
        "currency": session.currency,
        "metadata": {},
        "payment_intent": session.payment_intent,
        "status": session.dispute,
    }


def _event(word: str, thing: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": "2026-09-30.clover",
        "created": int(time.time()),
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": word,
    }


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"type": kind, "message": message}}, status_code=status)
