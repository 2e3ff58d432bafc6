"""The cards of the list, each with a small drawing of its email."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from unisoft_ui.components.kit.badge import plain_tag
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.states.templates import TemplatesState
from unisoft_ui.texts import templates as texts
from unisoft_ui.view_models.templates import TemplateLine

_SKELETONS = 6


def template_cards() -> rx.Component:
    """`ready`, or the shapes of cards while they are loading."""
    return rx.cond(TemplatesState.status == "loading", _loading(), _cards())


def _cards() -> rx.Component:
    return rx.el.ul(
        rx.foreach(TemplatesState.lines, _card),
        aria_label=texts.LIST_LABEL,
        aria_busy=TemplatesState.busy,
        class_name="template-cards",
    )


def _card(line: TemplateLine) -> rx.Component:
    return rx.el.li(
        _drawing(line),
        rx.el.div(
            rx.el.div(
                rx.el.h2(ReactRouterLink.create(line.name, to=line.edit_href, class_name="template-link"), dir="auto"),
                _menu(line),
                class_name="template-head",
            ),
            rx.el.p(line.subject, class_name="secondary truncate", dir="auto"),
            rx.el.div(
                plain_tag(rx.icon("code", size=13, aria_hidden="true"), line.format),
                rx.el.span(line.uses, class_name="small secondary tabular"),
                class_name="template-foot",
            ),
            class_name="template-body",
        ),
        class_name="template-card",
        key=line.id,
        data_testid="template-card",
    )


def _drawing(line: TemplateLine) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.foreach(line.shapes, lambda kind: rx.el.span(custom_attrs={"data-shape": kind})),
            class_name="drawn-sheet",
            custom_attrs={
                "style": {"--accent": line.accent},
                "data-coloured": rx.cond(line.accent == "", "no", "yes"),
            },
        ),
        class_name="template-drawing",
        aria_hidden="true",
    )


def _menu(line: TemplateLine) -> rx.Component:
    trigger = rx.icon_button(
        rx.icon("ellipsis", size=16, aria_hidden="true"),
        variant="ghost",
        color_scheme="gray",
        aria_label=line.menu_label,
        class_name="icon-target template-menu",
        id=line.menu_id,
    )
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(trigger),
        rx.dropdown_menu.content(
            _item("pencil", texts.EDIT, rx.redirect(line.edit_href)),
            _item("copy", texts.DUPLICATE, TemplatesState.duplicate(line.id)),
            _item("trash-2", texts.DELETE, TemplatesState.ask(line.id), color_scheme="red"),
            align="end",
            variant="soft",
        ),
        modal=False,
    )


def _item(icon: str, label: str, act: rx.event.EventType, **props: str) -> rx.Component:
    return rx.dropdown_menu.item(rx.icon(icon, size=16, aria_hidden="true"), label, on_select=act, **props)


def _loading() -> rx.Component:
    card = rx.el.div(
        rx.el.div(class_name="template-drawing"),
        rx.el.div(shape("60%", "14px"), shape("85%"), shape("30%"), class_name="template-body"),
        class_name="template-card template-skeleton",
    )
    return rx.el.div(
        *(card for _ in range(_SKELETONS)),
        aria_busy=True,
        aria_label=texts.LOADING,
        role="status",
        class_name="template-cards",
    )
