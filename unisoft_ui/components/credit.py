"""The SMS credit in the top bar, and what is behind it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.dialog_header import dialog_header
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import en
from unisoft_ui.view_models.credits import MovementRow


def credit_indicator() -> rx.Component:
    """Such as "1,250 SMS available"; the info button opens balance and movements."""
    return rx.cond(
        ShellState.credit != "",
        rx.el.div(
            rx.icon("message-square-text", size=16, class_name="desktop-only credit-icon", aria_hidden="true"),
            rx.el.span(rx.el.b(ShellState.credit, class_name="tabular"), f" {en.SMS_AVAILABLE}", aria_live="polite"),
            rx.cond(ShellState.may_see_ledger, _details()),
            class_name="credit",
            data_testid="sms-credit",
        ),
    )


def _details() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(
            rx.icon_button(
                rx.icon("info", size=16, aria_hidden="true"),
                variant="ghost",
                color_scheme="gray",
                aria_label=en.CREDIT_INFO,
                title=en.CREDIT_INFO,
                class_name="icon-target",
            )
        ),
        rx.dialog.content(
            dialog_header(en.CREDIT_TITLE, en.CREDIT_EXPLAINED),
            _sums(),
            rx.el.h3(en.CREDIT_MOVEMENTS, class_name="dialog-section"),
            rx.cond(ShellState.movements, _movements(), rx.el.p(en.CREDIT_NO_MOVEMENTS, class_name="secondary")),
            max_width="560px",
            class_name="sheet",
        ),
        open=ShellState.credit_open,
        on_open_change=ShellState.set_credit_open,
    )


def _sums() -> rx.Component:
    sums = (
        (en.CREDIT_AVAILABLE, ShellState.credit),
        (en.CREDIT_RESERVED, ShellState.credit_reserved),
        (en.CREDIT_CHARGED, ShellState.credit_charged),
        (en.CREDIT_BOUGHT, ShellState.credit_bought),
    )
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(label), rx.el.dd(value, class_name="tabular")) for label, value in sums),
        class_name="sums",
    )


def _movements() -> rx.Component:
    return rx.el.ul(rx.foreach(ShellState.movements, _movement), class_name="movements")


def _movement(row: MovementRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.date, class_name="small secondary tabular"),
        rx.el.span(
            row.what,
            rx.cond(row.note != "", rx.el.span(row.note, class_name="secondary truncate")),
            class_name="movement-what",
        ),
        rx.el.bdi(row.amount, class_name="tabular", dir="ltr"),
        key=row.id,
    )
