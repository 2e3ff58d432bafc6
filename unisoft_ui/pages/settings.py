"""Where the settings begin: the parts there are, for whoever may see them."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.badge import tag
from unisoft_ui.components.kit.links import text_link
from unisoft_ui.components.shell import shell
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import settings as texts


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(settings_page, routes.SETTINGS, texts.TITLE)


def settings_page() -> rx.Component:
    whatsapp, credit = ShellState.may_see_whatsapp, ShellState.may_see_ledger
    known = ShellState.user_name != ""
    return shell(
        rx.el.div(rx.el.h1(texts.TITLE), rx.el.p(texts.SUBTITLE, class_name="secondary"), class_name="page-title"),
        rx.el.ul(
            rx.cond(
                whatsapp,
                _part("message-circle", texts.WHATSAPP, texts.WHATSAPP_CARD, routes.SETTINGS_WHATSAPP, _connection()),
            ),
            rx.cond(credit, _part("message-square-text", texts.CREDITS, texts.CREDITS_CARD, routes.LEDGER)),
            class_name="settings-parts",
        ),
        rx.cond(known & ~whatsapp & ~credit, rx.el.p(texts.NOTHING, role="status")),
        active="settings",
    )


def _part(icon: str, label: str, sentence: str, href: str, *beside: rx.Component) -> rx.Component:
    return rx.el.li(
        rx.icon(icon, size=20, aria_hidden="true"),
        rx.el.div(
            rx.el.div(rx.el.h2(text_link(label, href=href)), *beside, class_name="settings-part-head"),
            rx.el.p(sentence, class_name="secondary"),
            class_name="settings-part-text",
        ),
        rx.icon("chevron-right", size=16, class_name="flip", aria_hidden="true"),
        class_name="panel settings-part",
    )


def _connection() -> rx.Component:
    return rx.cond(
        ShellState.whatsapp_connected,
        tag(texts.STATES["connected"], "green", rx.icon("circle-check", size=13, aria_hidden="true")),
        tag(texts.STATES["disconnected"], "orange", rx.icon("unplug", size=13, aria_hidden="true")),
    )
