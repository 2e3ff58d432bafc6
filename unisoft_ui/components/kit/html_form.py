"""A form the browser sends itself. Reflex's own keeps every form from being sent."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class _HtmlForm(BaseHTML):
    tag = "form"


def html_form(*children: rx.Component, action: str, class_name: str = "", **attributes: str) -> rx.Component:
    """POST to `action` and follow its answer, with or without a socket."""
    return _HtmlForm.create(
        *children,
        class_name=class_name,
        custom_attrs={
            "action": action,
            "method": "post",
            **{name.replace("_", "-"): value for name, value in attributes.items()},
        },
    )
