"""`/l/<code>` and `/f/<token>`: what a message leads to. Public by design: whoever has the address may open it."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from backend.database import reading
from backend.domain.robots import is_person
from backend.errors import NotFoundError
from backend.http.file_answers import answer_file
from backend.http.public_page import public_page
from backend.logs import brief, get_logger
from backend.repositories import organisations
from backend.services import public_links
from backend.settings import get_settings

log = get_logger(__name__)

_LONGEST = 64
_GONE = {
    "en": ("This link does not work", "It may be incomplete. Open it again from the message."),
    "fr": ("Ce lien ne fonctionne pas", "Il est peut-être incomplet. Ouvrez-le de nouveau depuis le message."),
}
_AWAY = {
    "en": ("This file cannot be opened now", "Please try again in a few minutes."),
    "fr": ("Ce fichier ne peut pas être ouvert maintenant", "Réessayez dans quelques minutes."),
}


async def follow_link(request: Request) -> Response:
    """302 to what is stored for the code; never to anything the request says."""
    code = request.path_params["code"][:_LONGEST]
    try:
        target = await asyncio.to_thread(
            public_links.follow, get_settings(), code, counted=is_person(request.method, request.headers)
        )
    except NotFoundError:
        return await _page(_GONE, 404)
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
    return RedirectResponse(target, 302, headers)


async def send_file(request: Request) -> Response:
    """The file, whole or the range asked for, to be saved and not shown."""
    try:
        file = await asyncio.to_thread(public_links.find_file, get_settings(), request.path_params["token"][:_LONGEST])
    except NotFoundError:
        return await _page(_GONE, 404)
    try:
        return await answer_file(request, file)
    except OSError as error:
        log.warning("file_not_readable", file=file.ref, error=brief(error))
        return await _page(_AWAY, 503)


async def _page(words: dict[str, tuple[str, str]], status_code: int) -> Response:
    language = await asyncio.to_thread(_language)
    language = language if language in words else "en"
    return public_page(language, *words[language], status_code=status_code)


def _language() -> str:
    with reading() as session:
        return organisations.get(session).language


routes: list[BaseRoute] = [
    Route("/l/{code}", follow_link, methods=["GET"]),
    Route("/f/{token}", send_file, methods=["GET"]),
]
