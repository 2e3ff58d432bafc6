"""What was deleted and can still be restored."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.empty import empty_state, large_icon
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.components.kit.pagination import pager
from unisoft_ui.components.shell import shell
from unisoft_ui.components.trash.table import restore_button, trash_selection, trash_table
from unisoft_ui.states.trash import TrashState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import trash as texts


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(trash_page, routes.TRASH, texts.TITLE, on_load=[TrashState.clear, TrashState.watch])


def trash_page() -> rx.Component:
    return shell(
        _header(),
        rx.el.span(TrashState.spoken, role="status", class_name="visually-hidden"),
        rx.match(
            TrashState.status,
            ("empty", empty_state(large_icon("trash-2"), texts.EMPTY_TITLE, texts.EMPTY_TEXT, _to_list())),
            (
                "error",
                empty_state(large_icon("cloud-off"), texts.ERROR_TITLE, TrashState.error, _to_list(), role="alert"),
            ),
            rx.fragment(trash_selection(), trash_table(), rx.cond(TrashState.lines, _footer())),
        ),
        active="campaigns",
    )


def _header() -> rx.Component:
    back = button_link(
        rx.icon("arrow-left", size=16, class_name="flip", aria_hidden="true"),
        rx.el.span(texts.BACK, class_name="visually-hidden"),
        href=routes.CAMPAIGNS,
        title=texts.BACK,
        variant="ghost",
        color_scheme="gray",
        class_name="icon-target",
    )
    return rx.el.div(
        back,
        rx.el.div(rx.el.h1(texts.TITLE), rx.el.p(texts.SUBTITLE, class_name="secondary"), class_name="page-title grow"),
        rx.el.div(restore_button("restore-desktop"), class_name="desktop-only"),
        class_name="page-header trash-header",
    )


def _to_list() -> rx.Component:
    return button_link(
        texts.BACK, href=routes.CAMPAIGNS, variant="surface", color_scheme="gray", high_contrast=True, size="3"
    )


def _footer() -> rx.Component:
    return rx.el.div(
        rx.el.span(TrashState.pagination.shown, class_name="secondary tabular", role="status"),
        pager(
            TrashState.pagination,
            TrashState.open_page,
            label=campaigns.PAGES_LABEL,
            previous=campaigns.PREVIOUS_PAGE,
            following=campaigns.NEXT_PAGE,
        ),
        class_name="table-footer",
    )
