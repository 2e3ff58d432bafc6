"""`/simulator/…`: set the script, ask the judge, let reports go, speak as a person.

For people and tests on this machine: only a loopback Host is answered (a page elsewhere that
points its own name at 127.0.0.1 is not), and nothing is changed for another site's page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.simulator.answering import read_answer
from backend.simulator.gateway_api import GatewayApi
from backend.simulator.judge import Judge
from backend.simulator.page import PAGE_HEADERS, STYLE, answer_page, email_page, page
from backend.simulator.reports import Reports
from backend.simulator.script import read_script, script_values

PHONE_ACTIONS = ("link", "scan", "refuse", "next", "expire", "unlink", "drop", "connect")
"""What the pretend phone can be told: link slowly, scan or refuse the code, let codes end, log the gateway out, lose
its connection, or be connected whatever was before."""

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class Control:
    """The simulator's own API and page."""

    def __init__(self, judge: Judge, reports: Reports, gateway: GatewayApi) -> None:
        self._judge = judge
        self._reports = reports
        self._gateway = gateway

    def routes(self) -> list[Route]:
        """Everything under `/simulator`."""
        return [
            Route("/simulator", self._page),
            Route("/simulator/style.css", self._style),
            Route("/simulator/emails/{index:int}", self._email),
            Route("/simulator/messages/{index:int}/answer", self._answer, methods=["GET", "POST"]),
            Route("/simulator/whatsapp", self._whatsapp, methods=["POST"]),
            Route("/simulator/whatsapp/phone", self._phone, methods=["GET", "POST"]),
            Route("/simulator/script", self._script, methods=["GET", "PUT"]),
            Route("/simulator/release", self._release, methods=["POST"]),
            Route("/simulator/inbound", self._inbound, methods=["POST"]),
            Route("/simulator/messages", self._messages, methods=["GET", "DELETE"]),
            Route("/simulator/counts", self._counts),
        ]

    async def _page(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        counts = {**self._judge.counts(), "reports": self._reports.counts()}
        body = page(self._judge, counts, whatsapp=self._gateway.phone.status)
        return Response(body, media_type="text/html", headers=PAGE_HEADERS)

    async def _style(self, _request: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    async def _email(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        index = request.path_params["index"]
        shown = next((message for message in self._judge.shown if message.index == index), None)
        return email_page(shown)

    async def _whatsapp(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace")))
        if "connect" in form:
            self._gateway.change(connected=form["connect"] == "1")
        elif form.get("do") in PHONE_ACTIONS:
            self._do(form["do"], {})  # a button that came too late does nothing
        return RedirectResponse("/simulator", status_code=303)

    async def _phone(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        if request.method == "POST":
            try:
                values = await _json(request)
            except ValueError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
            if values.get("do") not in PHONE_ACTIONS:
                return JSONResponse({"error": f"do: one of {', '.join(PHONE_ACTIONS)}"}, status_code=400)
            if not self._do(values["do"], values):
                return JSONResponse({"error": f"not while {self._gateway.phone.status}"}, status_code=409)
        return JSONResponse({**self._gateway.session(), "qr_text": self._gateway.phone.qr_text})

    def _do(self, action: str, values: dict[str, Any]) -> bool:
        phone = self._gateway.phone
        if action == "scan":
            return phone.scan(str(values.get("number") or ""), str(values.get("profile_name") or ""))
        moves = {
            "link": phone.link,
            "refuse": phone.refuse,
            "next": phone.next_code,
            "expire": phone.expire,
            "unlink": phone.unlink,
            "drop": phone.drop,
            "connect": phone.connect,
        }
        return moves[action]()

    async def _script(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        if request.method == "PUT":
            try:
                self._reports.follow(read_script(await _json(request)))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(script_values(self._reports.script))

    async def _release(self, request: Request) -> Response:
        return refusal(request) or JSONResponse({"released": self._reports.release()})

    async def _inbound(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        try:
            answer = read_answer(await _json(request))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"status": await self._reports.inbound(answer)})

    async def _answer(self, request: Request) -> Response:
        """The form under a message of the phone: what its person answers."""
        if refused := refusal(request):
            return refused
        index = request.path_params["index"]
        shown = next((one for one in self._judge.shown if one.index == index and one.medium != "email"), None)
        if shown is None:
            return Response("This message is no longer kept.", status_code=404, media_type="text/plain")
        if request.method == "GET":
            return Response(answer_page(shown), media_type="text/html", headers=PAGE_HEADERS)
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace"), keep_blank_values=True))
        through = form.get("through") if shown.medium == "whatsapp" else "twilio"
        to = shown.sender.removeprefix("whatsapp:")
        values = {"from": shown.to, "body": form.get("body", ""), "medium": shown.medium, "through": through, "to": to}
        try:
            await self._reports.inbound(read_answer(values))
        except ValueError as error:
            return Response(str(error), status_code=400, media_type="text/plain")
        return RedirectResponse("/simulator", status_code=303)

    async def _messages(self, request: Request) -> Response:
        if refused := refusal(request):
            return refused
        if request.method == "DELETE":
            self._judge.reset()
            self._reports.forget()
            return Response(status_code=204)
        limit = request.query_params.get("limit", "100")
        most = min(int(limit), 10_000) if limit.isascii() and limit.isdigit() else 100
        return JSONResponse({"messages": self._judge.messages(most, request.query_params.get("to"))})

    async def _counts(self, request: Request) -> Response:
        return refusal(request) or JSONResponse({**self._judge.counts(), "reports": self._reports.counts()})


async def _json(request: Request) -> dict[str, Any]:
    values = await request.json()
    if not isinstance(values, dict):
        raise ValueError("a JSON object is needed")  # noqa: TRY004 - every ValueError becomes a 400
    return values


def refusal(request: Request) -> Response | None:
    """403 unless somebody on this machine asks."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in _LOOPBACK:
        return JSONResponse({"error": "ask for this on 127.0.0.1"}, status_code=403)
    if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return JSONResponse({"error": "not from another site"}, status_code=403)
    return None
