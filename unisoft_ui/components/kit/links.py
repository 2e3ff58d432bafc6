"""Links that look like buttons, and others."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def button_link(*content: rx.Component | str, href: rx.Var[str] | str, title: str = "", **look: object) -> rx.Component:
    """A link inside of the product, with the looks of `rx.button`."""
    named = {"title": title} if title else {}
    return rx.button(ReactRouterLink.create(*content, to=href, **named), as_child=True, **look)


def text_link(
    *content: rx.Component | str, href: rx.Var[str] | str, title: str | rx.Var[str] = "", class_name: str = ""
) -> rx.Component:
    """A link inside of the product, within a text."""
    return ReactRouterLink.create(*content, to=href, title=title, class_name=f"text-link {class_name}")


def file_link(*content: rx.Component | rx.Var[str] | str, href: rx.Var[str] | str, **look: object) -> rx.Component:
    """A download, with the looks of `rx.button`: the browser fetches it, not the pages' router."""
    link = ReactRouterLink.create(*content, to=href, reload_document=True, discover="none", download=True)
    return rx.button(link, as_child=True, **look)


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
