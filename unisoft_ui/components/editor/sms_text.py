"""Write the SMS, and see how long it gets and why."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from unisoft_ui.components.editor.sms_cost import cost
from unisoft_ui.components.editor.writer import live_problem, replace_button, writer
from unisoft_ui.components.kit.fields import field_error
from unisoft_ui.components.kit.progress import segment
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.texts import message as texts
from unisoft_ui.view_models.sms_meter import Block, ForcingCharacter


def sms_panel() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            writer(
                texts.SMS_TEXT,
                "sms_text",
                _meter(),
                medium=Medium.SMS,
                value=MessageState.values.sms_text,
                on_change=MessageState.write_sms,
            ),
            field_error("sms_text", EditorState.errors),
            live_problem("sms_text"),
            rx.foreach(MessageState.meter.notes, _note),
        ),
        _forcing(),
        cost(),
    )


def _note(note: rx.Var[str]) -> rx.Component:
    return rx.el.p(note, class_name="small secondary writer-note", dir="auto", key=note)


def _meter() -> rx.Component:
    meter = MessageState.meter
    return rx.el.div(
        rx.el.span(rx.foreach(meter.blocks, _block), class_name="meter-blocks", aria_hidden="true"),
        rx.el.span(meter.segments, class_name="semibold meter-segments"),
        rx.el.span(meter.units, class_name="secondary"),
        rx.el.span(meter.left, class_name="secondary meter-left"),
        rx.badge(
            rx.cond(
                meter.is_ucs2,
                rx.icon("triangle-alert", size=14, aria_hidden="true"),
                rx.icon("circle-check", size=14, aria_hidden="true"),
            ),
            meter.encoding,
            color_scheme=rx.cond(meter.is_ucs2, "amber", "green"),
            variant="soft",
            high_contrast=True,
            class_name="tag",
        ),
        class_name=rx.cond(meter.is_ucs2, "meter small tabular is-ucs2", "meter small tabular"),
        aria_live="polite",
        data_testid="sms-meter",
    )


def _block(block: Block) -> rx.Component:
    return rx.el.span(segment(block.width, "meter-used"), class_name="meter-block", key=block.id)


def _forcing() -> rx.Component:
    box = MessageState.meter.forcing
    content = rx.el.div(
        rx.icon("triangle-alert", size=16, class_name="forcing-icon", aria_hidden="true"),
        rx.el.div(
            rx.el.p(box.title, class_name="semibold"),
            rx.el.p(box.explained),
            rx.el.ul(rx.foreach(box.characters, _character), aria_label=texts.FORCING_LIST, class_name="forcing-list"),
            rx.cond(box.more != "", rx.el.p(box.more, class_name="small")),
            rx.cond(
                box.replace_all != "",
                replace_button(box.replace_all, replacements=box.replacements, class_name="forcing-all"),
            ),
            class_name="forcing-lines",
        ),
        class_name="forcing",
        data_testid="forcing",
    )
    return rx.cond(box.title != "", content)


def _character(character: ForcingCharacter) -> rx.Component:
    shown = (
        rx.el.bdi(character.shown, class_name="forcing-mark"),
        rx.el.span(character.times, class_name="small tabular"),
    )
    button = replace_button(
        *shown,
        rx.icon("arrow-right", size=14, class_name="flip", aria_hidden="true"),
        rx.el.bdi(character.replacement, class_name="semibold"),
        replacements=character.replacements,
        aria_label=character.label,
        title=character.label,
        class_name="forcing-character",
    )
    fixed = rx.el.span(*shown, title=character.label, class_name="forcing-character is-fixed")
    return rx.el.li(rx.cond(character.replacements != "", button, fixed), key=character.shown)
