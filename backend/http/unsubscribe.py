"""The public unsubscribe page: GET shows and changes nothing (mail scanners open links), POST acts."""

from __future__ import annotations

import asyncio
import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from backend.database import reading
from backend.errors import NotFoundError
from backend.repositories import organisations
from backend.services import unsubscribing
from backend.settings import get_settings

_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; min-block-size: 100dvh; display: grid; place-items: center;
 font: 16px/24px Inter, system-ui, sans-serif; background: light-dark(#f9f9fb, #111113);
 color: light-dark(#1c2024, #edeef0); }}
main {{ max-inline-size: 440px; margin: 16px; padding: 32px; border-radius: 12px;
 background: light-dark(#fff, #18191b); box-shadow: 0 0 0 1px light-dark(#00002d17, #d8f4f609); }}
h1 {{ font-size: 20px; line-height: 28px; margin: 0 0 8px; }}
button {{ font: inherit; font-weight: 500; min-block-size: 44px; padding-inline: 16px; border: 0; border-radius: 6px;
 background: #3e63dd; color: #fff; cursor: pointer; }}
button:focus-visible {{ outline: 2px solid #3e63dd; outline-offset: 2px; }}
</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"""
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
    page = _PAGE.format(lang=language, title=title, text=text.format(name=html.escape(name)), form=form)
    return HTMLResponse(page, status_code)


routes: list[BaseRoute] = [Route("/u/{token}", unsubscribe, methods=["GET", "POST"])]
