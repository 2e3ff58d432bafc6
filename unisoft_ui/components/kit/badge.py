"""Coloured tags and the icons in them."""

from __future__ import annotations

from collections.abc import Iterable

import reflex as rx

MEDIUM_ICONS = ("mail", "message-square-text", "message-circle")


def icon_of(name: rx.Var[str], choices: Iterable[str], size: int = 16) -> rx.Component:
    """The icon a row names, out of a known few: those are in the page already, others would have to be fetched."""
    icons = [(choice, rx.icon(choice, size=size, aria_hidden="true")) for choice in choices]
    return rx.match(name, *icons, rx.fragment())  # pyright: ignore[reportReturnType]


def tag(label: rx.Var[str], scheme: rx.Var[str], icon: rx.Component) -> rx.Component:
    """A soft badge with an icon in its colour and text that reads on it."""
    return rx.badge(icon, label, color_scheme=scheme, variant="soft", high_contrast=True, class_name="tag")


def plain_tag(*content: rx.Component | rx.Var[str] | str, outlined: bool = False, **props: object) -> rx.Component:
    """A grey badge, or an outlined one."""
    look = "tag outlined-tag" if outlined else "tag plain-tag"
    return rx.el.span(*content, class_name=look, **props)
