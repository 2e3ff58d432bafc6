"""The guard of the events: every one is refused unless somebody is signed in on its socket.

Deny by default and in one place: a handler needs no decorator to be safe, and any new one is covered. Services check
the right of the user again.
"""

from __future__ import annotations

import asyncio

import reflex as rx
from reflex.app import App
from reflex.event import Event, EventSpec
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event.context import EventContext

from backend.errors import AppError, NotAnsweringError
from backend.http import paths
from backend.logs import get_logger
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained

log = get_logger(__name__)

# The framework's own first events. A public page sends them too: they are swallowed there without an answer.
_BOOT = frozenset(
    {
        "reflex___state____state.hydrate_and_load",
        "reflex___state____state.hydrate",
        "reflex___state____state.set_is_hydrated",
        "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal",
        "reflex___state____state.reflex___state____on_load_internal_state.set_is_hydrated",
        "reflex___state____state.reflex___state____frontend_event_exception_state.handle_frontend_exception",
    }
)
# Not all tabs at once.
_LOAD_WHEN_READY = """(() => {
  const look = () => window.setTimeout(
    () => fetch("/readyz").then((answer) => (answer.ok ? window.location.reload() : look()), look),
    2000 + 3000 * Math.random(),
  );
  if (!window.looksForServer) look();
  window.looksForServer = true;
})()"""
# The framework's ways to write a var from the browser. No page of ours uses one.
_NEVER = (".setvar", ".update_vars_internal")


class SessionGuard(Middleware):
    """Runs before every handler, background ones included; nothing of the state leaves before it."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        if event.name.endswith(_NEVER):
            log.warning("event_refused", name=event.name, reason="never")
            return StateUpdate()
        if await bridge.is_signed_in(state):
            return None
        path = str(state.router.url.path)
        if event.name in _BOOT and not paths.needs_session(path):
            return StateUpdate()
        log.info("event_refused", name=event.name[:200], reason="no_session")
        return StateUpdate(events=Event.from_event_type(bridge.to_login(_wanted(state))))


def _wanted(state: BaseState) -> str:
    url = state.router.url
    return f"{url.path}?{url.query}" if url.query else str(url.path)


def on_backend_error(exception: Exception) -> list[EventSpec]:
    """What the user sees of an error no handler caught: a sentence, or a reference to find it in the logs."""
    if isinstance(exception, bridge.SessionEndedError):
        return [bridge.to_login(_page_of_this_event())]
    if bridge.is_away(exception):
        exception = bridge.not_answering(exception)
    if isinstance(exception, NotAnsweringError):
        return [bridge.error_toast(exception), *_come_back()]
    if isinstance(exception, AppError):
        log.info("event_failed", code=exception.code)
        return [bridge.error_toast(exception)]
    return [bridge.lasting_toast(explained(exception))]


def _come_back() -> list[EventSpec]:
    """A page whose first event failed shows nothing, or nothing new any more: it is loaded again in time."""
    return [rx.call_script(_LOAD_WHEN_READY)] if _name_of_this_event() in _BOOT else []


def _name_of_this_event() -> str:
    # The framework tells the handler of errors nothing but the error; its task is named after that of the event.
    task = asyncio.current_task()
    _, _, name = (task.get_name() if task else "").partition("task=[reflex_event|")
    return name.partition("|")[0]


def _page_of_this_event() -> str:
    return str(EventContext.get().router_data.get("asPath", ""))


def on_frontend_error(exception: Exception) -> None:
    """A page reported an error of its own."""
    log.warning("page_error", error=str(exception)[:2_000])
