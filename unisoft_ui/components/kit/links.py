"""Links that look like buttons."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def button_link(*content: rx.Component | str, href: rx.Var[str] | str, title: str = "", **look: object) -> rx.Component:
    """A link inside of the product, with the looks of `rx.button`."""
    named = {"title": title} if title else {}
    return rx.button(ReactRouterLink.create(*content, to=href, **named), as_child=True, **look)
