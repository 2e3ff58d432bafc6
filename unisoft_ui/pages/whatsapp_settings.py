"""How WhatsApp stands: connection, account, and what keeps its number safe."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.badge import icon_of, tag
from unisoft_ui.components.kit.buttons import quiet_button, word_button
from unisoft_ui.components.kit.empty import empty_state, large_icon
from unisoft_ui.components.kit.links import back_link, button_link
from unisoft_ui.components.shell import shell
from unisoft_ui.states.pairing import CONNECT_ID, DISCONNECT_ID, PairingState
from unisoft_ui.states.whatsapp_settings import WhatsAppSettingsState
from unisoft_ui.texts import settings as texts
from unisoft_ui.view_models.whatsapp_settings import STATE_ICONS

_SHOWN = WhatsAppSettingsState.shown


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(
        whatsapp_settings_page, routes.SETTINGS_WHATSAPP, texts.WHATSAPP, on_load=[WhatsAppSettingsState.watch]
    )


def whatsapp_settings_page() -> rx.Component:
    return shell(
        _header(),
        rx.match(
            WhatsAppSettingsState.status,
            ("loading", rx.fragment()),
            ("error", _not_loaded()),
            rx.el.div(_connection(), rx.match(_SHOWN.way, *_beside(), rx.fragment()), class_name="settings-column"),
        ),
        active="settings",
    )


def _header() -> rx.Component:
    return rx.el.div(
        back_link(texts.TO_SETTINGS, routes.SETTINGS),
        rx.el.div(
            rx.el.h1(texts.WHATSAPP),
            rx.el.p(texts.WHATSAPP_SUBTITLE, class_name="secondary"),
            class_name="page-title grow",
        ),
        class_name="page-header settings-header",
    )


def _connection() -> rx.Component:
    """State and account; read out when it changes."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2(texts.CONNECTION),
            rx.el.span(
                tag(_SHOWN.state.label, _SHOWN.state.scheme, icon_of(_SHOWN.state.icon, STATE_ICONS, size=13)),
                role="status",
                data_testid="whatsapp-state",
            ),
            class_name="settings-panel-head",
        ),
        rx.el.p(_SHOWN.note, class_name="secondary"),
        rx.cond(_SHOWN.way == "none", _list(texts.NONE_WAYS, "settings-ways")),
        rx.el.dl(
            *_line(texts.WAY, _SHOWN.way_label),
            *_line(texts.NUMBER, _SHOWN.number, rx.el.bdi(_SHOWN.number, dir="ltr", class_name="tabular")),
            *_line(texts.ACCOUNT, _SHOWN.account, rx.el.bdi(_SHOWN.account)),
            *_line(texts.SINCE, _SHOWN.since),
            *_line(texts.TEMPLATE, _SHOWN.template),
            class_name="summary",
        ),
        rx.cond(_SHOWN.may_connect, _connect()),
        rx.cond(_SHOWN.may_disconnect, _disconnect()),
        aria_label=texts.CONNECTION,
        class_name="panel settings-panel",
    )


def _line(label: str, value: rx.Var[str], shown: rx.Component | None = None) -> tuple[rx.Component, ...]:
    return rx.cond(value != "", rx.el.dt(label)), rx.cond(value != "", rx.el.dd(shown or value))


def _connect() -> rx.Component:
    return word_button(
        "qr-code",
        texts.CONNECT,
        variant="soft",
        color_scheme="orange",
        high_contrast=True,
        on_click=PairingState.open(0),
        id=CONNECT_ID,
    )


def _disconnect() -> rx.Component:
    return quiet_button("unplug", texts.DISCONNECT, on_click=PairingState.ask_to_disconnect, id=DISCONNECT_ID)


def _beside() -> list[tuple[str, rx.Component]]:
    return [("gateway", rx.fragment(_care(), _warning())), ("twilio", _twilio())]


def _care() -> rx.Component:
    return rx.el.section(
        rx.el.h2(texts.CARE),
        rx.el.dl(
            *_line(texts.PACE, _SHOWN.pace),
            *_line(texts.DAILY_CAP, _SHOWN.daily_cap),
            *_line(texts.USED, _SHOWN.today, rx.el.span(_SHOWN.today, class_name="tabular")),
            class_name="summary",
        ),
        rx.el.p(texts.CARE_NOTE, class_name="small secondary"),
        aria_label=texts.CARE,
        class_name="panel settings-panel",
        data_testid="whatsapp-care",
    )


def _warning() -> rx.Component:
    return rx.el.section(
        rx.icon("triangle-alert", size=16, aria_hidden="true"),
        rx.el.div(rx.el.h2(texts.WARNING_TITLE), rx.el.p(texts.WARNING)),
        aria_label=texts.WARNING_TITLE,
        class_name="note-box amber-box settings-warning",
    )


def _twilio() -> rx.Component:
    return rx.el.section(
        rx.el.h2(texts.TWILIO_STEPS_TITLE),
        _list(texts.TWILIO_STEPS, "steps"),
        aria_label=texts.TWILIO_STEPS_TITLE,
        class_name="panel settings-panel",
    )


def _list(sentences: tuple[str, ...], class_name: str) -> rx.Component:
    return rx.el.ol(*(rx.el.li(rx.el.span(sentence)) for sentence in sentences), class_name=class_name)


def _not_loaded() -> rx.Component:
    look = {"variant": "surface", "color_scheme": "gray", "high_contrast": True, "size": "3"}
    back = button_link(texts.TO_SETTINGS, href=routes.SETTINGS, **look)
    return empty_state(large_icon("cloud-off"), texts.ERROR_TITLE, WhatsAppSettingsState.error, back, role="alert")
