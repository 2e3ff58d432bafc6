"""Links that look like buttons."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def button_link(*content: rx.Component | str, href: rx.Var[str] | str, title: str = "", **look: object) -> rx.Component:
    """A link inside of the product, with the looks of `rx.button`."""
    named = {"title": title} if title else {}
    return rx.button(ReactRouterLink.create(*content, to=href, **named), as_child=True, **look)


def back_link(label: str, href: str) -> rx.Component:
    """The arrow at the start of a page's bar."""
    return button_link(
        rx.icon("arrow-left", size=16, class_name="flip", aria_hidden="true"),
        rx.el.span(label, class_name="visually-hidden"),
        href=href,
        variant="ghost",
        color_scheme="gray",
        class_name="back-link",
        title=label,
    )
