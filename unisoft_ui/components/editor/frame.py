"""Around the form: the way back, the title, and the two buttons that send it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.states.editor import EditorState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import editor as texts

FORM = "campaign-form"


def editor_bar(heading: str) -> rx.Component:
    """In place of the search field of the list."""
    return rx.el.div(
        button_link(
            rx.icon("arrow-left", size=16, class_name="flip", aria_hidden="true"),
            rx.el.span(texts.BACK_TO_LIST, class_name="visually-hidden"),
            href=routes.CAMPAIGNS,
            variant="ghost",
            color_scheme="gray",
            class_name="back-link",
            title=texts.BACK_TO_LIST,
        ),
        rx.el.div(
            rx.el.span(campaigns.TITLE, class_name="small secondary desktop-only"),
            rx.el.h1(heading),
            class_name="crumb",
        ),
        rx.el.div(_buttons("desktop"), class_name="editor-buttons desktop-only"),
        class_name="editor-bar",
    )


def phone_bar() -> rx.Component:
    """The same buttons within reach of a thumb."""
    return rx.el.div(_buttons("phone"), class_name="editor-phone-bar phone-only")


def _buttons(place: str) -> rx.Component:
    idle = EditorState.status == "ready"
    return rx.fragment(
        rx.button(
            rx.cond(EditorState.saving, texts.SAVING, texts.SAVE),
            type="submit",
            form=FORM,
            variant="surface",
            color_scheme="gray",
            high_contrast=True,
            disabled=EditorState.saving | ~idle,
            on_click=EditorState.then_validate(False),
            id=f"save-{place}",
        ),
        rx.button(
            rx.icon("send", size=16, aria_hidden="true"),
            texts.VALIDATE,
            type="submit",
            form=FORM,
            color_scheme="green",
            disabled=EditorState.saving | ~idle,
            on_click=EditorState.then_validate(True),
            id=f"validate-{place}",
        ),
    )


def title_field() -> rx.Component:
    return field(
        texts.TITLE,
        rx.el.input(
            id="title",
            name="title",
            type="text",
            default_value=EditorState.values.title,
            max_length=120,
            auto_complete="off",
            dir="auto",
            class_name="text-input",
            **described("title", EditorState.errors),
        ),
        rx.el.p(texts.TITLE_HELP, class_name="small secondary field-help"),
        field_error("title", EditorState.errors),
        name="title",
    )


def form_error() -> rx.Component:
    """An error that belongs to no single field."""
    return rx.el.div(
        rx.cond(
            EditorState.errors["form"],
            rx.el.div(
                rx.icon("circle-x", size=16, aria_hidden="true"),
                rx.el.span(EditorState.errors["form"]),
                class_name="form-error",
            ),
        ),
        role="alert",
        tab_index=-1,
        custom_attrs={"data-error-for": "form"},
    )


def missing() -> rx.Component:
    return rx.el.div(
        rx.el.h2(texts.CANNOT_OPEN),
        rx.el.p(EditorState.missing),
        rx.el.div(button_link(texts.BACK_TO_LIST, href=routes.CAMPAIGNS, size="3"), class_name="empty-actions"),
        class_name="empty-state",
    )
