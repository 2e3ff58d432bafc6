"""The one way from an event handler to a service: the acting user as of now, and a thread.

Handlers run on the process's event loop, services block: a query there would hold up every tab.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import time
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import reflex as rx
from reflex.event import EventSpec
from reflex.state import BaseState

from backend.errors import AppError
from backend.http import paths
from backend.http.sockets import SESSION_HEADER
from backend.services import sessions
from backend.services.acting import ActingUser
from unisoft_ui.texts import error_sentence

_THREADS = 12  # fewer than the database pool holds

P = ParamSpec("P")
T = TypeVar("T")


class SessionEndedError(AppError):
    """Nobody is signed in on this socket any more."""

    code = "session_ended"


@functools.lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="service")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work beside the event loop, with the same logging context."""
    context = contextvars.copy_context()
    job = functools.partial(context.run, functools.partial(work, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads(), job)


def session_hash(state: BaseState) -> str:
    """What the door of the socket wrote there: SHA-256 of the session cookie, "" without one."""
    return state.router.headers.raw_headers.get(SESSION_HEADER, "")


async def is_signed_in(state: BaseState) -> bool:
    """Whether somebody is, as of now."""
    return await _authenticated(state) is not None


class Shared(Generic[T]):
    """What several tabs read after the same signal is read once."""

    def __init__(self) -> None:
        self._signal = 0
        self._reading: dict[Hashable, asyncio.Future[T]] = {}

    async def get(self, signal: int, key: Hashable, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `read` gives; whoever asks with the same signal and key waits for the same call.

        Signal 0 is nobody else's: it is read now, for a tab that may know of a change before its signal comes.
        """
        if not signal:
            return await read()
        if signal != self._signal:
            self._signal, self._reading = signal, {}
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.ensure_future(read())
        return await asyncio.shield(reading)  # the others still wait for it when this tab closes


_watching: Shared[ActingUser | None] = Shared()


async def watching_user(session_hash: str) -> ActingUser:
    """As `acting_user`, of at most a second ago: for pages that read again and again, not for what changes anything.

    Raises:
        SessionEndedError: as `acting_user`.
    """
    actor = await _watching.get(
        1 + int(time.monotonic()), session_hash, functools.partial(in_thread, sessions.authenticate, session_hash)
    )
    if actor is None:
        raise SessionEndedError
    return actor


async def acting_user(state: rx.State) -> ActingUser:
    """Who acts on this socket, read again now.

    Raises:
        SessionEndedError: signed out, expired, revoked, or switched off.
    """
    actor = await _authenticated(state)
    if actor is None:
        raise SessionEndedError
    return actor


async def _authenticated(state: BaseState) -> ActingUser | None:
    return await in_thread(sessions.authenticate, session_hash(state))


async def call(state: rx.State, serve: Callable[Concatenate[ActingUser, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`serve(acting_user, *args)` in a thread. Call it outside of `async with self`.

    Whatever the service raises arrives here. An `AppError` nobody catches becomes a toast, a
    `SessionEndedError` the sign-in page, so a watcher that asks who watches each turn ends with its session.
    """
    return await in_thread(serve, await acting_user(state), *args, **kwargs)


def error_toast(error: AppError) -> EventSpec:
    """The sentence of an error, as `lasting_toast`."""
    return lasting_toast(error_sentence(error))


def lasting_toast(sentence: str) -> EventSpec:
    """Something went wrong: it stays until it is closed."""
    return rx.toast.error(sentence, duration=1_000_000_000, close_button=True)


def to_login(wanted: str = "", error: str = "session_ended") -> EventSpec:
    """Leave for the sign-in page. A full load, so that nothing of the session stays in the tab."""
    url = paths.login_url(error=error, wanted=wanted if paths.after_sign_in(wanted) == wanted else "")
    return rx.call_script(f"window.location.replace({json.dumps(url)})")
