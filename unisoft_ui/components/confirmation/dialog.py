"""The dialog that validates a campaign."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.confirmation.summary import summary
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.dialog import computing, failure, question
from unisoft_ui.components.kit.dialog_header import close_button
from unisoft_ui.states.confirmation import ConfirmationState
from unisoft_ui.texts import confirmation as texts


def confirmation_dialog(back: str = texts.BACK) -> rx.Component:
    """`back` names where closing leads."""
    return question(
        rx.cond(ConfirmationState.loading, computing(texts.COMPUTING), summary()),
        failure(ConfirmationState.error),
        title=texts.TITLE,
        text=texts.TEXT,
        footer=rx.fragment(_back(back), rx.cond(ConfirmationState.shown.passed, _change_date()), _confirm()),
        close=close_button(on_click=ConfirmationState.set_open(False)),
        is_open=ConfirmationState.is_open,
        on_open_change=ConfirmationState.set_open,
        on_appear=ConfirmationState.forget,
    )


def _back(label: str) -> rx.Component:
    # Nothing of the state in it: what the framework wraps around that would not take the focus.
    return rx.alert_dialog.cancel(rx.button(label, variant="surface", color_scheme="gray", high_contrast=True))


def _change_date() -> rx.Component:
    return rx.button(
        texts.CHANGE_DATE,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        disabled=ConfirmationState.running,
        on_click=ConfirmationState.change_date,
    )


def _confirm() -> rx.Component:
    passed = ConfirmationState.shown.passed
    useless = (ConfirmationState.shown.blocked != "") | (ConfirmationState.shown.title == "")
    return word_button(
        "send",
        rx.cond(passed, texts.SEND_NOW, texts.CONFIRM),
        color_scheme="green",
        loading=ConfirmationState.running,
        disabled=ConfirmationState.running | ConfirmationState.loading | useless,
        on_click=ConfirmationState.confirm(passed),
    )
