"""The form with which an administrator sets the credit right."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import quiet_button
from unisoft_ui.components.kit.dialog_header import dialog_header
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.states.ledger import LedgerState
from unisoft_ui.texts import ledger as texts


def adjust_button() -> rx.Component:
    return quiet_button("pencil", texts.ADJUST, id="adjust", on_click=LedgerState.begin_adjusting)


def adjust_dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            dialog_header(texts.ADJUST_TITLE, texts.ADJUST_TEXT),
            rx.form(
                _field(texts.AMOUNT, texts.AMOUNT_HELP, "amount", input_mode="text", max_length=12),
                _field(texts.REASON, texts.REASON_HELP, "reason", max_length=180),
                field_error("form", LedgerState.errors),
                _buttons(),
                on_submit=LedgerState.adjust,
                class_name="adjust-form",
            ),
            max_width="440px",
            class_name="sheet",
        ),
        open=LedgerState.adjusting,
        on_open_change=LedgerState.set_adjusting,
    )


def _field(label: str, hint: str, name: str, **props: object) -> rx.Component:
    control = rx.el.input(
        type="text",
        id=name,
        name=name,
        auto_complete="off",
        class_name="text-input",
        **described(name, LedgerState.errors),
        **props,
    )
    return field(
        label, control, rx.el.p(hint, class_name="small secondary"), field_error(name, LedgerState.errors), name=name
    )


def _buttons() -> rx.Component:
    cancel = rx.button(texts.CANCEL, type="button", variant="surface", color_scheme="gray", high_contrast=True)
    return rx.el.div(
        rx.dialog.close(cancel),
        rx.button(texts.CONFIRM, type="submit", disabled=LedgerState.running),
        class_name="adjust-buttons",
    )
