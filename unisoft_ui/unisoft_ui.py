"""The app: pages, guards, and the server's own routes in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import reflex as rx
from reflex.app import default_error_boundary
from reflex.utils import prerequisites
from starlette.types import ASGIApp

from backend import http
from unisoft_ui import guard, live, routes, state_locks, tab_pages, theme
from unisoft_ui.components.kit.connection import connection_notice
from unisoft_ui.components.kit.crash import crash_notice
from unisoft_ui.pages import (
    campaigns,
    details,
    editor,
    ledger,
    payment,
    settings,
    template_editor,
    templates,
    trash,
    whatsapp_settings,
)
from unisoft_ui.pages.login import login_page
from unisoft_ui.pages.not_found import not_found_page
from unisoft_ui.states.in_flight import InFlightState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import LANGUAGE, en
from unisoft_ui.view_models.exports import RecipientSheet


def _with_doors(pages: ASGIApp) -> ASGIApp:
    return http.wrap(pages, prerequisites.get_web_dir() / "build" / "client", RecipientSheet())


app = rx.App(
    stylesheets=theme.STYLESHEETS,
    html_lang=LANGUAGE,
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.script(src="/tab.js"),  # before the page's own scripts, which open its connection
    ],
    toaster=rx.toast.provider(position="bottom-right", close_button=False),
    app_wraps={
        (55, "ErrorBoundary"): lambda _stateful: default_error_boundary(fallback_render=crash_notice()),
        (5, "Overlay"): lambda _stateful: connection_notice(),
    },
    backend_exception_handler=guard.on_backend_error,
    frontend_exception_handler=guard.on_frontend_error,
    api_transformer=_with_doors,
)
state_locks.install()
tab_pages.install()
app.add_middleware(guard.SessionGuard())
app.register_lifespan_task(live.run)


def add_app_page(
    page: Callable[[], rx.Component], route: str, title: str, on_load: Sequence[rx.event.EventType] = ()
) -> None:
    """A page of the signed-in part: it keeps the frame true, then does what it needs itself."""
    frame = [InFlightState.settle, ShellState.watch]
    app.add_page(page, route=route, title=f"{title} · {en.PRODUCT}", on_load=[*frame, *on_load])


app.add_page(login_page, route=routes.LOGIN, title=f"{en.LOGIN_TITLE} · {en.PRODUCT}")
app.add_page(not_found_page, route="404", title=f"{en.NOT_FOUND_TITLE} · {en.PRODUCT}")
campaigns.register(add_app_page)
editor.register(add_app_page)
details.register(add_app_page)
trash.register(add_app_page)
templates.register(add_app_page)
template_editor.register(add_app_page)
ledger.register(add_app_page)
payment.register(add_app_page)
settings.register(add_app_page)
whatsapp_settings.register(add_app_page)
