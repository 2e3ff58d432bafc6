"""The question before a sending is stopped for good."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.dialog import question
from unisoft_ui.states.runs import RunsState
from unisoft_ui.texts import campaigns as texts


def cancel_dialog() -> rx.Component:
    keep = rx.button(texts.KEEP_SENDING, variant="surface", color_scheme="gray", high_contrast=True)
    stop = word_button("ban", texts.CANCEL_SENDING, color_scheme="red", on_click=RunsState.cancel)
    return question(
        title=texts.CANCEL_TITLE,
        text=RunsState.cancel_text,
        footer=rx.fragment(rx.alert_dialog.cancel(keep), stop),
        is_open=RunsState.cancel_id != 0,
        on_open_change=RunsState.keep_sending,
        on_appear=RunsState.forget,
        width="440px",
    )
