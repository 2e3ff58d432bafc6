"""The button that gives the recipients as a file."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import quiet_button
from unisoft_ui.states.details import DetailsState
from unisoft_ui.texts import exports as texts
from unisoft_ui.view_models.exports import ExportLink


def export_menu() -> rx.Component:
    """The kinds of file. Each opens beside this page: a download closes that again, a refusal is read there."""
    trigger = quiet_button(
        "download",
        rx.el.span(texts.EXPORT, class_name="export-word"),
        aria_label=texts.EXPORT_LABEL,
        class_name="export-button",
    )
    menu = rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(trigger),
        rx.dropdown_menu.content(rx.foreach(DetailsState.exports, _item), align="end", variant="soft"),
        modal=False,
    )
    return rx.cond(DetailsState.exports, menu)


def _item(link: ExportLink) -> rx.Component:
    icon = rx.match(
        link.icon,
        ("file-spreadsheet", rx.icon("file-spreadsheet", size=16, aria_hidden="true")),
        rx.icon("file-text", size=16, aria_hidden="true"),
    )
    anchor = rx.el.a(icon, link.label, href=link.href, target="_blank", rel="noopener")
    return rx.dropdown_menu.item(anchor, as_child=True, key=link.href)
