"""Write the message: a tab for each medium of the channel."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from unisoft_ui.components.editor.email_text import email_panel
from unisoft_ui.components.editor.sms_text import sms_panel
from unisoft_ui.components.editor.step import step
from unisoft_ui.components.editor.whatsapp_text import whatsapp_panel
from unisoft_ui.states.editor import EditorState
from unisoft_ui.states.message import MessageState
from unisoft_ui.texts import message as texts
from unisoft_ui.view_models.channels import ICONS

_PANELS = {Medium.WHATSAPP: whatsapp_panel, Medium.SMS: sms_panel, Medium.EMAIL: email_panel}


def message_step() -> rx.Component:
    # Texts a channel does not need are hidden and not taken away: changing the channel back finds them again.
    nothing_to_write = MessageState.media.length() == 0
    return step(
        "3",
        texts.MESSAGE,
        rx.script(src="/message.js"),
        rx.el.div(hidden=True, on_mount=MessageState.opened),
        rx.cond(nothing_to_write, rx.el.p(texts.CHOOSE_CHANNEL_FIRST, class_name="secondary")),
        rx.el.div(
            *(_tab(medium) for medium in _PANELS),
            role="tablist",
            aria_label=texts.MEDIA_LABEL,
            hidden=nothing_to_write,
            class_name="message-tabs",
        ),
        *(_panel(medium, panel()) for medium, panel in _PANELS.items()),
        summary=MessageState.progress.summary,
        is_done=MessageState.progress.is_done,
        is_open=~EditorState.is_new,
    )


def _tab(medium: Medium) -> rx.Component:
    code, is_current = medium.value, MessageState.tab == medium.value
    is_done = MessageState.progress.done[code]
    return rx.el.button(
        rx.icon(ICONS[medium], size=16, aria_hidden="true"),
        texts.MEDIA[medium],
        rx.cond(
            is_done,
            rx.icon("circle-check", size=16, class_name="tab-done", aria_hidden="true"),
            rx.icon("circle-dashed", size=16, class_name="tab-not-done", aria_hidden="true"),
        ),
        rx.el.span(rx.cond(is_done, texts.DONE, texts.NOT_DONE), class_name="visually-hidden"),
        type="button",
        role="tab",
        id=f"tab-{code}",
        aria_selected=rx.cond(is_current, "true", "false"),
        aria_controls=f"panel-{code}",
        tab_index=rx.cond(is_current, 0, -1),
        on_click=MessageState.choose_tab(code),
        hidden=~MessageState.media.contains(code),
        class_name="message-tab",
    )


def _panel(medium: Medium, content: rx.Component) -> rx.Component:
    return rx.el.div(
        content,
        role="tabpanel",
        id=f"panel-{medium.value}",
        aria_labelledby=f"tab-{medium.value}",
        hidden=MessageState.tab != medium.value,
        class_name="message-panel",
    )
