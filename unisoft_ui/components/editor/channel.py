"""Pick the channel."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.editor.step import step
from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.fields import described, field_error
from unisoft_ui.components.kit.links import text_link
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.pairing import CONNECT_ID, PairingState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.editor_options import ChannelCard


def channel_step() -> rx.Component:
    return step(
        "1",
        texts.CHANNEL,
        rx.el.div(
            rx.foreach(EditorState.channels, _card),
            role="radiogroup",
            aria_label=texts.CHANNEL,
            tab_index=-1,
            class_name="channel-cards",
            **described("channel", EditorState.errors),
        ),
        rx.cond(EditorState.whatsapp_offered, rx.cond(~ShellState.whatsapp_connected, _connect()), _set_up()),
        rx.cond(EditorState.fallback != "", rx.el.p(EditorState.fallback, class_name="small secondary")),
        field_error("channel", EditorState.errors),
        summary=rx.cond(EditorState.channel == "", texts.NOT_CHOSEN, EditorState.channel_label),
        is_done=EditorState.channel != "",
        is_open=EditorState.is_new,
    )


def _card(card: ChannelCard) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="channel",
            value=card.code,
            default_checked=card.code == EditorState.values.channel,
            disabled=~card.offered,
            on_change=EditorState.choose_channel,
        ),
        rx.el.span(rx.foreach(card.icons, _icon), class_name="channel-icons"),
        rx.el.span(card.label, class_name="channel-name"),
        rx.cond(card.why != "", rx.el.span(card.why, class_name="small secondary")),
        rx.cond(
            card.by_whatsapp & card.offered & ~ShellState.whatsapp_connected,
            rx.el.span(texts.WHATSAPP_WAITS, class_name="small secondary"),
        ),
        class_name="channel-card",
        key=card.code,
    )


def _connect() -> rx.Component:
    """For whoever may connect: the window with the code. It is there in every tab until WhatsApp is connected."""
    button = word_button(
        "qr-code",
        texts.CONNECT_WHATSAPP,
        type="button",
        variant="soft",
        color_scheme="orange",
        high_contrast=True,
        on_click=PairingState.open(0),
        id=CONNECT_ID,
    )
    return rx.el.div(
        rx.icon("unplug", size=16, aria_hidden="true"),
        rx.el.span(texts.WHATSAPP_NOT_CONNECTED),
        rx.cond(ShellState.may_see_whatsapp, button),
        class_name="note-box orange-box channel-connect",
        data_testid="whatsapp-not-connected",
    )


def _set_up() -> rx.Component:
    link = text_link(texts.WHATSAPP_SETTINGS, href=routes.SETTINGS_WHATSAPP)
    return rx.cond(ShellState.may_see_whatsapp, rx.el.p(link, class_name="small"))


def _icon(name: rx.Var[str]) -> rx.Component:
    return rx.el.span(icon_of(name, MEDIUM_ICONS, size=18), data_icon=name, key=name)
