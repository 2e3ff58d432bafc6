"""The list of campaigns."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.campaigns.cancel_dialog import cancel_dialog
from unisoft_ui.components.campaigns.delete_dialog import delete_dialog
from unisoft_ui.components.campaigns.nothing import empty_tab, no_campaign, no_result, not_loaded
from unisoft_ui.components.campaigns.selection import phone_selection
from unisoft_ui.components.campaigns.table import campaigns_table
from unisoft_ui.components.campaigns.toolbar import (
    create_link,
    footer,
    page_header,
    sort_choice,
    status_tabs,
)
from unisoft_ui.components.confirmation.dialog import confirmation_dialog
from unisoft_ui.components.kit.search_field import search_field
from unisoft_ui.components.shell import shell
from unisoft_ui.states.campaigns import CampaignsState
from unisoft_ui.states.selection import SelectionState
from unisoft_ui.texts import campaigns as texts


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(campaigns_page, routes.CAMPAIGNS, texts.TITLE, on_load=[SelectionState.settle, CampaignsState.watch])


def campaigns_page() -> rx.Component:
    return shell(
        page_header(),
        status_tabs(
            rx.match(
                CampaignsState.status,
                ("empty", no_campaign()),
                ("empty_tab", empty_tab()),
                ("no_result", no_result()),
                ("error", not_loaded()),
                rx.fragment(
                    rx.cond(CampaignsState.may_delete, phone_selection()),
                    sort_choice(),
                    campaigns_table(),
                    rx.cond(CampaignsState.lines, footer()),
                ),
            )
        ),
        rx.cond(
            CampaignsState.may_create & (CampaignsState.status != "empty"), create_link("floating-button phone-only")
        ),
        confirmation_dialog(),
        cancel_dialog(),
        delete_dialog(),
        active="campaigns",
        topbar_start=search_field(texts.SEARCH, CampaignsState, element_id="campaign-search"),
    )
