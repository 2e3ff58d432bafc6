"""The one way from an event handler to a service: the acting user as of now, and a thread.

Handlers run on the process's event loop, services block: a query there would hold up every tab.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import reflex as rx
from redis import exceptions as redis_errors
from reflex.event import EventSpec
from reflex.state import BaseState
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeftError

from backend.errors import AppError, NotAnsweringError
from backend.http import paths
from backend.http.sockets import SESSION_HEADER
from backend.logs import brief, get_logger
from backend.services import sessions
from backend.services.acting import ActingUser
from unisoft_ui.texts import error_sentence

log = get_logger(__name__)

_THREADS = 12  # fewer than the database pool holds
_AWAY = (
    OperationalError,
    NoConnectionLeftError,
    redis_errors.ConnectionError,
    redis_errors.OutOfMemoryError,
    redis_errors.TimeoutError,
)
_TELL_EVERY_S = 1.0
_told_at_s = float("-inf")

P = ParamSpec("P")
T = TypeVar("T")


class SessionEndedError(AppError):
    """Nobody is signed in on this socket any more."""

    code = "session_ended"


@functools.lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="service")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work beside the event loop, with the same logging context.

    Raises:
        NotAnsweringError: the database or Redis is away, locked or full.
    """
    context = contextvars.copy_context()
    job = functools.partial(context.run, functools.partial(work, *args, **kwargs))
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads(), job)
    except Exception as error:
        if is_away(error):
            raise not_answering(error) from error
        raise


def is_away(error: Exception) -> bool:
    """Whether an error says that the database or Redis cannot be asked now, which is no defect of ours."""
    # To SQLite a faulty statement is an operational error as well.
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return isinstance(error, _AWAY) and code != sqlite3.SQLITE_ERROR


def not_answering(error: Exception) -> NotAnsweringError:
    """The error for the interface in place of one that `is_away`; what it was is logged, once a second at most."""
    global _told_at_s  # noqa: PLW0603 - hundreds of tabs fail for the same reason
    if time.monotonic() - _told_at_s > _TELL_EVERY_S:
        _told_at_s = time.monotonic()
        log.warning("not_answering", error=brief(error))
    return NotAnsweringError()


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
    """The sentence of an error, as `lasting_toast`; that nobody answers is said once for all that fails."""
    once = {"id": error.code} if isinstance(error, NotAnsweringError) else {}
    return lasting_toast(error_sentence(error), **once)


def lasting_toast(sentence: str, **options: str) -> EventSpec:
    """Something went wrong: it stays until it is closed."""
    return rx.toast.error(sentence, duration=1_000_000_000, close_button=True, **options)


def to_login(wanted: str = "", error: str = "session_ended") -> EventSpec:
    """Leave for the sign-in page. A full load, so that nothing of the session stays in the tab."""
    url = paths.login_url(error=error, wanted=wanted if paths.after_sign_in(wanted) == wanted else "")
    return rx.call_script(f"window.location.replace({json.dumps(url)})")
