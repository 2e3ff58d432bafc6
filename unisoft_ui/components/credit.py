"""The SMS credit in the top bar, and the window behind it: what is there, what holds it, what can be bought."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.credit_movements import movements, movements_footer
from unisoft_ui.components.credit_packs import packs, packs_footer
from unisoft_ui.states.session import ShellState
from unisoft_ui.states.shop import ShopState
from unisoft_ui.texts import credit as texts
from unisoft_ui.texts import en
from unisoft_ui.view_models.credits import HeldRow


def credit_indicator() -> rx.Component:
    """Such as "1,250 SMS available"; the info button opens the window."""
    return rx.cond(
        ShellState.credit != "",
        rx.el.div(
            rx.icon("message-square-text", size=16, class_name="desktop-only credit-icon", aria_hidden="true"),
            rx.el.span(
                rx.el.b(ShellState.credit, class_name="tabular"),
                rx.el.span(f" {texts.AVAILABLE_SUFFIX}", class_name="credit-suffix"),
                aria_live="polite",
            ),
            rx.cond(ShellState.low_credit != "", _low_badge()),
            _window(),
            class_name="credit",
            data_testid="sms-credit",
        ),
    )


def low_credit_line() -> rx.Component:
    """A notice that an administrator can put aside; then a line on phones and tablets, whose top bar has no room."""
    line = rx.el.p(
        rx.icon("triangle-alert", size=14, aria_hidden="true"),
        ShellState.low_credit,
        class_name="low-credit low-credit-line small",
    )
    return rx.cond(ShellState.low_credit != "", rx.cond(ShellState.low_notice, _low_notice(), line))


def _low_notice() -> rx.Component:
    return rx.el.div(
        rx.icon("triangle-alert", size=16, aria_hidden="true"),
        rx.el.span(ShellState.low_credit),
        rx.el.button(
            texts.SEE_PACKS, type="button", class_name="text-button", on_click=ShellState.set_credit_open(True)
        ),
        rx.icon_button(
            rx.icon("x", size=16, aria_hidden="true"),
            variant="ghost",
            color_scheme="gray",
            aria_label=texts.PUT_ASIDE,
            title=texts.PUT_ASIDE,
            class_name="icon-target",
            on_click=ShellState.put_low_notice_aside,
        ),
        role="status",
        class_name="low-credit low-notice",
        data_testid="low-notice",
    )


def _low_badge() -> rx.Component:
    return rx.el.span(
        rx.icon("triangle-alert", size=14, aria_hidden="true"),
        texts.LOW,
        title=ShellState.low_credit,
        class_name="low-credit small desktop-only",
        data_testid="low-credit",
    )


def _window() -> rx.Component:
    shows_movements = ShellState.may_see_ledger & (ShopState.view == "movements")
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
            _header(
                rx.cond(shows_movements, texts.MOVEMENTS, texts.TITLE),
                rx.cond(shows_movements, ShopState.movements_of, ShopState.subtitle),
            ),
            rx.el.div(
                rx.cond(shows_movements, movements(), rx.fragment(_balance(), packs())),
                class_name="question-body",
                tab_index=0,  # what scrolls and holds no button is scrolled by its own keys
            ),
            rx.cond(shows_movements, movements_footer(), packs_footer()),
            max_width="680px",
            class_name="sheet question credit-window",
        ),
        open=ShellState.credit_open,
        on_open_change=ShellState.set_credit_open,
    )
    # What was open on the page before is over: the server remembers it, the user has left it.
    return rx.fragment(rx.el.div(on_mount=ShellState.set_credit_open(False), hidden=True), window)


def _header(title: rx.Var[str], description: rx.Var[str]) -> rx.Component:
    close = rx.icon_button(
        rx.icon("x", size=16, aria_hidden="true"),
        variant="ghost",
        color_scheme="gray",
        aria_label=en.CLOSE,
        class_name="icon-target",
    )
    return rx.el.div(
        rx.el.div(
            rx.dialog.title(title, size="3", margin="0"),
            rx.dialog.description(description, size="2", class_name="secondary", margin="0"),
        ),
        rx.dialog.close(close),
        class_name="question-header",
    )


def _balance() -> rx.Component:
    movements_link = rx.el.button(
        rx.icon("history", size=16, class_name="desktop-only", aria_hidden="true"),
        texts.MOVEMENTS,
        type="button",
        id="credit-movements",
        on_click=ShopState.show_movements,
        class_name="text-button",
    )
    return rx.el.div(
        rx.el.div(
            rx.icon("message-square-text", size=16, aria_hidden="true"),
            rx.el.span(
                rx.el.b(ShellState.credit, class_name="tabular", data_testid="window-available"),
                f" {texts.AVAILABLE_SUFFIX}",
            ),
            rx.cond(
                ShellState.credit_reserved != "",
                rx.el.span(ShellState.credit_reserved, class_name="small secondary tabular"),
            ),
            rx.cond(ShellState.may_see_ledger, movements_link),
            class_name="balance-line",
        ),
        rx.cond(ShellState.low_credit != "", rx.el.p(ShellState.low_credit, class_name="small")),
        rx.cond(ShellState.credit_owed != "", rx.el.p(ShellState.credit_owed, class_name="small")),
        rx.cond(ShellState.held, _held()),
        class_name="balance-box",
    )


def _held() -> rx.Component:
    return rx.fragment(
        rx.el.h3(texts.RESERVED_BY, class_name="small secondary"),
        rx.el.ul(rx.foreach(ShellState.held, _held_row), class_name="held", data_testid="held"),
    )


def _held_row(row: HeldRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.el.bdi(row.title), class_name="truncate"),
        rx.el.bdi(row.amount, class_name="tabular", dir="ltr"),
        key=row.id,
    )
