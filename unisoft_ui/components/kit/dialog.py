"""Dialogs that ask before something happens. On a phone they are sheets at the bottom."""

from __future__ import annotations

import reflex as rx


def question(
    *body: rx.Component,
    title: rx.Var[str] | str,
    text: rx.Var[str] | str,
    footer: rx.Component,
    is_open: rx.Var[bool],
    on_open_change: rx.event.EventType,
    on_appear: rx.event.EventType,
    width: str = "560px",
    close: rx.Component | None = None,
) -> rx.Component:
    """Focus goes to the button that changes nothing, and Escape closes.

    `on_appear` closes what was open on the page before: the server remembers it, the user has left it.
    """
    header = rx.el.div(
        rx.el.div(
            rx.alert_dialog.title(title, size="3", margin="0"),
            rx.alert_dialog.description(text, size="2", class_name="secondary", margin="0"),
        ),
        close or rx.fragment(),
        class_name="question-header",
    )
    dialog = rx.alert_dialog.root(
        rx.alert_dialog.content(
            header,
            rx.el.div(*body, class_name="question-body"),
            rx.el.div(footer, class_name="question-footer"),
            class_name="sheet question",
            max_width=width,
        ),
        open=is_open,
        on_open_change=on_open_change,
    )
    return rx.fragment(rx.el.div(on_mount=on_appear, hidden=True), dialog)


def computing(label: str) -> rx.Component:
    """While what the dialog says is being computed."""
    return rx.el.div(rx.spinner(size="2"), label, class_name="computing secondary", role="status")


def failure(sentence: rx.Var[str]) -> rx.Component:
    """What went wrong when it was confirmed; nothing while that is empty."""
    text = rx.el.div(rx.icon("circle-x", size=16, aria_hidden="true"), rx.el.span(sentence), class_name="form-error")
    return rx.el.div(rx.cond(sentence != "", text), role="alert")
