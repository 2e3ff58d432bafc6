"""Sending by SMS those who wait for WhatsApp: its buttons, and the question before it happens."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.confirmation.summary import figures, summary_line
from unisoft_ui.components.kit.buttons import quiet_button, word_button
from unisoft_ui.components.kit.dialog import computing, failure, question
from unisoft_ui.components.kit.dialog_header import close_button
from unisoft_ui.states.by_sms import BySmsState
from unisoft_ui.texts import by_sms as texts

_SHOWN = BySmsState.shown


def by_sms_button(label: rx.Var[str], on_click: rx.event.EventType, id_: rx.Var[str] | str) -> rx.Component:
    """As "Send all by SMS now (86 credits)"; nothing while the label is empty."""
    return rx.cond(
        label != "",
        quiet_button("message-square-text", label, on_click=on_click, id=id_, class_name="by-sms-button"),
    )


def by_sms_dialog() -> rx.Component:
    """Mounted once on a page; `BySmsState.ask` shows it."""
    return question(
        rx.cond(BySmsState.loading, computing(texts.COMPUTING), rx.cond(_SHOWN.title != "", _summary())),
        failure(BySmsState.error),
        title=texts.TITLE,
        text=texts.TEXT,
        footer=rx.fragment(_back(), _confirm()),
        close=close_button(on_click=BySmsState.set_open(False)),
        is_open=BySmsState.is_open,
        on_open_change=BySmsState.set_open,
        on_appear=BySmsState.forget,
    )


def _summary() -> rx.Component:
    campaign = rx.el.span(_SHOWN.title, class_name="medium", dir="auto")
    credit = rx.fragment(
        rx.el.div(_SHOWN.credits, class_name="medium tabular"), rx.el.div(texts.RESERVED, class_name="small secondary")
    )
    return rx.el.dl(
        *summary_line(texts.CAMPAIGN, campaign),
        *summary_line(texts.WAITING, figures(_SHOWN.people)),
        *summary_line(texts.CREDIT, credit),
        class_name="summary",
        data_testid="sms-plan",
    )


def _back() -> rx.Component:
    return rx.alert_dialog.cancel(rx.button(texts.BACK, variant="surface", color_scheme="gray", high_contrast=True))


def _confirm() -> rx.Component:
    return word_button(
        "message-square-text",
        rx.cond(_SHOWN.title != "", _SHOWN.confirm, texts.TITLE),
        loading=BySmsState.running,
        disabled=BySmsState.running | BySmsState.loading | (_SHOWN.title == ""),
        on_click=BySmsState.confirm,
    )
