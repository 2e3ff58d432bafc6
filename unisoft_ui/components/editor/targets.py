"""Choose who receives the campaign, and see how many that are."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.editor.step import step
from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of
from unisoft_ui.components.kit.fields import described, field_error
from unisoft_ui.components.kit.progress import segment
from unisoft_ui.states.editor import EditorState
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.editor_options import CategoryChip
from unisoft_ui.view_models.reach import ReachedMedium, ReachReason


def targets_step() -> rx.Component:
    choices = rx.el.div(_who(), _categories(), _household(), field_error("targets", EditorState.errors))
    return step("2", texts.TARGETS, rx.el.div(choices, _reach(), class_name="targets"))


def _who() -> rx.Component:
    everyone = EditorState.values.everyone
    return rx.el.div(
        segment_radio("targets", "categories", texts.BY_CATEGORY, ~everyone, EditorState.choose_targets),
        segment_radio("targets", "everyone", texts.EVERYONE, everyone, EditorState.choose_targets),
        role="radiogroup",
        aria_label=texts.TARGETS_LABEL,
        tab_index=-1,
        class_name="segmented-radios",
        **described("targets", EditorState.errors),
    )


def segment_radio(
    name: str, value: str, label: str, checked: rx.Var[bool], on_change: rx.event.EventType, icon: str = ""
) -> rx.Component:
    """One of a few choices side by side."""
    picture = [rx.icon(icon, size=16, aria_hidden="true")] if icon else []
    return rx.el.label(
        rx.el.input(type="radio", name=name, value=value, default_checked=checked, on_change=on_change),
        *picture,
        label,
    )


def _categories() -> rx.Component:
    chips = rx.el.div(
        rx.foreach(EditorState.categories, _chip), role="group", aria_label=texts.CATEGORIES, class_name="chips"
    )
    none = rx.el.p(texts.NO_CATEGORIES, class_name="secondary")
    return rx.el.div(
        rx.cond(EditorState.categories, chips, none), hidden=EditorState.everyone, class_name="chips-block"
    )


def _chip(chip: CategoryChip) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="category",
            value=chip.id,
            default_checked=chip.chosen,
            on_change=lambda chosen: EditorState.toggle_category(chip.id, chosen),
        ),
        rx.icon("check", size=14, aria_hidden="true"),
        rx.el.span(chip.name, dir="auto"),
        rx.el.bdi(chip.count, class_name="secondary tabular", dir="ltr"),
        class_name="chip",
        key=chip.id,
    )


def _household() -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="one_per_household",
            default_checked=EditorState.values.one_per_household,
            on_change=EditorState.toggle_household,
        ),
        rx.el.span(
            texts.ONE_PER_HOUSEHOLD, rx.el.span(texts.ONE_PER_HOUSEHOLD_HELP, class_name="small secondary block")
        ),
        class_name="native-check",
    )


def _reach() -> rx.Component:
    shown = EditorState.reach
    counted = rx.fragment(
        rx.el.div(
            rx.el.span(shown.total, class_name="reach-total tabular"), rx.el.span(shown.noun, class_name="medium")
        ),
        rx.el.ul(rx.foreach(shown.media, _medium), class_name="reach-media"),
        rx.cond(
            shown.left_out,
            rx.fragment(
                rx.el.div(texts.LEFT_OUT, class_name="small medium"),
                rx.el.ul(rx.foreach(shown.left_out, _reason), class_name="reach-reasons small secondary tabular"),
            ),
        ),
    )
    return rx.el.div(
        rx.cond(shown.hint != "", rx.el.p(shown.hint, class_name="secondary"), counted),
        rx.cond(EditorState.counting, rx.el.span(texts.COUNTING, class_name="small secondary")),
        aria_live="polite",
        aria_busy=EditorState.counting,
        class_name="reach",
        data_testid="reach",
    )


def _medium(medium: ReachedMedium) -> rx.Component:
    return rx.el.li(
        rx.el.span(icon_of(medium.icon, MEDIUM_ICONS, size=14), medium.label, class_name="medium reach-name"),
        rx.el.span(rx.el.b(medium.value, class_name="semibold tabular"), f" {texts.REACHABLE}", class_name="secondary"),
        rx.el.div(segment(medium.width, "bar-reached"), class_name="bar reach-bar", aria_hidden="true"),
        key=medium.label,
    )


def _reason(reason: ReachReason) -> rx.Component:
    return rx.el.li(rx.el.span(reason.label), rx.el.bdi(reason.value, dir="ltr"), key=reason.label)
