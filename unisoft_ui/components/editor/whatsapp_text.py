"""Write the WhatsApp message."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from unisoft_ui.components.editor.writer import live_problem, writer
from unisoft_ui.components.kit.fields import field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import message as texts


def whatsapp_panel() -> rx.Component:
    return rx.fragment(
        rx.cond(
            MessageState.media.contains(Medium.WHATSAPP.value),
            rx.cond(
                ShellState.whatsapp_connected,
                _connection(
                    "circle-check", _account(), class_name="connection is-connected", on_mount=MessageState.name_account
                ),
                _connection("circle-alert", texts.WHATSAPP_NOT_CONNECTED, class_name="connection"),
            ),
        ),
        rx.el.div(
            writer(
                texts.WHATSAPP_TEXT,
                "whatsapp_text",
                rx.el.span(MessageState.whatsapp_length, aria_live="polite", data_testid="whatsapp-length"),
                rx.el.span(texts.WHATSAPP_FREE, class_name="foot-end"),
                medium=Medium.WHATSAPP,
                value=MessageState.values.whatsapp_text,
                on_change=MessageState.write_whatsapp,
            ),
            field_error("whatsapp_text", EditorState.errors),
            live_problem("whatsapp_text"),
            rx.el.p(texts.WHATSAPP_MARKS, class_name="small secondary writer-note"),
        ),
    )


def _account() -> rx.Component:
    number = rx.el.bdi(MessageState.whatsapp_number, dir="ltr", class_name="medium tabular")
    return rx.cond(
        MessageState.whatsapp_number != "",
        rx.el.span(rx.el.span(f"{texts.WHATSAPP_CONNECTED_AS} ", class_name="secondary"), number),
        rx.el.span(texts.WHATSAPP_CONNECTED),
    )


def _connection(icon: str, sentence: rx.Component | str, **props: object) -> rx.Component:
    return rx.el.p(rx.icon(icon, size=16, aria_hidden="true"), sentence, **props)
