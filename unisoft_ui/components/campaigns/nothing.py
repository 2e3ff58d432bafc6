"""In place of the table: no campaign, nothing found, not readable."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.campaigns.toolbar import create_link, trash_link
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.empty import empty_state, large_icon, tiles
from unisoft_ui.states.campaigns import CampaignsState
from unisoft_ui.texts import campaigns as texts


def no_campaign() -> rx.Component:
    create = rx.cond(CampaignsState.may_create, create_link(size="3"))
    picture = tiles("mail", "message-square-text", "message-circle")
    return empty_state(picture, texts.EMPTY_TITLE, texts.EMPTY_TEXT, create, below=trash_link(), data_testid="empty")


def empty_tab() -> rx.Component:
    tab = CampaignsState.tab
    return empty_state(
        large_icon("inbox"),
        rx.match(tab, *texts.EMPTY_TAB.items(), ""),
        rx.match(tab, *texts.EMPTY_TAB_TEXT.items(), ""),
        _all_statuses("surface"),
        data_testid="empty-tab",
    )


def no_result() -> rx.Component:
    return empty_state(
        large_icon("search-x"),
        rx.el.span(CampaignsState.no_result, dir="auto"),
        texts.NO_RESULT_TEXT,
        rx.button(
            texts.CLEAR_SEARCH,
            variant="surface",
            color_scheme="gray",
            high_contrast=True,
            size="3",
            on_click=CampaignsState.clear_search,
        ),
        rx.cond(CampaignsState.tab != "all", _all_statuses("ghost")),
        data_testid="no-result",
    )


def not_loaded() -> rx.Component:
    retry = word_button("refresh-cw", texts.RETRY, size="3", on_click=CampaignsState.retry)
    reference = rx.el.span(CampaignsState.reference, class_name="small secondary")
    picture = large_icon("cloud-off")
    return empty_state(picture, texts.ERROR_TITLE, CampaignsState.error, retry, below=reference, role="alert")


def _all_statuses(variant: str) -> rx.Component:
    return rx.button(
        texts.ALL_STATUSES,
        variant=variant,
        color_scheme="gray",
        high_contrast=True,
        size="3",
        on_click=CampaignsState.open_tab("all"),
        class_name="quiet-button",
    )
