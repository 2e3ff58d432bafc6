"""Write the WhatsApp message."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from unisoft_ui.components.editor.writer import live_problem, writer
from unisoft_ui.components.kit.fields import field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.texts import message as texts


def whatsapp_panel() -> rx.Component:
    return rx.fragment(
        rx.cond(
            MessageState.whatsapp_connected,
            _connection("circle-check", texts.WHATSAPP_CONNECTED, "connection is-connected"),
            _connection("circle-alert", texts.WHATSAPP_NOT_CONNECTED, "connection"),
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


def _connection(icon: str, sentence: str, look: str) -> rx.Component:
    return rx.el.p(rx.icon(icon, size=16, aria_hidden="true"), sentence, class_name=look)
