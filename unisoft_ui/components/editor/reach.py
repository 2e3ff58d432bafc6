"""How many contacts the choice reaches, by medium; and the contacts behind each number."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of
from unisoft_ui.components.kit.dialog_header import dialog_header
from unisoft_ui.components.kit.progress import segment
from unisoft_ui.states.target_list import TargetListState
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.reach import ReachedMedium, ReachReason
from unisoft_ui.view_models.target_list import TargetRow

_NO_ADDRESS = "reason.no_address"


def reach_panel() -> rx.Component:
    shown = TargetsState.reach
    hint = rx.el.p(
        rx.cond(shown.is_error, rx.icon("circle-x", size=14, aria_hidden="true")),
        rx.el.span(shown.hint),
        class_name=rx.cond(shown.is_error, "field-error", "secondary"),
    )
    return rx.el.div(
        rx.cond(shown.hint != "", hint, _counted()),
        rx.el.p(
            rx.cond(TargetsState.counting, texts.COUNTING, ""), class_name="small secondary counting", role="status"
        ),
        _window(),
        aria_busy=TargetsState.counting,
        class_name=rx.cond(TargetsState.counting, "reach is-counting", "reach"),
        data_testid="reach",
    )


def _counted() -> rx.Component:
    shown = TargetsState.reach
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.span(shown.total, class_name="reach-total tabular"),
                rx.el.span(shown.noun, class_name="medium"),
                aria_live="polite",
                aria_atomic="true",
                class_name="reach-sum",
            ),
            rx.el.p(shown.line, class_name="small secondary tabular"),
            class_name="reach-head",
        ),
        rx.foreach(shown.media, _medium),
        rx.cond(
            shown.left_out,
            rx.el.div(
                rx.el.div(texts.LEFT_OUT, class_name="medium"),
                rx.el.ul(rx.foreach(shown.left_out, _reason), class_name="reach-reasons"),
            ),
        ),
        rx.cond(shown.unreachable != "", _unreachable()),
    )


def _medium(medium: ReachedMedium) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(icon_of(medium.icon, MEDIUM_ICONS), medium.label, class_name="medium reach-name"),
            rx.el.span(
                rx.el.b(medium.value, class_name="semibold tabular"), f" {texts.REACHABLE}", class_name="secondary"
            ),
            class_name="reach-medium",
        ),
        rx.el.div(segment(medium.width, "bar-reached"), class_name="bar reach-bar", aria_hidden="true"),
        rx.el.ul(rx.foreach(medium.reasons, _reason), class_name="reach-reasons"),
        key=medium.label,
    )


def _reason(reason: ReachReason) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(reason.label),
            rx.el.bdi(reason.value, dir="ltr", class_name="tabular"),
            type="button",
            aria_label=reason.spoken,
            custom_attrs={"id": f"reach-{reason.group}"},
            on_click=TargetListState.open(reason.group),
            class_name="reach-reason small secondary",
        ),
        key=reason.group,
    )


def _unreachable() -> rx.Component:
    return rx.el.div(
        rx.icon("triangle-alert", size=14, aria_hidden="true"),
        rx.el.span(TargetsState.reach.unreachable),
        rx.el.button(
            texts.SEE_LIST,
            type="button",
            aria_label=f"{texts.SEE_LIST}: {TargetsState.reach.unreachable}",
            custom_attrs={"id": f"reach-{_NO_ADDRESS}"},
            on_click=TargetListState.open(_NO_ADDRESS),
            class_name="link-button",
        ),
        class_name="reach-unreachable small",
    )


def _window() -> rx.Component:
    shown = TargetListState.shown
    rows = rx.el.ul(rx.foreach(shown.rows, _row), class_name="target-rows", tab_index=0, aria_label=shown.title)
    body = rx.cond(shown.rows, rows, rx.el.p(texts.LIST_EMPTY, class_name="secondary"))
    loading = rx.el.div(rx.spinner(size="2"), texts.LIST_LOADING, class_name="computing secondary", role="status")
    error = rx.el.p(TargetListState.error, class_name="field-error", role="alert")
    window = rx.dialog.root(
        rx.dialog.content(
            dialog_header(shown.title, texts.LIST_TEXT),
            rx.cond(TargetListState.loading, loading, rx.cond(TargetListState.error != "", error, body)),
            rx.cond(shown.more != "", rx.el.p(shown.more, class_name="small secondary")),
            max_width="560px",
            class_name="sheet target-window",
        ),
        open=TargetListState.is_open,
        on_open_change=TargetListState.set_open,
    )
    # What was open on the page before is over: the server remembers it, the user has left it.
    return rx.fragment(rx.el.div(on_mount=TargetListState.set_open(False), hidden=True), window)


def _row(row: TargetRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(row.name, dir="auto", class_name="medium"),
        rx.el.div(row.address, dir="ltr", class_name="small secondary target-address"),
        rx.el.div(row.why, class_name="small target-why"),
        key=row.key,
    )
