"""What stands where there is nothing to show."""

from __future__ import annotations

import reflex as rx


def empty_state(
    picture: rx.Component,
    title: rx.Var[str] | str,
    text: rx.Var[str] | str,
    *actions: rx.Component,
    below: rx.Component | None = None,
    **props: object,
) -> rx.Component:
    """Picture, title, one sentence, what to do next."""
    return rx.el.div(
        picture,
        rx.el.h2(title),
        rx.el.p(text),
        rx.el.div(*actions, class_name="empty-actions"),
        below or rx.fragment(),
        class_name="empty-state",
        **props,
    )


def tiles(*icons: str) -> rx.Component:
    """Icons on leaning tiles."""
    return rx.el.div(
        *(rx.el.span(rx.icon(icon, size=24)) for icon in icons), class_name="empty-tiles", aria_hidden="true"
    )


def large_icon(name: str) -> rx.Component:
    return rx.icon(name, size=24, class_name="empty-icon", aria_hidden="true")
