"""Sign in and sign out: two plain forms."""

from __future__ import annotations

import asyncio

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.errors import AppError
from backend.http import cookies, paths
from backend.http.requests import client_ip, comes_from_own_page
from backend.logs import get_logger
from backend.services import sessions
from backend.services.sign_in import TooManyAttemptsError, WrongCredentialsError, sign_in

log = get_logger(__name__)

_MAX_FIELDS = 8


async def post_sign_in(request: Request) -> Response:
    """Form `email`, `password`, `remember`, `next`.

    303 to the page wanted, or back to the sign-in page. The page's script asks for JSON instead and stays where
    it is, so that a refusal costs nobody what they typed; the address never travels in a URL, where logs would keep it.
    """
    if not comes_from_own_page(request.headers):
        return _refused(request)
    async with request.form(max_files=0, max_fields=_MAX_FIELDS) as form:
        wanted = paths.after_sign_in(_text(form, "next"))
        stays = _text(form, "remember") == "on"
        try:
            token, _ = await asyncio.to_thread(
                sign_in, _text(form, "email"), _text(form, "password"), client_ip(request.scope), stay_signed_in=stays
            )
        except (WrongCredentialsError, TooManyAttemptsError) as error:
            return _failed(request, error, wanted)
    response: Response = JSONResponse({"next": wanted}) if _wants_json(request) else RedirectResponse(wanted, 303)
    response.headers["cache-control"] = "no-store"
    cookies.set_session(response, token, stay_signed_in=stays)
    old = cookies.session_hash(request.scope)
    if old:
        await asyncio.to_thread(sessions.revoke, old)
    return response


async def post_sign_out(request: Request) -> Response:
    """End the session of this browser."""
    if not comes_from_own_page(request.headers):
        return _refused(request)
    await asyncio.to_thread(sessions.revoke, cookies.session_hash(request.scope))
    response = RedirectResponse(paths.LOGIN, 303)
    cookies.clear_session(response)
    return response


def _failed(request: Request, error: AppError, wanted: str) -> Response:
    retry_after_s = error.details.get("retry_after_s")
    headers = {"retry-after": str(retry_after_s)} if retry_after_s else {}
    if _wants_json(request):
        status = 429 if retry_after_s else 401
        return JSONResponse({"error": error.code, "retry_after_s": retry_after_s}, status, headers)
    return RedirectResponse(
        paths.login_url(error=error.code, wanted="" if wanted == paths.HOME else wanted), 303, headers
    )


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept") == "application/json"


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _refused(request: Request) -> Response:
    log.warning("form_refused", origin=request.headers.get("origin", "")[:200], hint="PUBLIC_URL")
    return PlainTextResponse("This form was not sent from here.", 403)


routes = [
    Route(paths.SIGN_IN, post_sign_in, methods=["POST"]),
    Route(paths.SIGN_OUT, post_sign_out, methods=["POST"]),
]
