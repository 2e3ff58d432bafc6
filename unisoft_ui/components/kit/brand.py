"""The product's mark and name."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.texts import en


def brand_mark() -> rx.Component:
    return rx.el.span(class_name="brand-mark", aria_hidden="true")


def brand_link(class_name: str = "") -> rx.Component:
    """Mark and name, leading home."""
    return rx.link(
        brand_mark(),
        rx.el.span(en.PRODUCT, class_name="brand-name"),
        href=routes.CAMPAIGNS,
        underline="none",
        class_name=f"brand {class_name}",
    )
