"""The session cookie."""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from backend.services import sessions
from backend.settings import get_settings

SESSION_COOKIE = "unisoft_session"
_LONGEST_TOKEN = 128
# The longest browsers keep a cookie. The server decides when a session ends; this only outlives it.
_STAYING_MAX_AGE_S = 400 * 86_400


def session_hash(scope: Scope) -> str:
    """SHA-256 of the session cookie in hexadecimal, "" without one."""
    jar = SimpleCookie()
    try:
        jar.load("; ".join(Headers(scope=scope).getlist("cookie")))
    except CookieError:
        return ""
    token = jar[SESSION_COOKIE].value if SESSION_COOKIE in jar else ""
    return sessions.hash_token(token) if 0 < len(token) <= _LONGEST_TOKEN else ""


async def live_session_hash(scope: Scope) -> str:
    """As `session_hash`, and "" when that session has ended."""
    found = session_hash(scope)
    return found if found and await asyncio.to_thread(sessions.authenticate, found) is not None else ""


def set_session(response: Response, token: str, *, stay_signed_in: bool) -> None:
    """Without "stay signed in" the cookie ends with the browser."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=_STAYING_MAX_AGE_S if stay_signed_in else None,
        path="/",
        secure=get_settings().origin.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
