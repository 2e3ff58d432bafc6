"""The page that writes a template."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.address import in_address, status_for
from unisoft_ui.components.kit.skeleton import shape
from unisoft_ui.components.shell import shell
from unisoft_ui.components.templates.form import missing, phone_bar, template_bar, template_form
from unisoft_ui.components.templates.leaving import TemplateGuard
from unisoft_ui.components.templates.preview import preview
from unisoft_ui.states.template_editor import TemplateEditorState
from unisoft_ui.texts import templates as texts

_ID_IN_ADDRESS = rx.cond(in_address("id") == "", "none", in_address("id"))


def register(add_app_page: Callable[..., None]) -> None:
    add_app_page(new_page, routes.TEMPLATE_NEW, texts.NEW_TITLE)
    add_app_page(edit_page, routes.TEMPLATE_EDIT, texts.EDIT_TITLE)


def new_page() -> rx.Component:
    return _page(texts.NEW_TITLE, "")


def edit_page() -> rx.Component:
    return _page(texts.EDIT_TITLE, _ID_IN_ADDRESS)


def _page(heading: str, template_id: rx.Var[str] | str) -> rx.Component:
    status = status_for(TemplateEditorState.place, template_id, TemplateEditorState.status)
    # Opened when the page appears and not on each load of it: a connection that comes back loads again,
    # and would empty what was being written.
    return shell(
        rx.el.div(
            rx.match(status, ("ready", _ready()), ("missing", missing()), _loading()),
            on_mount=TemplateEditorState.open(template_id),
            class_name="editor template-page",
        ),
        phone_bar(status),
        TemplateGuard.create(),
        active="templates",
        topbar_start=template_bar(heading, status),
    )


def _ready() -> rx.Component:
    return rx.el.div(template_form(), preview(), class_name="template-editor")


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.div(shape("100%", "560px", "step-skeleton")),
        rx.el.div(shape("100%", "560px", "step-skeleton")),
        aria_busy=True,
        aria_label=texts.LOADING_ONE,
        role="status",
        class_name="template-editor",
    )
