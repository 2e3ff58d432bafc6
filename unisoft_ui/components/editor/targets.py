"""Choose who receives the campaign, and see how many that are."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.editor.reach import reach_panel
from unisoft_ui.components.editor.step import step
from unisoft_ui.components.editor.target_fields import token_field
from unisoft_ui.components.kit.fields import described, field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.texts import targets as texts


def targets_step() -> rx.Component:
    choices = rx.el.div(
        _who(),
        rx.el.div(
            token_field("category", texts.CATEGORIES, texts.ADD_CATEGORY, TargetsState.chosen, below=_below()),
            token_field("contact", texts.CONTACTS, texts.ADD_CONTACT, TargetsState.contacts),
            hidden=TargetsState.everyone,
            class_name="target-fields",
        ),
        token_field("excluded", texts.EXCLUDE, texts.ADD_EXCLUDED, TargetsState.excluded),
        _household(),
        field_error("targets", EditorState.errors),
        class_name="target-choices",
    )
    return step(
        "2",
        texts.TARGETS,
        rx.script(src="/targets.js"),
        rx.el.div(choices, reach_panel(), class_name="targets"),
        summary=rx.cond(
            TargetsState.reach.total == "", texts.NOT_CHOSEN, f"{TargetsState.reach.total} {TargetsState.reach.noun}"
        ),
        is_done=TargetsState.reach.total != "",
        is_open=EditorState.is_new,
    )


def _who() -> rx.Component:
    everyone = TargetsState.everyone
    return rx.el.div(
        segment_radio("targets", "categories", texts.BY_CHOICE, ~everyone, TargetsState.choose_targets),
        segment_radio("targets", "everyone", texts.EVERYONE, everyone, TargetsState.choose_targets),
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


def _below() -> rx.Component:
    """How several categories combine, or that there is none. In the form even where it makes no difference."""
    everybody = TargetsState.match != "all"
    match = rx.el.div(
        segment_radio("match", "any", texts.MATCH_ANY, everybody, TargetsState.choose_match),
        segment_radio("match", "all", texts.MATCH_ALL, ~everybody, TargetsState.choose_match),
        role="radiogroup",
        aria_label=texts.MATCH_LABEL,
        hidden=TargetsState.chosen.length() < 2,
        class_name="segmented-radios match",
    )
    none = rx.el.p(texts.NO_CATEGORIES, class_name="small secondary")
    return rx.fragment(match, rx.cond(TargetsState.has_categories, rx.fragment(), none))


def _household() -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="one_per_household",
            default_checked=TargetsState.one_per_household,
            on_change=TargetsState.toggle_household,
        ),
        rx.el.span(
            texts.ONE_PER_HOUSEHOLD, rx.el.span(texts.ONE_PER_HOUSEHOLD_HELP, class_name="small secondary block")
        ),
        class_name="native-check",
    )
