"""The panel of messages whose answer was lost, and the question before they are taken for delivered."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import quiet_button, word_button
from unisoft_ui.components.kit.dialog import question
from unisoft_ui.states.attention import ASSUME_ID, AttentionState
from unisoft_ui.states.retry import SEND_AGAIN_ID, RetryState
from unisoft_ui.texts import retry as texts

_PANEL = AttentionState.panel


def attention_panel() -> rx.Component:
    """Nothing where nothing needs attention."""
    return rx.cond(_PANEL.text != "", _panel())


def _panel() -> rx.Component:
    return rx.el.section(
        rx.icon("triangle-alert", size=16, aria_hidden="true"),
        rx.el.div(
            rx.el.h2(texts.NEEDS_ATTENTION, class_name="semibold"),
            rx.el.p(_PANEL.text, " ", _PANEL.note),
            rx.el.div(attention_buttons(rx.Var.create(0), may_ask=_PANEL.may_ask), class_name="attention-actions"),
        ),
        aria_label=texts.NEEDS_ATTENTION,
        class_name="note-box orange-box attention-panel",
        data_testid="attention",
    )


def attention_buttons(
    recipient_id: rx.Var[int], *, may_ask: rx.Var[bool], suffix: rx.Var[str] | str = ""
) -> rx.Component:
    """The three acts; for all with id 0. `suffix` makes their ids those of one recipient."""
    return rx.fragment(
        rx.cond(may_ask, _button("search", texts.ASK_AGAIN, AttentionState.ask_again(recipient_id))),
        _button("rotate-ccw", texts.SEND_AGAIN, RetryState.ask_unknown(recipient_id), _id(SEND_AGAIN_ID, suffix)),
        _button("check-check", texts.ASSUME_DELIVERED, AttentionState.ask_assume(recipient_id), _id(ASSUME_ID, suffix)),
    )


def _id(name: str, suffix: rx.Var[str] | str) -> rx.Var[str] | str:
    return f"{name}{suffix}"


def _button(icon: str, label: str, act: rx.event.EventType, id_: rx.Var[str] | str | None = None) -> rx.Component:
    return quiet_button(icon, label, on_click=act, **({"id": id_} if id_ is not None else {}))


def assume_dialog() -> rx.Component:
    keep = rx.button(texts.BACK, variant="surface", color_scheme="gray", high_contrast=True)
    assume = word_button(
        "check-check",
        texts.ASSUME_DELIVERED,
        color_scheme="green",
        loading=AttentionState.running,
        disabled=AttentionState.running,
        on_click=AttentionState.assume,
    )
    error = rx.el.div(rx.cond(AttentionState.error != "", rx.el.p(AttentionState.error, class_name="form-error")))
    return question(
        rx.el.div(error, role="alert"),
        title=texts.ASSUME_TITLE,
        text=texts.ASSUME_TEXT,
        footer=rx.fragment(rx.alert_dialog.cancel(keep), assume),
        is_open=AttentionState.is_assuming,
        on_open_change=AttentionState.set_assuming,
        on_appear=AttentionState.forget,
        width="460px",
    )
