"""The recipients of a campaign, one by one."""

from __future__ import annotations

import reflex as rx

from backend.domain.tracking import RecipientTab
from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of, tag
from unisoft_ui.components.kit.data_table import cell, column, data_table, sortable_column
from unisoft_ui.components.kit.search_field import search_field
from unisoft_ui.states.details import DetailsState
from unisoft_ui.states.recipient import RecipientState
from unisoft_ui.texts import details as texts
from unisoft_ui.view_models.recipients import STATUS_ICONS, RecipientLine


def recipients_panel() -> rx.Component:
    """Tabs, search, and what belongs to the chosen tab."""
    return rx.el.section(
        rx.tabs.root(
            rx.el.div(
                rx.tabs.list(
                    *(rx.tabs.trigger(DetailsState.tabs[place], value=tab) for place, tab in enumerate(RecipientTab)),
                    aria_label=texts.TABS_LABEL,
                ),
                rx.el.div(
                    _sort(),
                    search_field(texts.SEARCH, DetailsState, class_name="search-field recipient-search"),
                    class_name="recipients-tools",
                ),
                class_name="recipients-head",
            ),
            rx.tabs.content(
                rx.cond(DetailsState.lines, _table(), _nothing()),
                _pages(),
                value=DetailsState.tab,
                tab_index=-1,
                class_name="tab-panel",
            ),
            value=DetailsState.tab,
            on_change=DetailsState.open_tab,
            activation_mode="manual",
            class_name="status-tabs",
        ),
        aria_label=texts.RECIPIENTS,
        class_name="panel recipients",
    )


def _sort() -> rx.Component:
    """Phones have no heads of columns, and the order of sending has none anywhere."""
    by_change = {code: word for code, word in texts.SORT_CHOICES.items() if code.startswith("updated")}
    always = {code: word for code, word in texts.SORT_CHOICES.items() if code not in by_change}
    return rx.select.root(
        rx.select.trigger(aria_label=texts.SORT_LABEL, color_scheme="gray"),
        rx.select.content(
            *(rx.select.item(word, value=code) for code, word in always.items()),
            rx.cond(
                DetailsState.may_sort_by_change,
                rx.fragment(*(rx.select.item(word, value=code) for code, word in by_change.items())),
            ),
        ),
        value=DetailsState.sort,
        on_change=DetailsState.choose_sort,
    )


def _direction(column_code: str) -> rx.Var[str]:
    return rx.match(
        DetailsState.sort,
        (f"{column_code}-asc", "ascending"),
        (f"{column_code}-desc", "descending"),
        "none",
    )  # pyright: ignore[reportReturnType]


def _by_change() -> rx.Component:
    """Only where it can be had at the same price for every page."""
    sortable = sortable_column(
        texts.UPDATED,
        texts.SORT_BY_CHANGE,
        direction=_direction("updated"),
        on_sort=DetailsState.sort_by("updated"),
        class_name="cell-updated",
    )
    return rx.cond(DetailsState.may_sort_by_change, sortable, column(texts.UPDATED, "cell-updated"))


def _table() -> rx.Component:
    return data_table(
        [
            sortable_column(
                texts.RECIPIENT,
                texts.SORT_BY_NAME,
                direction=_direction("name"),
                on_sort=DetailsState.sort_by("name"),
                class_name="cell-name",
            ),
            column(texts.MEDIUM, "cell-medium"),
            column(texts.ADDRESS, "cell-address"),
            column(texts.STATUS, "cell-status"),
            column(texts.VIEWS, "cell-count"),
            column(texts.CLICKS, "cell-count"),
            column(texts.SEGMENTS, "cell-segments"),
            _by_change(),
            column(texts.REASON, "cell-reason"),
        ],
        rx.foreach(DetailsState.lines, _row),
        label=texts.RECIPIENTS,
        busy=DetailsState.busy,
        class_name="recipients-table",
    )


def _row(line: RecipientLine) -> rx.Component:
    nothing = rx.el.span(texts.NOTHING, class_name="secondary")
    return rx.el.tr(
        cell(
            # A click on it is one on its row; it is what the keyboard reaches.
            rx.el.button(
                rx.el.span(line.initials, class_name="avatar", data_tone=line.tone, aria_hidden="true"),
                rx.el.span(
                    rx.el.span(line.name, class_name="medium", dir="auto"),
                    rx.cond(line.hebrew_name != "", rx.el.span(line.hebrew_name, class_name="secondary", dir="auto")),
                    class_name="recipient-name",
                ),
                type="button",
                aria_haspopup="dialog",
                id=line.button_id,
                class_name="recipient-button",
            ),
            class_name="cell-name",
        ),
        cell(
            rx.cond(
                line.medium.label != "",
                tag(line.medium.label, line.medium.scheme, icon_of(line.medium.icon, MEDIUM_ICONS, size=13)),
                nothing,
            ),
            class_name="cell-medium",
            label=texts.MEDIUM,
        ),
        cell(rx.el.bdi(line.address, dir="ltr"), class_name="cell-address tabular", label=texts.ADDRESS),
        cell(
            tag(line.status.label, line.status.scheme, icon_of(line.status.icon, STATUS_ICONS, size=13)),
            class_name="cell-status",
            label=texts.STATUS,
        ),
        cell(line.views, class_name="cell-count tabular", label=texts.VIEWS),
        cell(line.clicks, class_name="cell-count tabular", label=texts.CLICKS),
        cell(line.segments, class_name="cell-segments tabular", label=texts.SEGMENTS),
        cell(
            rx.el.span(line.updated, title=line.moment),
            class_name="cell-updated tabular secondary",
            label=texts.UPDATED,
        ),
        cell(
            rx.cond(line.reason != "", rx.el.span(line.reason), nothing),
            rx.cond(line.code != "", rx.el.bdi(line.code, class_name="small secondary", dir="ltr")),
            class_name=rx.cond(line.reason != "", "cell-reason", "cell-reason is-empty"),
            label=texts.REASON,
        ),
        role="row",
        on_click=RecipientState.open(line.id),
        data_testid="recipient-row",
        key=line.id,
    )


def _nothing() -> rx.Component:
    clear = rx.button(
        texts.CLEAR_SEARCH,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        on_click=DetailsState.clear_search,
    )
    return rx.el.div(
        rx.el.p(DetailsState.nothing, dir="auto"),
        rx.cond(DetailsState.search != "", clear),
        role="status",
        class_name="no-recipient secondary",
    )


def _pages() -> rx.Component:
    previous, following, first = DetailsState.previous_before, DetailsState.next_after, DetailsState.is_first
    return rx.cond(
        (previous >= 0) | (following >= 0) | ~first,
        rx.el.nav(
            _page_button(
                rx.icon("chevrons-left", size=16, class_name="flip", aria_hidden="true"),
                texts.FIRST,
                disabled=first,
                on_click=DetailsState.open_first,
            ),
            _page_button(
                rx.icon("chevron-left", size=16, class_name="flip", aria_hidden="true"),
                texts.PREVIOUS,
                disabled=previous < 0,
                on_click=DetailsState.open_previous(previous, DetailsState.previous_at),
            ),
            _page_button(
                texts.NEXT,
                rx.icon("chevron-right", size=16, class_name="flip", aria_hidden="true"),
                disabled=following < 0,
                on_click=DetailsState.open_next(following, DetailsState.next_at),
            ),
            aria_label=texts.PAGES_LABEL,
            class_name="recipient-pages",
        ),
    )


def _page_button(*content: rx.Component | str, disabled: rx.Var[bool], on_click: rx.event.EventType) -> rx.Component:
    return rx.button(
        *content, variant="surface", color_scheme="gray", high_contrast=True, disabled=disabled, on_click=on_click
    )
