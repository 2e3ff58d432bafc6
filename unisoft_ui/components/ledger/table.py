"""Every movement of the credit, a page at a time."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.badge import icon_of
from unisoft_ui.components.kit.data_table import cell, column, data_table
from unisoft_ui.components.kit.links import button_link, text_link
from unisoft_ui.states.ledger import LedgerState
from unisoft_ui.texts import ledger as texts
from unisoft_ui.view_models.credits import ICONS
from unisoft_ui.view_models.ledger import LedgerLine


def ledger_table() -> rx.Component:
    date, what, who, amount, balance = texts.COLUMNS
    return data_table(
        [
            column(date, "cell-date"),
            column(what, "cell-what"),
            column(who, "cell-who"),
            column(amount, "cell-amount"),
            column(balance, "cell-balance"),
        ],
        rx.foreach(LedgerState.shown.lines, _row),
        label=texts.TABLE_LABEL,
        busy=LedgerState.status == "loading",
        class_name="ledger-table",
    )


def ledger_pages() -> rx.Component:
    return rx.el.nav(
        _page_link("chevron-left", texts.NEWER, LedgerState.shown.newer),
        _page_link("chevron-right", texts.OLDER, LedgerState.shown.older),
        aria_label=texts.PAGES,
        class_name="ledger-pages",
    )


def _page_link(icon: str, label: str, href: rx.Var[str]) -> rx.Component:
    content = [rx.icon(icon, size=16, class_name="flip", aria_hidden="true"), label]
    look = {"variant": "surface", "color_scheme": "gray", "high_contrast": True}
    return rx.cond(href != "", button_link(*content, href=href, **look))


def _row(line: LedgerLine) -> rx.Component:
    return rx.el.tr(
        cell(rx.el.span(line.date), " ", rx.el.span(line.time, class_name="small secondary"), class_name="cell-date"),
        cell(_what(line), class_name="cell-what"),
        cell(rx.el.span(line.who, class_name="truncate small secondary"), class_name="cell-who"),
        cell(rx.el.bdi(line.amount, dir="ltr"), class_name="cell-amount"),
        cell(line.balance, class_name="cell-balance", label=texts.COLUMNS[-1]),
        role="row",
        key=line.id,
        data_testid="ledger-row",
    )


def _what(line: LedgerLine) -> rx.Component:
    icon = rx.el.span(
        icon_of(line.icon, ICONS, size=16), class_name="movement-icon", custom_attrs={"data-icon": line.icon}
    )
    return rx.el.span(
        icon,
        rx.el.span(
            line.what,
            rx.cond(
                line.campaign != "",
                text_link(rx.el.bdi(line.campaign), href=line.href, title=line.only, class_name="small truncate"),
            ),
            rx.cond(line.note != "", rx.el.span(rx.el.bdi(line.note), class_name="small secondary truncate")),
            class_name="movement-what",
        ),
        class_name="movement",
    )
