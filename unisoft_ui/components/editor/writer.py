"""A box to write in: tools above the text, what is counted below it. The browser keeps what is typed."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from unisoft_ui.components.kit.fields import described
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.texts import message as texts

PAUSE_IN_TYPING_MS = 200
_FIELD_OF = {Medium.SMS: "sms_text", Medium.WHATSAPP: "whatsapp_text", Medium.EMAIL: "email_html"}


def writer(
    label: str, name: str, *foot: rx.Component, medium: Medium, value: rx.Var[str], on_change: rx.event.EventHandler
) -> rx.Component:
    """A plain text with its tools."""
    area = rx.el.textarea(
        id=name,
        name=name,
        aria_label=label,
        default_value=value,
        rows="4",
        dir="auto",
        class_name="writer-area",
        on_change=on_change.debounce(PAUSE_IN_TYPING_MS),
        **described(name, EditorState.errors),
    )
    return rx.el.div(
        rx.el.div(fields_menu(name), copy_menu(medium), class_name="writer-tools"),
        area,
        rx.el.div(*foot, class_name="writer-foot"),
        class_name="writer",
    )


def fields_menu(target: str) -> rx.Component:
    """Put a personal field where the cursor is, as if it had been typed."""
    return rx.dropdown_menu.root(
        _trigger("braces", texts.PERSONAL_FIELD, f"fields-{target}"),
        rx.dropdown_menu.content(
            *(
                rx.dropdown_menu.item(
                    label,
                    rx.el.span(f"{{{{{name}}}}}", class_name="small field-code", dir="ltr"),
                    custom_attrs={"data-into": target, "data-insert": f"{{{{{name}}}}}"},
                )
                for name, label in texts.FIELD_LABELS.items()
            ),
            variant="soft",
        ),
        modal=False,
    )


def copy_menu(into: Medium) -> rx.Component:
    """Begin with the text of another medium of the channel."""
    target = _FIELD_OF[into]
    others = [medium for medium in _FIELD_OF if medium is not into]
    menu = rx.dropdown_menu.root(
        _trigger("copy", texts.COPY_FROM, f"copy-{target}"),
        rx.dropdown_menu.content(*(_copy_item(medium, target) for medium in others), variant="soft"),
        modal=False,
    )
    return rx.cond(MessageState.media.length() > 1, menu)


def _copy_item(source: Medium, target: str) -> rx.Component:
    name = _FIELD_OF[source]
    has_text = MessageState.has_text[name]
    item = rx.dropdown_menu.item(
        texts.copy_from(source),
        disabled=~has_text,
        custom_attrs={"data-into": target, "data-copy-from": name, "data-confirm": texts.COPY_CONFIRM},
    )
    return rx.cond(MessageState.media.contains(source.value), item)


def _trigger(icon: str, label: str, name: str) -> rx.Component:
    return rx.dropdown_menu.trigger(
        rx.el.button(
            rx.icon(icon, size=16, aria_hidden="true"),
            label,
            rx.icon("chevron-down", size=14, aria_hidden="true"),
            type="button",
            id=name,
            custom_attrs={"data-menu": name},
            class_name="writer-tool",
        )
    )


def live_problem(name: str) -> rx.Component:
    """What is wrong with the text as it stands; after saving was tried, the answer of that is there instead."""
    problem = MessageState.progress.problems[name]
    return rx.el.div(
        rx.cond(
            problem & ~EditorState.errors[name],
            rx.el.p(rx.icon("circle-x", size=14, aria_hidden="true"), rx.el.span(problem), class_name="field-error"),
        ),
        aria_live="polite",
        data_testid=f"problem-{name}",
    )


def replace_button(
    *content: rx.Component | rx.Var[str] | str, replacements: rx.Var[str], **props: object
) -> rx.Component:
    """Says characters of the SMS differently."""
    return rx.el.button(
        *content,
        type="button",
        custom_attrs={"data-into": "sms_text", "data-replacements": replacements},
        **props,
    )
