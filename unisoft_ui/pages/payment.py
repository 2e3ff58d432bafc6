"""Where the payment page leads back to."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.address import in_address, status_for
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.empty import empty_state
from unisoft_ui.components.kit.links import button_link, file_link
from unisoft_ui.components.shell import shell
from unisoft_ui.states.payment import PaymentState
from unisoft_ui.texts import credit as texts

_STATUS = status_for(PaymentState.place, in_address("order"), PaymentState.status)
_ICONS = {
    "waiting": "hourglass",
    "paid": "circle-check",
    "abandoned": "credit-card",
    "closed": "circle-x",
    "returned": "rotate-ccw",
    "missing": "search-x",
    "error": "cloud-off",
}


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(payment_page, routes.PAYMENT, texts.PAYMENT_TITLE, on_load=[PaymentState.watch])


def payment_page() -> rx.Component:
    return shell(rx.cond(_STATUS != "loading", _state()), active="credit")


def _state() -> rx.Component:
    picture = rx.match(
        PaymentState.status,
        *((status, rx.icon(icon, size=32, aria_hidden="true")) for status, icon in _ICONS.items()),
        rx.fragment(),
    )
    pay = word_button("credit-card", texts.PAYMENT_AGAIN, size="3", on_click=PaymentState.pay)
    receipt = file_link(
        rx.icon("file-text", size=16, aria_hidden="true"), texts.DOWNLOAD_RECEIPT, href=PaymentState.receipt, size="3"
    )
    back = button_link(
        texts.PAYMENT_BACK, href=routes.CAMPAIGNS, variant="surface", color_scheme="gray", high_contrast=True, size="3"
    )
    return empty_state(
        picture,
        PaymentState.title,
        PaymentState.text,
        rx.cond(PaymentState.can_pay, pay),
        rx.cond(PaymentState.receipt != "", receipt),
        back,
        role="status",
    )
