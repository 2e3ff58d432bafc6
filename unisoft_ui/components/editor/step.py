"""A numbered part of the form, which opens and closes. What is closed is saved all the same."""

from __future__ import annotations

import reflex as rx


def step(
    number: str,
    title: str,
    *content: rx.Component | rx.Var,
    summary: rx.Component | rx.Var[str] | str,
    is_done: rx.Var[bool],
    is_open: rx.Var[bool],
) -> rx.Component:
    """`summary` stands in the head; `is_open` decides when the form appears, later the browser does."""
    head = rx.el.summary(
        rx.el.span(
            rx.el.span(number, class_name="step-digit"),
            rx.icon("check", size=14, class_name="step-check"),
            class_name=rx.cond(is_done, "step-number done", "step-number"),
            aria_hidden="true",
        ),
        rx.el.h2(title, id=f"step-{number}"),
        rx.el.span(summary, class_name="step-summary secondary truncate", data_testid=f"step-summary-{number}"),
        rx.icon("chevron-down", size=18, class_name="step-chevron", aria_hidden="true"),
        class_name="step-head",
    )
    return rx.el.details(
        head,
        rx.el.div(*content, class_name="step-body", role="group", aria_labelledby=f"step-{number}"),
        open=is_open,
        class_name="step",
    )
