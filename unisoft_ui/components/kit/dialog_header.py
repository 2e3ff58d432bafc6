"""Title, one sentence, and a button to close: the head of a dialog."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.texts import en


def dialog_header(title: str, description: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.dialog.title(title, margin="0"), rx.dialog.description(description, class_name="secondary", margin="0")
        ),
        rx.dialog.close(close_button()),
        class_name="dialog-header",
    )


def close_button(**act: rx.event.EventType) -> rx.Component:
    """A cross. `act`: its `on_click`, where nothing around it closes the dialog."""
    return rx.icon_button(
        rx.icon("x", size=16, aria_hidden="true"),
        variant="ghost",
        color_scheme="gray",
        aria_label=en.CLOSE,
        class_name="icon-target",
        **act,
    )
