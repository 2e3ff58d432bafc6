"""The whole credit ledger, the purchases with their receipts, and corrections by hand."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.empty import empty_state, large_icon
from unisoft_ui.components.kit.links import button_link, file_link
from unisoft_ui.components.ledger.adjust_dialog import adjust_button, adjust_dialog
from unisoft_ui.components.ledger.filters import ledger_filters
from unisoft_ui.components.ledger.table import ledger_pages, ledger_table
from unisoft_ui.components.shell import shell
from unisoft_ui.states.ledger import LedgerState
from unisoft_ui.texts import ledger as texts
from unisoft_ui.view_models.ledger import PurchaseLine


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(ledger_page, routes.LEDGER, texts.TITLE, on_load=[LedgerState.watch])


def ledger_page() -> rx.Component:
    return shell(
        _header(),
        rx.match(
            LedgerState.status,
            ("loading", rx.fragment()),
            (
                "error",
                empty_state(large_icon("cloud-off"), texts.ERROR_TITLE, LedgerState.error, _to_list(), role="alert"),
            ),
            _ledger(),
        ),
        adjust_dialog(),
        active="settings",
    )


def _header() -> rx.Component:
    export = file_link(
        rx.icon("download", size=16, aria_hidden="true"),
        texts.EXPORT,
        href=LedgerState.shown.export,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
    )
    return rx.el.div(
        rx.el.div(rx.el.h1(texts.TITLE), rx.el.p(texts.SUBTITLE, class_name="secondary"), class_name="page-title grow"),
        rx.el.div(
            rx.cond(LedgerState.shown.may_adjust, adjust_button()),
            rx.cond(LedgerState.shown.export != "", export),
            class_name="page-buttons",
        ),
        class_name="page-header",
    )


def _ledger() -> rx.Component:
    nothing = rx.cond(
        LedgerState.status == "nothing",
        rx.el.p(texts.NOTHING_FOUND, role="status"),
        empty_state(large_icon("history"), texts.NOTHING_TITLE, texts.NOTHING_TEXT),
    )
    return rx.fragment(
        _sums(),
        rx.foreach(LedgerState.shown.owed, _owed),
        ledger_filters(),
        rx.cond(LedgerState.status == "ready", rx.fragment(ledger_table(), ledger_pages()), nothing),
        rx.cond(LedgerState.shown.purchases, _purchases()),
    )


def _sums() -> rx.Component:
    shown = LedgerState.shown
    pairs = (
        (texts.AVAILABLE, shown.available),
        (texts.RESERVED, shown.reserved),
        (texts.CHARGED, shown.charged),
        (texts.BOUGHT, shown.bought),
    )
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(label), rx.el.dd(value, class_name="tabular")) for label, value in pairs),
        class_name="sums",
    )


def _owed(sentence: rx.Var[str]) -> rx.Component:
    return rx.el.p(
        rx.icon("circle-alert", size=16, aria_hidden="true"), rx.el.span(sentence), class_name="ledger-notice"
    )


def _purchases() -> rx.Component:
    return rx.el.section(
        rx.el.h2(texts.PURCHASES),
        rx.el.ul(rx.foreach(LedgerState.shown.purchases, _purchase), class_name="purchases"),
        aria_label=texts.PURCHASES,
    )


def _purchase(line: PurchaseLine) -> rx.Component:
    receipt = file_link(
        rx.icon("file-text", size=16, aria_hidden="true"), line.receipt, href=line.href, variant="ghost"
    )
    return rx.el.li(
        rx.el.span(line.date, class_name="tabular"),
        rx.el.span(line.what, class_name="tabular grow"),
        rx.el.span(line.state, class_name="secondary"),
        receipt,
        key=line.receipt,
    )


def _to_list() -> rx.Component:
    return button_link(
        texts.BACK, href=routes.CAMPAIGNS, variant="surface", color_scheme="gray", high_contrast=True, size="3"
    )
