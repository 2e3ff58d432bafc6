"""The question before campaigns are deleted."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.badge import icon_of
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.dialog import failure, question
from unisoft_ui.states.deletion import DeletionState
from unisoft_ui.texts import trash as texts
from unisoft_ui.view_models.deletion import Consequence

_ICONS = ("octagon-alert", "calendar-clock", "pencil", "check", "info")


def delete_dialog() -> rx.Component:
    keep = rx.button(texts.CANCEL, variant="surface", color_scheme="gray", high_contrast=True)
    return question(
        rx.cond(DeletionState.loading, _computing(), _consequences()),
        failure(DeletionState.error),
        title=rx.cond(DeletionState.shown.title != "", DeletionState.shown.title, texts.DELETE),
        text=texts.QUESTION,
        footer=rx.fragment(rx.alert_dialog.cancel(keep), _delete()),
        is_open=DeletionState.is_open,
        on_open_change=DeletionState.set_open,
        on_appear=DeletionState.forget,
        width="440px",
    )


def _computing() -> rx.Component:
    return rx.el.div(rx.spinner(size="2"), texts.COMPUTING, class_name="delete-body secondary", role="status")


def _consequences() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(DeletionState.shown.consequences, _consequence), class_name="consequences"),
        rx.el.p(DeletionState.shown.note, class_name="secondary"),
        class_name="delete-body",
    )


def _consequence(line: Consequence) -> rx.Component:
    return rx.el.li(
        icon_of(line.icon, _ICONS), rx.el.span(line.text), key=line.icon, custom_attrs={"data-icon": line.icon}
    )


def _delete() -> rx.Component:
    return word_button(
        "trash-2",
        texts.DELETE,
        color_scheme="red",
        loading=DeletionState.running,
        disabled=DeletionState.running | DeletionState.loading | ~DeletionState.shown.possible,
        on_click=DeletionState.confirm,
    )
