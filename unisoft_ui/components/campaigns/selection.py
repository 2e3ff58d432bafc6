"""Selecting campaigns: the checkboxes, what is selected, and the button that deletes it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.checks import page_check, page_state, row_check
from unisoft_ui.states.campaigns import CampaignsState
from unisoft_ui.states.deletion import DeletionState
from unisoft_ui.states.selection import SelectionState
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.campaigns import CampaignLine


def select_cell(line: CampaignLine) -> rx.Component:
    in_results = (line.id <= SelectionState.newest_id) & ~_contains(SelectionState.excluded_ids, line.id)
    return row_check(
        line.select_label,
        picked=rx.cond(SelectionState.all_results, in_results, _contains(SelectionState.ids, line.id)),
        version=SelectionState.version,
        on_pick=lambda picked: SelectionState.pick(line.id, picked),
    )


def select_column() -> rx.Component:
    return rx.el.th(_page_check(), scope="col", role="columnheader", class_name="cell-select")


def phone_selection() -> rx.Component:
    """Above the cards, which have no head: tick the page, clear, delete."""
    selected = rx.fragment(
        rx.el.span(SelectionState.shown, class_name="tabular"), _quiet(texts.CLEAR, SelectionState.clear)
    )
    return rx.el.div(
        _page_check(rx.cond(SelectionState.count, rx.fragment(), rx.el.span(texts.SELECT_ALL))),
        rx.cond(SelectionState.count, selected),
        delete_button(texts.DELETE, "delete-phone", aria_label=SelectionState.delete_label),
        _all_results(),
        class_name="phone-selection phone-only",
    )


def selection_bar() -> rx.Component:
    """How many are selected, and what else can be. It takes the place beside the tabs, so that no row moves."""
    selected = rx.fragment(
        rx.el.span(SelectionState.shown, class_name="tabular"),
        _all_results(),
        _quiet(texts.CLEAR_SELECTION, SelectionState.clear),
    )
    return rx.fragment(
        rx.el.span(SelectionState.spoken, role="status", class_name="visually-hidden", data_testid="selection-spoken"),
        rx.el.div(
            rx.cond(CampaignsState.may_delete & (SelectionState.count > 0), selected),
            class_name="selection-bar desktop-only",
        ),
    )


def delete_button(label: rx.Var[str] | str, element_id: str, **props: object) -> rx.Component:
    """Deletes what is selected."""
    return word_button(
        "trash-2",
        label,
        color_scheme="red",
        disabled=SelectionState.count == 0,
        on_click=DeletionState.ask(0),
        id=element_id,
        class_name="delete-button tabular",
        **props,
    )


def _all_results() -> rx.Component:
    offered = (_state() == "true") & (CampaignsState.select_results != "") & ~SelectionState.all_results
    return rx.cond(offered, _quiet(CampaignsState.select_results, SelectionState.pick_results))


def _quiet(label: rx.Var[str] | str, act: rx.event.EventType) -> rx.Component:
    return rx.el.button(label, type="button", on_click=act, class_name="text-button")


def _page_check(*text: rx.Component) -> rx.Component:
    pick = SelectionState.pick_page(CampaignsState.line_ids, _state() != "true")
    return page_check(*text, label=texts.SELECT_PAGE, state=_state(), on_pick=pick)


def _state() -> rx.Var[str]:
    return page_state(
        CampaignsState.line_ids,
        SelectionState.ids,
        all_results=SelectionState.all_results,
        excluded=SelectionState.excluded_ids,
        newest=SelectionState.newest_id,
    )


def _contains(ids: rx.Var[list[int]] | list[int], campaign_id: rx.Var[int] | int) -> rx.Var[bool]:
    return rx.Var.create(ids).contains(campaign_id)
