"""Bars that show shares of a whole."""

from __future__ import annotations

import reflex as rx


def segment(width: rx.Var[str], class_name: str) -> rx.Component:
    """A part of a bar; `width` is of CSS."""
    # As a plain style: a generated class for each new width would pile up in a page that stays open.
    return rx.el.span(class_name=class_name, custom_attrs={"style": rx.Var.create({"inlineSize": width})})


def bar(
    *segments: rx.Component, value: rx.Var[int], spoken: rx.Var[str], label: str, live: rx.Var[bool]
) -> rx.Component:
    """`value` of 100; `live` lets light run along it."""
    return rx.el.div(
        *segments,
        role="progressbar",
        aria_label=label,
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=value,
        aria_valuetext=spoken,
        class_name=rx.cond(live, "bar is-live", "bar"),
    )
