"""The messages of the WhatsApp gateway (WAHA): whether a number is known, sending, and looking up.

Source: waha.devlike.pro/docs/how-to/send-messages, /contacts and /chats. Only the last fifty thousand messages can be
looked up by their chat.
"""

from __future__ import annotations

import hmac
import json
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend.simulator import answers
from backend.simulator.answers import Receive, Send
from backend.simulator.config import SimulatorConfig
from backend.simulator.faults import fault_of, outlasts_slowness
from backend.simulator.gateway_texts import chat_of, index_in, is_on_whatsapp, shown, steps_of
from backend.simulator.judge import Judge, ShownMessage
from backend.simulator.magic import number_behaviour
from backend.simulator.reports import AckReport, Reports
from backend.simulator.script import Script
from backend.simulator.whatsapp_phone import PretendPhone

SEND_PATH = "/api/sendText"
_KEPT = 50_000
_SESSION = "default"
_SESSION_DOWN = "Session status is not as expected. Try again later or restart the session"


@dataclass(frozen=True, slots=True)
class _Taken:
    index: int
    to: str
    text: str
    created_s: float


class GatewayMessages:
    """Takes messages while the phone is connected, notes them with the judge, and has them acknowledged."""

    def __init__(self, config: SimulatorConfig, judge: Judge, reports: Reports, phone: PretendPhone) -> None:
        self._key = config.gateway_key
        self._judge, self._reports, self._phone = judge, reports, phone
        self._run, self._taken = judge.run, deque[_Taken](maxlen=_KEPT)
        self._script, self._until_drop = reports.script, 0

    def routes(self) -> list[Route]:
        """What is only asked."""
        return [
            Route("/api/contacts/check-exists", self._check),
            Route("/api/{session}/chats/{chat}/messages", self._list),
            Route("/api/{session}/chats/{chat}/messages/{message}", self._find),
        ]

    async def create(self, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
        """`POST /api/sendText`."""
        body = await answers.read_body(receive)
        key = next((value.decode("latin-1") for name, value in headers if name == b"x-api-key"), "")
        if refused := self._refusal(key):
            return await answers.answer_json(send, *refused)
        values = _object(body)
        chat, text = str(values.get("chatId") or ""), values.get("text")
        if not chat.endswith("@c.us") or not isinstance(text, str) or not text or values.get("session") != _SESSION:
            return await answers.answer_json(send, 400, _error(400, "chatId, text and session are needed"))
        self._judge.note_request("whatsapp")
        return await self._take(f"+{chat.removesuffix('@c.us')}", text, receive, send)

    async def _take(self, address: str, text: str, receive: Receive, send: Send) -> None:
        script, behaviour = self._reports.script, number_behaviour(address)
        fault = fault_of(script, self._judge, address, behaviour)
        if not await outlasts_slowness(script, self._judge, address) or fault == "reset_before":
            return await answers.cut(send, receive)
        if self._phone.status != "WORKING":  # it was lost while we were slow
            return await answers.answer_json(send, 422, _down(self._phone))
        if refused := _refused(script, fault):
            status, retry = refused
            return await answers.answer_json(send, status, _error(status, "Refused"), retry)
        index = self._judge.accept("whatsapp", address, "PENDING")
        self._keep(_Taken(index, address, text, time.time()))
        self._judge.show(ShownMessage(index, "whatsapp", address, self._phone.number, "", text, ""))
        self._drop_if_scripted()
        await self._report(AckReport(self._judge.run, index, address, steps_of(script, address, behaviour)))
        answer = shown(self._judge.run, 0 if fault == "duplicate_sid" else index, address, text, "PENDING", time.time())
        failed, nameless = _error(500, "Internal server error"), {"ack": 0}
        raw = json.dumps(answer).encode()
        return await answers.answer_taken(fault, send, receive, raw, error=failed, nameless=nameless)

    async def _report(self, report: AckReport) -> None:
        script = self._reports.script
        if script.callbacks != "off" and script.dice("first", report.to) < script.callback_first_rate:
            report = await self._reports.report_now(report)
        self._reports.add(report)

    def _drop_if_scripted(self) -> None:
        if self._script is not self._reports.script:
            self._script, self._until_drop = self._reports.script, self._reports.script.phone_drops_after
        self._until_drop -= 1
        if self._until_drop == 0:
            self._phone.drop()

    def _keep(self, taken: _Taken) -> None:
        self._follow_run()
        if taken.index >= 0:  # the judge had room for it
            self._taken.append(taken)

    def _follow_run(self) -> None:
        if self._run != self._judge.run:  # the judge was told to forget
            self._run = self._judge.run
            self._taken.clear()

    async def _check(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        script, digits = self._reports.script, request.query_params.get("phone", "").removeprefix("+")
        if not digits.isdigit():
            return JSONResponse(_error(400, "phone: only digits"), status_code=400)
        if script.throttled:
            return JSONResponse(_error(429, "Too many requests"), 429, answers.retry_after(script.retry_after_s))
        address = f"+{digits}"
        if script.checks_fail or number_behaviour(address) == "check_500":
            return JSONResponse(_error(500, "Internal server error"), 500)
        exists = is_on_whatsapp(script, address, number_behaviour(address))
        return JSONResponse({"numberExists": exists, **({"chatId": chat_of(address)} if exists else {})})

    async def _find(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        index = index_in(self._judge.run, request.path_params["message"])
        found = [] if index is None else [taken for taken in self._of(request) if taken.index == index]
        return JSONResponse(self._shown(found[0])) if found else JSONResponse(_error(404, "Message not found"), 404)

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        query = request.query_params
        try:
            limit, since_s = int(query.get("limit", "10")), int(query.get("filter.timestamp.gte", "0"))
        except ValueError:
            return JSONResponse(_error(400, "a number is none"), 400)
        found = [self._shown(taken) for taken in self._of(request) if taken.created_s >= since_s]
        return JSONResponse(found[::-1][: max(limit, 0)])

    def _of(self, request: Request) -> list[_Taken]:
        self._follow_run()
        return [taken for taken in self._taken if chat_of(taken.to) == request.path_params["chat"]]

    def _shown(self, taken: _Taken) -> dict[str, Any]:
        _, word, _ = self._judge.state(taken.index)
        return shown(self._judge.run, taken.index, taken.to, taken.text, word, taken.created_s)

    def _refused(self, request: Request) -> Response | None:
        refused = self._refusal(request.headers.get("x-api-key", ""))
        return JSONResponse(refused[1], refused[0]) if refused else None

    def _refusal(self, key: str) -> tuple[int, dict[str, Any]] | None:
        if self._reports.script.unauthorized or not hmac.compare_digest(key.encode(), self._key.encode()):
            return 401, _error(401, "Unauthorized")
        return None if self._phone.status == "WORKING" else (422, _down(self._phone))


def _refused(script: Script, fault: str | None) -> tuple[int, dict[str, str]] | None:
    """Status and headers of the refusal that meets this message before it is taken, if one does."""
    if script.throttled or fault == "throttle":
        return 429, answers.retry_after(script.retry_after_s)
    if fault == "reject":
        return 400, {}
    return (503, {}) if fault == "error_before" else None


def _down(phone: PretendPhone) -> dict[str, Any]:
    return {"error": _SESSION_DOWN, "session": _SESSION, "status": phone.status, "expected": ["WORKING"]}


def _error(status: int, message: str) -> dict[str, Any]:
    return {"statusCode": status, "message": message}


def _object(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
