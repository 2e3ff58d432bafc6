"""The table of deleted campaigns."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.campaigns.cells import channel_tag
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.checks import page_check, page_state, row_check
from unisoft_ui.components.kit.data_table import cell, column, data_table
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.states.trash import TrashState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import trash as texts
from unisoft_ui.view_models.trash import TrashLine

_SKELETON_ROWS = 4


def trash_table() -> rx.Component:
    """The rows, or grey shapes before the first ones are there."""
    loading = TrashState.status == "loading"
    return data_table(
        _columns(),
        rx.cond(
            loading,
            rx.fragment(*(_skeleton_row() for _ in range(_SKELETON_ROWS))),
            rx.foreach(TrashState.lines, _row),
        ),
        label=texts.TABLE_LABEL,
        busy=loading,
        class_name="trash-table",
    )


def trash_selection() -> rx.Component:
    """Above the cards on a phone: tick the page."""
    return rx.el.div(
        _page_check(rx.cond(TrashState.ids, rx.fragment(), rx.el.span(campaigns.SELECT_ALL))),
        rx.cond(TrashState.ids, rx.el.span(TrashState.spoken, class_name="tabular")),
        restore_button("restore-phone"),
        class_name="phone-selection phone-only",
    )


def restore_button(element_id: str, class_name: str = "") -> rx.Component:
    """Restores what is selected."""
    return word_button(
        "undo-2",
        TrashState.restore_label,
        disabled=~rx.Var.create(TrashState.ids).bool() | TrashState.running,
        on_click=TrashState.restore_selected,
        id=element_id,
        class_name=f"tabular {class_name}",
    )


def _columns() -> list[rx.Component]:
    return [
        rx.el.th(_page_check(), scope="col", role="columnheader", class_name="cell-select"),
        column(texts.CAMPAIGN, "cell-title"),
        column(texts.CHANNEL, "cell-channel"),
        column(texts.STATE, "cell-state"),
        column(texts.DELETED_AT, "cell-deleted"),
        column(texts.DELETED_BY, "cell-by"),
        column(texts.LEFT, "cell-left"),
        column(texts.ACTIONS, "cell-actions"),
    ]


def _page_check(*text: rx.Component) -> rx.Component:
    state = page_state(TrashState.line_ids, TrashState.ids)
    pick = TrashState.pick_page(TrashState.line_ids, state != "true")
    return page_check(*text, label=texts.SELECT_PAGE, state=state, on_pick=pick)


def _row(line: TrashLine) -> rx.Component:
    return rx.el.tr(
        row_check(
            line.select_label,
            picked=rx.Var.create(TrashState.ids).contains(line.id),
            version=TrashState.version,
            on_pick=lambda picked: TrashState.pick(line.id, picked),
        ),
        cell(rx.el.span(line.title, class_name="trash-title", dir="auto"), class_name="cell-title"),
        cell(channel_tag(line.channel), class_name="cell-channel"),
        cell(line.state, _comes_back(line), class_name="cell-state", label=texts.STATE),
        cell(
            rx.el.span(line.date, class_name="line-date"),
            rx.el.span(line.time, class_name="line-time small secondary"),
            class_name="cell-deleted tabular",
            label=texts.DELETED_AT,
        ),
        cell(rx.el.span(line.deleted_by, class_name="truncate"), class_name="cell-by", label=texts.DELETED_BY),
        cell(line.left, class_name="cell-left tabular", label=texts.LEFT),
        cell(_restore(line), class_name="cell-actions"),
        role="row",
        data_testid="trash-row",
        key=line.id,
    )


def _comes_back(line: TrashLine) -> rx.Component:
    return rx.cond(
        line.comes_back != "", rx.el.span(line.comes_back, class_name="comes-back small secondary"), rx.fragment()
    )


def _restore(line: TrashLine) -> rx.Component:
    return word_button(
        "undo-2",
        texts.RESTORE,
        variant="soft",
        on_click=TrashState.restore_one(line.id),
        aria_label=line.restore_label,
        id=line.restore_id,
        class_name="restore-button",
    )


def _skeleton_row() -> rx.Component:
    return rx.el.tr(
        cell(shape("16px", "16px"), class_name="cell-select"),
        cell(shape("60%"), class_name="cell-title"),
        cell(shape("72px", "22px"), class_name="cell-channel"),
        cell(shape("64px"), class_name="cell-state"),
        cell(shape("72px"), class_name="cell-deleted"),
        cell(shape("72px"), class_name="cell-by"),
        cell(shape("48px"), class_name="cell-left"),
        cell(shape("88px", "32px"), class_name="cell-actions"),
        aria_hidden="true",
        class_name="skeleton-row",
    )
