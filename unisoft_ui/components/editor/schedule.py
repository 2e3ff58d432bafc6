"""When the campaign is sent."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.editor.step import step
from unisoft_ui.components.editor.targets import segment_radio
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.texts import editor as texts


def schedule_step() -> rx.Component:
    later = EditorState.values.is_scheduled
    choose = EditorState.choose_when
    return step(
        "5",
        texts.SCHEDULE,
        rx.el.div(
            segment_radio("when", "validated", texts.SEND_WHEN_VALIDATED, ~later, choose, icon="send"),
            segment_radio("when", "date", texts.SEND_AT, later, choose, icon="calendar-clock"),
            role="radiogroup",
            aria_label=texts.WHEN,
            class_name="segmented-radios",
        ),
        rx.el.div(_moment(), hidden=~EditorState.scheduled),
        summary=rx.cond(EditorState.scheduled, texts.SEND_AT, texts.SEND_WHEN_VALIDATED),
        is_done=rx.Var.create(True),
        is_open=rx.Var.create(False),
    )


def _moment() -> rx.Component:
    control = rx.el.div(
        rx.el.input(
            id="scheduled_local",
            name="scheduled_local",
            type="datetime-local",
            default_value=EditorState.values.scheduled_local,
            class_name="text-input",
            **described("schedule", EditorState.errors),
        ),
        rx.el.span(rx.icon("globe", size=16, aria_hidden="true"), EditorState.zone, class_name="zone secondary"),
        class_name="moment",
    )
    return field(texts.DATE_AND_TIME, control, field_error("schedule", EditorState.errors), name="scheduled_local")
