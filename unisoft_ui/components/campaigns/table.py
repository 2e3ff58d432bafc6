"""The table of campaigns."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.campaigns.actions import actions_cell
from unisoft_ui.components.campaigns.cells import (
    attachments_cell,
    categories_cell,
    channel_cell,
    date_cell,
    preview_cell,
    targets_cell,
)
from unisoft_ui.components.campaigns.deliverability import deliverability_cell
from unisoft_ui.components.campaigns.selection import select_cell, select_column
from unisoft_ui.components.kit.data_table import cell, column, data_table, sortable_column
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.states.campaigns import CampaignsState
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.campaigns import CampaignLine

_SKELETON_ROWS = 10


def campaigns_table() -> rx.Component:
    """The rows, or grey shapes of the same heights before the first ones are there."""
    loading = CampaignsState.status == "loading"
    return data_table(
        _columns(),
        rx.cond(
            loading,
            rx.fragment(*(_skeleton_row(number) for number in range(_SKELETON_ROWS))),
            rx.foreach(CampaignsState.lines, _row),
        ),
        label=texts.TABLE_LABEL,
        busy=loading | CampaignsState.busy,
        class_name="campaigns-table",
    )


def _columns() -> list[rx.Component]:
    return [
        rx.cond(CampaignsState.may_delete, select_column()),
        _sortable(texts.DATE, "date", "cell-date"),
        column(texts.CHANNEL, "cell-channel"),
        _sortable(texts.TARGETS, "targets", "cell-targets"),
        _sortable(texts.DELIVERABILITY, "deliverability", "cell-deliverability"),
        column(texts.CATEGORIES, "cell-categories"),
        column(texts.PREVIEW, "cell-preview"),
        column(texts.ATTACHMENTS, "cell-attachments"),
        column(texts.ACTIONS, "cell-actions"),
    ]


def _sortable(label: str, code: str, class_name: str) -> rx.Component:
    direction = rx.match(CampaignsState.sort_code, (f"{code}-asc", "ascending"), (f"{code}-desc", "descending"), "none")
    return sortable_column(
        label,
        texts.sorted_by(label),
        direction=direction,
        on_sort=CampaignsState.sort_by(code),
        class_name=class_name,
    )


def _row(line: CampaignLine) -> rx.Component:
    return rx.el.tr(
        rx.cond(CampaignsState.may_delete, select_cell(line)),
        date_cell(line),
        channel_cell(line),
        targets_cell(line),
        deliverability_cell(line),
        categories_cell(line),
        preview_cell(line),
        attachments_cell(line),
        actions_cell(line),
        role="row",
        data_testid="campaign-row",
        key=line.id,
    )


def _skeleton_row(number: int) -> rx.Component:
    return rx.el.tr(
        rx.cond(CampaignsState.may_delete, cell(shape("16px", "16px"), class_name="cell-select")),
        cell(shape("72px"), class_name="cell-date"),
        cell(shape(f"{64 + number * 3}px", "22px"), class_name="cell-channel"),
        cell(shape("28px"), class_name="cell-targets"),
        cell(shape("100%", "6px"), shape("76px"), class_name="cell-deliverability"),
        cell(shape(f"{84 + number * 37 % 60}px", "22px"), class_name="cell-categories"),
        cell(shape("92%"), shape(f"{77 - number * 3}%"), class_name="cell-preview"),
        cell(shape("44px"), class_name="cell-attachments"),
        cell(shape("32px", "32px"), class_name="cell-actions"),
        aria_hidden="true",
        class_name="skeleton-row",
    )
