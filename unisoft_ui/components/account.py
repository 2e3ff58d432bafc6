"""The account panel: who is signed in, appearance, the WhatsApp connection, sign out."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx
from reflex.style import color_mode, set_color_mode

from unisoft_ui import routes
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.html_form import html_form
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.states.pairing import PairingState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import en, whatsapp

_MODES = (("light", "sun", en.THEME_LIGHT), ("dark", "moon", en.THEME_DARK), ("system", "monitor", en.THEME_SYSTEM))


def user_card() -> rx.Component:
    return rx.fragment(
        rx.el.span(ShellState.user_initials, class_name="avatar", aria_hidden="true"),
        rx.el.span(
            rx.el.span(ShellState.user_name, class_name="user-name truncate"),
            rx.el.span(ShellState.role, class_name="small secondary truncate"),
            class_name="stack-lines",
        ),
    )


def account_panel(closing: Callable[[rx.Component], rx.Component]) -> rx.Component:
    """The same panel in the sidebar's popover and in the phone's sheet; `closing` makes a button close that."""
    return rx.el.div(
        rx.el.div(user_card(), class_name="account-user"),
        rx.el.div(
            rx.el.div(en.THEME, class_name="small secondary", id="appearance-label"),
            _theme_choice(),
            class_name="account-block",
        ),
        rx.cond(ShellState.may_edit_settings, closing(_whatsapp())),
        rx.cond(ShellState.may_see_whatsapp | ShellState.may_see_ledger, closing(_settings())),
        _sign_out(),
        class_name="account-panel",
    )


def _theme_choice() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.button(
                rx.icon(icon, size=16, aria_hidden="true"),
                label,
                type="button",
                role="radio",
                aria_checked=(color_mode == mode).to_string(),
                on_click=set_color_mode(mode),
            )
            for mode, icon, label in _MODES
        ),
        role="radiogroup",
        aria_labelledby="appearance-label",
        class_name="segmented",
    )


def _whatsapp() -> rx.Component:
    return word_button(
        "message-circle",
        whatsapp.ENTRANCE,
        variant="surface",
        color_scheme="gray",
        width="100%",
        on_click=PairingState.open(0),
    )


def _settings() -> rx.Component:
    return button_link(
        rx.icon("settings", size=16, aria_hidden="true"),
        en.NAV_SETTINGS,
        href=routes.SETTINGS,
        variant="surface",
        color_scheme="gray",
        width="100%",
    )


def _sign_out() -> rx.Component:
    # A real form: it works while the socket is down, and no other site can send it.
    return html_form(
        word_button(
            "log-out", en.SIGN_OUT, type="submit", variant="surface", color_scheme="gray", size="2", width="100%"
        ),
        action=routes.SIGN_OUT,
    )
