"""Bars that show shares of a whole."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.view_models.outcomes import Outcome


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


def outcome_bar(outcome: Outcome, *, label: str, live: rx.Var[bool]) -> rx.Component:
    """How many recipients were reached, failed, and are still to come."""
    return bar(
        segment(outcome.success_width, "bar-success"),
        segment(outcome.failed_width, "bar-failed"),
        segment(outcome.pending_width, "bar-pending"),
        value=outcome.percent,
        spoken=outcome.spoken,
        label=label,
        live=live,
    )


def percentage(icon: str, text: rx.Var[str] | str, any_: rx.Var[bool], class_name: str) -> rx.Component:
    """A share in words; `class_name` is its colour unless there is nobody."""
    return rx.el.span(
        rx.icon(icon, size=12, aria_hidden="true"), text, class_name=rx.cond(any_, class_name, "secondary")
    )
