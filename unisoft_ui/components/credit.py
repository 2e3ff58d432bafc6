"""The SMS credit in the top bar, and the window behind it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.badge import icon_of
from unisoft_ui.components.kit.dialog_header import dialog_header
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import credit as texts
from unisoft_ui.view_models.credits import ICONS, HeldRow, MovementRow


def credit_indicator() -> rx.Component:
    """Such as "1,250 SMS available"; the info button opens balance and movements."""
    return rx.cond(
        ShellState.credit != "",
        rx.el.div(
            rx.icon("message-square-text", size=16, class_name="desktop-only credit-icon", aria_hidden="true"),
            rx.el.span(
                rx.el.b(ShellState.credit, class_name="tabular"),
                rx.el.span(f" {texts.AVAILABLE_SUFFIX}", class_name="credit-suffix"),
                aria_live="polite",
            ),
            _window(),
            class_name="credit",
            data_testid="sms-credit",
        ),
    )


def _window() -> rx.Component:
    window = rx.dialog.root(
        rx.dialog.trigger(
            rx.icon_button(
                rx.icon("info", size=16, aria_hidden="true"),
                variant="ghost",
                color_scheme="gray",
                aria_label=texts.INFO,
                title=texts.INFO,
                class_name="icon-target",
            )
        ),
        rx.dialog.content(
            dialog_header(texts.TITLE, texts.EXPLAINED),
            _sums(),
            rx.el.p(*(rx.el.span(line) for line in texts.PARTS), class_name="small secondary credit-parts"),
            _held(),
            rx.cond(ShellState.may_see_ledger, _movements()),
            max_width="680px",
            class_name="sheet credit-window",
        ),
        open=ShellState.credit_open,
        on_open_change=ShellState.set_credit_open,
    )
    # What was open on the page before is over: the server remembers it, the user has left it.
    return rx.fragment(rx.el.div(on_mount=ShellState.set_credit_open(False), hidden=True), window)


def _sums() -> rx.Component:
    return rx.el.dl(
        _sum(texts.AVAILABLE, ShellState.credit),
        _sum(texts.RESERVED, ShellState.credit_reserved),
        rx.cond(ShellState.may_see_ledger, _sum(texts.CHARGED, ShellState.credit_charged)),
        rx.cond(ShellState.may_see_ledger, _sum(texts.BOUGHT, ShellState.credit_bought)),
        class_name="sums",
    )


def _sum(label: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(value, class_name="tabular"))


def _held() -> rx.Component:
    return rx.fragment(
        rx.el.h3(texts.RESERVED_BY, class_name="dialog-section"),
        rx.cond(
            ShellState.held,
            rx.el.ul(rx.foreach(ShellState.held, _held_row), class_name="held", data_testid="held"),
            rx.el.p(texts.NOTHING_RESERVED, class_name="secondary"),
        ),
    )


def _held_row(row: HeldRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.el.bdi(row.title), class_name="truncate"),
        rx.el.bdi(row.amount, class_name="tabular", dir="ltr"),
        key=row.id,
    )


def _movements() -> rx.Component:
    return rx.fragment(
        rx.el.h3(texts.MOVEMENTS, class_name="dialog-section"),
        rx.cond(
            ShellState.movements,
            rx.el.ul(rx.foreach(ShellState.movements, _movement), class_name="movements", data_testid="movements"),
            rx.el.p(texts.NO_MOVEMENTS, class_name="secondary"),
        ),
    )


def _movement(row: MovementRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.date, class_name="small secondary tabular"),
        rx.el.span(icon_of(row.icon, ICONS, size=16), class_name="movement-icon", custom_attrs={"data-icon": row.icon}),
        rx.el.span(
            row.what,
            rx.cond(row.note != "", rx.el.span(rx.el.bdi(row.note), class_name="small secondary truncate")),
            class_name="movement-what",
        ),
        rx.el.bdi(row.amount, class_name="medium tabular", dir="ltr"),
        key=row.id,
    )
