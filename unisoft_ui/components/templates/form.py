"""The fields of a template, and the bars around them."""

from __future__ import annotations

import json

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.components.kit.links import back_link, button_link
from unisoft_ui.states.template_editor import FORM, TemplateEditorState
from unisoft_ui.texts import templates as texts

_PAUSE_IN_TYPING_MS = 350


def template_bar(heading: str, status: rx.Var[str]) -> rx.Component:
    """In place of the search field of the list. `status`: of the template that the page is about."""
    return rx.el.div(
        back_link(texts.BACK, routes.TEMPLATES),
        rx.el.div(
            rx.el.span(texts.TITLE, class_name="small secondary desktop-only"), rx.el.h1(heading), class_name="crumb"
        ),
        rx.el.div(_save("desktop", status), class_name="editor-buttons desktop-only"),
        class_name="editor-bar",
    )


def phone_bar(status: rx.Var[str]) -> rx.Component:
    """The same button within reach of a thumb."""
    return rx.el.div(_save("phone", status), class_name="editor-phone-bar phone-only")


def _save(place: str, status: rx.Var[str]) -> rx.Component:
    return rx.button(
        rx.cond(TemplateEditorState.saving, texts.SAVING, texts.SAVE),
        type="submit",
        form=FORM,
        disabled=TemplateEditorState.saving | (status != "ready"),
        id=f"save-{place}",
    )


def template_form() -> rx.Component:
    return rx.el.form(
        _form_error(),
        rx.el.div(
            _line("name", texts.NAME, TemplateEditorState.values.name, texts.NAME_HELP, longest=120),
            _line("subject", texts.SUBJECT, TemplateEditorState.values.subject, texts.SUBJECT_HELP, longest=200),
            class_name="template-names",
        ),
        _source(),
        rx.el.p(
            rx.icon("info", size=16, aria_hidden="true"),
            rx.el.span(texts.KEPT_VERSION),
            class_name="template-note small",
        ),
        id=FORM,
        key=TemplateEditorState.form_key.to_string(),
        on_submit=TemplateEditorState.save,
        no_validate=True,
        class_name="template-form",
    )


def _line(name: str, label: str, value: rx.Var[str], below: str, *, longest: int) -> rx.Component:
    return field(
        label,
        rx.el.input(
            id=name,
            name=name,
            type="text",
            default_value=value,
            max_length=longest,
            auto_complete="off",
            dir="auto",
            class_name="text-input",
            **described(name, TemplateEditorState.errors),
        ),
        rx.el.p(below, class_name="small secondary field-help"),
        field_error(name, TemplateEditorState.errors),
        name=name,
    )


def _source() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label(texts.SOURCE, html_for="source", class_name="field-label"), _formats(), class_name="source-head"
        ),
        rx.el.textarea(
            id="source",
            name="source",
            default_value=TemplateEditorState.values.source,
            on_change=TemplateEditorState.show.debounce(_PAUSE_IN_TYPING_MS),
            rows="20",
            dir="ltr",
            spell_check=False,
            auto_capitalize="off",
            auto_complete="off",
            class_name="text-input text-area source-area",
            **described("source", TemplateEditorState.errors),
        ),
        field_error("source", TemplateEditorState.errors),
        _personal_fields(),
        class_name="field source-field",
    )


def _formats() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.label(
                rx.el.input(
                    type="radio",
                    name="format",
                    value=code,
                    default_checked=TemplateEditorState.values.format == code,
                    on_change=TemplateEditorState.choose_format,
                ),
                label,
            )
            for code, label in reversed(texts.FORMATS.items())
        ),
        role="radiogroup",
        aria_label=texts.FORMAT,
        class_name="segmented-radios",
    )


def _personal_fields() -> rx.Component:
    return rx.el.div(
        rx.el.span(texts.PERSONAL_FIELDS, class_name="small secondary"),
        *(
            rx.el.button(
                label,
                type="button",
                title=f"{{{{{name}}}}}",
                on_click=rx.call_script(_insertion(f"{{{{{name}}}}}")),
                class_name="tag outlined-tag insert-button",
            )
            for name, label in texts.FIELD_LABELS.items()
        ),
        class_name="personal-fields",
    )


def _insertion(text: str) -> str:
    """Put `text` where the cursor is, as if it had been typed."""
    return (
        "{const area = document.getElementById('source');"
        f"area.setRangeText({json.dumps(text)}, area.selectionStart, area.selectionEnd, 'end');"
        "area.dispatchEvent(new Event('input', {bubbles: true})); area.focus();}"
    )


def _form_error() -> rx.Component:
    """An error that belongs to no single field."""
    return rx.el.div(
        rx.cond(
            TemplateEditorState.errors["form"],
            rx.el.div(
                rx.icon("circle-x", size=16, aria_hidden="true"),
                rx.el.span(TemplateEditorState.errors["form"]),
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
        rx.el.p(TemplateEditorState.missing),
        rx.el.div(button_link(texts.BACK, href=routes.TEMPLATES, size="3"), class_name="empty-actions"),
        class_name="empty-state",
    )
