"""Grey shapes where content will stand, of the size it will have."""

from __future__ import annotations

import reflex as rx


def shape(width: str, height: str = "12px", class_name: str = "") -> rx.Component:
    """One shape. It appears after a moment only: most loads are shorter than that."""
    return rx.el.span(
        class_name=f"skeleton {class_name}", custom_attrs={"style": {"inlineSize": width, "blockSize": height}}
    )
