"""Fields of forms. The browser keeps their values; the server gives the first one and the errors."""

from __future__ import annotations

import reflex as rx


def field(label: str, control: rx.Component, *below: rx.Component, name: str) -> rx.Component:
    """A label above a control whose id is `name`."""
    return rx.el.div(rx.el.label(label, html_for=name, class_name="field-label"), control, *below, class_name="field")


def field_error(name: str, errors: rx.Var[dict[str, str]]) -> rx.Component:
    """The sentence under a field, read out when it appears."""
    sentence = errors[name]
    return rx.el.div(
        rx.cond(
            sentence,
            rx.el.p(rx.icon("circle-x", size=14, aria_hidden="true"), rx.el.span(sentence), class_name="field-error"),
        ),
        id=f"{name}-error",
        role="alert",
    )


def described(name: str, errors: rx.Var[dict[str, str]]) -> dict[str, object]:
    """What ties a control to its error; the focus goes to the control when the error appears."""
    return {
        "custom_attrs": {"data-error-for": name},
        "aria_invalid": rx.cond(errors[name], "true", "false"),
        "aria_describedby": f"{name}-error",
    }
