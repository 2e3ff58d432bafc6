"""Write the message: the texts the channel needs."""

from __future__ import annotations

import json

import reflex as rx

from unisoft_ui.components.editor.step import step
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.texts import editor as texts

_PAUSE_IN_TYPING_MS = 200


def message_step() -> rx.Component:
    # Texts a channel does not need are hidden and not taken away: changing the channel back finds them again.
    return step(
        "3",
        texts.MESSAGE,
        rx.cond(EditorState.channel == "", rx.el.p(texts.CHOOSE_CHANNEL_FIRST, class_name="secondary")),
        rx.el.div(_whatsapp(), hidden=~EditorState.needs_whatsapp),
        rx.el.div(_sms(), hidden=~EditorState.needs_sms),
        rx.el.div(_subject(), _email(), hidden=~EditorState.needs_email, class_name="message-group"),
    )


def _sms() -> rx.Component:
    return field(
        texts.SMS_TEXT,
        _area("sms_text", EditorState.values.sms_text, on_change=EditorState.measure_sms.debounce(_PAUSE_IN_TYPING_MS)),
        _meter(),
        _personal_fields("sms_text"),
        field_error("sms_text", EditorState.errors),
        name="sms_text",
    )


def _meter() -> rx.Component:
    meter = EditorState.meter
    return rx.fragment(
        rx.el.div(
            rx.el.span(meter.segments, class_name="semibold"),
            rx.el.span(meter.units),
            rx.badge(
                meter.encoding,
                color_scheme=rx.cond(meter.is_ucs2, "amber", "green"),
                variant="soft",
                high_contrast=True,
                class_name="tag",
            ),
            class_name="meter small secondary tabular",
            aria_live="polite",
            data_testid="sms-meter",
        ),
        rx.cond(meter.forcing != "", rx.el.p(meter.forcing, class_name="small", dir="auto")),
        rx.cond(meter.has_fields, rx.el.p(texts.FIELDS_LATER, class_name="small secondary")),
    )


def _whatsapp() -> rx.Component:
    return field(
        texts.WHATSAPP_TEXT,
        _area("whatsapp_text", EditorState.values.whatsapp_text),
        _personal_fields("whatsapp_text"),
        field_error("whatsapp_text", EditorState.errors),
        name="whatsapp_text",
    )


def _subject() -> rx.Component:
    return field(
        texts.SUBJECT,
        rx.el.input(
            id="subject",
            name="subject",
            type="text",
            default_value=EditorState.values.subject,
            max_length=200,
            auto_complete="off",
            dir="auto",
            class_name="text-input",
            **described("subject", EditorState.errors),
        ),
        field_error("subject", EditorState.errors),
        name="subject",
    )


def _email() -> rx.Component:
    written = field(
        texts.EMAIL_TEXT,
        _area("email_text", EditorState.values.email_text, rows="8", error="email_html"),
        _personal_fields("email_text"),
        field_error("email_html", EditorState.errors),
        name="email_text",
    )
    return rx.cond(EditorState.values.email_is_foreign, rx.el.p(texts.EMAIL_ELSEWHERE, class_name="secondary"), written)


def _area(name: str, value: rx.Var[str], rows: str = "5", error: str = "", **props: object) -> rx.Component:
    return rx.el.textarea(
        id=name,
        name=name,
        default_value=value,
        rows=rows,
        dir="auto",
        class_name="text-input text-area",
        **described(error or name, EditorState.errors),
        **props,
    )


def _personal_fields(target: str) -> rx.Component:
    return rx.el.div(
        rx.el.span(texts.PERSONAL_FIELDS, class_name="small secondary"),
        *(
            rx.el.button(
                label,
                type="button",
                title=f"{{{{{name}}}}}",
                on_click=rx.call_script(_insertion(target, f"{{{{{name}}}}}")),
                class_name="tag outlined-tag insert-button",
            )
            for name, label in texts.FIELD_LABELS.items()
        ),
        class_name="personal-fields",
    )


def _insertion(target: str, text: str) -> str:
    """Put `text` where the cursor is, as if it had been typed."""
    return (
        f"{{const area = document.getElementById({json.dumps(target)});"
        f"area.setRangeText({json.dumps(text)}, area.selectionStart, area.selectionEnd, 'end');"
        "area.dispatchEvent(new Event('input', {bubbles: true})); area.focus();}"
    )
