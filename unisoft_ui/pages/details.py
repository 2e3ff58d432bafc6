"""One campaign: how far it got, what failed and why, and its recipients."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.campaigns.cancel_dialog import cancel_dialog
from unisoft_ui.components.campaigns.delete_dialog import delete_dialog
from unisoft_ui.components.details.attention import assume_dialog, attention_panel
from unisoft_ui.components.details.bar import DETAILS_STATUS, details_bar
from unisoft_ui.components.details.drawer import recipient_drawer
from unisoft_ui.components.details.nothing import loading, missing, not_loaded
from unisoft_ui.components.details.progress import cards, insights, notes, progress_card
from unisoft_ui.components.details.recipient_actions import recipient_actions
from unisoft_ui.components.details.recipients import recipients_panel
from unisoft_ui.components.details.repair_dialog import repair_dialog
from unisoft_ui.components.details.retry_dialog import retry_dialog
from unisoft_ui.components.shell import shell
from unisoft_ui.states.attention import AttentionState
from unisoft_ui.states.details import DetailsState
from unisoft_ui.states.recipient import RecipientState
from unisoft_ui.texts import details as texts


def register(add_app_page: Callable[..., None]) -> None:
    watchers = [DetailsState.watch, AttentionState.watch, RecipientState.watch]
    add_app_page(details_page, routes.CAMPAIGN_DETAIL, texts.TITLE, on_load=watchers)


def details_page() -> rx.Component:
    return shell(
        rx.match(
            DETAILS_STATUS,
            ("ready", _campaign()),
            ("missing", missing()),
            ("error", not_loaded()),
            loading(),
        ),
        cancel_dialog(),
        retry_dialog(),
        assume_dialog(),
        repair_dialog(),
        delete_dialog(),
        recipient_drawer(recipient_actions()),
        active="campaigns",
        topbar_start=details_bar(),
    )


def _campaign() -> rx.Component:
    recipients = rx.cond(DetailsState.shown.is_draft, rx.fragment(), recipients_panel())
    return rx.fragment(progress_card(), notes(), attention_panel(), cards(), insights(), recipients)
