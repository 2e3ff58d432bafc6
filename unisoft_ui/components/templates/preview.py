"""The email as it would arrive. Its frame runs nothing and reaches nothing."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.states.template_editor import TemplateEditorState
from unisoft_ui.texts import templates as texts


def preview() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(texts.PREVIEW),
            rx.el.span(
                rx.cond(TemplateEditorState.rendering, texts.RENDERING, ""),
                class_name="small secondary grow",
                aria_hidden="true",
            ),
            _widths(),
            class_name="preview-head",
        ),
        rx.el.div(rx.cond(TemplateEditorState.preview_error != "", _problem()), role="status"),
        rx.el.div(
            rx.cond(
                TemplateEditorState.preview != "",
                rx.el.iframe(
                    src_doc=TemplateEditorState.preview,
                    title=texts.PREVIEW_FRAME,
                    custom_attrs={"sandbox": ""},
                    class_name="preview-frame",
                ),
                rx.el.p(texts.PREVIEW_EMPTY, class_name="secondary preview-empty"),
            ),
            class_name="preview-stage",
        ),
        rx.el.p(texts.PREVIEW_FOR, class_name="small secondary"),
        aria_label=texts.PREVIEW,
        class_name="template-preview",
    )


def _widths() -> rx.Component:
    # Not a matter of the server: the style sheet follows the choice.
    choices = (("desktop", "monitor", texts.DESKTOP), ("phone", "smartphone", texts.PHONE))
    return rx.el.div(
        *(
            rx.el.label(
                rx.el.input(type="radio", name="preview-width", value=value, default_checked=value == "desktop"),
                rx.icon(icon, size=16, aria_hidden="true"),
                label,
            )
            for value, icon, label in choices
        ),
        role="radiogroup",
        aria_label=texts.WIDTH,
        class_name="segmented-radios",
    )


def _problem() -> rx.Component:
    old = rx.cond(TemplateEditorState.preview != "", rx.el.span(texts.PREVIEW_OLD, class_name="block"), rx.fragment())
    return rx.el.div(
        rx.icon("triangle-alert", size=16, aria_hidden="true"),
        rx.el.span(rx.el.span(TemplateEditorState.preview_error, class_name="medium block"), old),
        class_name="preview-problem",
        data_testid="preview-problem",
    )
