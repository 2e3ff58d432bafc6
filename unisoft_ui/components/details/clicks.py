"""What was clicked, and what came of each medium of a cascade."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of, tag
from unisoft_ui.components.kit.progress import segment
from unisoft_ui.states.details import DetailsState
from unisoft_ui.texts import course as texts
from unisoft_ui.view_models.course import LinkLine, MediumLine

_SHOWN = DetailsState.shown


def links_panel() -> rx.Component:
    return rx.cond(
        _SHOWN.links,
        rx.el.section(
            rx.el.div(
                rx.el.h2(texts.LINKS),
                rx.el.span(_SHOWN.clicked_total, class_name="secondary tabular"),
                class_name="reasons-head",
            ),
            rx.el.ul(rx.foreach(_SHOWN.links, _link)),
            rx.cond(_SHOWN.other_links != "", rx.el.p(_SHOWN.other_links, class_name="small secondary other-links")),
            class_name="panel",
            aria_label=texts.LINKS,
        ),
    )


def _link(line: LinkLine) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.bdi(line.label, title=line.url),
            rx.el.span(line.clicks, class_name="small secondary link-clicks"),
            class_name="link-name",
        ),
        rx.el.span(line.people, class_name="medium tabular"),
        rx.el.div(segment(line.width, "bar-clicked"), class_name="reason-bar", aria_hidden="true"),
        key=line.key,
    )


def media_panel() -> rx.Component:
    """A small table: one row a medium."""
    head = rx.el.thead(
        rx.el.tr(
            rx.el.th(texts.MEDIUM, scope="col"),
            *(rx.el.th(label, scope="col") for label in texts.OUTCOMES),
        )
    )
    return rx.cond(
        _SHOWN.media,
        rx.el.section(
            rx.el.div(rx.el.h2(texts.MEDIA), class_name="reasons-head"),
            rx.el.table(head, rx.el.tbody(rx.foreach(_SHOWN.media, _medium)), class_name="media-table tabular"),
            class_name="panel",
            aria_label=texts.MEDIA,
        ),
    )


def _number(number: rx.Var[str]) -> rx.Component:
    return rx.el.td(number)


def _medium(line: MediumLine) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            tag(line.medium.label, line.medium.scheme, icon_of(line.medium.icon, MEDIUM_ICONS, size=13)), scope="row"
        ),
        rx.foreach(line.numbers, _number),
        key=line.medium.label,
    )
