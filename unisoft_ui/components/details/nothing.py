"""In place of the details: not there yet, not found, not readable."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.empty import empty_state, large_icon
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.states.details import DetailsState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import details as texts


def loading() -> rx.Component:
    """Grey shapes of about the heights to come."""
    return rx.el.div(
        *(shape("100%", height, "step-skeleton") for height in ("98px", "92px", "420px")),
        aria_busy=True,
        aria_label=texts.LOADING,
        role="status",
        class_name="details-loading",
    )


def missing() -> rx.Component:
    back = button_link(texts.BACK_TO_LIST, href=routes.CAMPAIGNS, size="3")
    return empty_state(large_icon("search-x"), texts.MISSING_TITLE, texts.MISSING_TEXT, back, data_testid="missing")


def not_loaded() -> rx.Component:
    retry = word_button("refresh-cw", campaigns.RETRY, size="3", on_click=DetailsState.retry)
    reference = rx.el.span(DetailsState.reference, class_name="small secondary")
    picture = large_icon("cloud-off")
    return empty_state(picture, texts.ERROR_TITLE, DetailsState.error, retry, below=reference, role="alert")
