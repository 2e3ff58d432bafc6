"""The public unsubscribe page: GET shows and changes nothing (mail scanners open links), POST acts."""

from __future__ import annotations

import asyncio
import html

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend.database import reading
from backend.errors import NotFoundError
from backend.http.public_page import public_page
from backend.repositories import organisations
from backend.services import unsubscribing
from backend.settings import get_settings

_FORM = '<form method="post"><button type="submit">{button}</button></form>'
_WORDS = {
    "en": {
        "ask": ("Unsubscribe", "Stop receiving emails from {name} at this address?", "Unsubscribe"),
        "done": ("You are unsubscribed", "{name} will not send emails to this address any more."),
        "gone": ("This link does not work", "It may be incomplete. Open it again from the email."),
    },
    "fr": {
        "ask": ("Se désabonner", "Ne plus recevoir d’emails de {name} à cette adresse ?", "Se désabonner"),
        "done": ("Vous êtes désabonné", "{name} n’enverra plus d’emails à cette adresse."),
        "gone": ("Ce lien ne fonctionne pas", "Il est peut-être incomplet. Ouvrez-le de nouveau depuis l’email."),
    },
}


async def unsubscribe(request: Request) -> Response:
    """`/u/<token>`; a POST is also what mail programs send for List-Unsubscribe=One-Click."""
    language, name = await asyncio.to_thread(_organisation)
    words, token = _WORDS[language], request.path_params["token"]
    try:
        if request.method == "POST":
            await asyncio.to_thread(unsubscribing.unsubscribe, get_settings(), token)
            return _page(language, *words["done"], name=name)
        unsubscribing.read_token(get_settings(), token)
    except NotFoundError:
        return _page(language, *words["gone"], name=name, status_code=404)
    title, text, button = words["ask"]
    return _page(language, title, text, name=name, form=_FORM.format(button=button))


def _organisation() -> tuple[str, str]:
    with reading() as session:
        organisation = organisations.get(session)
    return (organisation.language if organisation.language in _WORDS else "en"), organisation.name


def _page(language: str, title: str, text: str, *, name: str, form: str = "", status_code: int = 200) -> Response:
    return public_page(language, title, text.format(name=html.escape(name)), form=form, status_code=status_code)


routes: list[BaseRoute] = [Route("/u/{token}", unsubscribe, methods=["GET", "POST"])]
