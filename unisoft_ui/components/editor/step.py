"""A numbered part of the form."""

from __future__ import annotations

import reflex as rx


def step(number: str, title: str, *content: rx.Component | rx.Var) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.span(number, class_name="step-number", aria_hidden="true"),
            rx.el.h2(title, id=f"step-{number}"),
            class_name="step-head",
        ),
        rx.el.div(*content, class_name="step-body"),
        class_name="step",
        aria_labelledby=f"step-{number}",
    )
