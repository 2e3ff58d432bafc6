"""Around the form: the way back, the title, what became of the draft, and the two buttons that send it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.components.kit.links import back_link, button_link
from unisoft_ui.states.editor import EditorState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import editor as texts

FORM = "campaign-form"


def editor_bar(heading: str, status: rx.Var[str]) -> rx.Component:
    """In place of the search field of the list. `status`: of the draft that the page is about."""
    return rx.el.div(
        back_link(texts.BACK_TO_LIST, routes.CAMPAIGNS),
        rx.el.div(
            rx.el.span(campaigns.TITLE, class_name="small secondary desktop-only"),
            rx.el.h1(heading),
            class_name="crumb",
        ),
        _kept(status),
        rx.el.div(_buttons("desktop", status), class_name="editor-buttons desktop-only"),
        class_name="editor-bar",
    )


def phone_bar(status: rx.Var[str], *before: rx.Component) -> rx.Component:
    """The same buttons within reach of a thumb."""
    return rx.el.div(*before, _buttons("phone", status), class_name="editor-phone-bar phone-only")


def _kept(status: rx.Var[str]) -> rx.Component:
    icon = rx.cond(
        EditorState.kept_badly,
        rx.icon("circle-x", size=14, aria_hidden="true"),
        rx.icon("check", size=14, aria_hidden="true"),
    )
    return rx.el.div(
        rx.cond(
            (status == "ready") & (EditorState.kept != ""),
            rx.fragment(icon, rx.el.span(EditorState.kept, class_name="truncate")),
        ),
        role="status",
        class_name=rx.cond(EditorState.kept_badly, "kept kept-badly small", "kept small secondary"),
        data_testid="kept",
    )


def _buttons(place: str, status: rx.Var[str]) -> rx.Component:
    idle = status == "ready"
    return rx.fragment(
        rx.button(
            rx.cond(EditorState.saving, texts.SAVING, texts.SAVE),
            type="submit",
            form=FORM,
            variant="surface",
            color_scheme="gray",
            high_contrast=True,
            disabled=EditorState.saving | ~idle,
            custom_attrs={"data-purpose": "save"},
            id=f"save-{place}",
        ),
        word_button(
            "send",
            texts.VALIDATE,
            type="submit",
            form=FORM,
            color_scheme="green",
            disabled=EditorState.saving | ~idle,
            custom_attrs={"data-purpose": "validate"},
            id=f"validate-{place}",
        ),
    )


def keeper() -> rx.Component:
    """What the page's script presses, every few seconds in which something was written. Last in the form.

    Enter in a field presses the first button of the form, which is to save it.
    """
    return rx.fragment(
        # What the form is sent for goes with it: as an event of its own it could be overtaken by the next one.
        rx.el.input(type="hidden", name="purpose", default_value="save"),
        rx.el.input(type="hidden", name="turn", default_value="0"),
        _pressed_by_script("keep-draft", "keep"),
        _pressed_by_script("show-draft", "show"),
        rx.el.div(hidden=True, on_mount=rx.call_script("window.draftForm?.opened()")),
    )


def _pressed_by_script(element_id: str, purpose: str) -> rx.Component:
    return rx.el.button(type="submit", hidden=True, tab_index=-1, id=element_id, custom_attrs={"data-purpose": purpose})


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
    """An error that belongs to no single field; what can be done when the draft was saved elsewhere."""
    return rx.el.div(
        rx.cond(
            EditorState.conflict,
            _callout(texts.CONFLICT, _conflict_buttons()),
            rx.cond(EditorState.errors["form"], _callout(EditorState.errors["form"])),
        ),
        role="alert",
        tab_index=-1,
        custom_attrs={"data-error-for": "form"},
    )


def _callout(sentence: rx.Var[str] | str, *buttons: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.icon("circle-x", size=16, aria_hidden="true"),
        rx.el.div(rx.el.span(sentence), *buttons, class_name="form-error-lines"),
        class_name="form-error",
    )


def _conflict_buttons() -> rx.Component:
    common = {"type": "button", "variant": "surface", "color_scheme": "gray", "high_contrast": True}
    return rx.el.div(
        rx.button(texts.KEEP_MINE, on_click=EditorState.keep_mine, **common),
        rx.button(texts.TAKE_THEIRS, on_click=EditorState.take_theirs, **common),
        class_name="form-error-buttons",
    )


def missing() -> rx.Component:
    return rx.el.div(
        rx.el.h2(texts.CANNOT_OPEN),
        rx.el.p(EditorState.missing),
        rx.el.div(button_link(texts.BACK_TO_LIST, href=routes.CAMPAIGNS, size="3"), class_name="empty-actions"),
        class_name="empty-state",
    )
