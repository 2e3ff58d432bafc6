"""`GET /exports/recipients`: a campaign's recipients as a file, sent while it is read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from backend.domain.exports import ExportFormat
from backend.domain.tracking import RecipientQuery
from backend.errors import AppError, ForbiddenError
from backend.http import cookies, paths
from backend.http.file_answers import disposition
from backend.http.public_page import public_page
from backend.http.requests import is_from_own_page
from backend.logs import get_logger
from backend.services import sessions
from backend.services.exporting import Export, Sheet, TooManyExportsError, begin_export, pieces, place_for_an_export

log = get_logger(__name__)

_RETRY_AFTER_S = 30
_STATUSES = {TooManyExportsError.code: 503, ForbiddenError.code: 403}
_SILENCE_S = 60.0
_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.CSV_SEMICOLON: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PAGES = {
    403: ("This file is not for you", "You do not have the right to see these recipients. Ask an administrator."),
    404: ("This campaign was not found", "It may have been deleted, or the address is not complete."),
    503: (
        "Too many exports at this moment",
        "Others are being made. Close this page and try again in half a minute.",
    ),
}


class _Exports:
    """The route, with the words of its files."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def __call__(self, request: Request) -> Response:
        """`campaign`, `format`, and `tab`, `search`, `sort`, `order` as in the address of the page.

        200 with the file; a page that says why not: 403 without the right or from elsewhere, 404, 503 when as many as
        may be are under way; 303 to the sign-in page without a session.
        """
        if not is_from_own_page(request.headers):
            log.warning("export_refused", hint="PUBLIC_URL")
            return _page(403)
        actor = await asyncio.to_thread(sessions.authenticate, cookies.session_hash(request.scope))
        if actor is None:
            return RedirectResponse(paths.login_url(error="session_ended"), 303, {"cache-control": "no-store"})
        form, campaign_id = _form(request), _id(request.query_params.get("campaign", ""))
        if form is None or not campaign_id:
            return _page(404)
        with contextlib.ExitStack() as place:
            try:
                place.enter_context(place_for_an_export())
                export = await asyncio.to_thread(begin_export, actor, campaign_id, self._query(request), form)
            except AppError as error:
                return _page(_STATUSES.get(error.code, 404))
            return _Sent(export, pieces(export, self._sheet), place.pop_all())

    def _query(self, request: Request) -> RecipientQuery:
        given = request.query_params
        hints = self._sheet.hints(RecipientQuery(search=given.get("search", "")).search)
        return RecipientQuery(
            tab=given.get("tab", ""),  # pyright: ignore[reportArgumentType]
            search=hints.search,
            sort=given.get("sort", ""),  # pyright: ignore[reportArgumentType]
            descending=given.get("order", "") == "desc",
            reasons=hints.reasons,
            vendor_codes=hints.vendor_codes,
        )


class _Sent(StreamingResponse):
    """A file on its way. Its place is free again when it is sent, or when whoever asked has gone."""

    def __init__(self, export: Export, content: Generator[bytes], place: contextlib.ExitStack) -> None:
        headers = {
            "content-disposition": disposition(export.name),
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "no-store",
            "x-accel-buffering": "no",  # a proxy would keep what it could pass on
        }
        super().__init__(_in_threads(content), headers=headers, media_type=_TYPES[export.form])
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(_SILENCE_S):  # whoever takes nothing shall not keep others from their files
                await send(message)

        try:
            await super().__call__(scope, receive, send_soon)
        finally:
            self._place.close()


async def _in_threads(content: Generator[bytes]) -> AsyncIterator[bytes]:
    """Each piece is made in a thread. One that is being made is waited for: then the file can be closed."""
    try:
        while True:
            making = asyncio.ensure_future(asyncio.to_thread(next, content, None))
            try:
                piece = await asyncio.shield(making)
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):
                    await making
                raise
            if piece is None:
                return
            if piece:
                yield piece
    finally:
        content.close()


def _form(request: Request) -> ExportFormat | None:
    given = request.query_params.get("format", "")
    return ExportFormat(given) if given in set(ExportFormat) else None


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page(status: int) -> Response:
    page = public_page("en", *_PAGES[status], status_code=status)
    page.headers["cache-control"] = "no-store"
    if status == 503:
        page.headers["retry-after"] = str(_RETRY_AFTER_S)
    return page


def routes(sheet: Sheet) -> list[BaseRoute]:
    """The route, for the words that its files shall have."""
    return [Route(paths.EXPORTS, _Exports(sheet).__call__, methods=["GET"])]
