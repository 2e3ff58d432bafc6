"""The last movements of the credit: the second view of its window."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.badge import icon_of
from unisoft_ui.components.kit.links import button_link, file_link
from unisoft_ui.states.session import ShellState
from unisoft_ui.states.shop import ShopState
from unisoft_ui.texts import credit as texts
from unisoft_ui.texts import ledger
from unisoft_ui.view_models.credits import ICONS, MovementRow


def movements() -> rx.Component:
    date, what, amount, balance = texts.COLUMNS
    table = rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th(date, scope="col"),
                rx.el.th(what, scope="col"),
                rx.el.th(amount, scope="col", class_name="end"),
                rx.el.th(balance, scope="col", class_name="end"),
            )
        ),
        rx.el.tbody(rx.foreach(ShellState.movements, _movement), data_testid="movements"),
        aria_label=texts.MOVEMENTS,
        class_name="movements",
    )
    return rx.cond(ShellState.movements, table, rx.el.p(texts.NO_MOVEMENTS, class_name="secondary"))


def movements_footer() -> rx.Component:
    back = rx.button(
        rx.icon("arrow-left", size=16, class_name="flip", aria_hidden="true"),
        texts.BACK_TO_PACKS,
        type="button",
        id="credit-back",
        variant="ghost",
        color_scheme="gray",
        high_contrast=True,
        on_click=ShopState.show_packs,
    )
    look = {"variant": "surface", "color_scheme": "gray", "high_contrast": True}
    export = file_link(
        rx.icon("download", size=16, aria_hidden="true"), ledger.EXPORT, href=routes.LEDGER_EXPORT, **look
    )
    full = button_link(ledger.FULL_LEDGER, href=routes.LEDGER, **look)
    return rx.el.div(back, full, export, class_name="question-footer movements-footer")


def _movement(row: MovementRow) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.date, class_name="tabular nowrap"),
        rx.el.td(
            rx.el.span(
                rx.el.span(
                    icon_of(row.icon, ICONS, size=16), class_name="movement-icon", custom_attrs={"data-icon": row.icon}
                ),
                rx.el.span(
                    row.what,
                    rx.cond(row.note != "", rx.el.span(rx.el.bdi(row.note), class_name="small secondary truncate")),
                    class_name="movement-what",
                ),
                class_name="movement",
            )
        ),
        rx.el.td(rx.el.bdi(row.amount, dir="ltr"), class_name="medium tabular end"),
        rx.el.td(row.balance, class_name="secondary tabular end"),
        key=row.id,
    )
