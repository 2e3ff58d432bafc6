"""Choose the template an email is made of."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.fields import described, field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.texts import message as texts
from unisoft_ui.view_models.message import TemplateLine


def template_choice() -> rx.Component:
    return rx.fragment(
        rx.el.input(type="hidden", name="template_id", value=MessageState.template_id),
        rx.el.input(type="hidden", name="template_renewed", value=rx.cond(MessageState.template_renewed, "yes", "")),
        rx.cond(
            MessageState.templates,
            rx.el.div(_list(), _preview(), class_name="template-choice"),
            rx.el.p(
                rx.cond(MessageState.templates_known, texts.NO_TEMPLATES, texts.TEMPLATES_LOADING),
                class_name="secondary",
                role="status",
            ),
        ),
        field_error("template_id", EditorState.errors),
    )


def _list() -> rx.Component:
    return rx.el.div(
        rx.foreach(MessageState.templates, _line),
        role="radiogroup",
        aria_label=texts.TEMPLATES,
        tab_index=-1,
        class_name="template-lines",
        **described("template_id", EditorState.errors),
    )


def _line(line: TemplateLine) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="template_choice",
            value=line.id,
            default_checked=line.id == MessageState.template_id,
            on_change=MessageState.choose_template,
        ),
        rx.el.span(
            rx.el.span(rx.el.bdi(line.name), class_name="medium truncate"),
            rx.el.span(rx.el.bdi(line.subject), class_name="small secondary truncate"),
            rx.cond(line.note != "", rx.el.span(line.note, class_name="small secondary")),
            class_name="template-words",
        ),
        class_name="template-line",
        key=line.id,
    )


def _preview() -> rx.Component:
    """Nothing in it runs, and nothing is sent from it."""
    frame = rx.el.iframe(
        src_doc=MessageState.template_html,
        title=texts.TEMPLATE_PREVIEW,
        custom_attrs={"sandbox": ""},
        class_name="template-frame",
    )
    return rx.el.div(
        rx.cond(MessageState.template_html != "", frame),
        rx.cond(
            MessageState.template_id != "",
            rx.cond(
                MessageState.template_renewed,
                rx.el.p(texts.TEMPLATE_RENEWED, class_name="small secondary"),
                _renew(),
            ),
        ),
        class_name="template-side",
    )


def _renew() -> rx.Component:
    return rx.el.div(
        rx.el.p(texts.TEMPLATE_KEPT, class_name="small secondary"),
        rx.button(
            texts.TEMPLATE_RENEW,
            type="button",
            variant="surface",
            color_scheme="gray",
            high_contrast=True,
            on_click=MessageState.renew_template,
        ),
        class_name="template-renew",
    )
