"""The list of templates."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.pagination import pager
from unisoft_ui.components.kit.search_field import search_field
from unisoft_ui.components.shell import shell
from unisoft_ui.components.templates.cards import template_cards
from unisoft_ui.components.templates.nothing import create_link, delete_dialog, no_result, no_template, not_loaded
from unisoft_ui.states.templates import TemplatesState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import templates as texts


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(templates_page, routes.TEMPLATES, texts.TITLE, on_load=[TemplatesState.load])


def templates_page() -> rx.Component:
    status = TemplatesState.status
    return shell(
        _header(),
        rx.match(
            status,
            ("empty", no_template()),
            ("no_result", no_result()),
            ("error", not_loaded()),
            rx.fragment(template_cards(), rx.cond(TemplatesState.pagination.shown != "", _footer())),
        ),
        rx.cond(TemplatesState.may_create & (status != "empty"), create_link("floating-button phone-only")),
        delete_dialog(),
        active="templates",
        topbar_start=search_field(texts.SEARCH, TemplatesState, element_id="template-search"),
    )


def _header() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(texts.TITLE), rx.el.p(texts.SUBTITLE, class_name="secondary desktop-only"), class_name="page-title"
        ),
        rx.el.div(rx.cond(TemplatesState.may_create, create_link()), class_name="page-buttons desktop-only"),
        class_name="page-header",
    )


def _footer() -> rx.Component:
    return rx.el.div(
        rx.el.span(TemplatesState.pagination.shown, class_name="secondary tabular", role="status"),
        pager(
            TemplatesState.pagination,
            TemplatesState.open_page,
            label=texts.PAGES_LABEL,
            previous=campaigns.PREVIOUS_PAGE,
            following=campaigns.NEXT_PAGE,
        ),
        class_name="table-footer",
    )
