"""`GET /exports/credits.csv` and `GET /receipts/<number>.pdf`: for whoever is signed in and may see them."""

from __future__ import annotations

import asyncio

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from backend.domain.ledger_query import LedgerQuery
from backend.errors import ForbiddenError, NotFoundError
from backend.http import cookies, paths
from backend.http.file_answers import disposition
from backend.services import ledger_view, sessions
from backend.services.acting import ActingUser

_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex", "x-content-type-options": "nosniff"}


async def export_credits(request: Request) -> Response:
    """The ledger as CSV; the query is that of its page."""
    actor = await _actor(request)
    if actor is None:
        return RedirectResponse(paths.login_url(), 303)
    given = {name: request.query_params.get(name, "") for name in ("kind", "since", "until", "campaign")}
    try:
        pieces = await asyncio.to_thread(ledger_view.export_ledger, actor, LedgerQuery.read(**given))
    except ForbiddenError:
        return _nothing(403)
    headers = {**_PRIVATE, "content-disposition": disposition("sms-credits.csv")}
    return StreamingResponse(iterate_in_threadpool(pieces), headers=headers, media_type="text/csv; charset=utf-8")


async def receipt(request: Request) -> Response:
    """One receipt as a PDF, in the `language` of the page that asks for it."""
    actor = await _actor(request)
    if actor is None:
        return RedirectResponse(paths.login_url(), 303)
    number = request.path_params["number"]
    try:
        content = await asyncio.to_thread(_draw, actor, number, request.query_params.get("language", ""))
    except NotFoundError:
        return _nothing(404)
    headers = {**_PRIVATE, "content-disposition": disposition(f"receipt-{number:06}.pdf")}
    return Response(content, headers=headers, media_type="application/pdf")


def _draw(actor: ActingUser, number: int, language: str) -> bytes:
    from backend.services.receipts import draw_receipt  # the library is not for every start

    if number >= 2**31:
        raise NotFoundError(what="receipt")
    return draw_receipt(ledger_view.find_receipt(actor, number), language)


async def _actor(request: Request) -> ActingUser | None:
    return await asyncio.to_thread(sessions.authenticate, cookies.session_hash(request.scope))


def _nothing(status: int) -> Response:
    return PlainTextResponse("There is nothing here for you.", status, _PRIVATE)


routes: list[BaseRoute] = [
    Route("/exports/credits.csv", export_credits, methods=["GET"]),
    Route("/receipts/{number:int}.pdf", receipt, methods=["GET"]),
]
