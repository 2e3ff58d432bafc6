"""The way from one page of a table to another."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui.view_models.pagination import PageLink, Pagination

Opener = Callable[[rx.Var[int]], rx.event.EventType]


def pager(
    pagination: rx.Var[Pagination], on_open: Opener, *, label: str, previous: str, following: str
) -> rx.Component:
    """Numbers between two arrows; on a phone the arrows alone."""
    return rx.el.nav(
        _arrow("chevron-left", previous, pagination.previous, on_open),
        rx.foreach(pagination.links, lambda link: _number(link, on_open)),
        _arrow("chevron-right", following, pagination.following, on_open),
        aria_label=label,
        class_name="pager",
    )


def _arrow(icon: str, label: str, page: rx.Var[int], on_open: Opener) -> rx.Component:
    return rx.icon_button(
        rx.icon(icon, size=16, class_name="flip", aria_hidden="true"),
        variant="ghost",
        color_scheme="gray",
        aria_label=label,
        title=label,
        disabled=page == 0,
        on_click=on_open(page),
        class_name="pager-arrow",
    )


def _number(link: PageLink, on_open: Opener) -> rx.Component:
    button = rx.el.button(
        link.label,
        type="button",
        aria_label=link.spoken,
        aria_current=rx.cond(link.current, "page", "false"),
        on_click=on_open(link.number),
        class_name="pager-number",
    )
    gap = rx.el.span(link.label, class_name="pager-gap", aria_hidden="true")
    return rx.fragment(rx.cond(link.number == 0, gap, button), key=link.label)
