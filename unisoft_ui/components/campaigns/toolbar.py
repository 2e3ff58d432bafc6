"""Above and below the table: title, tabs, sorting, pages."""

from __future__ import annotations

import reflex as rx

from backend.domain.campaign_list import PAGE_SIZES, Tab
from unisoft_ui import routes
from unisoft_ui.components.campaigns.selection import delete_button, selection_bar
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.components.kit.pagination import pager
from unisoft_ui.states.campaigns import CampaignsState
from unisoft_ui.states.selection import SelectionState
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import trash


def page_header() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(texts.TITLE),
            rx.el.p(texts.SUBTITLE, class_name="secondary desktop-only"),
            class_name="page-title",
        ),
        rx.el.div(
            rx.cond(CampaignsState.may_delete, delete_button(SelectionState.delete_label, "delete-desktop")),
            rx.cond(CampaignsState.may_create, create_link()),
            class_name="page-buttons desktop-only",
        ),
        class_name="page-header",
    )


def create_link(class_name: str = "", size: str = "2") -> rx.Component:
    return button_link(
        rx.icon("plus", size=16, aria_hidden="true"),
        texts.CREATE,
        href=routes.CAMPAIGN_NEW,
        size=size,
        class_name=class_name,
    )


def status_tabs(panel: rx.Component) -> rx.Component:
    """The tabs, and under them what belongs to the chosen one."""
    return rx.tabs.root(
        rx.tabs.list(
            *(rx.tabs.trigger(CampaignsState.tabs[place], value=tab.value) for place, tab in enumerate(Tab)),
            aria_label=texts.TABS_LABEL,
        ),
        selection_bar(),
        rx.tabs.content(panel, value=CampaignsState.tab, tab_index=-1, class_name="tab-panel"),
        value=CampaignsState.tab,
        on_change=CampaignsState.open_tab,
        activation_mode="manual",
        class_name="status-tabs",
    )


def sort_choice() -> rx.Component:
    """For phones, where there are no heads of columns."""
    return rx.el.label(
        rx.el.span(texts.SORT_LABEL, class_name="secondary"),
        rx.select.root(
            rx.select.trigger(aria_label=texts.SORT_LABEL),
            rx.select.content(*(rx.select.item(word, value=code) for code, word in texts.SORT_CHOICES.items())),
            value=CampaignsState.sort_code,
            on_change=CampaignsState.choose_sort,
        ),
        class_name="sort-choice phone-only",
    )


def footer() -> rx.Component:
    return rx.el.div(
        rx.el.span(CampaignsState.pagination.shown, class_name="secondary tabular", role="status"),
        _page_sizes(),
        trash_link(),
        pager(
            CampaignsState.pagination,
            CampaignsState.open_page,
            label=texts.PAGES_LABEL,
            previous=texts.PREVIOUS_PAGE,
            following=texts.NEXT_PAGE,
        ),
        class_name="table-footer",
    )


def trash_link() -> rx.Component:
    """A quiet way to what was deleted."""
    link = button_link(
        rx.icon("trash-2", size=14, aria_hidden="true"),
        trash.TITLE,
        href=routes.TRASH,
        variant="ghost",
        color_scheme="gray",
        class_name="trash-link",
    )
    return rx.cond(CampaignsState.may_delete, link)


def _page_sizes() -> rx.Component:
    return rx.select.root(
        rx.select.trigger(variant="ghost", color_scheme="gray", aria_label=texts.PAGE_SIZE_LABEL),
        rx.select.content(*(rx.select.item(texts.per_page(size), value=str(size)) for size in PAGE_SIZES)),
        value=CampaignsState.page_size,
        on_change=CampaignsState.choose_page_size,
    )
