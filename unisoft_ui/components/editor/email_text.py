"""Write the email, or make it of a template."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from backend.domain.personal_fields import ALIASES, CONTACT_FIELDS, UNSUBSCRIBE
from unisoft_ui.components.editor.rich_text import rich_text
from unisoft_ui.components.editor.template_choice import template_choice
from unisoft_ui.components.editor.writer import PAUSE_IN_TYPING_MS, copy_menu, fields_menu, live_problem
from unisoft_ui.components.kit.fields import described, field_error
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.texts import message as texts


def email_panel() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                _way("write", texts.WRITE, "pencil", ~MessageState.by_template),
                _way("template", texts.USE_TEMPLATE, "layout-template", MessageState.by_template),
                role="radiogroup",
                aria_label=texts.EMAIL_BY,
                class_name="segmented-radios",
            ),
            rx.cond(
                MessageState.sender != "",
                rx.el.span(f"{texts.SENDER}: ", rx.el.bdi(MessageState.sender), class_name="small secondary sender"),
            ),
            class_name="email-ways",
        ),
        _subject(),
        rx.el.div(_written(), hidden=MessageState.by_template),
        rx.el.div(template_choice(), hidden=~MessageState.by_template),
    )


def _way(value: str, label: str, icon: str, chosen: rx.Var[bool]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio", name="email_by", value=value, default_checked=chosen, on_change=MessageState.choose_way
        ),
        rx.icon(icon, size=16, aria_hidden="true"),
        label,
    )


def _subject() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label(texts.SUBJECT, html_for="subject", class_name="medium"),
            rx.el.span(MessageState.length_hint, class_name="secondary", data_testid="subject-hint"),
            rx.el.span(fields_menu("subject"), class_name="foot-end"),
            class_name="subject-line",
        ),
        rx.el.input(
            id="subject",
            name="subject",
            type="text",
            default_value=MessageState.values.subject,
            max_length=200,
            auto_complete="off",
            dir="auto",
            class_name="text-input",
            on_change=MessageState.write_subject.debounce(PAUSE_IN_TYPING_MS),
            **described("subject", EditorState.errors),
        ),
        field_error("subject", EditorState.errors),
        live_problem("subject"),
    )


def _written() -> rx.Component:
    # The field is there before the editor is: what is saved meanwhile is what was stored.
    return rx.fragment(
        rx.el.textarea(
            id="email_html",
            name="email_html",
            default_value=MessageState.values.email_html,
            read_only=True,
            hidden=True,
        ),
        rich_text(
            fields_menu("email_html"),
            copy_menu(Medium.EMAIL),
            field="email_html",
            initial=MessageState.values.email_html,
            label=texts.EMAIL_TEXT,
            placeholder=texts.PLACEHOLDER,
            labels=texts.RICH_TEXT,
            known=[*CONTACT_FIELDS, *ALIASES, UNSUBSCRIBE],
            is_invalid=EditorState.errors["email_html"].to(bool),
            on_change=MessageState.write_email.debounce(PAUSE_IN_TYPING_MS),
        ),
        field_error("email_html", EditorState.errors),
        live_problem("email_html"),
    )
